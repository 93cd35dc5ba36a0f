"""The date of birth behind a mailed link, and a call that is asked for there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound, RulesRefuse, TooManyTries
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent, Patient, Task, TaskState
from booking.services.accounts import Door
from booking.services.calling import ask_for_help
from booking.services.proving import is_born_on
from booking.services.rate_limits import Limiter
from tests.factories import NOW, make_appointment
from tests.outbox import change, tasks
from tests.services.cast import VISITOR

DOOR = Door("192.0.2.0/24", Limiter("secret"))
RIGHT, WRONG = date(1980, 5, 17), date(1980, 5, 18)


@pytest.fixture
def reader(session: Session) -> Actor:
    return Actor(owner="mail", visit_ids=frozenset({make_appointment(session).public_id}))


def asked(session: Session, reader: Actor, born_on: date, *, hours: float = 0) -> bool:
    [public_id] = reader.visit_ids
    now = NOW + timedelta(hours=hours)
    return is_born_on(session, actor=reader, door=DOOR, public_id=public_id, born_on=born_on, now=now)


def test_right_and_wrong_are_both_written_down(session: Session, reader: Actor) -> None:
    assert not asked(session, reader, WRONG)
    assert asked(session, reader, RIGHT)
    said = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert said == ["birth_date_refused", "birth_date_given"]


def test_five_tries_and_then_one_an_hour(session: Session, reader: Actor) -> None:
    for _ in range(5):
        asked(session, reader, WRONG)
    with pytest.raises(TooManyTries) as refused:
        asked(session, reader, RIGHT)
    assert refused.value.details["retry_seconds"] == 3600
    assert asked(session, reader, RIGHT, hours=1)


def test_nobody_asks_about_a_visit_that_they_do_not_see(session: Session) -> None:
    public_id = make_appointment(session).public_id
    with pytest.raises(NotFound):
        is_born_on(session, actor=VISITOR, door=DOOR, public_id=public_id, born_on=RIGHT, now=NOW)
    with pytest.raises(NotFound):
        ask_for_help(session, actor=VISITOR, public_id=public_id, now=NOW)
    assert session.scalars(sa.select(AuditEvent)).all() == []


@pytest.mark.parametrize(
    ("status", "phone", "hours", "code"),
    [
        (AppointmentStatus.BOOKED, None, 0, "no_phone"),
        (AppointmentStatus.CANCELLED, "555-0142", 0, "visit_over"),
        (AppointmentStatus.DONE, "555-0142", 0, "visit_over"),
        (AppointmentStatus.BOOKED, "555-0142", 24 * 8, "visit_over"),
    ],
)
def test_nobody_calls_without_a_number_or_about_what_is_over(
    session: Session, reader: Actor, status: AppointmentStatus, phone: str | None, hours: int, code: str
) -> None:
    [public_id] = reader.visit_ids
    change(session, session.scalars(sa.select(Appointment)).one(), status=status)
    change(session, session.scalars(sa.select(Patient)).one(), phone=phone)
    with pytest.raises(RulesRefuse) as refused:
        ask_for_help(session, actor=reader, public_id=public_id, now=NOW + timedelta(hours=hours))
    assert [refusal.code for refusal in refused.value.refusals] == [code]
    session.rollback()
    assert tasks(session) == []


def test_a_call_is_asked_for_once_a_day(session: Session, reader: Actor) -> None:
    [public_id] = reader.visit_ids
    for hours in (0, 1, 25):
        ask_for_help(session, actor=reader, public_id=public_id, now=NOW + timedelta(hours=hours))
    assert len(tasks(session)) == 1, "the first is open still"
    change(session, session.scalars(sa.select(Task)).one(), state=TaskState.DONE)
    ask_for_help(session, actor=reader, public_id=public_id, now=NOW + timedelta(hours=2))
    assert len(tasks(session)) == 1, "one a day"
    ask_for_help(session, actor=reader, public_id=public_id, now=NOW + timedelta(hours=25))
    assert [task.state for task in tasks(session)] == [TaskState.DONE, TaskState.OPEN]
