"""Work is done by whom it is for: taken on by one, ended once with what came of it, taken back for ten minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound, RulesRefuse, TaskTaken
from booking.core.tasks import CALL_PATIENT, SAFETY_ANSWER, Outcome
from booking.models import AuditEvent, Task, TaskState
from booking.queries.tasks import Counts, ListedTask, colleagues, counts, done_tasks, open_tasks, task_or_none
from booking.services import task_list
from booking.services.task_list import (
    UNDO_FOR,
    call_for_help,
    claim,
    finish,
    give_back,
    hand_on_to_colleague,
    hand_on_to_role,
    note_of,
    reopen,
)
from booking.services.tasks import ask_to_call, ask_to_check_mail, ask_to_erase
from booking.services.transaction import transaction
from tests.factories import NOW, make_account, make_appointment

NORTHSIDE, LAKEVIEW = 1, 2
DR_CRUZ, DR_ADEYEMI = 1, 2


def somebody(session: Session, role: Role, location_id: int = NORTHSIDE, resource_id: int | None = None) -> Actor:
    account = make_account(session, role, location_ids=(location_id,), resource_id=resource_id)
    session.rollback()
    return Actor(account.id, role, location_ids=frozenset({location_id}), resource_id=resource_id)


@pytest.fixture
def dora(session: Session) -> Actor:
    return somebody(session, Role.SCHEDULER)


@pytest.fixture
def dan(session: Session) -> Actor:
    return somebody(session, Role.SCHEDULER)


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


def public_id_of(session: Session, actor: Actor) -> str:
    assert actor.account_id is not None
    return next(one.public_id for one in colleagues(session, roles=list(Role), but=0) if one.role is actor.role)


def waiting(session: Session, actor: Actor) -> list[ListedTask]:
    session.rollback()
    return open_tasks(session, actor=actor)


def just_done(session: Session, actor: Actor) -> list[ListedTask]:
    session.rollback()
    return done_tasks(session, actor=actor, since=NOW - UNDO_FOR)


def actions(session: Session) -> list[str]:
    session.rollback()
    wanted = sa.select(AuditEvent.action).where(AuditEvent.object_kind == "task", AuditEvent.patient_id.is_not(None))
    return list(session.scalars(wanted.order_by(AuditEvent.seq)))


def test_a_call_that_was_made_leaves_the_list_and_two_presses_are_one(session: Session, dora: Actor, call: str) -> None:
    for _ in range(2):
        finish(session, actor=dora, public_id=call, now=NOW)
    assert waiting(session, dora) == []
    assert [task.public_id for task in just_done(session, dora)] == [call]
    assert actions(session) == ["task_done"]


def test_it_is_taken_back_for_ten_minutes_and_keeps_its_note(session: Session, dora: Actor, call: str) -> None:
    finish(session, actor=dora, public_id=call, now=NOW, outcome=Outcome.NOT_NEEDED, note=" Came by herself. ")
    for _ in range(2):
        reopen(session, actor=dora, public_id=call, now=NOW + UNDO_FOR - timedelta(seconds=1))
    [task] = waiting(session, dora)
    assert (task.public_id, note_of(session, task.id)) == (call, "Came by herself.")
    assert actions(session) == ["task_done", "task_reopened"]
    finish(session, actor=dora, public_id=call, now=NOW)
    with pytest.raises(NotFound):
        reopen(session, actor=dora, public_id=call, now=NOW + UNDO_FOR)


def test_the_note_is_sealed_and_what_does_not_open_is_left_out(session: Session, dora: Actor, call: str) -> None:
    finish(session, actor=dora, public_id=call, now=NOW, note="Came by herself")
    task = session.scalars(sa.select(Task)).one()
    assert "Came" not in str(task.outcome_note_sealed)
    task.outcome_note_sealed = "not a seal"
    session.commit()
    assert note_of(session, task.id) == ""


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
def test_whose_work_it_is_not_sees_and_does_nothing(session: Session, dora: Actor, call: str, actor: Actor) -> None:
    for act in (finish, claim, give_back, reopen, call_for_help):
        with pytest.raises(NotFound):
            act(session, actor=actor, public_id=call, now=NOW)
    assert (task_or_none(session, actor=actor, public_id=call), counts(session, actor=actor)) == (None, Counts())
    assert len(waiting(session, dora)) == 1


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
    with pytest.raises(NotFound):
        hand_on_to_role(session, actor=fay, public_id=only_task(session), role=Role.SCHEDULER, now=NOW)


def test_of_two_who_claim_it_one_gets_it_and_the_other_is_told(
    session: Session, dora: Actor, dan: Actor, call: str
) -> None:
    for _ in range(2):
        claim(session, actor=dora, public_id=call, now=NOW)
    with pytest.raises(TaskTaken) as told:
        claim(session, actor=dan, public_id=call, now=NOW)
    [task] = waiting(session, dan)
    assert (task.holder_id, told.value.details) == (dora.account_id, {"name": task.holder, "is_done": False})
    give_back(session, actor=dan, public_id=call, now=NOW)
    assert waiting(session, dan)[0].holder_id == dora.account_id
    give_back(session, actor=dora, public_id=call, now=NOW)
    claim(session, actor=dan, public_id=call, now=NOW)
    assert actions(session) == ["task_claimed", "task_given_back", "task_claimed"]


def test_who_ends_it_second_learns_that_nothing_was_kept(session: Session, dora: Actor, dan: Actor, call: str) -> None:
    finish(session, actor=dora, public_id=call, now=NOW)
    for act in (finish, claim, call_for_help):
        with pytest.raises(TaskTaken) as told:
            act(session, actor=dan, public_id=call, now=NOW)
        assert told.value.details["is_done"]
    with pytest.raises(TaskTaken):
        hand_on_to_role(session, actor=dan, public_id=call, role=Role.NURSE, now=NOW)


def test_it_is_handed_on_to_a_colleague_who_sees_it_wherever_it_is_about(
    session: Session, dora: Actor, call: str
) -> None:
    nurse = somebody(session, Role.NURSE, LAKEVIEW)
    assert waiting(session, nurse) == []
    hand_on_to_colleague(session, actor=dora, public_id=call, to=public_id_of(session, nurse), now=NOW)
    assert [task.holder_id for task in waiting(session, nurse)] == [nurse.account_id]
    with pytest.raises(NotFound):
        hand_on_to_colleague(session, actor=dora, public_id=call, to="nobody", now=NOW)
    assert actions(session) == ["task_handed_on"]


def test_it_is_handed_on_to_a_role_and_a_specialist_sees_that_of_their_own_visits(
    session: Session, dora: Actor, call: str
) -> None:
    cruz = somebody(session, Role.SPECIALIST, NORTHSIDE, DR_CRUZ)
    adeyemi = somebody(session, Role.SPECIALIST, NORTHSIDE, DR_ADEYEMI)
    hand_on_to_role(session, actor=dora, public_id=call, role=Role.SPECIALIST, now=NOW)
    assert (len(waiting(session, cruz)), waiting(session, adeyemi), waiting(session, dora)) == (1, [], [])


def test_a_call_for_help_stands_on_top_and_before_administrators(session: Session, dora: Actor, call: str) -> None:
    fay = Actor(make_account(session, Role.ADMINISTRATOR).id, Role.ADMINISTRATOR)
    cruz = somebody(session, Role.SPECIALIST, NORTHSIDE, DR_CRUZ)
    hand_on_to_role(session, actor=dora, public_id=call, role=Role.SPECIALIST, now=NOW)
    with transaction(session):
        ask_to_check_mail(session, reason_code="421", now=NOW - timedelta(days=1))
    assert [task.kind for task in waiting(session, fay)] == ["check_mail_server"]
    for _ in range(2):
        call_for_help(session, actor=cruz, public_id=call, now=NOW)
    assert [task.kind for task in waiting(session, fay)] == [CALL_PATIENT, "check_mail_server"]
    assert counts(session, actor=fay) == Counts(waiting=2, urgent=1)
    assert actions(session) == ["task_handed_on", "task_escalated"]


def test_a_safety_answer_ends_with_a_word_on_what_was_done(session: Session, call: str) -> None:
    cruz = somebody(session, Role.SPECIALIST, NORTHSIDE, DR_CRUZ)
    session.execute(sa.update(Task).values(kind=SAFETY_ANSWER))
    session.commit()
    with pytest.raises(NotFound):
        finish(session, actor=cruz, public_id=call, now=NOW, note="Spoke")
    with pytest.raises(RulesRefuse):
        finish(session, actor=cruz, public_id=call, now=NOW, outcome=Outcome.REACHED, note=" ")
    finish(session, actor=cruz, public_id=call, now=NOW, outcome=Outcome.REACHED, note="Spoke for half an hour")
    assert waiting(session, cruz) == []


def test_whoever_comes_second_at_the_same_moment_writes_nothing_down(
    session: Session, dora: Actor, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one's change came between this one's look and its own."""
    monkeypatch.setattr(task_list, "_swap", lambda *_: False)
    with pytest.raises(TaskTaken):
        finish(session, actor=dora, public_id=call, now=NOW)
    session.execute(sa.update(Task).values(state=TaskState.DONE, closed_at=NOW, outcome_code=Outcome.DONE.value))
    session.commit()
    reopen(session, actor=dora, public_id=call, now=NOW)
    assert actions(session) == []


def test_what_was_closed_another_way_stays_so(session: Session, dora: Actor, call: str) -> None:
    session.execute(sa.update(Task).values(state=TaskState.DONE, closed_at=NOW, outcome_code="expired"))
    session.commit()
    with pytest.raises(NotFound):
        reopen(session, actor=dora, public_id=call, now=NOW)
