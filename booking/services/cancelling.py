"""Cancelling a visit, and taking that back: the lifecycle and the notice decide, never the rules of booking."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, VisitAct
from booking.core.errors import MoveNotAllowed, NotFound, RulesRefuse
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.rules import CancelRequest, Refusal, may_cancel
from booking.models import Appointment
from booking.queries.appointments import Visit, visit_for
from booking.queries.catalogue import catalogue
from booking.services import audit, outbox, undo
from booking.services.freed import FreedCause, note_freed, withdraw_freed
from booking.services.releasing import give_back, is_in_block, lock_time
from booking.services.reserving import ReservedFor, book_in_transaction, reserve, same_time
from booking.services.sealed import seal_text
from booking.services.transaction import transaction

DECEASED = "pat-dec"
"""The reason that stops every message to the patient at once."""


def cancel(
    session: Session,
    *,
    actor: Actor,
    public_id: str,
    reason_code: str | None,
    note: str | None,
    now: datetime,
    version: int | None = None,
    is_time_closed: bool = False,
) -> None:
    """Cancel a visit that the actor may see. Patients: a booked one, within its notice; staff: with a reason.

    What patients cancel is kept for their undo; what staff cancel is free at once. `is_time_closed` says that a
    change of a calendar is why: then there is no undo. `version` is that of the visit as it was seen: nobody cancels a
    visit that somebody else has moved meanwhile. None: as it is.
    Raises NotFound, MoveNotAllowed (its status, its version), RulesRefuse (`too_late_to_cancel`, `reason_required`).
    """
    with transaction(session):
        visit = visit_for(session, actor, public_id, act=VisitAct.CANCEL, lock=True)
        if visit is None:
            raise NotFound
        if version is not None and visit.version != version:
            raise MoveNotAllowed
        if refusals := refusals_of_cancelling(session, actor, visit, now=now, reason_code=reason_code):
            if any(refusal.code == "not_cancellable" for refusal in refusals):
                raise MoveNotAllowed
            raise RulesRefuse(refusals)
        _set_cancelled(session, visit, reason_code, note, now)
        _give_time_back(session, actor, visit, now)
        _tell(session, visit, reason_code, now)
        audit.record(
            session, actor, "appointment_cancelled", "appointment", visit.id,
            now=now, reason_code=reason_code, patient_id=visit.patient_id,
        )  # fmt: skip
        if is_time_closed:
            audit.record(
                session, actor, undo.TIME_CLOSED, "appointment", visit.id, now=now, patient_id=visit.patient_id
            )


def undo_cancel(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Book the visit again at its own time, within ten minutes of its cancelling; nothing when it is booked.

    Patients and visitors: only what was not cancelled by staff. Raises NotFound, MoveNotAllowed, RulesRefuse
    (`undo_over`, `closed_then`), SlotTaken when the time was given away, PatientBusy, BusyDatabase.
    """

    def work() -> None:
        visit = visit_for(session, actor, public_id, act=VisitAct.CANCEL, lock=True)
        if visit is None:
            raise NotFound
        if visit.status is AppointmentStatus.BOOKED:
            return
        if visit.status is not AppointmentStatus.CANCELLED:
            raise MoveNotAllowed
        if undo.was_closed(session, visit):
            raise RulesRefuse((Refusal("closed_then"),))
        if undo.undo_until(session, actor, visit, now=now) is None:
            raise RulesRefuse((Refusal("undo_over"),))
        _book_again(session, visit, now)
        audit.record(
            session, actor, "appointment_restored", "appointment", visit.id, now=now, patient_id=visit.patient_id
        )

    book_in_transaction(session, work, now=now)


def _book_again(session: Session, visit: Visit, now: datetime) -> None:
    if not undo.take_kept_back(session, visit, now=now):
        reserved_for = ReservedFor(appointment_id=visit.id, patient_id=visit.patient_id)
        reserve(session, same_time(visit), now=now, keep=lambda _slot: reserved_for)
    back: dict[str, Any] = {"cancelled_at": None, "cancel_reason_code": None, "cancel_note_sealed": None}
    _set_status(session, visit, status=AppointmentStatus.BOOKED, **back)
    withdraw_freed(
        session, location_id=visit.location_id, resource_id=visit.specialist_id, starts_at=visit.starts_at,
        ends_at=visit.ends_at, now=now,
    )  # fmt: skip
    appointment = session.get_one(Appointment, visit.id, populate_existing=True)
    tz = catalogue(session).locations[visit.location_id].tz
    outbox.plan_undo(session, appointment=appointment, tz=tz, has_email=visit.is_mailed, now=now)


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
    _set_status(
        session,
        visit,
        status=AppointmentStatus.CANCELLED,
        cancelled_at=now,
        cancel_reason_code=reason_code,
        cancel_note_sealed=seal_text(session, "appointment", "cancel_note", visit.public_id, note),
    )


def _set_status(session: Session, visit: Visit, **values: Any) -> None:
    """Compare and swap: whoever changed the visit since it was read wins."""
    changed = session.execute(
        sa.update(Appointment)
        .where(Appointment.id == visit.id, Appointment.status == visit.status, Appointment.version == visit.version)
        .values(version=visit.version + 1, sequence=visit.sequence + 1, **values)
        .returning(Appointment.id)
        .execution_options(synchronize_session=False)
    )
    if changed.one_or_none() is None:
        raise MoveNotAllowed


def _give_time_back(session: Session, actor: Actor, visit: Visit, now: datetime) -> None:
    taken = lock_time(session, visit.id)
    undo.drop_kept(session, visit, now=now)
    is_kept = not actor.is_staff and not is_in_block(session, taken)
    if is_kept:
        undo.keep_reserved(session, visit, now=now)
    else:
        give_back(session, visit.id, taken, now=now)
    note_freed(
        session,
        location_id=visit.location_id,
        resource_id=visit.specialist_id,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        cause=FreedCause.CANCELLED,
        available_at=now + undo.UNDO_LENGTH if is_kept else now,
        now=now,
        hold_owner=undo.undo_owner(visit.public_id) if is_kept else None,
    )


def _tell(session: Session, visit: Visit, reason_code: str | None, now: datetime) -> None:
    if reason_code == DECEASED:
        outbox.drop_all_for_patient(session, patient_id=visit.patient_id, now=now)
        return
    appointment = session.get_one(Appointment, visit.id, populate_existing=True)
    outbox.plan_cancellation(session, appointment=appointment, has_email=visit.is_mailed, now=now)
