"""What is taken: the busy spans the engine asks for, and whether a patient is expected elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.core.scheduling.intervals import Span, from_minutes, to_minutes, to_minutes_up
from booking.models import Hold, Reservation

BusyLanes = dict[tuple[int, int], list[Span]]

KEPT_TEXTS = 50_000


class _MinutesOfText(dict[str, int]):
    """Database text of an instant → UTC minute. The same few thousand texts come again with every search."""

    def __init__(self, rounded: Callable[[datetime], int]) -> None:
        super().__init__()
        self._rounded = rounded

    def __missing__(self, text: str) -> int:
        # SQLite keeps UTC without a zone; PostgreSQL writes the offset of its session, which is UTC as well.
        minute = self._rounded(datetime.fromisoformat(text if text.endswith("+00") else f"{text}+00"))
        if len(self) >= KEPT_TEXTS:
            self.clear()
        self[text] = minute
        return minute


_start_of = _MinutesOfText(to_minutes)
_end_of = _MinutesOfText(to_minutes_up)


def _packed(column: InstrumentedAttribute[int | None] | InstrumentedAttribute[datetime]) -> sa.ColumnElement[str]:
    return sa.func.aggregate_strings(sa.cast(column, sa.String), ",")


_LIVE_HOLDS_OF_OTHERS = sa.select(Hold.id).where(
    Hold.expires_at > sa.bindparam("now"), Hold.owner != sa.bindparam("owner")
)
# One row for each resource with its spans packed into text: fetching rows is what a search costs, and this fetch takes
# half the time of the plain one. The lane is packed too, since grouping by it would use an index that reads the past.
_BUSY = (
    sa.select(
        sa.type_coerce(Reservation.resource_id, sa.Integer).label("resource_id"),
        _packed(Reservation.lane),
        _packed(Reservation.starts_at),
        _packed(Reservation.ends_at),
    )
    .where(
        Reservation.resource_id.in_(sa.bindparam("resource_ids", expanding=True)),
        Reservation.ends_at > sa.bindparam("since"),
        Reservation.starts_at < sa.bindparam("until"),
        sa.or_(Reservation.hold_id.is_(None), Reservation.hold_id.in_(_LIVE_HOLDS_OF_OTHERS)),
    )
    .group_by(Reservation.resource_id)
)


def busy_by_lane(
    session: Session, resource_ids: Iterable[int], window: Span, *, now: datetime, owner: str = ""
) -> BusyLanes:
    """(resource id, lane) → its spans that overlap `window`, sorted, in UTC minutes; lanes without any are missing.

    One query, whatever is asked. Holds of `owner` ("" is nobody) and holds that ran out by `now` do not count.
    """
    busy: BusyLanes = {}
    rows = session.connection().execute(
        _BUSY,
        {
            "resource_ids": tuple(resource_ids),
            "since": from_minutes(window[0]),
            "until": from_minutes(window[1]),
            "now": now,
            "owner": owner,
        },
    )
    for resource_id, lanes, starts, ends in rows:
        _unpack(busy, resource_id, lanes, starts, ends)
    for spans in busy.values():
        spans.sort()
    return busy


def _unpack(busy: BusyLanes, resource_id: int, lanes: str, starts: str, ends: str) -> None:
    spans = zip(map(_start_of.__getitem__, starts.split(",")), map(_end_of.__getitem__, ends.split(",")), strict=True)
    names = lanes.split(",")
    if names.count(names[0]) == len(names):
        busy[resource_id, int(names[0])] = list(spans)
        return
    for name, span in zip(names, spans, strict=True):
        busy.setdefault((resource_id, int(name)), []).append(span)


def is_patient_busy(session: Session, *, patient_id: int, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether the patient has a visit that overlaps `[starts_at, ends_at)`."""
    overlap = sa.select(Reservation.id).where(
        Reservation.patient_id == patient_id, Reservation.ends_at > starts_at, Reservation.starts_at < ends_at
    )
    return session.scalar(overlap.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class OwnHolds:
    """The holds of one browser session, and the resources they take; a hold that ran out may still take them."""

    hold_ids: frozenset[int]
    resource_ids: frozenset[int]


def holds_of(session: Session, owner: str) -> OwnHolds:
    """All holds of `owner`; none for ""."""
    if not owner:
        return OwnHolds(frozenset(), frozenset())
    own = sa.select(Hold.id, Reservation.resource_id).outerjoin(Reservation, Reservation.hold_id == Hold.id)
    rows = session.execute(own.where(Hold.owner == owner)).all()
    resource_ids = frozenset(row.resource_id for row in rows if row.resource_id is not None)
    return OwnHolds(frozenset(row.id for row in rows), resource_ids)
