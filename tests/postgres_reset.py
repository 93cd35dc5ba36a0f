"""Putting a PostgreSQL database back to its start between tests, without making it anew.

A new database costs most of a test's time: files copied, connections opened, every catalogue cold. So the rows are put
back instead. Which tables were written to is told by the number of their rows and the newest transaction that wrote
one; those are emptied and filled again with what they held at the start. Where the schema itself was changed, as by
tests that take a guard away, the database is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from sqlalchemy import make_url

MOST_RESETS = 200
"""Rows that were deleted stay in the files; after so many resets a new database is the quicker one."""
MOST_CONNECTIONS = 20
"""More than these were forgotten by somebody."""

TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"
# Everything a schema consists of leaves rows in these; a number of rows and the newest writer tell of any change.
CATALOGUES = (
    "pg_attribute",
    "pg_constraint",
    "pg_index",
    "pg_trigger",
    "pg_proc",
    "pg_type",
    "pg_attrdef",
    "pg_policy",
)
SEQUENCES = "SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences"
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

Mark = tuple[int, int]
"""How many rows, and the newest transaction that wrote one."""


@dataclass
class Start:
    """What the database held at first: the rows of each table as COPY writes them, and where sequences stood."""

    rows: Mapping[str, bytes]
    sequences: Mapping[str, int | None]
    schema: list[tuple[str, int, int]]
    marks: dict[str, Mark] = field(default_factory=dict)


class Restorer:
    """One database and the connection that puts it back. Raises psycopg.Error when it cannot."""

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain, autocommit=True)
        # Rows go back in any order and past every guard.
        self._connection.execute("SET session_replication_role = replica")
        tables = [name for (name,) in self._connection.execute(TABLES).fetchall()]
        self._marking = _marking(tables)
        self._start = Start({name: self._read(name) for name in tables}, self._sequences(), self._schema())
        self._start.marks = self._marks()
        self._resets = 0

    def close(self) -> None:
        self._connection.close()

    def restore(self) -> bool:
        """Put the rows back. False when a new database is needed."""
        self._resets += 1
        if self._resets > MOST_RESETS or not self._is_quiet() or self._schema() != self._start.schema:
            return False
        marks = self._marks()
        changed = [name for name, mark in marks.items() if mark != self._start.marks[name]]
        with self._connection.transaction():
            for name in changed:
                self._connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
                self._write(name, self._start.rows[name])
            self._put_sequences_back()
        if changed:
            self._start.marks = self._marks()
        return True

    def _is_quiet(self) -> bool:
        """Cut off who stopped in the middle of a transaction; whether the number of the others is a sane one."""
        self._connection.execute(f"SELECT pg_terminate_backend(pid, 1000) {OTHERS} AND state <> 'idle'")
        row = self._connection.execute(f"SELECT count(*) {OTHERS}").fetchone()
        return row is not None and row[0] <= MOST_CONNECTIONS

    def _read(self, name: str) -> bytes:
        statement = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(name))
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            return b"".join(bytes(part) for part in copy)

    def _write(self, name: str, rows: bytes) -> None:
        statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(name))
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(rows)

    def _marks(self) -> dict[str, Mark]:
        found = self._connection.execute(self._marking).fetchall()
        return {name: (count, newest) for name, count, newest in found}

    def _schema(self) -> list[tuple[str, int, int]]:
        return self._connection.execute(_marking(CATALOGUES)).fetchall()

    def _sequences(self) -> dict[str, int | None]:
        return dict(self._connection.execute(SEQUENCES).fetchall())

    def _put_sequences_back(self) -> None:
        moved = [
            (name, self._start.sequences[name])
            for name, value in self._sequences().items()
            if value != self._start.sequences[name]
        ]
        for name, value in moved:
            self._connection.execute("SELECT setval(%s::regclass, %s, %s)", (name, value or 1, value is not None))


def _marking(names: Iterable[str]) -> sql.Composed:
    """One statement that tells of each table how many rows it has and who wrote the newest."""
    one = "SELECT {}, count(*), coalesce(max(xmin::text::bigint), 0) FROM {}"
    parts = [sql.SQL(one).format(sql.Literal(name), sql.Identifier(name)) for name in names]
    return sql.SQL(" UNION ALL ").join(parts)


def restorer(url: str) -> Restorer | None:
    """None where the user may not write past the guards, as on a server of others."""
    try:
        return Restorer(url)
    except psycopg.errors.InsufficientPrivilege:
        return None
