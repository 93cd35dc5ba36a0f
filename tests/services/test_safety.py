"""Answers about self-harm: who is told, in which order, and what the person sees. With a clock, and without mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound, RulesRefuse
from booking.core.messages import MessageKind, MessageState
from booking.core.questionnaires.answers import Chosen
from booking.core.safety import Watch
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.tasks import CHECK_SAFETY, SAFETY_ANSWER, Escalation, Outcome
from booking.models import (
    Account,
    AlertRecipient,
    Answer,
    Clinic,
    Message,
    Patient,
    SafetyAnswer,
    SafetyMode,
    Task,
    TaskState,
)
from booking.queries.appointments import Visit
from booking.queries.safety import watch
from booking.queries.tasks import counts, open_tasks, urgent_elsewhere
from booking.services import escalating, questionnaires, safety_answers
from booking.services.escalating import escalate_due
from booking.services.filled_forms import form_of_visit, forms_of_visit
from booking.services.questionnaires import PostedAnswer, PostedPage, SavedPage, save_page
from booking.services.safety import SafetyWish, change, fall_back_if_alone
from booking.services.safety_answers import help_message, read_facts
from booking.services.sealed import seal_text
from booking.services.staff import set_active
from booking.services.task_list import finish, reopen
from tests.factories import NOW, make_account, make_appointment, make_patient
from tests.services.forms_cast import ask_for, visit_of

HARM, NOT_AT_ALL, SEVERAL_DAYS = "44260-8", "LA6568-5", "LA6569-3"
PHQ_9, PHQ_2 = "phq-9", "phq-2"
ANSWER_MINUTES = timedelta(minutes=30)


def staff(session: Session, role: Role, name: str, **values: object) -> Actor:
    account = make_account(session, role, name=name, location_ids=(1,), **values)  # type: ignore[arg-type]
    session.rollback()
    return Actor(account.id, role, location_ids=frozenset({1}), resource_id=account.resource_id)


@pytest.fixture
def fay(session: Session) -> Actor:
    return staff(session, Role.ADMINISTRATOR, "Fay")


@pytest.fixture
def nurse(session: Session) -> Actor:
    return staff(session, Role.NURSE, "Nell")


@pytest.fixture
def cruz(session: Session) -> Actor:
    return staff(session, Role.SPECIALIST, "Cruz", resource_id=1)


@pytest.fixture
def dora(session: Session) -> Actor:
    return staff(session, Role.SCHEDULER, "Dora")


def public_id(session: Session, actor: Actor) -> str:
    found = session.scalars(sa.select(Account.public_id).where(Account.id == actor.account_id)).one()
    session.rollback()
    return found


@pytest.fixture
def wish(session: Session, nurse: Actor, cruz: Actor) -> SafetyWish:
    """Nell is told first, Dr Cruz is the back-up."""
    return SafetyWish(
        True, [public_id(session, nurse)], [public_id(session, cruz)], "Monday to Friday, 9 am to 5 pm", 30,
        "Suicide & Crisis Lifeline", "988",
    )  # fmt: skip


@pytest.fixture
def watched(session: Session, fay: Actor, wish: SafetyWish) -> SafetyWish:
    change(session, actor=fay, wish=wish, now=NOW)
    return wish


@pytest.fixture
def visit(session: Session) -> Visit:
    """Ana's, of a service that asks for the PHQ-9."""
    ask_for(session, PHQ_9)
    appointment = make_appointment(session, make_patient(session))
    found = visit_of(session, appointment.id)
    session.rollback()
    return found


def ana(session: Session, visit: Visit) -> Actor:
    account = make_account(session)
    session.rollback()
    return Actor(account.id, Role.PATIENT, frozenset({visit.patient_id}))


def answer(session: Session, actor: Actor, visit: Visit, code: str, version: int = 0, now: datetime = NOW) -> SavedPage:
    posted = PostedPage("phq-9-page-4", "", {HARM: PostedAnswer((code,), version=version)})
    saved = save_page(session, actor=actor, visit=visit, code=PHQ_9, page=posted, now=now)
    session.rollback()
    return saved


def tasks(session: Session) -> list[Task]:
    session.rollback()
    return list(session.scalars(sa.select(Task).where(Task.kind == SAFETY_ANSWER).order_by(Task.id)))


def told(session: Session) -> list[int | None]:
    """Accounts that a message was written for, in order."""
    session.rollback()
    wanted = sa.select(Message.account_id).where(Message.kind == MessageKind.URGENT_TASK)
    return list(session.scalars(wanted.order_by(Message.id)))


def mode(session: Session) -> SafetyMode:
    session.rollback()
    return session.scalars(sa.select(Clinic.safety_mode)).one()


def codes(session: Session, visit: Visit) -> list[str]:
    session.rollback()
    return [form.code for form in forms_of_visit(session, visit=visit)]


@pytest.mark.usefixtures("watched")
def test_saving_the_answer_raises_one_task_and_turning_it_back_withdraws_nothing(
    session: Session, visit: Visit, nurse: Actor
) -> None:
    patient = ana(session, visit)
    first = answer(session, patient, visit, SEVERAL_DAYS)
    back = answer(session, patient, visit, NOT_AT_ALL, version=1)
    again = answer(session, patient, visit, SEVERAL_DAYS, version=2)
    assert (first.needs_help, back.needs_help, again.needs_help) == (True, False, True)
    [task] = tasks(session)
    assert (task.is_urgent, task.escalation, task.escalates_at) == (True, Escalation.FIRST, NOW + ANSWER_MINUTES)
    assert session.scalar(sa.select(sa.func.count()).select_from(SafetyAnswer)) == 3
    assert told(session) == [nurse.account_id]
    kept = [*session.scalars(sa.select(SafetyAnswer.value_sealed)), *session.scalars(sa.select(Task.note_sealed))]
    assert not [text for text in kept if text and (SEVERAL_DAYS in text or HARM in text)]
    finish(session, actor=nurse, public_id=task.public_id, now=NOW, outcome=Outcome.REACHED, note="Spoke with her")
    answer(session, patient, visit, NOT_AT_ALL, version=3)
    assert len(tasks(session)) == 1
    answer(session, patient, visit, SEVERAL_DAYS, version=4)
    assert len(tasks(session)) == 2


@pytest.mark.usefixtures("watched")
def test_control_where_a_save_does_not_look_for_safety_answers_nobody_hears_of_one(
    session: Session, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questionnaires, "note_answers", lambda *_, **__: False)
    assert answer(session, ana(session, visit), visit, SEVERAL_DAYS).written == {HARM: 1}
    assert (tasks(session), told(session)) == ([], [])


@pytest.mark.usefixtures("watched")
def test_not_at_all_and_other_items_raise_nothing(session: Session, visit: Visit) -> None:
    patient = ana(session, visit)
    assert not answer(session, patient, visit, NOT_AT_ALL).needs_help
    posted = PostedPage("phq-9-page-1", "", {"44250-9": PostedAnswer(("LA6571-9",))})
    assert not save_page(session, actor=patient, visit=visit, code=PHQ_9, page=posted, now=NOW).needs_help
    assert (tasks(session), told(session)) == ([], [])
    form = form_of_visit(session, visit=visit, code=PHQ_9)
    assert help_message(session, response_id=form.response_id) is None


@pytest.mark.usefixtures("watched")
def test_it_climbs_to_the_back_up_and_then_to_everybody_unless_somebody_ends_it(
    session: Session, visit: Visit, nurse: Actor, cruz: Actor, dora: Actor
) -> None:
    answer(session, ana(session, visit), visit, SEVERAL_DAYS)
    assert escalate_due(session, now=NOW + ANSWER_MINUTES - timedelta(seconds=1)) == 0
    assert not counts(session, actor=dora).is_everybodys
    assert [escalate_due(session, now=NOW + ANSWER_MINUTES) for _ in range(2)] == [1, 0]
    assert (tasks(session)[0].escalation, told(session)) == (Escalation.BACK_UP, [nurse.account_id, cruz.account_id])
    escalate_due(session, now=NOW + 2 * ANSWER_MINUTES)
    [task] = tasks(session)
    assert (task.escalation, task.escalates_at) == (Escalation.EVERYBODY, None)
    seen = counts(session, actor=dora)
    assert (seen.waiting, seen.elsewhere, seen.is_everybodys) == (0, 1, True)
    finish(session, actor=cruz, public_id=task.public_id, now=NOW, outcome=Outcome.REACHED, note="Spoke with her")
    assert set(session.scalars(sa.select(Message.state))) == {MessageState.CANCELLED}
    assert counts(session, actor=dora).elsewhere == 0
    reopen(session, actor=cruz, public_id=task.public_id, now=NOW)
    assert counts(session, actor=dora).elsewhere == 1


@pytest.mark.usefixtures("watched")
def test_a_task_that_is_ended_climbs_no_further(session: Session, visit: Visit, nurse: Actor) -> None:
    answer(session, ana(session, visit), visit, SEVERAL_DAYS)
    [task] = tasks(session)
    finish(session, actor=nurse, public_id=task.public_id, now=NOW, outcome=Outcome.REACHED, note="Spoke with her")
    assert escalate_due(session, now=NOW + ANSWER_MINUTES) == 0
    assert len(told(session)) == 1


@pytest.mark.usefixtures("watched")
def test_control_without_the_look_at_its_state_an_ended_task_wakes_people(
    session: Session, visit: Visit, nurse: Actor, cruz: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(session, ana(session, visit), visit, SEVERAL_DAYS)
    session.execute(sa.update(Task).values(state=TaskState.DONE))
    session.commit()
    monkeypatch.setattr(escalating, "TaskState", SimpleNamespace(OPEN=Task.state))
    assert escalate_due(session, now=NOW + ANSWER_MINUTES) == 1
    assert told(session) == [nurse.account_id, cruz.account_id]


@pytest.mark.usefixtures("watched")
def test_what_is_ended_while_the_worker_looks_climbs_no_further(
    session: Session, visit: Visit, nurse: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(session, ana(session, visit), visit, SEVERAL_DAYS)
    [task] = tasks(session)
    known = watch(session)
    finish(session, actor=nurse, public_id=task.public_id, now=NOW, outcome=Outcome.REACHED, note="Spoke with her")
    reopen(session, actor=nurse, public_id=task.public_id, now=NOW)

    def ended_meanwhile(_: Session) -> Watch:
        session.execute(sa.update(Task).values(state=TaskState.DONE))
        return known

    monkeypatch.setattr(escalating, "watch", ended_meanwhile)
    assert escalate_due(session, now=NOW + ANSWER_MINUTES) == 0
    assert tasks(session)[0].escalation == Escalation.FIRST


@pytest.mark.usefixtures("watched")
def test_a_note_on_how_to_reach_the_patient_stands_beside_it(session: Session, visit: Visit, nurse: Actor) -> None:
    answer(session, ana(session, visit), visit, SEVERAL_DAYS)
    [task] = tasks(session)
    patient = session.get_one(Patient, visit.patient_id)
    patient.contact_note_sealed = seal_text(session, "patient", "contact_note", patient.public_id, "Evenings only")
    session.commit()
    assert read_facts(session, actor=nurse, public_id=task.public_id, now=NOW).contact_note == "Evenings only"
    session.execute(sa.update(Patient).values(contact_note_sealed="v1.lost.AAAA"))
    session.commit()
    assert read_facts(session, actor=nurse, public_id=task.public_id, now=NOW).contact_note == ""


@pytest.mark.usefixtures("watched")
def test_the_people_told_and_clinicians_read_it_and_others_see_that_something_waits(
    session: Session, visit: Visit, nurse: Actor, dora: Actor, fay: Actor
) -> None:
    answer(session, ana(session, visit), visit, SEVERAL_DAYS)
    answer(session, ana(session, visit), visit, NOT_AT_ALL, version=1)
    [task] = tasks(session)
    facts = read_facts(session, actor=nurse, public_id=task.public_id, now=NOW)
    assert [one.value for one in facts.answers] == [Chosen((SEVERAL_DAYS,)), Chosen((NOT_AT_ALL,))]
    assert facts.item is not None
    assert (facts.item.link_id, facts.phone, facts.contact_note) == (HARM, "555-0142", "")
    for actor in (dora, fay, ana(session, visit)):
        with pytest.raises(NotFound):
            read_facts(session, actor=actor, public_id=task.public_id, now=NOW)
        assert open_tasks(session, actor=actor) == []
    assert [one.escalation for one in urgent_elsewhere(session, actor=dora)] == [Escalation.FIRST]
    assert urgent_elsewhere(session, actor=nurse) == []


@pytest.mark.usefixtures("watched")
def test_what_does_not_open_any_more_is_said_and_a_new_answer_makes_a_new_task(
    session: Session, visit: Visit, nurse: Actor
) -> None:
    patient = ana(session, visit)
    answer(session, patient, visit, SEVERAL_DAYS)
    session.execute(sa.update(SafetyAnswer).values(value_sealed="v1.lost.AAAA"))
    session.commit()
    [task] = tasks(session)
    assert not read_facts(session, actor=nurse, public_id=task.public_id, now=NOW).answers[0].is_readable
    session.execute(sa.update(Task).values(note_sealed="v1.lost.AAAA"))
    session.commit()
    assert read_facts(session, actor=nurse, public_id=task.public_id, now=NOW).item is None
    answer(session, patient, visit, "LA6570-1", version=1)
    assert len(tasks(session)) == 2


def test_nothing_is_saved_without_its_task(
    session: Session, visit: Visit, watched: SafetyWish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction: what was acknowledged is on the list."""
    assert watched.is_monitored
    monkeypatch.setattr(safety_answers, "tell", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        answer(session, ana(session, visit), visit, SEVERAL_DAYS)
    session.rollback()
    assert (tasks(session), session.scalars(sa.select(Answer.id)).all()) == ([], [])


def test_unwatched_the_long_form_is_given_in_the_house_alone(session: Session, visit: Visit, fay: Actor) -> None:
    details = SafetyWish(is_monitored=False, crisis_name="Lifeline")
    assert codes(session, visit) == [PHQ_2]
    here = replace(visit, status=AppointmentStatus.ARRIVED)
    assert codes(session, here) == [PHQ_2]
    change(session, actor=fay, wish=details, now=NOW)
    assert (codes(session, visit), codes(session, here)) == ([PHQ_2], [PHQ_9])
    with pytest.raises(NotFound):
        form_of_visit(session, visit=visit, code=PHQ_9)


def test_in_the_house_the_answer_is_everybodys_at_once_and_the_person_is_told_to_speak(
    session: Session, fay: Actor, cruz: Actor, dora: Actor
) -> None:
    ask_for(session, PHQ_9)
    change(session, actor=fay, wish=SafetyWish(is_monitored=False, crisis_name="Lifeline"), now=NOW)
    visit = visit_of(session, make_appointment(session, status=AppointmentStatus.ARRIVED).id)
    session.rollback()
    saved = answer(session, ana(session, visit), visit, SEVERAL_DAYS)
    assert (tasks(session)[0].escalation, told(session)) == (Escalation.EVERYBODY, [])
    assert len(open_tasks(session, actor=cruz)) == 1
    assert counts(session, actor=dora).is_everybodys
    shown = help_message(session, response_id=saved.form.response_id)
    assert shown is not None
    assert (shown.is_in_clinic, shown.is_told, shown.link_ids) == (True, False, frozenset({HARM}))


@pytest.mark.parametrize(
    ("missing", "problem"),
    [
        ({"first": []}, "no_recipient"),
        ({"back_up": []}, "no_back_up"),
        ({"hours": " "}, "no_hours"),
        ({"response_minutes": None}, "no_response_time"),
        ({"crisis_name": ""}, "no_crisis_name"),
    ],
)
def test_nothing_is_monitored_while_something_is_missing(
    session: Session, fay: Actor, wish: SafetyWish, missing: dict[str, object], problem: str
) -> None:
    with pytest.raises(RulesRefuse) as refused:
        change(session, actor=fay, wish=replace(wish, **missing), now=NOW)  # type: ignore[arg-type]
    assert [one.code for one in refused.value.refusals] == [problem]
    assert mode(session) is SafetyMode.UNMONITORED


def test_only_administrators_name_people_and_only_such_as_can_log_in(
    session: Session, fay: Actor, nurse: Actor, wish: SafetyWish
) -> None:
    with pytest.raises(NotFound):
        change(session, actor=nurse, wish=wish, now=NOW)
    with pytest.raises(NotFound):
        change(session, actor=fay, wish=replace(wish, first=["nobody"]), now=NOW)


def test_when_the_last_one_is_shut_out_it_falls_back_and_administrators_are_told(
    session: Session, visit: Visit, fay: Actor, cruz: Actor, watched: SafetyWish
) -> None:
    saved = answer(session, ana(session, visit), visit, SEVERAL_DAYS)
    set_active(session, actor=fay, public_id=public_id(session, cruz), is_active=False, now=NOW)
    assert (mode(session), tasks(session)[0].escalation) == (SafetyMode.UNMONITORED, Escalation.EVERYBODY)
    assert counts(session, actor=fay).is_unwatched
    shown = help_message(session, response_id=saved.form.response_id)
    assert shown is not None
    assert not shown.is_told
    other = visit_of(session, make_appointment(session, starts_at=NOW + timedelta(days=3)).id)
    assert (codes(session, visit), codes(session, other)) == ([PHQ_2, PHQ_9], [PHQ_2])
    set_active(session, actor=fay, public_id=public_id(session, cruz), is_active=True, now=NOW)
    assert mode(session) is SafetyMode.UNMONITORED
    change(session, actor=fay, wish=watched, now=NOW)
    assert not counts(session, actor=fay).is_unwatched


@pytest.mark.usefixtures("watched")
def test_the_worker_sees_that_nobody_is_left(session: Session, cruz: Actor) -> None:
    assert not fall_back_if_alone(session, now=NOW)
    session.execute(sa.delete(AlertRecipient).where(AlertRecipient.account_id == cruz.account_id))
    session.commit()
    assert [fall_back_if_alone(session, now=NOW) for _ in range(2)] == [True, False]
    assert session.scalar(sa.select(Task.kind)) == CHECK_SAFETY
