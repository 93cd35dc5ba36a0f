"""Planning: the rows that a booking, a cancelling or an account leaves behind, in its own transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind, MessageState
from booking.models import Appointment
from booking.services import outbox
from booking.services.links import RESET_LIFE, VERIFY_LIFE
from booking.services.transaction import transaction
from tests.factories import NOW, make_account, make_appointment
from tests.outbox import NEW_YORK, change, messages, plan_account, plan_booking, states

K, S = MessageKind, MessageState


def cancel(session: Session, visit: Appointment, *, has_email: bool = True) -> None:
    change(session, visit, status="cancelled", version=visit.version + 1)
    with transaction(session):
        session.refresh(visit)
        outbox.plan_cancellation(session, appointment=visit, has_email=has_email, now=NOW)


def fail_to_book(session: Session, visit: Appointment) -> None:
    with transaction(session):
        outbox.plan_for_booking(session, appointment=visit, tz=NEW_YORK, has_email=True, now=NOW)
        raise ZeroDivisionError


def test_a_booking_leaves_a_confirmation_and_two_reminders(session: Session) -> None:
    visit = make_appointment(session)
    rows = plan_booking(session, visit)
    assert [(row.kind, row.due_at) for row in rows] == [
        (K.BOOKED, NOW),
        (K.REMINDER_3D, datetime(2026, 11, 27, 15, tzinfo=UTC)),
        (K.REMINDER_1D, datetime(2026, 11, 29, 15, tzinfo=UTC)),
    ]
    assert {(row.patient_id, row.appointment_id, row.appointment_version) for row in rows} == {
        (visit.patient_id, visit.id, 1)
    }


@pytest.mark.parametrize(
    ("starts_at", "tz", "due"),
    [
        # The clocks go forward in New York on 8 March 2026 and back on 1 November; in Lord Howe by half an hour.
        (datetime(2026, 3, 9, 13, tzinfo=UTC), "America/New_York", ["2026-03-06T15:00", "2026-03-08T14:00"]),
        (datetime(2026, 11, 2, 14, tzinfo=UTC), "America/New_York", ["2026-10-30T14:00", "2026-11-01T15:00"]),
        (datetime(2026, 4, 5, 23, tzinfo=UTC), "Australia/Lord_Howe", ["2026-04-02T23:00", "2026-04-04T23:30"]),
    ],
)
def test_reminders_are_due_at_ten_on_the_clinics_clock_across_a_change(
    session: Session, starts_at: datetime, tz: str, due: list[str]
) -> None:
    visit = make_appointment(session, starts_at=starts_at)
    rows = plan_booking(session, visit, now=starts_at - timedelta(days=10), tz=ZoneInfo(tz))
    assert [row.due_at.strftime("%Y-%m-%dT%H:%M") for row in rows[1:]] == due


def test_nobody_without_an_address_is_written_to(session: Session) -> None:
    visit = make_appointment(session)
    with transaction(session):
        outbox.plan_for_booking(session, appointment=visit, tz=NEW_YORK, has_email=False, now=NOW)
    assert messages(session) == []


def test_a_booking_that_fails_leaves_no_message(session: Session) -> None:
    visit = make_appointment(session)
    with pytest.raises(ZeroDivisionError):
        fail_to_book(session, visit)
    assert messages(session) == []


def test_cancelling_drops_what_was_not_sent_and_tells_of_it(session: Session) -> None:
    visit = make_appointment(session)
    change(session, plan_booking(session, visit)[0], state=S.SENT)
    cancel(session, visit)
    assert states(session) == {
        K.BOOKED: S.SENT,
        K.REMINDER_3D: S.CANCELLED,
        K.REMINDER_1D: S.CANCELLED,
        K.CANCELLED: S.PENDING,
    }
    rows = {row.kind: row for row in messages(session)}
    assert rows[K.CANCELLED].due_at == NOW + timedelta(seconds=60)
    assert (rows[K.REMINDER_1D].last_code, rows[K.REMINDER_1D].settled_at) == ("visit_cancelled", NOW)


def test_cancelling_leaves_the_messages_of_other_visits_alone(session: Session) -> None:
    visit, other = make_appointment(session), make_appointment(session, starts_at=NOW + timedelta(days=9))
    plan_booking(session, other)
    cancel(session, visit, has_email=False)
    assert {row.state for row in messages(session)} == {S.PENDING}


def test_cancelling_tells_nobody_without_an_address(session: Session) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    cancel(session, visit, has_email=False)
    assert K.CANCELLED not in states(session)


def test_nothing_more_reaches_a_person_who_is_to_be_left_in_peace(session: Session) -> None:
    visit, other = make_appointment(session), make_appointment(session, starts_at=NOW + timedelta(days=9))
    change(session, plan_booking(session, visit)[0], state=S.SENT)
    plan_booking(session, other)
    with transaction(session):
        outbox.drop_all_for_patient(session, patient_id=visit.patient_id, now=NOW)
    assert {row.state for row in messages(session) if row.patient_id == visit.patient_id} == {S.SENT, S.CANCELLED}
    assert {row.state for row in messages(session) if row.patient_id == other.patient_id} == {S.PENDING}


def test_nobody_is_written_to_twice_for_one_reason(session: Session) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    with pytest.raises(IntegrityError):
        plan_booking(session, visit)


def test_a_moved_visit_is_announced_anew(session: Session) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    plan_booking(session, change(session, visit, version=2))
    assert len(messages(session)) == 6


@pytest.mark.parametrize(
    ("kind", "life"),
    [
        (K.VERIFY_ADDRESS, VERIFY_LIFE),
        (K.RESET_PASSWORD, RESET_LIFE),
        (K.ACCOUNT_EXISTS, timedelta(hours=24)),
        (K.NEW_LOG_IN, timedelta(days=3)),
    ],
)
def test_messages_about_an_account_are_due_at_once_and_end_with_their_link(
    session: Session, kind: MessageKind, life: timedelta
) -> None:
    account = make_account(session)
    row = plan_account(session, account, kind)
    assert (row.account_id, row.patient_id, row.due_at, row.expires_at) == (account.id, None, NOW, NOW + life)


def test_every_row_has_its_own_message_id(session: Session) -> None:
    plan_booking(session, make_appointment(session))
    assert len({row.message_id for row in messages(session)}) == 3
