"""From a safety answer to everybody's screen by the worker's own jobs, with a clock, and without a mail server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.mailer import RecordingMailer, Temporary
from booking.core.actor import Actor, Role
from booking.core.tasks import Escalation, Outcome
from booking.jobs.send_messages import send_due
from booking.jobs.table import move_urgent_tasks
from booking.models import AlertRecipient, AuditEvent, Clinic, SafetyMode, Task
from booking.queries.tasks import counts, open_tasks
from booking.services.questionnaires import PostedAnswer, PostedPage, save_page
from booking.services.task_list import finish
from tests.factories import NOW, make_account, make_appointment
from tests.outbox import Clock, make_test_tools
from tests.services.forms_cast import ask_for, visit_of

MINUTES = 30


@pytest.fixture
def people(session: Session) -> list[Actor]:
    """Nell is told first, Max is the back-up; Dora is neither."""
    session.execute(
        sa.update(Clinic).values(
            safety_mode=SafetyMode.MONITORED, safety_hours="9 to 5", safety_response_minutes=MINUTES, crisis_name="Line"
        )
    )
    actors = []
    for rank, role in ((0, Role.NURSE), (1, Role.ADMINISTRATOR), (None, Role.SCHEDULER)):
        account = make_account(session, role)
        actors.append(Actor(account.id, role))
        if rank is not None:
            session.add(AlertRecipient(account_id=account.id, rank=rank, named_at=NOW))
    session.commit()
    return actors


@pytest.fixture
def answer(session: Session, people: list[Actor]) -> Callable[[str], bool]:
    """Ana answers the ninth item; whether she is shown where help is."""
    assert people
    ask_for(session, "phq-9")
    visit = visit_of(session, make_appointment(session).id)
    session.rollback()
    ana = Actor(make_account(session).id, Role.PATIENT, frozenset({visit.patient_id}))

    def give(code: str) -> bool:
        session.rollback()
        posted = PostedPage("phq-9-page-4", "", {"44260-8": PostedAnswer((code,))})
        return save_page(session, actor=ana, visit=visit, code="phq-9", page=posted, now=NOW).needs_help

    return give


def height(session: Session) -> int:
    session.rollback()
    return session.scalars(sa.select(Task.escalation)).one()


@pytest.mark.parametrize("is_mail_down", [False, True], ids=["mail goes out", "the mail server is down"])
def test_a_safety_answer_is_shown_raised_and_climbs_until_somebody_ends_it(
    session: Session, people: list[Actor], answer: Callable[[str], bool], is_mail_down: bool
) -> None:
    clock = Clock()
    mailer = RecordingMailer(begins=[Temporary("421")] * 20) if is_mail_down else RecordingMailer()
    tools = make_test_tools(session, mailer=mailer, clock=clock)
    nell, max_, dora = people
    assert answer("LA6569-3")
    for expected in (Escalation.FIRST, Escalation.BACK_UP, Escalation.EVERYBODY, Escalation.EVERYBODY):
        move_urgent_tasks(tools)
        send_due(tools)
        assert height(session) == expected
        clock.advance(minutes=MINUTES)
    seen = counts(session, actor=dora)
    assert (seen.elsewhere, seen.is_everybodys) == (1, True)
    assert all(b"urgent task is waiting" in one.raw for one in mailer.sent)
    assert bool(mailer.sent) is not is_mail_down
    [task] = open_tasks(session, actor=max_)
    session.rollback()
    finish(
        session,
        actor=nell,
        public_id=task.public_id,
        now=NOW + timedelta(hours=2),
        outcome=Outcome.REACHED,
        note="Spoke",
    )
    assert counts(session, actor=dora).elsewhere == 0
    done = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "task_done")).one()
    assert done.actor_account_id == nell.account_id


def test_not_at_all_wakes_nobody(session: Session, people: list[Actor], answer: Callable[[str], bool]) -> None:
    clock = Clock(NOW + timedelta(days=1))
    assert not answer("LA6568-5")
    move_urgent_tasks(make_test_tools(session, clock=clock))
    assert (session.scalars(sa.select(Task)).all(), counts(session, actor=people[2]).elsewhere) == ([], 0)
