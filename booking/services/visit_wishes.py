"""What was said of a visit when it was booked: what makes it easier, for all who work on it; the reason, for its
specialist alone. Both are sealed; reading the reason is recorded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import Actor, Role
from booking.models import Appointment
from booking.queries.appointments import Visit
from booking.services import audit
from booking.services.sealed import open_text
from booking.services.transaction import transaction


@dataclass(frozen=True, slots=True)
class VisitWishes:
    """Codes of needs, and the reason in the patient's words (None: not given, or not for this actor).

    `is_readable` is False when a sealed value does not open: then something is missing here, and people must know.
    """

    needs: tuple[str, ...] = ()
    reason: str | None = None
    is_readable: bool = True


def read_wishes(session: Session, *, actor: Actor, visit: Visit, now: datetime) -> VisitWishes:
    """What the actor may know of it. The caller has authorised the visit."""
    row = session.execute(
        sa.select(Appointment.needs_sealed, Appointment.reason_sealed).where(Appointment.id == visit.id)
    ).one()
    may_read_reason = actor.role is Role.SPECIALIST and actor.resource_id == visit.specialist_id
    try:
        needs = open_text(session, "appointment", "needs", visit.public_id, row.needs_sealed)
        sealed = row.reason_sealed if may_read_reason else None
        reason = open_text(session, "appointment", "reason", visit.public_id, sealed)
    except CannotOpen:
        return VisitWishes(is_readable=False)
    if reason is not None:
        with transaction(session):
            audit.record(session, actor, "reason_read", "appointment", visit.id, now=now, patient_id=visit.patient_id)
    return VisitWishes(tuple(json.loads(needs)) if needs else (), reason)
