"""What is taken: the busy spans the engine asks for, the holds of an owner, the reservations of a visit."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.core.scheduling.intervals import Span, from_minutes, to_minutes, to_minutes_up
from booking.models import Clinic, Hold, Reservation
from booking.queries.prepared import IdList, Prepared

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
    return sa.func.group_concat(sa.cast(column, sa.String), sa.literal_column("','"))


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
    Hold.expires_at > sa.bindparam("now"),
    Hold.owner != sa.bindparam("owner"),
    Hold.owner != sa.bindparam("other_owner"),
)
NOT_OF_VISIT = (
    sa.or_(Reservation.appointment_id.is_(None), Reservation.appointment_id != sa.bindparam("appointment_id")),
    sa.or_(
        Reservation.hold_id.is_(None),
        Reservation.hold_id.not_in(sa.select(Hold.id).where(Hold.appointment_id == sa.bindparam("appointment_id"))),
    ),
)
_RESOURCES_ASKED: Mapping[str, sa.ColumnElement[bool]] = {
    "sqlite": Reservation.resource_id.in_(
        sa.select(sa.func.json_each(sa.bindparam("resource_ids", type_=sa.JSON)).table_valued("value").c.value)
    ),
    "postgresql": Reservation.resource_id == sa.any_(sa.bindparam("resource_ids", type_=IdList)),
}
"""One parameter however many there are: with one for each, sending the question costs more than answering it."""


def in_window(dialect: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Whether a reservation is one of those asked for."""
    return (
        _RESOURCES_ASKED[dialect],
        Reservation.ends_at > sa.bindparam("since"),
        Reservation.starts_at < sa.bindparam("until"),
    )


def _busy(dialect: str, *conditions: sa.ColumnElement[bool]) -> sa.Subquery:
    """One row for each resource with its spans packed together: fetching rows is what a search costs, and this fetch
    takes half the time of the plain one. The lane is packed too, since grouping by it would use an index that reads
    the past."""
    lanes, starts, ends = _PACKED[dialect]
    return (
        sa.select(
            sa.type_coerce(Reservation.resource_id, sa.Integer).label("resource_id"),
            lanes.label("lanes"),
            starts.label("starts"),
            ends.label("ends"),
        )
        .where(
            *in_window(dialect), sa.or_(Reservation.hold_id.is_(None), Reservation.hold_id.in_(_LIVE_HOLDS_OF_OTHERS))
        )
        .where(*conditions)
        .group_by(Reservation.resource_id)
        .subquery("busy")
    )


DIALECTS = tuple(_PACKED)
"""Names of the databases that the statements are written for."""


def select_busy(
    dialect: str, *facts: sa.ColumnElement[Any], conditions: Sequence[sa.ColumnElement[bool]] = ()
) -> Prepared:
    """A statement for `fetch_busy`: what is taken, with the clinic's revision and other facts on every row.

    There is one row without a resource when nothing is taken.
    """
    busy = _busy(dialect, *conditions)
    return Prepared(sa.select(busy, Clinic.revision, *facts).select_from(sa.outerjoin(Clinic, busy, sa.true())))


# The index that a search reads knows nothing of appointments, so what leaves one out is a statement of its own.
_BUSY = {dialect: select_busy(dialect) for dialect in _PACKED}
_BUSY_WITHOUT_VISIT = {dialect: select_busy(dialect, conditions=NOT_OF_VISIT) for dialect in _PACKED}


class BusyNow(NamedTuple):
    """What is taken, and the clinic's revision at the same moment (None: there is no clinic)."""

    busy: BusyLanes
    revision: int | None


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
    asked = {**window_asked(resource_ids, window, now), "owner": owner, "other_owner": ""}
    if without_appointment is None:
        busy, facts = fetch_busy(session, _BUSY, asked)
    else:
        busy, facts = fetch_busy(session, _BUSY_WITHOUT_VISIT, {**asked, "appointment_id": without_appointment})
    return BusyNow(busy, *facts)


def window_asked(resource_ids: Iterable[int], window: Span, now: datetime) -> dict[str, Any]:
    """The parameters of every statement of `select_busy`, but for `owner` and `other_owner`."""
    return {
        "resource_ids": list(resource_ids),
        "since": from_minutes(window[0]),
        "until": from_minutes(window[1]),
        "now": now,
    }


def fetch_busy(
    session: Session, statements: Mapping[str, Prepared], asked: Mapping[str, Any]
) -> tuple[BusyLanes, tuple[Any, ...]]:
    """The busy spans by lane, and the facts that stand on every row: the revision (None without a clinic) and more."""
    connection = session.connection()
    dialect = connection.dialect.name
    unpack = _UNPACK[dialect]
    busy: BusyLanes = {}
    facts: tuple[Any, ...] = (None,)
    for resource_id, lanes, starts, ends, *others in statements[dialect].execute(connection, asked).rows:
        facts = tuple(others)
        if resource_id is not None:
            _add(busy, resource_id, *unpack(lanes, starts, ends))
    for spans in busy.values():
        spans.sort()
    return busy, facts


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


def holds_of(
    session: Session, owner: str = "", other_owner: str = "", *, appointment_id: int | None = None
) -> OwnHolds:
    """All holds of these owners ("" is nobody), and those kept for the undo of that appointment."""
    if not owner and not other_owner and appointment_id is None:
        return OwnHolds(frozenset(), ())
    asked = {"owner": owner, "other_owner": other_owner, "appointment_id": appointment_id}
    return own_holds(session.connection().execute(_HELD, asked).all())


def own_holds(rows: Iterable[Sequence[Any]]) -> OwnHolds:
    """Of rows of `HELD_COLUMNS`; a hold without reservation has None for a resource."""
    rows = list(rows)
    taken = tuple(Taken(*row[1:]) for row in rows if row[1] is not None)
    return OwnHolds(frozenset(row[0] for row in rows), taken)


HELD_COLUMNS = (Hold.id, Reservation.resource_id, Reservation.lane, Reservation.starts_at, Reservation.ends_at)
IS_OWN = sa.or_(
    sa.and_(sa.or_(Hold.owner == sa.bindparam("owner"), Hold.owner == sa.bindparam("other_owner")), Hold.owner != ""),
    Hold.appointment_id == sa.bindparam("appointment_id"),
)
"""Whether a hold is one of `holds_of`."""

_HELD = sa.select(*HELD_COLUMNS).outerjoin(Reservation, Reservation.hold_id == Hold.id).where(IS_OWN)


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
