"""All rows of a database as plain values that are the same on both databases: for backups, and for moving.

Types are read from the database itself and not from the models, so that databases of earlier releases are copied as
they are. A value is None, int, float or str: instants are 26 characters of UTC, dates ISO, booleans 0 and 1, JSON its
text, bytes base64. A row is a list of values in the order of the columns.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

ROWS_AT_ONCE = 500
REVISION_TABLE = "alembic_version"

Row = Sequence[Any]


class RowsRefused(Exception):
    """A database does not take rows; the text names the kind of error and quotes nothing."""


class Kind(StrEnum):
    """How a value of a column is written."""

    NUMBER = "number"
    REAL = "real"
    TEXT = "text"
    FLAG = "flag"
    INSTANT = "instant"
    DATE = "date"
    JSON = "json"
    BYTES = "bytes"


# The order matters: a type is of the first kind whose class it is of.
_KINDS: tuple[tuple[type[sa.types.TypeEngine[Any]], Kind], ...] = (
    (sa.Boolean, Kind.FLAG),
    (sa.Integer, Kind.NUMBER),
    (sa.Float, Kind.REAL),
    (sa.DateTime, Kind.INSTANT),
    (sa.Date, Kind.DATE),
    (sa.JSON, Kind.JSON),
    (sa.LargeBinary, Kind.BYTES),
    (sa.String, Kind.TEXT),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: its columns in order, each with its kind."""

    table: str
    columns: tuple[tuple[str, Kind], ...]

    def named(self) -> str:
        """The names of the columns, quoted, as SQL lists them."""
        return ", ".join(f'"{name}"' for name, _ in self.columns)


def shapes(connection: sa.Connection) -> list[Shape]:
    """All tables but the one of the migrations, by name. Raises ValueError for a type that no kind is made for."""
    inspector = sa.inspect(connection)
    return [
        Shape(table, tuple((column["name"], _kind(table, column)) for column in inspector.get_columns(table)))
        for table in sorted(inspector.get_table_names())
        if table != REVISION_TABLE
    ]


def _kind(table: str, column: Any) -> Kind:
    for base, kind in _KINDS:
        if isinstance(column["type"], base):
            return kind
    raise ValueError(f"{table}.{column['name']} has a type that cannot be copied")


def begin_snapshot(connection: sa.Connection) -> None:
    """Let all that this connection reads from now on be of one moment, however long it takes. Nobody is held up."""
    if connection.dialect.name == "sqlite":
        # A transaction that reads: SQLite's snapshot begins with the first page that is read.
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
        return
    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    lift_limits(connection)


def lift_limits(connection: sa.Connection) -> None:
    """Copying takes as long as it takes: the limits of requests do not hold in this transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def read_rows(connection: sa.Connection, shape: Shape) -> Generator[list[list[Any]]]:
    """All rows of the table, some at a time, in no order. Close it when you stop before its end."""
    is_sqlite = connection.dialect.name == "sqlite"
    columns = ", ".join(_read(name, kind, is_sqlite) for name, kind in shape.columns)
    statement = f'SELECT {columns} FROM "{shape.table}"'  # noqa: S608 - names come from the database's catalogue.
    encoded = [place for place, (_, kind) in enumerate(shape.columns) if kind is Kind.BYTES]
    reading = connection.execution_options(stream_results=True, max_row_buffer=ROWS_AT_ONCE)
    with reading.exec_driver_sql(statement) as result:
        for partition in result.partitions(ROWS_AT_ONCE):
            rows = [list(row) for row in partition]
            for row in rows:
                for place in encoded:
                    row[place] = None if row[place] is None else base64.b64encode(row[place]).decode()
            yield rows


def _read(name: str, kind: Kind, is_sqlite: bool) -> str:
    """What is selected so that the driver gives the plain value."""
    column = f'"{name}"'
    if is_sqlite:
        # Kept as our own type writes it, and whatever else may stand there is copied as it is.
        return column
    if kind is Kind.INSTANT:
        return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    if kind is Kind.FLAG:
        return f"{column}::int"
    return f"{column}::text" if kind in {Kind.JSON, Kind.DATE} else column


def load_rows(connection: sa.Connection, shape: Shape, rows: Sequence[Row]) -> None:
    """Insert the rows as they are, ids included. Guards and constraints hold for them as for any.

    Raises RowsRefused when the database does not take them."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(shape.columns))
        statement = f'INSERT INTO "{shape.table}" ({shape.named()}) VALUES ({marks})'  # noqa: S608 - as above.
        try:
            connection.exec_driver_sql(statement, [tuple(_decoded(shape, row)) for row in rows])
        except SQLAlchemyError as error:
            raise RowsRefused(type(error).__name__) from None
        return
    copy = f'COPY "{shape.table}" ({shape.named()}) FROM STDIN'
    raw: Any = connection.connection.driver_connection
    try:
        with raw.cursor() as cursor, cursor.copy(copy) as into:
            for row in rows:
                into.write_row(
                    [_for_postgres(value, kind) for value, (_, kind) in zip(row, shape.columns, strict=True)]
                )
    except psycopg.Error as error:
        # The driver's own words quote the row.
        raise RowsRefused(type(error).__name__) from None


def _decoded(shape: Shape, row: Row) -> Iterator[Any]:
    for value, (_, kind) in zip(row, shape.columns, strict=True):
        yield base64.b64decode(value) if kind is Kind.BYTES and value is not None else value


def _for_postgres(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind is Kind.INSTANT:
        return f"{value}+00"
    if kind is Kind.FLAG:
        return bool(value)
    return base64.b64decode(value) if kind is Kind.BYTES else value


@contextmanager
def without_foreign_keys(connection: sa.Connection) -> Iterator[None]:
    """Load tables in any order: foreign keys are looked at when the block ends, all of them.

    On SQLite the connection must be fresh, see `loading_connection`. Raises ValueError for rows without their parent;
    on PostgreSQL the database itself raises IntegrityError.
    """
    if connection.dialect.name == "sqlite":
        yield
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if orphans:
            raise ValueError(f"{len(orphans)} rows are without their parent")
        return
    found = connection.exec_driver_sql(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"
    ).all()
    for table, name, _ in found:
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    yield
    for table, name, definition in found:
        connection.exec_driver_sql(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


@contextmanager
def loading_connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection in one transaction that loads everything or nothing. Its engine is of no further use on SQLite:
    the connection keeps foreign keys off."""
    with engine.connect().execution_options(write=True) as connection:
        if engine.dialect.name == "sqlite":
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            lift_limits(connection)
            yield connection
    engine.dispose()


def set_counters(connection: sa.Connection, shape: Shape) -> None:
    """Let the next id of the table be above all that were copied. SQLite sees to that itself."""
    if connection.dialect.name != "postgresql":
        return
    for name, kind in shape.columns:
        if kind is not Kind.NUMBER:
            continue
        counter = connection.exec_driver_sql(
            "SELECT pg_get_serial_sequence(%s, %s)", (f'"{shape.table}"', name)
        ).scalar()
        if counter:
            highest = f'SELECT setval(%s, coalesce(max("{name}"), 0) + 1, false) FROM "{shape.table}"'  # noqa: S608 - as above.
            connection.exec_driver_sql(highest, (counter,))


class Tally:
    """Counts rows and sums them up, in any order: equal tallies mean equal rows. The sum is 64 hexadecimal digits."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Some more rows."""
        self.rows += len(rows)
        for row in rows:
            digest = hashlib.sha256(json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode()).digest()
            self._sum += int.from_bytes(digest, "big")

    @property
    def checksum(self) -> str:
        """The sum of the hashes of all rows."""
        return f"{self._sum % (1 << 256):064x}"
