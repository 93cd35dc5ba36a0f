"""What is taken: the busy spans the engine asks for, the holds of an owner, the reservations of a visit."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.core.scheduling.intervals import Span, from_minutes, to_minutes, to_minutes_up
from booking.models import Clinic, Hold, Reservation

BusyLanes = dict[tuple[int, int], list[Span]]

KEPT_TEXTS = 50_000


class _MinutesOfText(dict[str, int]):
    """Database text of an instant → UTC minute. The same few thousand texts come again with every search."""

    def __init__(self, rounded: Callable[[datetime], int]) -> None:
        super().__init__()
        self._rounded = rounded

    def __missing__(self, text: str) -> int:
        # SQLite keeps UTC without a zone.
        minute = self._rounded(datetime.fromisoformat(f"{text}+00"))
        if len(self) >= KEPT_TEXTS:
            self.clear()
        self[text] = minute
        return minute


_start_of = _MinutesOfText(to_minutes)
_end_of = _MinutesOfText(to_minutes_up)


def _as_text(column: InstrumentedAttribute[int | None] | InstrumentedAttribute[datetime]) -> sa.ColumnElement[str]:
    return sa.func.aggregate_strings(sa.cast(column, sa.String), ",")


def _as_bytes(number: sa.ColumnElement[Any] | InstrumentedAttribute[int | None]) -> sa.ColumnElement[bytes]:
    """Four bytes for each row: PostgreSQL writes an instant as text in four times the time."""
    return sa.func.string_agg(sa.func.int4send(sa.cast(number, sa.Integer)), sa.literal_column("''::bytea"))


def _minute_of(column: InstrumentedAttribute[datetime]) -> sa.ColumnElement[Any]:
    return sa.func.date_part("epoch", column) / 60.0


_PACKED: Mapping[str, tuple[sa.ColumnElement[Any], ...]] = {
    "sqlite": (_as_text(Reservation.lane), _as_text(Reservation.starts_at), _as_text(Reservation.ends_at)),
    "postgresql": (
        _as_bytes(Reservation.lane),
        _as_bytes(sa.func.floor(_minute_of(Reservation.starts_at))),
        _as_bytes(sa.func.ceil(_minute_of(Reservation.ends_at))),
    ),
}


_LIVE_HOLDS_OF_OTHERS = sa.select(Hold.id).where(
    Hold.expires_at > sa.bindparam("now"), Hold.owner != sa.bindparam("owner")
)
_NOT_OF_VISIT = (
    sa.or_(Reservation.appointment_id.is_(None), Reservation.appointment_id != sa.bindparam("appointment_id")),
    sa.or_(
        Reservation.hold_id.is_(None),
        Reservation.hold_id.not_in(sa.select(Hold.id).where(Hold.appointment_id == sa.bindparam("appointment_id"))),
    ),
)
_IN_WINDOW = (
    Reservation.resource_id.in_(sa.bindparam("resource_ids", expanding=True)),
    Reservation.ends_at > sa.bindparam("since"),
    Reservation.starts_at < sa.bindparam("until"),
)
_ENDED_HOLDS = sa.exists().where(
    Reservation.hold_id.in_(sa.select(Hold.id).where(Hold.expires_at <= sa.bindparam("now"))), *_IN_WINDOW
)


def _busy(packed: tuple[sa.ColumnElement[Any], ...], *conditions: sa.ColumnElement[bool]) -> sa.Subquery:
    """One row for each resource with its spans packed together: fetching rows is what a search costs, and this fetch
    takes half the time of the plain one. The lane is packed too, since grouping by it would use an index that reads
    the past."""
    lanes, starts, ends = packed
    return (
        sa.select(
            sa.type_coerce(Reservation.resource_id, sa.Integer).label("resource_id"),
            lanes.label("lanes"),
            starts.label("starts"),
            ends.label("ends"),
        )
        .where(*_IN_WINDOW, sa.or_(Reservation.hold_id.is_(None), Reservation.hold_id.in_(_LIVE_HOLDS_OF_OTHERS)))
        .where(*conditions)
        .group_by(Reservation.resource_id)
        .subquery("busy")
    )


def _at_revision(busy: sa.Subquery, has_ended_holds: sa.ColumnElement[bool]) -> sa.Select[*tuple[Any, ...]]:
    """The revision on every row, and on one without a resource when nothing is taken."""
    columns = (Clinic.revision, has_ended_holds.label("has_ended_holds"), busy)
    return sa.select(*columns).select_from(sa.outerjoin(Clinic, busy, sa.true()))


# Statements of every search and booking, built once: building one costs as much as running it. The index that a search
# reads knows nothing of appointments, so what leaves one out is a statement of its own.
_BUSY = {dialect: _at_revision(_busy(packed), sa.false()) for dialect, packed in _PACKED.items()}
_BUSY_WITHOUT_VISIT = {
    dialect: _at_revision(_busy(packed, *_NOT_OF_VISIT), sa.false()) for dialect, packed in _PACKED.items()
}
_BUSY_FOR_BOOKING = {dialect: _at_revision(_busy(packed), _ENDED_HOLDS) for dialect, packed in _PACKED.items()}


class BusyNow(NamedTuple):
    """What is taken, and the clinic's revision at the same moment (None: there is no clinic).

    `has_ended_holds` is only asked for a booking: whether a hold that ran out still has rows in the way.
    """

    busy: BusyLanes
    revision: int | None
    has_ended_holds: bool


def busy_by_lane(
    session: Session,
    resource_ids: Iterable[int],
    window: Span,
    *,
    now: datetime,
    owner: str = "",
    without_appointment: int | None = None,
) -> BusyLanes:
    """(resource id, lane) → its spans that overlap `window`, sorted, in UTC minutes; lanes without any are missing.

    One query, whatever is asked. Holds of `owner` ("" is nobody) and holds that ran out by `now` do not count, nor
    what that appointment has reserved or holds for its undo.
    """
    found = busy_at_revision(
        session, resource_ids, window, now=now, owner=owner, without_appointment=without_appointment
    )
    return found.busy


def busy_at_revision(
    session: Session,
    resource_ids: Iterable[int],
    window: Span,
    *,
    now: datetime,
    owner: str = "",
    without_appointment: int | None = None,
) -> BusyNow:
    """The same with the clinic's revision, in the same query: whoever went by a kept clinic sees whether it stands."""
    asked = {**_asked(resource_ids, window, now), "owner": owner}
    if without_appointment is None:
        return _fetched(session, _BUSY, asked)
    return _fetched(session, _BUSY_WITHOUT_VISIT, {**asked, "appointment_id": without_appointment})


def busy_for_booking(session: Session, resource_ids: Iterable[int], window: Span, *, now: datetime) -> BusyNow:
    """The same for a transaction that has the locks, whose own holds are gone, with `has_ended_holds`."""
    return _fetched(session, _BUSY_FOR_BOOKING, {**_asked(resource_ids, window, now), "owner": ""})


def _asked(resource_ids: Iterable[int], window: Span, now: datetime) -> dict[str, Any]:
    return {
        "resource_ids": tuple(resource_ids),
        "since": from_minutes(window[0]),
        "until": from_minutes(window[1]),
        "now": now,
    }


def _fetched(
    session: Session, statements: Mapping[str, sa.Select[*tuple[Any, ...]]], asked: Mapping[str, Any]
) -> BusyNow:
    connection = session.connection()
    dialect = connection.dialect.name
    unpack = _UNPACK[dialect]
    busy: BusyLanes = {}
    revision, has_ended_holds = None, False
    rows = connection.execute(statements[dialect], asked)
    for revision, has_ended_holds, resource_id, lanes, starts, ends in rows:  # noqa: B007 - the same on every row
        if resource_id is not None:
            _add(busy, resource_id, *unpack(lanes, starts, ends))
    for spans in busy.values():
        spans.sort()
    return BusyNow(busy, revision, bool(has_ended_holds))


Unpacked = tuple[Sequence[int], Iterable[int], Iterable[int]]
"""Lanes, first minutes and last minutes of the same spans."""


def _of_text(lanes: str, starts: str, ends: str) -> Unpacked:
    names = lanes.split(",")
    numbers = [int(names[0])] * len(names) if names.count(names[0]) == len(names) else [int(name) for name in names]
    return numbers, map(_start_of.__getitem__, starts.split(",")), map(_end_of.__getitem__, ends.split(","))


def _of_bytes(lanes: bytes, starts: bytes, ends: bytes) -> Unpacked:
    form = f">{len(lanes) // 4}i"
    return struct.unpack(form, lanes), struct.unpack(form, starts), struct.unpack(form, ends)


_UNPACK: Mapping[str, Callable[..., Unpacked]] = {"sqlite": _of_text, "postgresql": _of_bytes}


def _add(busy: BusyLanes, resource_id: int, lanes: Sequence[int], starts: Iterable[int], ends: Iterable[int]) -> None:
    spans = zip(starts, ends, strict=True)
    if lanes.count(lanes[0]) == len(lanes):
        busy[resource_id, lanes[0]] = list(spans)
        return
    for lane, span in zip(lanes, spans, strict=True):
        busy.setdefault((resource_id, lane), []).append(span)


class Taken(NamedTuple):
    """One reservation of a resource, as instants. Sorts by resource, lane and start."""

    resource_id: int
    lane: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class OwnHolds:
    """Holds that give way to their owner, and what they take of resources; a hold that ran out may still take it."""

    hold_ids: frozenset[int]
    taken: tuple[Taken, ...]

    @property
    def resource_ids(self) -> frozenset[int]:
        return frozenset(one.resource_id for one in self.taken)


def holds_of(session: Session, owners: Collection[str], *, appointment_id: int | None = None) -> OwnHolds:
    """All holds of these owners ("" is nobody), and those kept for the undo of that appointment."""
    named = [owner for owner in owners if owner]
    if not named and appointment_id is None:
        return OwnHolds(frozenset(), ())
    asked = {"owners": named, "appointment_id": appointment_id}
    rows = session.connection().execute(_OWN if appointment_id is None else _OWN_OR_OF_VISIT, asked).all()
    taken = tuple(Taken(*row[1:]) for row in rows if row.resource_id is not None)
    return OwnHolds(frozenset(row.id for row in rows), taken)


_HELD = sa.select(
    Hold.id,
    sa.type_coerce(Reservation.resource_id, sa.Integer).label("resource_id"),
    sa.type_coerce(Reservation.lane, sa.Integer),
    Reservation.starts_at,
    Reservation.ends_at,
).outerjoin(Reservation, Reservation.hold_id == Hold.id)
_IS_OWN = Hold.owner.in_(sa.bindparam("owners", expanding=True))
_OWN = _HELD.where(_IS_OWN)
_OWN_OR_OF_VISIT = _HELD.where(sa.or_(_IS_OWN, Hold.appointment_id == sa.bindparam("appointment_id")))


def taken_by_visit(session: Session, appointment_id: int) -> list[Taken]:
    """What the visit has reserved of resources, sorted; the patient's own row is not in it."""
    rows = session.execute(
        sa.select(
            sa.type_coerce(Reservation.resource_id, sa.Integer),
            sa.type_coerce(Reservation.lane, sa.Integer),
            Reservation.starts_at,
            Reservation.ends_at,
        ).where(Reservation.appointment_id == appointment_id, Reservation.resource_id.is_not(None))
    )
    return sorted(Taken(*row) for row in rows)
