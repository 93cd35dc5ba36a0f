"""The lines of a backup: what does not fit together is refused, whoever wrote it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from booking.adapters.archives import ArchiveReader, ArchiveWriter
from booking.adapters.backup_files import BackupRefused
from booking.adapters.sealing import FieldKeys, new_key_entry
from booking.adapters.table_copy import begin_snapshot
from tests.settings import FIELD_KEYS

HEAD = {"number": 0, "hash": "0"}
MADE_AT = "2026-11-23T13:00:00+00:00"


@pytest.fixture
def lines(session: Session) -> list[bytes]:
    """An archive of the test clinic."""
    with session.get_bind().engine.connect() as connection:
        begin_snapshot(connection)
        writer = ArchiveWriter(connection, revision="0009", made_at=MADE_AT)
        return list(writer.blocks(FIELD_KEYS, field_keys={"t1": 7}, audit_head=HEAD))


def read(blocks: list[bytes], keys: FieldKeys = FIELD_KEYS) -> ArchiveReader:
    reader = ArchiveReader(iter(blocks), keys)
    for _ in reader.batches():
        pass
    return reader


def changed(line: bytes, change: Callable[[Any], object]) -> bytes:
    value = json.loads(line)
    change(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def test_an_archive_tells_what_is_in_it(lines: list[bytes]) -> None:
    manifest = read(lines).manifest
    assert manifest is not None
    assert (manifest.revision, manifest.made_at, manifest.field_keys) == ("0009", MADE_AT, {"t1": 7})
    assert manifest.tables["resource"][0] == 8
    assert manifest.rows == sum(rows for rows, _ in manifest.tables.values())


def test_blocks_may_end_anywhere(lines: list[bytes]) -> None:
    whole = b"".join(lines)
    assert read([whole[start : start + 97] for start in range(0, len(whole), 97)]).manifest == read(lines).manifest


def test_a_changed_row_is_refused(lines: list[bytes]) -> None:
    place = next(number for number, line in enumerate(lines) if line.startswith(b'["resource"'))
    lines[place] = lines[place].replace(b"Cruz", b"Krux")
    with pytest.raises(BackupRefused, match="not made by an installation"):
        read(lines)


def test_a_missing_line_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(BackupRefused, match="not made by an installation"):
        read(lines[:3] + lines[4:])
    with pytest.raises(BackupRefused, match="not complete"):
        read(lines[:-1])


def test_a_changed_manifest_is_refused(lines: list[bytes]) -> None:
    lines[-1] = changed(lines[-1], lambda last: last["manifest"]["field_keys"].clear())
    with pytest.raises(BackupRefused, match="not made by an installation"):
        read(lines)


def test_another_installation_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(BackupRefused, match="not made by an installation"):
        read(lines, FieldKeys.parse(new_key_entry("t1")))


def test_a_manifest_that_tells_of_other_rows_is_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed, but by a program that counts wrongly."""
    write = ArchiveWriter._lines

    def miscount(self: ArchiveWriter, tallies: dict[str, Any]) -> Iterator[bytes]:
        yield from write(self, tallies)
        tallies["resource"].rows += 1

    monkeypatch.setattr(ArchiveWriter, "_lines", miscount)
    with session.get_bind().engine.connect() as connection:
        writer = ArchiveWriter(connection, revision="0009", made_at=MADE_AT)
        blocks = list(writer.blocks(FIELD_KEYS, field_keys={}, audit_head=HEAD))
    with pytest.raises(BackupRefused, match="not those of its manifest"):
        read(blocks)


@pytest.mark.parametrize("first", [b"[]\n", b'{"format":2}\n', b'"text"\n'])
def test_a_format_that_is_not_known_is_refused(first: bytes) -> None:
    with pytest.raises(BackupRefused, match="format that this release does not know"):
        read([first])


def test_nothing_is_no_archive() -> None:
    with pytest.raises(BackupRefused, match="not complete"):
        read([])
