"""Moving to the other kind of database: everything is copied, and checked to be the same.

The source is locked against writing for as long as it takes, so that nothing is saved that would not move along.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.backup_files import BackupRefused
from booking.adapters.database import create_engine
from booking.adapters.sealing import FieldKeys
from booking.adapters.table_copy import Row, Shape, lift_limits, read_rows, shapes
from booking.queries.guards import HEAD_REVISION
from booking.services.copying import differences, is_empty, load, tallies
from booking.services.readiness import NotReady, check_start
from booking.services.sealed import KEYS


@dataclass(frozen=True, slots=True)
class Moved:
    """What was copied and found the same on both sides."""

    tables: int
    rows: int


def move(source: sa.Engine, url: str, *, keys: FieldKeys, migrate: Callable[[str, str], None]) -> Moved:
    """Copy everything into the empty database of `url`. Raises BackupRefused; then the target is of no use."""
    target = create_engine(url)
    try:
        if not is_empty(target):
            raise BackupRefused("the target is not empty; make a new database and move to that")
        migrate(url, HEAD_REVISION)
        with _held_still(source) as connection:
            with closing(_all_rows(connection)) as batches:
                load(target, batches)
            with target.connect() as copied:
                wanted = tallies(connection)
                problems = differences(wanted, tallies(copied))
        with Session(target, info={KEYS: keys}) as session:
            problems = problems or _not_ready(session)
    finally:
        target.dispose()
    if problems:
        raise BackupRefused("; ".join(problems))
    return Moved(len(wanted), sum(rows for rows, _ in wanted.values()))


@contextmanager
def _held_still(source: sa.Engine) -> Iterator[sa.Connection]:
    """A connection before which nobody can write: SQLite's one lock, or a lock on every table."""
    with source.connect().execution_options(write=True) as connection, connection.begin():
        lift_limits(connection)
        if source.dialect.name == "postgresql":
            names = ", ".join(f'"{shape.table}"' for shape in shapes(connection))
            connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE MODE")
        yield connection


def _all_rows(connection: sa.Connection) -> Generator[tuple[Shape, Sequence[Row]]]:
    for shape in shapes(connection):
        with closing(read_rows(connection, shape)) as found:
            for rows in found:
                yield shape, rows


def _not_ready(session: Session) -> list[str]:
    try:
        check_start(session)
    except NotReady as refused:
        return list(refused.problems)
    return []
