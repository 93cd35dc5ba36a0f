"""Work is ticked off by whom it is for, once, and taken back for ten minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.models import AuditEvent, Task
from booking.queries.desk import BY_HAND, OpenTask, done_tasks, open_tasks
from booking.services import desk_tasks
from booking.services.desk_tasks import UNDO_FOR, finish, reopen
from booking.services.tasks import ask_to_call, ask_to_check_mail, ask_to_erase
from booking.services.transaction import transaction
from tests.factories import NOW, make_account, make_appointment

NORTHSIDE, LAKEVIEW = 1, 2


@pytest.fixture
def dora(session: Session) -> Actor:
    account = make_account(session, Role.SCHEDULER, location_ids=(NORTHSIDE,))
    return Actor(account.id, Role.SCHEDULER, location_ids=frozenset({NORTHSIDE}))


@pytest.fixture
def call(session: Session) -> str:
    visit = make_appointment(session)
    with transaction(session):
        ask_to_call(
            session, patient_id=visit.patient_id, appointment_id=visit.id, reason_code="x", cause="one", now=NOW
        )
    return only_task(session)


def only_task(session: Session) -> str:
    found = session.scalars(sa.select(Task.public_id)).one()
    session.rollback()
    return found


def waiting(session: Session) -> list[OpenTask]:
    session.rollback()
    return open_tasks(session, roles=[Role.SCHEDULER], location_ids=[NORTHSIDE])


def just_done(session: Session) -> list[OpenTask]:
    session.rollback()
    return done_tasks(session, roles=[Role.SCHEDULER], location_ids=[NORTHSIDE], since=NOW - UNDO_FOR)


def actions(session: Session) -> list[str]:
    session.rollback()
    wanted = sa.select(AuditEvent.action).where(AuditEvent.object_kind == "task", AuditEvent.patient_id.is_not(None))
    return list(session.scalars(wanted.order_by(AuditEvent.seq)))


def test_a_call_that_was_made_leaves_the_list_and_two_presses_are_one(session: Session, dora: Actor, call: str) -> None:
    for _ in range(2):
        finish(session, actor=dora, public_id=call, now=NOW)
    assert waiting(session) == []
    assert [task.public_id for task in just_done(session)] == [call]
    assert actions(session) == ["task_done"]


def test_it_is_taken_back_for_ten_minutes(session: Session, dora: Actor, call: str) -> None:
    finish(session, actor=dora, public_id=call, now=NOW)
    for _ in range(2):
        reopen(session, actor=dora, public_id=call, now=NOW + UNDO_FOR - timedelta(seconds=1))
    assert [task.public_id for task in waiting(session)] == [call]
    assert actions(session) == ["task_done", "task_reopened"]
    finish(session, actor=dora, public_id=call, now=NOW)
    with pytest.raises(NotFound):
        reopen(session, actor=dora, public_id=call, now=NOW + UNDO_FOR)


@pytest.mark.parametrize(
    "actor",
    [
        Actor(1, Role.SCHEDULER, location_ids=frozenset({LAKEVIEW})),
        Actor(1, Role.SPECIALIST, location_ids=frozenset({NORTHSIDE})),
        Actor(1, Role.PATIENT),
        Actor(),
    ],
    ids=["scheduler elsewhere", "specialist", "patient", "visitor"],
)
def test_whose_work_it_is_not_closes_nothing(session: Session, call: str, actor: Actor) -> None:
    with pytest.raises(NotFound):
        finish(session, actor=actor, public_id=call, now=NOW)
    assert len(waiting(session)) == 1


def test_administrators_tick_off_their_own_work_and_no_erasure(session: Session) -> None:
    fay = Actor(make_account(session, Role.ADMINISTRATOR).id, Role.ADMINISTRATOR)
    with transaction(session):
        ask_to_check_mail(session, reason_code="421", now=NOW)
    finish(session, actor=fay, public_id=only_task(session), now=NOW)
    session.execute(sa.delete(Task))
    session.commit()
    patient_id = make_appointment(session).patient_id
    with transaction(session):
        ask_to_erase(session, patient_id=patient_id, now=NOW)
    with pytest.raises(NotFound):
        finish(session, actor=fay, public_id=only_task(session), now=NOW)


def test_whoever_comes_second_at_the_same_moment_writes_nothing_down(
    session: Session, dora: Actor, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one's change came between this one's look and its own."""
    monkeypatch.setattr(desk_tasks, "_swap", lambda *_: False)
    finish(session, actor=dora, public_id=call, now=NOW)
    session.execute(sa.update(Task).values(state="done", closed_at=NOW, outcome_code=BY_HAND))
    session.commit()
    reopen(session, actor=dora, public_id=call, now=NOW)
    assert actions(session) == []


def test_what_was_closed_another_way_stays_so(session: Session, dora: Actor, call: str) -> None:
    session.execute(sa.update(Task).values(state="done", closed_at=NOW, outcome_code="expired"))
    session.commit()
    with pytest.raises(NotFound):
        reopen(session, actor=dora, public_id=call, now=NOW)
