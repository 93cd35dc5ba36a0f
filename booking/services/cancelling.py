"""Cancelling a visit: the lifecycle and the notice decide, never the rules of booking; the time is free at once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import MoveNotAllowed, NotFound, RulesRefuse
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.rules import CancelRequest, Refusal, may_cancel
from booking.models import Appointment, Patient, Reservation
from booking.queries.appointments import Visit, visit_for
from booking.queries.catalogue import catalogue
from booking.services import audit, outbox
from booking.services.sealed import seal_text
from booking.services.transaction import transaction

DECEASED = "pat-dec"
"""The reason that stops every message to the patient at once."""


def cancel(
    session: Session, *, actor: Actor, public_id: str, reason_code: str | None, note: str | None, now: datetime
) -> None:
    """Cancel a visit that the actor may see. Patients: a booked one, within its notice; staff: with a reason.

    Raises NotFound, MoveNotAllowed (its status), RulesRefuse (`too_late_to_cancel`, `reason_required`).
    """
    with transaction(session):
        visit = visit_for(session, actor, public_id)
        if visit is None:
            raise NotFound
        if refusals := refusals_of_cancelling(session, actor, visit, now=now, reason_code=reason_code):
            if any(refusal.code == "not_cancellable" for refusal in refusals):
                raise MoveNotAllowed
            raise RulesRefuse(refusals)
        _set_cancelled(session, visit, reason_code, note, now)
        session.execute(sa.delete(Reservation).where(Reservation.appointment_id == visit.id))
        _tell(session, visit, reason_code, now)
        audit.record(session, actor, "appointment_cancelled", "appointment", visit.id, now=now, reason_code=reason_code)


def refusals_of_cancelling(
    session: Session, actor: Actor, visit: Visit, *, now: datetime, reason_code: str | None = None
) -> tuple[Refusal, ...]:
    """Every reason against cancelling, for the page that offers it as for the act; () when it may be done."""
    if not actor.is_staff and visit.status is not AppointmentStatus.BOOKED:
        # The lifecycle also lets the desk cancel a visit whose patient has arrived; for patients it is too late then.
        return (Refusal("not_cancellable", {"status": visit.status.value}),)
    policy = catalogue(session).services[visit.service_id].policy
    refusals = may_cancel(CancelRequest(visit.starts_at, visit.status, not actor.is_staff), policy, now)
    return refusals if reason_code or not actor.is_staff else (*refusals, Refusal("reason_required"))


def _set_cancelled(session: Session, visit: Visit, reason_code: str | None, note: str | None, now: datetime) -> None:
    """Compare and swap: whoever changed the visit since it was read wins."""
    changed = session.execute(
        sa.update(Appointment)
        .where(Appointment.id == visit.id, Appointment.status == visit.status, Appointment.version == visit.version)
        .values(
            status=AppointmentStatus.CANCELLED,
            version=visit.version + 1,
            sequence=visit.sequence + 1,
            cancelled_at=now,
            cancel_reason_code=reason_code,
            cancel_note_sealed=seal_text(session, "appointment", "cancel_note", visit.public_id, note),
        )
        .returning(Appointment.id)
        .execution_options(synchronize_session=False)
    )
    if changed.one_or_none() is None:
        raise MoveNotAllowed


def _tell(session: Session, visit: Visit, reason_code: str | None, now: datetime) -> None:
    if reason_code == DECEASED:
        outbox.drop_all_for_patient(session, patient_id=visit.patient_id, now=now)
        return
    appointment = session.get_one(Appointment, visit.id, populate_existing=True)
    email = session.scalar(sa.select(Patient.email).where(Patient.id == visit.patient_id))
    outbox.plan_cancellation(session, appointment=appointment, has_email=email is not None, now=now)
