"""The day's steps of one visit: arrived, in the room, done, did not come, and the way back from each."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import MoveNotAllowed, NotFound, RulesRefuse
from booking.core.scheduling.day_steps import FINISHES, is_step, too_early
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment
from booking.queries.appointments import Visit, visit_for
from booking.queries.catalogue import catalogue
from booking.services import audit
from booking.services.freed import FreedCause, note_freed, withdraw_freed
from booking.services.releasing import give_back, lock_time
from booking.services.reserving import ReservedFor, book_in_transaction, reserve, same_time


def move(
    session: Session, *, actor: Actor, public_id: str, after: AppointmentStatus, version: int, now: datetime
) -> None:
    """Take the step to `after` from the visit as the page showed it (`version`).

    Pressing the same step twice is one step. A visit that was missed gives its time back; when that is undone it must
    win the time again. Raises NotFound, MoveNotAllowed (no such step, or changed meanwhile), RulesRefuse (`not_today`,
    `not_begun`), SlotTaken when the time was given away, PatientBusy.
    """

    def work() -> None:
        visit = visit_for(session, actor, public_id, lock=True)
        if visit is None or not actor.works_at(visit.location_id):
            raise NotFound
        if visit.status is after:
            return
        _check(session, visit, after, version, now)
        _hand_over_time(session, visit, after, now)
        _swap_status(session, visit, after)
        audit.record(session, actor, _action(after), "appointment", visit.id, now=now, patient_id=visit.patient_id)

    book_in_transaction(session, work, now=now)


def finish_in_transaction(session: Session, actor: Actor, visit: Visit, version: int, now: datetime) -> None:
    """The visit, which the caller has locked, is done, from whichever step of its day: those between are taken with it.

    One that is done already stays so. Raises MoveNotAllowed when it is not under way or has changed, RulesRefuse before
    its day."""
    if visit.status is AppointmentStatus.DONE:
        return
    if visit.version != version or visit.status not in FINISHES:
        raise MoveNotAllowed
    tz = catalogue(session).locations[visit.location_id].tz
    if refusal := too_early(AppointmentStatus.ARRIVED, visit.starts_at, tz, now):
        raise RulesRefuse((refusal,))
    _swap_status(session, visit, AppointmentStatus.DONE)
    audit.record(session, actor, "appointment_done", "appointment", visit.id, now=now, patient_id=visit.patient_id)


def reopen_in_transaction(session: Session, actor: Actor, visit: Visit, version: int, now: datetime) -> None:
    """The visit, which the caller has locked, is not done after all. Raises MoveNotAllowed."""
    after = AppointmentStatus.IN_ROOM
    if visit.version != version or visit.status is not AppointmentStatus.DONE:
        raise MoveNotAllowed
    _swap_status(session, visit, after)
    audit.record(session, actor, _action(after), "appointment", visit.id, now=now, patient_id=visit.patient_id)


def _check(session: Session, visit: Visit, after: AppointmentStatus, version: int, now: datetime) -> None:
    if visit.version != version or not is_step(visit.status, after):
        raise MoveNotAllowed
    tz = catalogue(session).locations[visit.location_id].tz
    if refusal := too_early(after, visit.starts_at, tz, now):
        raise RulesRefuse((refusal,))


def _hand_over_time(session: Session, visit: Visit, after: AppointmentStatus, now: datetime) -> None:
    """Give the reservations back, or win them again, where the two statuses differ in that."""
    if visit.status.occupies_time and not after.occupies_time:
        give_back(session, visit.id, lock_time(session, visit.id), now=now)
        note_freed(
            session,
            location_id=visit.location_id,
            resource_id=visit.specialist_id,
            starts_at=max(visit.starts_at, now),
            ends_at=visit.ends_at,
            cause=FreedCause.MISSED,
            available_at=now,
            now=now,
        )
    elif after.occupies_time and not visit.status.occupies_time:
        reserve(session, same_time(visit), now=now, keep=lambda _slot: _for_visit(visit))
        withdraw_freed(
            session, location_id=visit.location_id, resource_id=visit.specialist_id, starts_at=visit.starts_at,
            ends_at=visit.ends_at, now=now,
        )  # fmt: skip


def _for_visit(visit: Visit) -> ReservedFor:
    return ReservedFor(appointment_id=visit.id, patient_id=visit.patient_id)


def _swap_status(session: Session, visit: Visit, after: AppointmentStatus) -> None:
    """Compare and swap: whoever changed the visit since it was read wins."""
    changed = session.execute(
        sa.update(Appointment)
        .where(Appointment.id == visit.id, Appointment.status == visit.status, Appointment.version == visit.version)
        .values(status=after, version=visit.version + 1)
        .returning(Appointment.id)
        .execution_options(synchronize_session=False)
    )
    if changed.one_or_none() is None:
        raise MoveNotAllowed


def _action(after: AppointmentStatus) -> str:
    """Word of the audit event: stepping back to expected is no second booking."""
    return "appointment_undone" if after is AppointmentStatus.BOOKED else f"appointment_{after.value}"
