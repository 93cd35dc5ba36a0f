"""Copying all rows into an empty database and checking that they arrived: shared by restoring and by moving."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from booking.adapters.backup_files import BackupRefused
from booking.adapters.table_copy import (
    Row,
    RowsRefused,
    Shape,
    Tally,
    load_rows,
    loading_connection,
    read_rows,
    set_counters,
    shapes,
    without_foreign_keys,
)

Batches = Iterable[tuple[Shape, Sequence[Row]]]


def is_empty(engine: sa.Engine) -> bool:
    """Whether the database has no tables at all."""
    with engine.connect() as connection:
        return not sa.inspect(connection).get_table_names()


def load(engine: sa.Engine, batches: Batches) -> None:
    """Fill the migrated database with all these rows, or leave it as it was. Raises BackupRefused.

    Rows that migrations put in give way: what is copied holds them, too.
    """
    try:
        with loading_connection(engine) as connection, without_foreign_keys(connection):
            here = {shape.table: shape for shape in shapes(connection)}
            for shape in here.values():
                _make_room(connection, shape)
            for shape, rows in batches:
                _refuse_other_columns(shape, here.get(shape.table))
                load_rows(connection, shape, rows)
            for shape in here.values():
                set_counters(connection, shape)
    except RowsRefused as error:
        raise BackupRefused(f"the rows do not fit into the database ({error})") from None
    except SQLAlchemyError as error:
        # The type alone: the driver's own words may hold what a row holds.
        raise BackupRefused(f"the rows do not fit together ({type(error).__name__})") from None
    except ValueError as error:
        raise BackupRefused(f"the rows do not fit together: {error}") from None


def _make_room(connection: sa.Connection, shape: Shape) -> None:
    table = sa.table(shape.table)
    if connection.scalar(sa.select(sa.literal(1)).select_from(table).limit(1)):
        connection.execute(sa.delete(table))


def _refuse_other_columns(copied: Shape, here: Shape | None) -> None:
    if here is None or dict(copied.columns) != dict(here.columns):
        raise BackupRefused(f"the table {copied.table} has other columns here than in the copy")


def tallies(connection: sa.Connection) -> dict[str, tuple[int, str]]:
    """Rows and checksum of each table."""
    found = {}
    for shape in shapes(connection):
        tally = Tally()
        for rows in read_rows(connection, shape):
            tally.add(rows)
        found[shape.table] = (tally.rows, tally.checksum)
    return found


def differences(wanted: Mapping[str, tuple[int, str]], found: Mapping[str, tuple[int, str]]) -> list[str]:
    """A line for each table that is not as it should be."""
    lines = []
    for table in sorted(set(wanted) | set(found)):
        (wanted_rows, wanted_sum), (rows, checksum) = wanted.get(table, (0, "")), found.get(table, (0, ""))
        if wanted_rows != rows:
            lines.append(f"the table {table} has {rows} rows instead of {wanted_rows}")
        elif wanted_sum != checksum:
            lines.append(f"the table {table} has other rows than it should have")
    return lines
