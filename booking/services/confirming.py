"""Confirming a visit: the patient says that they come. Nothing else about the visit changes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, VisitAct
from booking.core.errors import MoveNotAllowed, NotFound
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment
from booking.queries.appointments import visit_for
from booking.services import audit
from booking.services.transaction import transaction


def confirm_visit(
    session: Session, *, actor: Actor, public_id: str, now: datetime, version: int | None = None
) -> datetime:
    """Note that the patient comes, once; returns when that was first said. The version stays, so reminders do too.

    `version` is that of the page or the letter, where one is known: nobody confirms a time that they have not seen.
    Raises NotFound, MoveNotAllowed (not booked any more, or another version).
    """
    with transaction(session):
        visit = visit_for(session, actor, public_id, act=VisitAct.CONFIRM, lock=True)
        if visit is None:
            raise NotFound
        if visit.status is not AppointmentStatus.BOOKED or version not in {None, visit.version}:
            raise MoveNotAllowed
        if visit.confirmed_at is not None:
            return visit.confirmed_at
        session.execute(
            sa.update(Appointment)
            .where(Appointment.id == visit.id)
            .values(confirmed_at=now)
            .execution_options(synchronize_session=False)
        )
        audit.record(
            session, actor, "appointment_confirmed", "appointment", visit.id, now=now, patient_id=visit.patient_id
        )
    return now
