"""Moving a visit: one swap, the same visit, its history kept, and nobody else's time touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import NonceReused, SlotTaken
from booking.core.messages import MessageKind
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AppointmentTime, AuditEvent, Hold, HoldPurpose
from booking.services.undo import UNDO_LENGTH, UNDO_MARGIN
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import (
    DORA,
    DR_ADEYEMI,
    DR_CRUZ,
    ROOM_1,
    ROOM_2,
    VISITOR,
    book,
    hold,
)
from tests.services.statements import counted_statements
from tests.services.visit_cast import (
    AT_ELEVEN,
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
    taken,
)


def test_a_patient_moves_their_visit_and_it_stays_the_same_visit(session: Session) -> None:
    appointment = make_appointment(session, confirmed_at=NOW)

    moved = change(session, appointment)

    after = reread(session, appointment)
    assert (moved.public_id, moved.version, moved.starts_at, moved.before) == (
        appointment.public_id, 2, AT_TEN, NEXT_MONDAY_9,
    )  # fmt: skip
    assert (after.starts_at, after.ends_at) == (AT_TEN, AT_TEN + 45 * MINUTE)
    assert (after.version, after.sequence, after.confirmed_at) == (2, 1, None)
    assert taken(session, appointment_id=after.id) == {
        (resource_id, after.starts_at, after.ends_at) for resource_id in (DR_CRUZ, ROOM_1, None)
    }


def test_the_old_time_is_history(session: Session) -> None:
    appointment = make_appointment(session, confirmed_at=NOW)
    change(session, appointment, now=NOW + MINUTE)

    [old] = session.scalars(sa.select(AppointmentTime))
    assert (old.version, old.starts_at, old.ends_at) == (1, NEXT_MONDAY_9, NEXT_MONDAY_9 + 45 * MINUTE)
    assert (old.service_id, old.location_id, old.specialist_id) == (1, 1, DR_CRUZ)
    assert (old.replaced_at, old.actor_kind, old.confirmed_at) == (NOW + MINUTE, "patient", NOW)
    [event] = session.scalars(sa.select(AuditEvent))
    assert (event.action, event.object_id) == ("appointment_changed", appointment.id)


def test_the_old_time_is_kept_for_undo_and_noted_for_the_waiting_list(session: Session) -> None:
    appointment = make_appointment(session)

    change(session, appointment)

    [kept] = holds(session)
    owner = f"undo:{appointment.public_id}"
    assert (kept.owner, kept.purpose, kept.appointment_id) == (owner, HoldPurpose.UNDO, appointment.id)
    assert kept.expires_at == NOW + UNDO_LENGTH + UNDO_MARGIN
    old = (NEXT_MONDAY_9, NEXT_MONDAY_9 + 45 * MINUTE)
    assert taken(session, hold_id=kept.id) == {(DR_CRUZ, *old), (ROOM_1, *old)}
    [note] = freed(session)
    assert (note.location_id, note.resource_id, note.cause, note.hold_owner) == (1, DR_CRUZ, "changed", owner)
    assert (note.starts_at, note.ends_at, note.available_at) == (*old, NOW + UNDO_LENGTH)


def test_what_staff_move_is_free_at_once(session: Session) -> None:
    change(session, make_appointment(session), DORA)

    assert holds(session) == []
    [note] = freed(session)
    assert (note.available_at, note.hold_owner) == (NOW, None)
    session.rollback()
    assert hold(session).starts_at == NEXT_MONDAY_9


def test_the_new_time_may_overlap_the_old_one(session: Session) -> None:
    appointment = make_appointment(session)

    change(session, appointment, starts_at=NEXT_MONDAY_9 + 15 * MINUTE)

    assert reread(session, appointment).starts_at == NEXT_MONDAY_9 + 15 * MINUTE
    [kept] = holds(session)
    left = (NEXT_MONDAY_9, NEXT_MONDAY_9 + 15 * MINUTE)
    assert taken(session, hold_id=kept.id) >= {(DR_CRUZ, *left)}
    assert [(note.starts_at, note.ends_at) for note in freed(session)] == [left]


def test_nothing_is_kept_or_free_where_the_visit_still_needs_it_all(session: Session) -> None:
    """It was a short one, and its service has grown since."""
    at = NEXT_MONDAY_9 + 15 * MINUTE
    appointment = make_appointment(session, starts_at=at, ends_at=at + 15 * MINUTE)

    change(session, appointment, starts_at=NEXT_MONDAY_9)

    assert (holds(session), freed(session)) == ([], [])


def test_another_specialist_at_the_same_time_is_another_time(session: Session) -> None:
    appointment = make_appointment(session)

    change(session, appointment, specialist_id=DR_ADEYEMI, starts_at=NEXT_MONDAY_9)

    assert reread(session, appointment).specialist_id == DR_ADEYEMI
    assert [(note.resource_id, note.starts_at) for note in freed(session)] == [(DR_CRUZ, NEXT_MONDAY_9)]


def test_anyone_who_is_free_may_be_given(session: Session) -> None:
    make_appointment(session, starts_at=AT_TEN)
    appointment = make_appointment(session)

    change(session, appointment, specialist_id=None)

    assert reread(session, appointment).specialist_id == DR_ADEYEMI


def test_the_same_form_twice_is_one_change_with_one_answer(session: Session) -> None:
    appointment = make_appointment(session)
    first = change(session, appointment, nonce="one")

    assert change(session, appointment, nonce="one") == first
    later = change(session, appointment, starts_at=AT_ELEVEN)
    assert change(session, appointment, nonce="one") == first
    assert later.before == AT_TEN
    assert reread(session, appointment).version == 3
    with pytest.raises(NonceReused):
        change(session, appointment, nonce="one", starts_at=AT_ELEVEN)


def test_reminders_follow_the_visit_and_one_mail_tells_of_it(session: Session) -> None:
    booked = book(session, hold(session))
    appointment = session.get_one(Appointment, booked.appointment_id)
    send(session, MessageKind.BOOKED)
    a_week_on = NEXT_MONDAY_9 + timedelta(days=7)
    acted_at = NOW + timedelta(hours=1)

    change(session, appointment, starts_at=a_week_on, now=acted_at)

    day = timedelta(days=1)
    assert pending(session) == {
        MessageKind.CHANGED: acted_at + timedelta(seconds=60),
        MessageKind.REMINDER_3D: a_week_on - 3 * day + timedelta(hours=1),
        MessageKind.REMINDER_1D: a_week_on - day + timedelta(hours=1),
    }


def test_a_patient_without_an_address_gets_no_mail(session: Session) -> None:
    change(session, make_appointment(session, make_patient(session, email=None)))

    assert pending(session) == {}


def test_a_hold_of_the_browser_session_and_one_of_an_offer_give_way(session: Session) -> None:
    appointment = make_appointment(session)
    patient = patient_of(session, appointment)
    hold(session, patient, starts_at=AT_TEN)
    offered = hold(session, replace(VISITOR, owner="offer:x"), starts_at=AT_TEN, specialist_id=DR_ADEYEMI)

    assert change(session, appointment, starts_at=AT_TEN).starts_at == AT_TEN
    with pytest.raises(SlotTaken):
        change(session, appointment, specialist_id=DR_ADEYEMI)
    moved = change(session, appointment, specialist_id=DR_ADEYEMI, own_holds="offer:x")

    assert moved.version == 3
    assert session.get(Hold, offered.id) is None


def test_the_next_change_ends_the_undo_of_the_one_before(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment)
    change(session, appointment, starts_at=AT_ELEVEN, now=NOW + MINUTE)

    assert [kept.starts_at for kept in holds(session)] == [AT_TEN]
    notes = [(note.starts_at, note.hold_owner is None, note.available_at) for note in freed(session)]
    assert notes == [(NEXT_MONDAY_9, True, NOW + MINUTE), (AT_TEN, False, NOW + MINUTE + UNDO_LENGTH)]


def test_one_may_go_back_to_the_time_that_is_kept_for_undo(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment)

    assert change(session, appointment, starts_at=NEXT_MONDAY_9).version == 3


def test_a_time_inside_a_block_closes_again(session: Session) -> None:
    appointment = make_appointment(session)
    block = close_around(session, appointment)

    change(session, appointment)

    assert holds(session) == []
    assert taken(session, block_id=block.id) >= {(DR_CRUZ, NEXT_MONDAY_9, NEXT_MONDAY_9 + 45 * MINUTE)}


def test_rooms_follow_the_visit(session: Session) -> None:
    make_appointment(session, starts_at=AT_TEN, specialist_id=DR_ADEYEMI)
    appointment = make_appointment(session)

    change(session, appointment)

    assert {row[0] for row in taken(session, appointment_id=appointment.id)} == {DR_CRUZ, ROOM_2, None}


def test_a_change_costs_the_same_whatever_lies_behind(session: Session) -> None:
    """Neither the patient's past nor that of the visit is read."""
    ana = make_patient(session)
    appointment = make_appointment(session, ana)

    def cost(starts_at: datetime) -> int:
        session.rollback()
        with counted_statements(session) as sent:
            change(session, appointment, DORA, starts_at=starts_at)
        return len(sent)

    change(session, appointment, DORA, starts_at=AT_ELEVEN)
    first = cost(AT_TEN)
    for number in range(1, 6):
        long_ago = NEXT_MONDAY_9 - timedelta(days=30 * number)
        make_appointment(session, ana, starts_at=long_ago, status=AppointmentStatus.DONE)
        change(session, appointment, DORA, starts_at=AT_ELEVEN + timedelta(days=number % 2))

    assert cost(AT_TEN) == first
    assert first <= 27
