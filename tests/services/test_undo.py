"""Taking back a change or a cancelling: within ten minutes, by whoever did it, and never over somebody else's visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import MoveNotAllowed, NotFound, PatientBusy, RulesRefuse, SlotTaken
from booking.core.messages import MessageKind
from booking.core.scheduling.calendar_change import DateChange
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Message, Reservation
from booking.services.holds import prune_holds
from booking.services.undo import UNDO_LENGTH, UNDO_MARGIN
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.calendar_cast import asked, save
from tests.services.cast import (
    DORA,
    DR_ADEYEMI,
    DR_CRUZ,
    ELI,
    NORTHSIDE,
    ROOM_1,
    VISITOR,
    acting_for,
    book,
    book_for_caller,
    hold,
)
from tests.services.undo_cast import LAST_MOMENT, NINE, OVER, booked_visit, cancel_as, codes, move_back, restore, until
from tests.services.visit_cast import (
    AT_TEN,
    MINUTE,
    change,
    close_around,
    freed,
    holds,
    patient_of,
    pending,
    reread,
    send,
    set_service,
    taken,
)

# --- cancelling ---


def test_a_patient_takes_a_cancelling_back(session: Session) -> None:
    appointment = make_appointment(session)
    cancel_as(session, appointment)

    after = restore(session, appointment, now=LAST_MOMENT)

    assert (after.status, after.version, after.sequence) == (AppointmentStatus.BOOKED, 3, 2)
    assert (after.cancelled_at, after.cancel_reason_code, after.cancel_note_sealed) == (None, None, None)
    assert taken(session, appointment_id=after.id) == {(DR_CRUZ, *NINE), (ROOM_1, *NINE), (None, *NINE)}
    assert (holds(session), freed(session)) == ([], [])
    assert codes(session) == ["appointment_cancelled", "appointment_restored"]


@pytest.mark.parametrize("now", [OVER, OVER + UNDO_MARGIN, OVER + timedelta(days=1)])
def test_after_ten_minutes_it_is_too_late(session: Session, now: datetime) -> None:
    appointment = make_appointment(session)
    cancel_as(session, appointment)

    with pytest.raises(RulesRefuse) as refused:
        restore(session, appointment, now=now)

    assert [refusal.code for refusal in refused.value.refusals] == ["undo_over"]
    assert reread(session, appointment).status is AppointmentStatus.CANCELLED


def test_the_kept_time_outlasts_the_undo_and_is_tidied_after_its_margin(session: Session) -> None:
    cancel_as(session, make_appointment(session))

    prune_holds(session, now=OVER + UNDO_MARGIN - timedelta(seconds=1))
    [kept] = holds(session)
    assert taken(session, hold_id=kept.id) == {(DR_CRUZ, *NINE), (ROOM_1, *NINE)}
    prune_holds(session, now=OVER + UNDO_MARGIN)
    assert taken(session, hold_id=kept.id) == set()


def test_patients_do_not_take_back_what_staff_cancelled_but_staff_do(session: Session) -> None:
    appointment = make_appointment(session)
    cancel_as(session, appointment, DORA)

    with pytest.raises(RulesRefuse):
        restore(session, appointment)
    assert restore(session, appointment, DORA).status is AppointmentStatus.BOOKED
    assert freed(session) == []
    assert len(freed(session, settled=True)) == 1


def test_staff_take_back_for_a_patient_who_calls(session: Session) -> None:
    appointment = make_appointment(session)
    cancel_as(session, appointment)

    assert restore(session, appointment, DORA).status is AppointmentStatus.BOOKED


def test_a_time_that_was_given_away_stays_with_its_new_patient(session: Session) -> None:
    appointment = make_appointment(session)
    cancel_as(session, appointment, DORA)
    other = book(session, hold(session), now=NOW + MINUTE)

    with pytest.raises(SlotTaken) as refused:
        restore(session, appointment, DORA, now=NOW + 6 * MINUTE)

    assert refused.value.alternatives
    assert reread(session, appointment).status is AppointmentStatus.CANCELLED
    assert len(taken(session, appointment_id=other.appointment_id)) == 3


def test_a_patient_who_is_expected_elsewhere_by_now_cannot_have_both(session: Session) -> None:
    ana = make_patient(session)
    appointment = make_appointment(session, ana)
    cancel_as(session, appointment)
    book_for_caller(session, patient=ana.id, specialist_id=DR_ADEYEMI, starts_at=NEXT_MONDAY_9 + 15 * MINUTE)

    with pytest.raises(PatientBusy):
        restore(session, appointment)


def test_what_is_kept_is_given_back_whatever_the_hours_and_rules_say_by_now(session: Session) -> None:
    appointment = make_appointment(session)
    before = taken(session, appointment_id=appointment.id)
    cancel_as(session, appointment)
    save(session, asked(DateChange(DR_CRUZ, NORTHSIDE, NEXT_MONDAY_9.date(), ())))
    set_service(session, is_active=False)

    assert restore(session, appointment).status is AppointmentStatus.BOOKED
    assert taken(session, appointment_id=appointment.id) == before
    assert holds(session) == []


def test_undo_twice_is_undo_once(session: Session) -> None:
    appointment = make_appointment(session)
    cancel_as(session, appointment)
    restore(session, appointment)

    assert restore(session, appointment).version == 3


@pytest.mark.parametrize("status", [AppointmentStatus.DONE, AppointmentStatus.NO_SHOW])
def test_only_a_cancelled_visit_is_booked_again(session: Session, status: AppointmentStatus) -> None:
    with pytest.raises(MoveNotAllowed):
        restore(session, make_appointment(session, status=status), DORA)


@pytest.mark.parametrize("actor", [VISITOR, acting_for(), ELI])
def test_a_strange_visit_is_not_found(session: Session, actor: Actor) -> None:
    appointment = make_appointment(session)
    cancel_as(session, appointment)

    with pytest.raises(NotFound):
        restore(session, appointment, actor)
    with pytest.raises(NotFound):
        move_back(session, appointment, actor)


def test_nobody_is_written_to_when_the_mail_had_not_gone(session: Session) -> None:
    appointment = booked_visit(session)
    send(session, MessageKind.BOOKED)
    reminders = pending(session)
    cancel_as(session, appointment)

    restore(session, appointment, now=NOW + timedelta(seconds=50))

    assert pending(session) == reminders
    assert set(reminders) == {MessageKind.REMINDER_3D, MessageKind.REMINDER_1D}


def test_a_mail_says_that_the_visit_stands_when_its_cancelling_was_told(session: Session) -> None:
    appointment = booked_visit(session)
    send(session, MessageKind.BOOKED)
    cancel_as(session, appointment)
    send(session, MessageKind.CANCELLED)

    restore(session, appointment, now=NOW + 5 * MINUTE)

    planned = pending(session)
    assert planned[MessageKind.RESTORED] == NOW + 6 * MINUTE
    assert set(planned) == {MessageKind.RESTORED, MessageKind.REMINDER_3D, MessageKind.REMINDER_1D}


def test_a_confirmation_that_never_went_out_comes_after_the_undo(session: Session) -> None:
    appointment = booked_visit(session)
    cancel_as(session, appointment)

    restore(session, appointment)

    assert pending(session)[MessageKind.BOOKED] == NOW + MINUTE


def test_no_reminder_comes_twice_and_none_is_lost(session: Session) -> None:
    """At eleven on the day before, with the reminder of ten o'clock sent, or still waiting for a worker."""
    appointment = booked_visit(session)
    send(session, MessageKind.BOOKED, MessageKind.REMINDER_3D)
    at = NEXT_MONDAY_9 - timedelta(hours=22)

    cancel_as(session, appointment, DORA, now=at)
    restore(session, appointment, DORA, now=at + MINUTE)
    assert set(pending(session)) == {MessageKind.REMINDER_1D}
    send(session, MessageKind.REMINDER_1D)
    cancel_as(session, appointment, DORA, now=at + 2 * MINUTE)
    restore(session, appointment, DORA, now=at + 3 * MINUTE)

    assert pending(session) == {}


def test_a_patient_without_an_address_gets_no_mail(session: Session) -> None:
    appointment = make_appointment(session, make_patient(session, email=None))
    cancel_as(session, appointment)
    restore(session, appointment)

    assert session.scalars(sa.select(Message)).all() == []


def test_a_time_inside_a_block_is_not_kept(session: Session) -> None:
    appointment = make_appointment(session)
    block = close_around(session, appointment)

    cancel_as(session, appointment)

    assert holds(session) == []
    assert taken(session, block_id=block.id) >= {(DR_CRUZ, *NINE)}
    with pytest.raises(RulesRefuse):
        restore(session, appointment)


def test_a_visit_without_reservations_can_be_cancelled_and_booked_again(session: Session) -> None:
    appointment = make_appointment(session)
    session.execute(sa.delete(Reservation))
    session.commit()
    cancel_as(session, appointment)

    assert restore(session, appointment).status is AppointmentStatus.BOOKED
    assert len(taken(session, appointment_id=appointment.id)) == 3


def test_cancelling_ends_the_undo_of_the_change_before(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment)
    cancel_as(session, appointment, now=NOW + MINUTE)

    assert [kept.starts_at for kept in holds(session)] == [AT_TEN]
    notes = [(note.starts_at, note.hold_owner is None, note.available_at) for note in freed(session)]
    assert notes == [(NEXT_MONDAY_9, True, NOW + MINUTE), (AT_TEN, False, NOW + MINUTE + UNDO_LENGTH)]
    assert restore(session, appointment, now=NOW + 2 * MINUTE).starts_at == AT_TEN


# --- what pages ask ---


def test_until_when_pages_offer_to_undo(session: Session) -> None:
    appointment = make_appointment(session)
    patient = patient_of(session, appointment)
    its_id = frozenset({appointment.public_id})
    guest = replace(VISITOR, visit_ids=its_id, booked_ids=its_id)

    assert until(session, appointment, patient, NOW) is None
    change(session, appointment)
    assert {until(session, appointment, actor, LAST_MOMENT) for actor in (patient, guest, DORA)} == {OVER}
    assert until(session, appointment, patient, OVER) is None
    cancel_as(session, appointment, now=NOW)
    assert {until(session, appointment, actor, LAST_MOMENT) for actor in (patient, guest, DORA)} == {OVER}


def test_until_when_pages_offer_to_undo_what_staff_did(session: Session) -> None:
    appointment = make_appointment(session)
    patient = patient_of(session, appointment)
    change(session, appointment, DORA)

    assert (until(session, appointment, patient, NOW), until(session, appointment, DORA, NOW)) == (None, OVER)
    cancel_as(session, appointment, DORA)
    assert (until(session, appointment, patient, NOW), until(session, appointment, DORA, NOW)) == (None, OVER)
