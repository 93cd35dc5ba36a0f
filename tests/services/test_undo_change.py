"""Taking back a change: within ten minutes, once, and never over somebody else's visit."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import RulesRefuse, SlotTaken
from booking.core.messages import MessageKind, MessageState
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import AppointmentTime, Message
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.services.cast import (
    DORA,
    DR_CRUZ,
    ROOM_1,
    book,
    hold,
)
from tests.services.undo_cast import LAST_MOMENT, NINE, OVER, booked_visit, codes, move_back
from tests.services.visit_cast import (
    AT_ELEVEN,
    AT_TEN,
    MINUTE,
    change,
    freed,
    holds,
    pending,
    reread,
    send,
    taken,
)

# --- changing ---


def test_a_patient_takes_a_change_back(session: Session) -> None:
    appointment = make_appointment(session, confirmed_at=NOW)
    change(session, appointment)

    after = move_back(session, appointment, now=LAST_MOMENT)

    assert (after.starts_at, after.ends_at, after.version, after.sequence) == (*NINE, 3, 2)
    assert after.confirmed_at == NOW
    assert taken(session, appointment_id=after.id) == {(DR_CRUZ, *NINE), (ROOM_1, *NINE), (None, *NINE)}
    assert holds(session) == []
    assert [(note.starts_at, note.available_at) for note in freed(session)] == [(AT_TEN, LAST_MOMENT)]
    assert [note.starts_at for note in freed(session, settled=True)] == [NEXT_MONDAY_9]
    history = session.scalars(sa.select(AppointmentTime).order_by(AppointmentTime.version)).all()
    assert [(old.starts_at, old.reason_code) for old in history] == [(NEXT_MONDAY_9, None), (AT_TEN, "undone")]
    assert codes(session) == ["appointment_changed", "appointment_change_undone"]


def test_an_overlapping_change_is_taken_back_too(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment, starts_at=NEXT_MONDAY_9 + 15 * MINUTE)

    assert move_back(session, appointment).starts_at == NEXT_MONDAY_9


def test_a_change_is_taken_back_once(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment)
    move_back(session, appointment)

    assert move_back(session, appointment).version == 3


def test_a_change_is_not_taken_back_after_ten_minutes(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment)

    with pytest.raises(RulesRefuse):
        move_back(session, appointment, now=OVER)
    assert reread(session, appointment).starts_at == AT_TEN


def test_there_is_nothing_to_take_back(session: Session) -> None:
    with pytest.raises(RulesRefuse):
        move_back(session, make_appointment(session))
    with pytest.raises(RulesRefuse):
        move_back(session, make_appointment(session, starts_at=AT_TEN, status=AppointmentStatus.DONE), DORA)


def test_patients_do_not_take_back_what_staff_moved_but_staff_do(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment, DORA)

    with pytest.raises(RulesRefuse):
        move_back(session, appointment)
    assert move_back(session, appointment, DORA).starts_at == NEXT_MONDAY_9


def test_a_change_is_not_taken_back_over_somebody_elses_visit(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment, DORA)
    book(session, hold(session), now=NOW + MINUTE)

    with pytest.raises(SlotTaken):
        move_back(session, appointment, DORA, now=NOW + 2 * MINUTE)
    after = reread(session, appointment)
    assert (after.starts_at, after.version) == (AT_TEN, 2)


def test_only_the_last_change_is_taken_back(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment)
    change(session, appointment, starts_at=AT_ELEVEN, now=NOW + MINUTE)

    assert move_back(session, appointment, now=NOW + 2 * MINUTE).starts_at == AT_TEN
    assert move_back(session, appointment, now=NOW + 3 * MINUTE).starts_at == AT_TEN


def test_nobody_is_written_to_when_the_mail_about_the_change_had_not_gone(session: Session) -> None:
    appointment = booked_visit(session)
    send(session, MessageKind.BOOKED)
    reminders = pending(session)
    change(session, appointment, starts_at=NEXT_MONDAY_9 + timedelta(days=1))

    move_back(session, appointment)

    assert pending(session) == reminders


def test_a_mail_tells_of_the_old_time_when_the_new_one_was_told(session: Session) -> None:
    appointment = booked_visit(session)
    send(session, MessageKind.BOOKED)
    change(session, appointment)
    send(session, MessageKind.CHANGED)

    move_back(session, appointment, now=NOW + 2 * MINUTE)

    assert pending(session)[MessageKind.CHANGED] == NOW + 3 * MINUTE
    versions = session.scalars(sa.select(Message.appointment_version).where(Message.state == MessageState.PENDING))
    assert set(versions) == {3}
