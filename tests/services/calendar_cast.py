"""What the tests of calendars share: changes of Dr Cruz's calendar, the form that saves them, what is closed then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.scheduling.calendar_change import (
    BlockChange,
    CalendarChange,
    WeekChange,
)
from booking.core.scheduling.clinic import MinuteSpan
from booking.core.scheduling.intervals import to_minutes
from booking.models import (
    Appointment,
    BlockKind,
    Reservation,
)
from booking.services import calendar_changes
from booking.services.blocks import BlockDetails
from booking.services.calendar_changes import AskedChange, Decision, DecisionKind, Saved
from booking.services.hits import Hit, hits_of
from tests.factories import NEXT_MONDAY_9, NOW
from tests.services.cast import (
    DORA,
    DR_CRUZ,
    NORTHSIDE,
    new_nonce,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = date(2026, 11, 30)
FAY = Actor(role=Role.ADMINISTRATOR, owner="desk-fay")
MORNING, AFTERNOON = MinuteSpan(540, 720), MinuteSpan(780, 1020)
LEAVE = BlockDetails(BlockKind.LEAVE, "Leave")


def away(resource_id: int = DR_CRUZ, *, hours: float = 3) -> BlockChange:
    """Away next Monday from nine on."""
    return BlockChange(resource_id, ((to_minutes(NEXT_MONDAY_9), to_minutes(NEXT_MONDAY_9 + hours * HOUR)),))


def week(*spans: MinuteSpan, **changes: Any) -> WeekChange:
    """Dr Cruz at Northside from next Monday on: these spans from Monday to Friday."""
    values = {"resource_id": DR_CRUZ, "location_id": NORTHSIDE, "from_on": MONDAY, **changes}
    return WeekChange(week=(*([spans] * 5), (), ()), **values)


def hits(session: Session, change: CalendarChange, actor: Actor = DORA) -> tuple[Hit, ...]:
    found = hits_of(session, change, actor=actor, now=NOW)
    session.rollback()
    return found


def asked(
    change: CalendarChange, found: tuple[Hit, ...] = (), decision: Decision | None = None, **changes: Any
) -> AskedChange:
    """The form as it is sent, with the same decision about each visit."""
    chosen = decision or Decision(DecisionKind.KEEP)
    whole = AskedChange(
        change,
        new_nonce(),
        {hit.visit.public_id: hit.visit.version for hit in found},
        {hit.visit.public_id: chosen for hit in found},
        LEAVE,
    )
    return replace(whole, **changes)


def save(session: Session, form: AskedChange, actor: Actor = DORA) -> Saved:
    return calendar_changes.save(session, form, actor=actor, now=NOW)


def fresh(session: Session, visit: Appointment) -> Appointment:
    session.rollback()
    return session.get_one(Appointment, visit.id, populate_existing=True)


def blocked(session: Session, resource_id: int = DR_CRUZ) -> list[tuple[float, float]]:
    """Hours after nine that blocks have reserved."""
    session.rollback()
    rows = session.execute(
        sa.select(Reservation.starts_at, Reservation.ends_at)
        .where(Reservation.block_id.is_not(None), Reservation.resource_id == resource_id)
        .order_by(Reservation.starts_at)
    )
    return [((starts - NEXT_MONDAY_9) / HOUR, (ends - NEXT_MONDAY_9) / HOUR) for starts, ends in rows]
