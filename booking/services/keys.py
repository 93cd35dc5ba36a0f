"""Changing the field keys while the program runs: what is sealed with which key, and sealing it again with the first.

Rotation reads a batch, seals it anew outside any transaction, and writes each value only where the old one still
stands: what a person saves meanwhile wins, and two rotations at once do each other no harm. Nothing is noted about how
far it came, since each value names its key; after a crash it simply goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import VERSION, CannotOpen, FieldKeys, key_check_value, open_, seal
from booking.core.actor import SYSTEM
from booking.models import FieldKeyCheck
from booking.services import audit
from booking.services.sealed import SEALED_COLUMNS, SealedColumn, field_keys
from booking.services.transaction import end_read, transaction

BATCH = 200
NO_KEY = "?"
"""Stands for the id of a value that names no key: it is no sealed value at all."""

Progress = Callable[[SealedColumn, int], None]


class KeysMissing(Exception):
    """Values are sealed with keys that FIELD_KEYS does not hold, or holds otherwise; `key_ids` names them."""

    def __init__(self, key_ids: tuple[str, ...]) -> None:
        super().__init__(", ".join(key_ids))
        self.key_ids = key_ids


@dataclass(frozen=True, slots=True)
class KeyState:
    """One key id: how many values are sealed with it, whether it is given, and whether it is the one that writes."""

    key_id: str
    values: int
    is_given: bool
    is_writing: bool


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did. `unreadable` values stay as they are; `left` counts values by the id of their key."""

    resealed: int
    unreadable: int
    left: Mapping[str, int]


def key_states(session: Session) -> list[KeyState]:
    """Every key id that is given or in use, the writing one first."""
    keys, used = field_keys(session), values_by_key(session)
    end_read(session)
    others = sorted((set(used) | set(keys.keys)) - {keys.writing_id})
    return [
        KeyState(key_id, used.get(key_id, 0), key_id in keys.keys, key_id == keys.writing_id)
        for key_id in (keys.writing_id, *others)
    ]


def values_by_key(session: Session) -> Counter[str]:
    """How many values of the whole database are sealed with each key id."""
    counts: Counter[str] = Counter()
    for column in SEALED_COLUMNS:
        key_id = _key_id_in_sql(column.sealed, session.get_bind().dialect.name)
        rows = session.execute(
            sa.select(key_id, sa.func.count()).where(column.sealed.is_not(None)).group_by(key_id).order_by(key_id)
        )
        counts.update({found or NO_KEY: number for found, number in rows})
    return counts


def _key_id_in_sql(sealed: Any, dialect: str) -> sa.ColumnElement[str]:
    """What stands between the first two dots, "" when it is no sealed value."""
    rest = sa.func.substr(sealed, len(VERSION) + 2)
    if dialect == "sqlite":
        key_id = sa.func.substr(rest, 1, sa.func.instr(rest, ".") - 1)
    else:
        key_id = sa.func.split_part(rest, ".", 1)
    return sa.case((sa.func.substr(sealed, 1, len(VERSION) + 1) == f"{VERSION}.", key_id), else_="")


def is_in_use(session: Session, key_id: str) -> bool:
    """Whether any value is sealed with that key id; stops at the first one found."""
    beginning = f"{VERSION}.{key_id}."
    return any(
        session.scalar(
            sa.select(sa.literal(1)).where(sa.func.substr(column.sealed, 1, len(beginning)) == beginning).limit(1)
        )
        for column in SEALED_COLUMNS
    )


def rotate(session: Session, *, now: datetime, progress: Progress = lambda _column, _count: None) -> Rotation:
    """Seal everything with the writing key; `progress` hears of each batch. Raises KeysMissing before anything is done.

    Several transactions, each of one batch: the rotation may be ended at any moment and started again.
    """
    _refuse_missing(session)
    resealed, unreadable = 0, 0
    for column in SEALED_COLUMNS:
        done, broken = _rotate_column(session, column, progress)
        resealed, unreadable = resealed + done, unreadable + broken
    if resealed:
        with transaction(session):
            audit.record(session, SYSTEM, "field_keys_rotated", "field_key", None, now=now)
    left = values_by_key(session)
    end_read(session)
    return Rotation(resealed, unreadable, left)


def _refuse_missing(session: Session) -> None:
    keys = field_keys(session)
    missing = set(values_by_key(session)) - set(keys.keys) - {NO_KEY}
    wrong = {
        row.key_id
        for row in session.scalars(sa.select(FieldKeyCheck))
        if row.key_id in keys.keys and key_check_value(keys.keys[row.key_id]) != row.check_value
    }
    end_read(session)
    if missing | wrong:
        raise KeysMissing(tuple(sorted(missing | wrong)))


def _rotate_column(session: Session, column: SealedColumn, progress: Progress) -> tuple[int, int]:
    """How many values were sealed anew, and how many do not open. Goes over the column until no old value is left."""
    resealed = 0
    while True:
        changed, unreadable, lost = 0, 0, 0
        for batch in _batches(session, column):
            fresh, broken = _sealed_anew(field_keys(session), column, batch)
            written = _write(session, column, fresh)
            changed, unreadable, lost = changed + written, unreadable + broken, lost + len(fresh) - written
            progress(column, written)
        resealed += changed
        # A value that somebody saved meanwhile may have been sealed by a process that still writes with the old key.
        if not lost:
            return resealed, unreadable


def _batches(session: Session, column: SealedColumn) -> Iterator[list[tuple[str, str]]]:
    """Row keys and values that another key than the writing one has sealed, in the order of the row keys."""
    beginning = f"{VERSION}.{field_keys(session).writing_id}."
    after = ""
    while True:
        rows = session.execute(
            sa.select(column.row_key, column.sealed)
            .where(column.row_key > after, column.sealed.is_not(None))
            .where(sa.func.substr(column.sealed, 1, len(beginning)) != beginning)
            .order_by(column.row_key)
            .limit(BATCH)
        )
        batch = [(row_key, sealed) for row_key, sealed in rows]
        end_read(session)
        if not batch:
            return
        yield batch
        after = batch[-1][0]


def _sealed_anew(
    keys: FieldKeys, column: SealedColumn, batch: list[tuple[str, str]]
) -> tuple[list[dict[str, str]], int]:
    """Old and new value of each row that opens, and how many do not."""
    fresh, broken = [], 0
    for row_key, old in batch:
        try:
            text = open_(keys, column.table, column.column, row_key, old)
        except CannotOpen:
            broken += 1
        else:
            new = seal(keys, column.table, column.column, row_key, text)
            fresh.append({"of_row": row_key, "old": old, "new": new})
    return fresh, broken


def _write(session: Session, column: SealedColumn, fresh: list[dict[str, str]]) -> int:
    """Write the new values where the old ones still stand, in one transaction; how many that were."""
    table = sa.inspect(column.sealed.class_).local_table
    update = (
        sa.update(table)
        .where(table.c[column.row_key.key] == sa.bindparam("of_row"))
        .where(table.c[column.sealed.key] == sa.bindparam("old"))
        .values({column.sealed.key: sa.bindparam("new")})
    )
    written = 0
    with transaction(session):
        for values in fresh:
            result = session.connection().execute(update, values)
            written += result.rowcount
    return written
