"""What the time of resources is taken for: read only to explain it, a search needs less."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.scheduling.explain_question import Taken, TakenBy
from booking.core.scheduling.intervals import Span, from_minutes, to_minutes, to_minutes_up
from booking.models import Hold, Reservation


def taken_times(
    session: Session, resource_ids: Iterable[int], window: Span, *, now: datetime, owner: str = ""
) -> list[Taken]:
    """The reservations of those resources that overlap `window`, by start, with what each is for. One query.

    Holds of `owner` ("" is nobody) and holds that ran out by `now` do not count.
    """
    live = sa.select(Hold.id).where(Hold.expires_at > now, Hold.owner != owner)
    rows = session.execute(
        sa.select(
            Reservation.resource_id,
            Reservation.starts_at,
            Reservation.ends_at,
            Reservation.appointment_id.is_not(None).label("is_visit"),
            Reservation.hold_id.is_not(None).label("is_hold"),
        )
        .where(
            Reservation.resource_id.in_(tuple(resource_ids)),
            Reservation.ends_at > from_minutes(window[0]),
            Reservation.starts_at < from_minutes(window[1]),
            sa.or_(Reservation.hold_id.is_(None), Reservation.hold_id.in_(live)),
        )
        .order_by(Reservation.starts_at, Reservation.resource_id)
    )
    return [
        Taken(row.resource_id or 0, _kind(row), (to_minutes(row.starts_at), to_minutes_up(row.ends_at))) for row in rows
    ]


def _kind(row: Any) -> TakenBy:
    if row.is_visit:
        return TakenBy.VISIT
    return TakenBy.HOLD if row.is_hold else TakenBy.BLOCK
