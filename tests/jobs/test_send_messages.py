"""Sending, one message at a time: what is due goes out, and one bad row stops nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from booking.adapters.mailer import Permanent, RecordingMailer, SetupWrong, Temporary, Unknown
from booking.adapters.smtp import SmtpMailer, parse_smtp_url
from booking.core.messages import MessageKind, MessageState
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.jobs import send_messages
from booking.jobs.send_messages import send_due
from booking.models import Location, Message, Patient
from booking.services.sealed import KEYS
from tests.factories import NEXT_MONDAY_9, make_appointment, make_patient
from tests.outbox import NEW_YORK, Clock, change, make_test_tools, messages, plan_booking, states, tasks
from tests.settings import FIELD_KEYS
from tests.smtp_server import Fault, FaultySmtpServer

K, S = MessageKind, MessageState


@pytest.fixture
def rows(session: Session) -> list[Message]:
    """Confirmation and reminders of a visit on the next Monday at 9."""
    return plan_booking(session, make_appointment(session))


def make_due(session: Session, count: int) -> None:
    """So many confirmations, all due now."""
    for number in range(count):
        plan_booking(session, make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(days=number)))


def test_each_message_goes_out_when_it_is_due_and_never_twice(session: Session, rows: list[Message]) -> None:
    mailer, clock = RecordingMailer(), Clock()
    tools = make_test_tools(session, mailer=mailer, clock=clock)
    assert send_due(tools) == {"sent": 1}
    sent = 1
    for row in rows[1:]:
        clock.now = row.due_at - timedelta(microseconds=1)
        assert send_due(tools) == {}
        clock.now = row.due_at
        assert send_due(tools) == {"sent": 1}
        sent += 1
    assert send_due(tools) == {}
    assert len(mailer.sent) == sent


@pytest.mark.parametrize(
    ("visit_at", "due_at"),
    [
        (datetime(2027, 3, 15, 13, tzinfo=UTC), datetime(2027, 3, 14, 14, tzinfo=UTC)),
        (datetime(2026, 11, 2, 14, tzinfo=UTC), datetime(2026, 11, 1, 15, tzinfo=UTC)),
    ],
    ids=["the clocks went forward in the night", "the clocks went back in the night"],
)
def test_a_reminder_on_the_day_of_a_change_of_clocks(session: Session, visit_at: datetime, due_at: datetime) -> None:
    plan_booking(session, make_appointment(session, starts_at=visit_at), now=visit_at - timedelta(days=2), tz=NEW_YORK)
    clock = Clock(due_at - timedelta(seconds=1))
    tools = make_test_tools(session, clock=clock)
    assert send_due(tools) == {"sent": 1}
    assert states(session) == {K.BOOKED: S.SENT, K.REMINDER_1D: S.PENDING}
    clock.advance(seconds=1)
    assert send_due(tools) == {"sent": 1}


def test_nothing_goes_out_for_a_cancelled_visit(session: Session) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    change(session, visit, status=AppointmentStatus.CANCELLED, version=2)
    mailer = RecordingMailer()
    assert send_due(make_test_tools(session, mailer=mailer)) == {"cancelled": 1}
    assert mailer.sent == []


def test_nothing_goes_out_when_a_visit_is_moved_while_its_letter_is_announced(session: Session) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    clock = Clock()
    mailer = RecordingMailer()
    asked = iter([lambda: None, lambda: change(session, visit, version=2), lambda: None, lambda: None])

    def now() -> datetime:
        next(asked)()
        return clock()

    assert send_due(make_test_tools(session, mailer=mailer, clock=now)) == {"cancelled": 1}
    assert (mailer.sent, mailer.aborted_count) == ([], 1)


def test_an_expired_reminder_stays_unsent(session: Session, rows: list[Message]) -> None:
    mailer = RecordingMailer()
    clock = Clock(NEXT_MONDAY_9 - timedelta(hours=1))
    counts = send_due(make_test_tools(session, mailer=mailer, clock=clock))
    assert (counts, len(mailer.sent)) == ({"sent": 1, "expired": 2}, 1)
    assert [task.reason_code for task in tasks(session)] == ["too_late"]


@pytest.mark.parametrize("tz_name", ["Mars/Olympus", "../../etc"])
def test_a_row_of_which_no_letter_can_be_made_stops_nobody(session: Session, tz_name: str) -> None:
    make_due(session, 2)
    change(session, session.get_one(Location, 1), tz_name=tz_name)
    elsewhere = make_appointment(session, location_id=2, specialist_id=3, starts_at=NEXT_MONDAY_9 + timedelta(days=5))
    plan_booking(session, elsewhere)
    mailer = RecordingMailer()
    counts = send_due(make_test_tools(session, mailer=mailer))
    assert (counts["sent"], counts["pending"] + counts["failed"]) == (1, 2)
    assert len(mailer.sent) == 1


def test_facts_that_fit_no_header_fail_that_row(session: Session) -> None:
    make_due(session, 1)
    hostile = make_patient(session, email="ana\r\nBcc: x@example.org")
    plan_booking(session, make_appointment(session, hostile, starts_at=NEXT_MONDAY_9 + timedelta(days=3)))
    assert send_due(make_test_tools(session)) == {"failed": 1, "sent": 1}
    assert [task.reason_code for task in tasks(session)] == ["bad_facts"]


def test_a_refused_recipient_stops_nobody(session: Session) -> None:
    make_due(session, 2)
    counts = send_due(make_test_tools(session, mailer=RecordingMailer(begins=[Permanent("550 5.1.1")])))
    assert counts == {"failed": 1, "sent": 1}


def test_a_greylisted_recipient_is_tried_again(session: Session, rows: list[Message]) -> None:
    clock = Clock()
    tools = make_test_tools(session, mailer=RecordingMailer(datas=[Temporary("451")]), clock=clock)
    assert send_due(tools) == {"pending": 1}
    clock.advance(seconds=13)
    assert send_due(tools) == {"sent": 1}


def test_an_unknown_outcome_is_asked_about_later(session: Session, rows: list[Message]) -> None:
    clock = Clock()
    mailer = RecordingMailer(datas=[Unknown("drop")])
    tools = make_test_tools(session, mailer=mailer, clock=clock)
    assert send_due(tools) == {"data_sent": 1}
    assert send_due(tools) == {}
    clock.advance(minutes=10)
    assert send_due(tools) == {"sent": 1}


@pytest.mark.parametrize("trouble", [SetupWrong("535"), Temporary("connect"), Temporary("timeout")])
def test_a_mail_server_in_trouble_ends_the_pass_and_nothing_is_lost(
    session: Session, trouble: SetupWrong | Temporary
) -> None:
    make_due(session, 3)
    mailer = RecordingMailer(begins=[trouble])
    clock = Clock()
    tools = make_test_tools(session, mailer=mailer, clock=clock)
    assert send_due(tools) == {"pending": 1}
    assert {row.state for row in messages(session)} == {S.PENDING}
    clock.advance(minutes=1)
    assert send_due(tools) == {"sent": 3}


def test_a_dead_mail_server_keeps_everything(session: Session) -> None:
    make_due(session, 3)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    clock = Clock()
    dead = SmtpMailer(parse_smtp_url(f"smtp://127.0.0.1:{port}"))
    for _ in range(4):
        send_due(make_test_tools(session, mailer=dead, clock=clock))
        clock.advance(minutes=1)
    assert {row.state for row in messages(session)} == {S.PENDING}
    with FaultySmtpServer(port=port) as server:
        clock.advance(minutes=20)
        assert send_due(make_test_tools(session, mailer=dead, clock=clock)) == {"sent": 3}
        assert len(set(server.message_ids)) == 3


def test_over_one_real_connection_past_every_passing_fault(session: Session) -> None:
    make_due(session, 7)
    plan = [
        Fault.GREETING_421,
        Fault.MAIL_452,
        Fault.RCPT_451,
        Fault.TEXT_452,
        Fault.DROP_IN_TEXT,
        Fault.DROP_AFTER_DOT,
    ]
    clock = Clock()
    with FaultySmtpServer(plan) as server:
        tools = make_test_tools(session, mailer=SmtpMailer(parse_smtp_url(server.url)), clock=clock)
        for _ in range(4):
            send_due(tools)
            clock.advance(minutes=20)
        assert {row.state for row in messages(session) if row.kind is K.BOOKED} == {S.SENT}
        extra = len(server.received) - len(set(server.message_ids))
    assert len(set(server.message_ids)) == 7
    assert extra == 1


def test_the_stop_comes_between_two_messages(session: Session) -> None:
    make_due(session, 2)
    tools = make_test_tools(session)
    tools.stopping.set()
    assert send_due(tools) == {}


def test_a_connection_carries_only_so_many(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send_messages, "MESSAGES_PER_CONNECTION", 2)
    make_due(session, 5)
    mailer = RecordingMailer()
    assert send_due(make_test_tools(session, mailer=mailer)) == {"sent": 5}
    assert mailer.closed_count == 3


class Flickering(sessionmaker[Session]):
    """Sessions of a database that is away at some of the times when somebody asks for one."""

    def __init__(self, session: Session, away: Iterator[bool]) -> None:
        super().__init__(session.get_bind(), info={KEYS: FIELD_KEYS})
        self.away = away

    def __call__(self, **_: object) -> Session:
        if next(self.away):
            raise OperationalError("BEGIN", None, Exception("the database is restarting"))
        return super().__call__()


@pytest.mark.parametrize("failures", [1, 4])
def test_an_outcome_is_recorded_with_patience(
    session: Session, rows: list[Message], monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    monkeypatch.setattr(send_messages, "RECORD_PAUSES", (0.0,) * 4)
    away = iter([False, False, *[True] * failures, False, False])
    tools = replace(make_test_tools(session), sessions=Flickering(session, away))
    assert send_due(tools) == {"sent": 1}


def test_nobody_else_reads_the_letter(session: Session, rows: list[Message]) -> None:
    patient = session.get_one(Patient, rows[0].patient_id)
    mailer = RecordingMailer()
    send_due(make_test_tools(session, mailer=mailer))
    assert [letter.recipient for letter in mailer.sent] == [patient.email]
