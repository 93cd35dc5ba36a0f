"""Cancelling: by whom, until when, and what is free afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import BookingError, MoveNotAllowed, NotFound, RulesRefuse, SlotTaken
from booking.core.messages import MessageKind, MessageState
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent, Hold, HoldPurpose, Message, Patient, Reservation
from booking.queries.appointments import visit_for
from booking.services import cancelling
from booking.services.appointments import cancel
from booking.services.sealed import open_text
from booking.services.undo import UNDO_LENGTH, UNDO_MARGIN
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import DORA, ELI, VISITOR, acting_for, book, book_for_caller, hold
from tests.web.clinic_change import clinic_changed

LATEST = NEXT_MONDAY_9 - timedelta(days=1)


def cancel_as(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    *,
    now: datetime = NOW,
    reason_code: str | None = None,
    note: str | None = None,
) -> Appointment:
    cancel(session, actor=actor, public_id=appointment.public_id, reason_code=reason_code, note=note, now=now)
    session.refresh(appointment)
    return appointment


def patient_of(session: Session, appointment: Appointment) -> Actor:
    return acting_for(session.get_one(Patient, appointment.patient_id))


def test_a_patient_cancels_their_own_visit_and_its_time_is_kept_for_their_undo(session: Session) -> None:
    appointment = make_appointment(session)

    cancelled = cancel_as(session, patient_of(session, appointment), appointment)

    assert cancelled.status is AppointmentStatus.CANCELLED
    assert (cancelled.cancelled_at, cancelled.version, cancelled.sequence) == (NOW, 2, 1)
    kept = session.scalars(sa.select(Hold)).one()
    assert (kept.purpose, kept.owner) == (HoldPurpose.UNDO, f"undo:{cancelled.public_id}")
    assert (kept.appointment_id, kept.expires_at) == (cancelled.id, NOW + UNDO_LENGTH + UNDO_MARGIN)
    taken = session.scalars(sa.select(Reservation).order_by(Reservation.resource_id)).all()
    assert [(r.resource_id, r.hold_id, r.appointment_id) for r in taken] == [(1, kept.id, None), (4, kept.id, None)]
    session.rollback()
    with pytest.raises(SlotTaken):
        hold(session, now=NOW + UNDO_LENGTH)
    assert hold(session, now=NOW + UNDO_LENGTH + UNDO_MARGIN).starts_at == NEXT_MONDAY_9


def test_what_staff_cancel_is_free_at_once(session: Session) -> None:
    cancel_as(session, DORA, make_appointment(session), reason_code="patient_rang")

    assert session.scalars(sa.select(Reservation)).all() == []
    session.rollback()
    assert hold(session).starts_at == NEXT_MONDAY_9


def test_whoever_booked_in_this_browser_session_may_cancel(session: Session) -> None:
    appointment = make_appointment(session)
    its_id = frozenset({appointment.public_id})
    guest = replace(VISITOR, visit_ids=its_id, booked_ids=its_id)

    assert cancel_as(session, guest, appointment).status is AppointmentStatus.CANCELLED


def test_a_cancelled_visit_sends_one_mail_and_no_reminder(session: Session) -> None:
    booked = book(session, hold(session))
    session.rollback()
    appointment = session.get_one(Appointment, booked.appointment_id)
    cancel_as(session, patient_of(session, appointment), appointment, now=NOW + timedelta(hours=1))

    pending = session.scalars(sa.select(Message.kind).where(Message.state == MessageState.PENDING)).all()
    assert pending == [MessageKind.CANCELLED]


def test_a_patient_without_an_address_gets_no_mail(session: Session) -> None:
    ben = make_patient(session, email=None)
    cancel_as(session, acting_for(ben), make_appointment(session, ben))

    assert session.scalars(sa.select(Message)).all() == []


def test_when_somebody_has_died_nothing_more_is_sent_about_any_visit(session: Session) -> None:
    booked = [book_for_caller(session, starts_at=NEXT_MONDAY_9)]
    booked.append(book_for_caller(session, starts_at=NEXT_MONDAY_9 + timedelta(days=1), patient=booked[0].patient_id))
    session.rollback()

    cancel_as(session, DORA, session.get_one(Appointment, booked[0].appointment_id), reason_code=cancelling.DECEASED)

    assert session.scalars(sa.select(Message).where(Message.state == MessageState.PENDING)).all() == []


def test_the_latest_moment_still_counts(session: Session) -> None:
    appointment = make_appointment(session)

    assert cancel_as(session, patient_of(session, appointment), appointment, now=LATEST).cancelled_at == LATEST


@pytest.mark.parametrize("now", [LATEST + timedelta(seconds=1), NEXT_MONDAY_9, NEXT_MONDAY_9 + timedelta(hours=1)])
def test_inside_the_notice_and_after_the_start_a_patient_is_refused(session: Session, now: datetime) -> None:
    appointment = make_appointment(session)

    with pytest.raises(RulesRefuse) as refused:
        cancel_as(session, patient_of(session, appointment), appointment, now=now)
    assert [r.code for r in refused.value.refusals] == ["too_late_to_cancel"]


def test_a_patient_who_has_arrived_does_not_cancel_online(session: Session) -> None:
    appointment = make_appointment(session, status=AppointmentStatus.ARRIVED)

    with pytest.raises(MoveNotAllowed):
        cancel_as(session, patient_of(session, appointment), appointment)


@pytest.mark.parametrize("actor", [VISITOR, acting_for(), ELI, Actor(role=Role.SPECIALIST, resource_id=2), Actor()])
def test_a_strange_visit_is_not_found(session: Session, actor: Actor) -> None:
    appointment = make_appointment(session)

    with pytest.raises(NotFound):
        cancel_as(session, actor, appointment)


def test_staff_cancel_with_a_reason_and_a_sealed_note_also_after_the_start(session: Session) -> None:
    appointment = make_appointment(session)
    late = NEXT_MONDAY_9 + timedelta(minutes=5)

    cancelled = cancel_as(session, DORA, appointment, now=late, reason_code="patient_rang", note="flare of pain")

    assert cancelled.cancel_reason_code == "patient_rang"
    assert "pain" not in (cancelled.cancel_note_sealed or "")
    key = cancelled.public_id
    assert open_text(session, "appointment", "cancel_note", key, cancelled.cancel_note_sealed) == "flare of pain"
    event = session.scalars(sa.select(AuditEvent)).one()
    assert (event.action, event.object_id, event.reason_code) == (
        "appointment_cancelled",
        cancelled.id,
        "patient_rang",
    )


def test_staff_must_give_a_reason(session: Session) -> None:
    with pytest.raises(RulesRefuse) as refused:
        cancel_as(session, DORA, make_appointment(session))
    assert [r.code for r in refused.value.refusals] == ["reason_required"]


def test_a_specialist_cancels_their_own_visit(session: Session) -> None:
    dr_cruz = Actor(role=Role.SPECIALIST, resource_id=1)

    cancelled = cancel_as(session, dr_cruz, make_appointment(session), reason_code="clinician_unwell")

    assert cancelled.status is AppointmentStatus.CANCELLED


@pytest.mark.parametrize("status", [AppointmentStatus.CANCELLED, AppointmentStatus.DONE, AppointmentStatus.NO_SHOW])
def test_what_is_over_cannot_be_cancelled(session: Session, status: AppointmentStatus) -> None:
    with pytest.raises(MoveNotAllowed):
        cancel_as(session, DORA, make_appointment(session, status=status), reason_code="patient_rang")


def test_cancelling_never_asks_the_rules_of_booking(session: Session) -> None:
    """The service is retired and its length off the grid: lessons PO-7."""
    appointment = make_appointment(session, ends_at=NEXT_MONDAY_9 + timedelta(minutes=47))
    session.execute(sa.text("UPDATE service SET is_active = false WHERE id = 1"))
    clinic_changed(session)

    assert cancel_as(session, patient_of(session, appointment), appointment).cancelled_at == NOW


def test_the_slower_of_two_changes_loses(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    appointment = make_appointment(session)
    stale = visit_for(session, DORA, appointment.public_id)
    cancel_as(session, DORA, appointment, reason_code="patient_rang")
    monkeypatch.setattr(cancelling, "visit_for", lambda *_args, **_options: stale)

    with pytest.raises(BookingError) as refused:
        cancel_as(session, DORA, appointment, reason_code="patient_rang")
    assert refused.value.code == "move_not_allowed"
