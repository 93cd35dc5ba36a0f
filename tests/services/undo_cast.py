"""Taking back, as the tests of undo do it: by the patient, a minute later, unless said otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.models import Appointment, AuditEvent
from booking.queries.appointments import visit_for
from booking.services.appointments import cancel, undo_cancel
from booking.services.changing import undo_change
from booking.services.undo import UNDO_LENGTH, undo_until
from tests.factories import NEXT_MONDAY_9, NOW
from tests.services.cast import (
    book,
    hold,
)
from tests.services.visit_cast import (
    MINUTE,
    patient_of,
    reread,
)

LAST_MOMENT = NOW + UNDO_LENGTH - timedelta(seconds=1)
OVER = NOW + UNDO_LENGTH
NINE = (NEXT_MONDAY_9, NEXT_MONDAY_9 + 45 * MINUTE)


def cancel_as(session: Session, appointment: Appointment, actor: Actor | None = None, *, now: datetime = NOW) -> None:
    actor = actor or patient_of(session, appointment)
    reason_code = "pat" if actor.is_staff else None
    cancel(session, actor=actor, public_id=appointment.public_id, reason_code=reason_code, note=None, now=now)


def restore(
    session: Session, appointment: Appointment, actor: Actor | None = None, *, now: datetime = NOW + MINUTE
) -> Appointment:
    actor = actor or patient_of(session, appointment)
    undo_cancel(session, actor=actor, public_id=appointment.public_id, now=now)
    return reread(session, appointment)


def move_back(
    session: Session, appointment: Appointment, actor: Actor | None = None, *, now: datetime = NOW + MINUTE
) -> Appointment:
    actor = actor or patient_of(session, appointment)
    undo_change(session, actor=actor, public_id=appointment.public_id, now=now)
    return reread(session, appointment)


def until(session: Session, appointment: Appointment, actor: Actor, now: datetime) -> datetime | None:
    session.rollback()
    visit = visit_for(session, actor, appointment.public_id)
    assert visit is not None
    return undo_until(session, actor, visit, now=now)


def booked_visit(session: Session) -> Appointment:
    """Booked by form, so with its messages."""
    booked = book(session, hold(session), now=NOW - timedelta(hours=1))
    session.rollback()
    return session.get_one(Appointment, booked.appointment_id)


def codes(session: Session) -> list[str]:
    return list(session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)))
