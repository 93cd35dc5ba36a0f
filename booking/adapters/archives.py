"""What is in a backup, once it is unsealed: lines of JSON with all rows, a manifest of them, and a signature.

First the head: format, schema revision, instant, tables with their columns. Then lines `[table, rows]`. Last the
manifest with the signature of everything: HMAC by a key derived from a field key. Whoever holds the public key alone
can write a file that unseals, but none that is taken for ours.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from booking.adapters.backup_files import BackupRefused
from booking.adapters.sealing import FieldKeys
from booking.adapters.table_copy import Kind, Row, Shape, Tally, read_rows, shapes

FORMAT = 1
_SIGNING = b"respite backup, signature, version 1"


@dataclass(frozen=True, slots=True)
class Head:
    """What the copy was begun with. `made_at` is the instant in UTC of which all rows are, as ISO text."""

    revision: str
    made_at: str
    database: str
    shapes: tuple[Shape, ...]

    def as_values(self) -> dict[str, Any]:
        """As it is written."""
        tables = [[shape.table, shape.columns] for shape in self.shapes]
        return {
            "format": FORMAT, "revision": self.revision, "made_at": self.made_at, "database": self.database,
            "tables": tables,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the copy holds: rows and checksum of each table, values by the id of their field key, and
    the audit log's head: number and hash of its last link."""

    revision: str
    made_at: str
    tables: Mapping[str, tuple[int, str]]
    field_keys: Mapping[str, int]
    audit_head: Mapping[str, Any]

    @property
    def rows(self) -> int:
        """Of all tables together."""
        return sum(rows for rows, _ in self.tables.values())

    def as_values(self) -> dict[str, Any]:
        """As it is written; the same in the file beside the backup, where anybody may read it."""
        return {
            "format": FORMAT, "revision": self.revision, "made_at": self.made_at,
            "tables": {table: {"rows": rows, "checksum": checksum} for table, (rows, checksum) in self.tables.items()},
            "field_keys": dict(self.field_keys), "audit_head": self.audit_head,
        }  # fmt: skip

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Manifest:
        """Back from what `as_values` gave."""
        tables = {table: (found["rows"], found["checksum"]) for table, found in values["tables"].items()}
        return cls(values["revision"], values["made_at"], tables, values["field_keys"], values["audit_head"])


class ArchiveWriter:
    """Copies all rows that a connection sees; `manifest` is there when `blocks` has ended."""

    def __init__(self, connection: sa.Connection, *, revision: str, made_at: str) -> None:
        self._connection = connection
        self.head = Head(revision, made_at, connection.dialect.name, tuple(shapes(connection)))
        self.manifest: Manifest | None = None

    def blocks(
        self, keys: FieldKeys, *, field_keys: Mapping[str, int], audit_head: Mapping[str, Any]
    ) -> Iterator[bytes]:
        """The lines of the archive. `field_keys` and `audit_head` go into the manifest."""
        tallies: dict[str, Tally] = {}
        written = hashlib.sha256()
        for line in self._lines(tallies):
            written.update(line)
            yield line
        tables = {table: (tally.rows, tally.checksum) for table, tally in tallies.items()}
        self.manifest = Manifest(self.head.revision, self.head.made_at, tables, field_keys, audit_head)
        values = self.manifest.as_values()
        signature = _signature(keys.keys[keys.writing_id], written.digest(), values)
        yield _line({"manifest": values, "key": keys.writing_id, "signature": signature})

    def _lines(self, tallies: dict[str, Tally]) -> Iterator[bytes]:
        yield _line(self.head.as_values())
        for shape in self.head.shapes:
            tally = tallies[shape.table] = Tally()
            for rows in read_rows(self._connection, shape):
                tally.add(rows)
                yield _line([shape.table, rows])


class ArchiveReader:
    """Reads an archive from its blocks. `manifest` is there, and right, when `batches` has ended without a refusal."""

    def __init__(self, blocks: Iterable[bytes], keys: FieldKeys) -> None:
        self._lines = _split(blocks)
        self._keys = keys
        self._read = hashlib.sha256()
        self.head = _head(self._next())
        self.manifest: Manifest | None = None

    def batches(self) -> Iterator[tuple[Shape, list[Row]]]:
        """Rows with their table. Raises BackupRefused: nothing of it may be used before the end."""
        by_table = {shape.table: shape for shape in self.head.shapes}
        tallies = {table: Tally() for table in by_table}
        while isinstance(found := self._next(), list):
            table, rows = found
            tallies[table].add(rows)
            yield by_table[table], rows
        manifest = Manifest.from_values(found["manifest"])
        if manifest.tables != {table: (tally.rows, tally.checksum) for table, tally in tallies.items()}:
            raise BackupRefused("the rows of the backup are not those of its manifest")
        self.manifest = manifest

    def _next(self) -> Any:
        """The next line's value; the last one is checked against its signature."""
        line = next(self._lines, b"")
        try:
            value = json.loads(line)
        except ValueError:
            raise BackupRefused("the backup is not complete") from None
        if isinstance(value, dict) and "signature" in value:
            self._check(value)
        else:
            self._read.update(line)
        return value

    def _check(self, last: Mapping[str, Any]) -> None:
        key = self._keys.keys.get(last["key"])
        if key is None:
            raise BackupRefused(f"the backup was made with the field key {last['key']}, which FIELD_KEYS lacks")
        if not hmac.compare_digest(_signature(key, self._read.digest(), last["manifest"]), last["signature"]):
            raise BackupRefused("the backup was not made by an installation with these FIELD_KEYS")


def _head(values: Any) -> Head:
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise BackupRefused("the backup has a format that this release does not know")
    tables = tuple(
        Shape(table, tuple((name, Kind(kind)) for name, kind in columns)) for table, columns in values["tables"]
    )
    return Head(values["revision"], values["made_at"], values["database"], tables)


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _split(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line + b"\n"


def _signature(key: bytes, written: bytes, manifest: Mapping[str, Any]) -> str:
    own = hmac.new(key, _SIGNING, hashlib.sha256).digest()
    said = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(own, written + said, hashlib.sha256).hexdigest()
