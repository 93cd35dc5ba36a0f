"""Safety answers: noted with every save, one open task for each form and item, and what the people told may read.

The trigger is saving the answer. Turning it back to 0 withdraws nothing; both answers stay. The list comes first and
mail second: both are rows of the transaction that saves the answer, and mail says only that a task is waiting
(clinical guide, 2.3)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import Actor
from booking.core.errors import NotFound
from booking.core.questionnaires.answers import Value, from_plain, to_plain
from booking.core.questionnaires.definition import Item, Questionnaire
from booking.core.questionnaires.safety import has_safety_item, is_safety_answer
from booking.core.safety import Watch, is_present
from booking.core.tasks import SAFETY_ANSWER, Escalation
from booking.models import Appointment, Patient, QuestionnaireResponse, SafetyAnswer, Task, TaskState, new_public_id
from booking.queries.appointments import Visit
from booking.queries.safety import NotedAnswer, noted_answers, watch
from booking.queries.tasks import seen_by
from booking.services import audit, outbox, tasks
from booking.services.filled_forms import FilledForm, library
from booking.services.sealed import open_text, seal_text
from booking.services.transaction import transaction

NOTED = "safety_answer"
"""The table, as seals name it."""


def note_answers(
    session: Session,
    *,
    actor: Actor,
    visit: Visit,
    response_id: int,
    questionnaire: Questionnaire,
    written: Mapping[str, Value | None],
    now: datetime,
) -> bool:
    """Note what was just saved, in the transaction that saves it; whether the message has to be shown now.

    Of a safety item every answer that counts is noted, and each one that follows it, whatever it is."""
    items = {one: questionnaire.question_by_link_id[one] for one in written}
    items = {link_id: item for link_id, item in items.items() if item.is_safety}
    if not items:
        return False
    alarming = [link_id for link_id, item in items.items() if is_safety_answer(item, written[link_id])]
    noted = {one.link_id for one in noted_answers(session, response_id=response_id)}
    for link_id in items:
        if link_id in alarming or link_id in noted:
            _note(session, actor, visit, response_id, link_id, written[link_id], now)
    if alarming:
        _raise_tasks(session, visit, response_id, alarming, now)
    return bool(alarming)


def _note(
    session: Session, actor: Actor, visit: Visit, response_id: int, link_id: str, value: Value | None, now: datetime
) -> None:
    row_key = new_public_id()
    sealed = seal_text(session, NOTED, "value", row_key, json.dumps(to_plain(value))) or ""
    session.add(
        SafetyAnswer(
            row_key=row_key, response_id=response_id, link_id=link_id, value_sealed=sealed,
            is_in_clinic=is_present(visit.status), saved_at=now, saved_by_account_id=actor.account_id,
        )
    )  # fmt: skip


def _raise_tasks(session: Session, visit: Visit, response_id: int, link_ids: Collection[str], now: datetime) -> None:
    """One open task for each item, however often it is answered. Where nobody watches, it is everybody's at once."""
    found, waiting = watch(session), _waiting_items(session, response_id)
    for link_id in link_ids:
        if link_id in waiting:
            continue
        task = Task(
            public_id=new_public_id(), dedup_key=f"{SAFETY_ANSWER}|{new_public_id()}", kind=SAFETY_ANSWER,
            role=tasks.SAFETY_ROLE, state=TaskState.OPEN, due_at=now, created_at=now, is_urgent=True,
            patient_id=visit.patient_id, appointment_id=visit.id, response_id=response_id,
            escalation=int(Escalation.FIRST if found.is_on else Escalation.EVERYBODY),
            escalates_at=next_step_at(found, now) if found.is_on else None,
        )  # fmt: skip
        task.note_sealed = seal_text(session, "task", "note", task.public_id, link_id)
        session.add(task)
        session.flush()
        tell(session, task.id, Escalation.FIRST, found.first, now)


def _waiting_items(session: Session, response_id: int) -> set[str | None]:
    """The link ids of items whose task is still open."""
    wanted = sa.select(Task).where(
        Task.response_id == response_id, Task.kind == SAFETY_ANSWER, Task.state == TaskState.OPEN
    )
    return {_item_of(session, task) for task in session.scalars(wanted)}


def _item_of(session: Session, task: Task) -> str | None:
    """Which item the task is about; None when that does not open any more."""
    try:
        return open_text(session, "task", "note", task.public_id, task.note_sealed)
    except CannotOpen:
        return None


def next_step_at(found: Watch, now: datetime) -> datetime:
    """When an urgent task goes further, unless somebody ends it before."""
    return now + timedelta(minutes=found.response_minutes or 0)


def tell(session: Session, task_id: int, height: Escalation, account_ids: Collection[int], now: datetime) -> None:
    """Write to those people that a task is waiting."""
    for account_id in account_ids:
        outbox.plan_urgent(session, task_id=task_id, height=height, account_id=account_id, now=now)


@dataclass(frozen=True, slots=True)
class HelpMessage:
    """What the person who gave a safety answer is shown. `link_ids` are the items: who may not see the answers to them
    is not shown the message either. `is_told`: somebody at the clinic is told, and calls within the hours."""

    link_ids: frozenset[str]
    is_in_clinic: bool
    is_told: bool
    hours: str


def help_message(session: Session, *, response_id: int | None) -> HelpMessage | None:
    """The message of a form; None when nothing in it was a safety answer."""
    noted = noted_answers(session, response_id=response_id) if response_id is not None else []
    if not noted:
        return None
    found = watch(session)
    link_ids = frozenset(one.link_id for one in noted)
    return HelpMessage(link_ids, noted[-1].is_in_clinic, found.is_on, found.hours)


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One save: the answer as a value of its item, None when it was taken away, and whether it could be opened."""

    noted: NotedAnswer
    value: Value | None
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class SafetyFacts:
    """What a safety task is about, for those who may read it. `answers` are all saves, the first one first."""

    item: Item | None
    form_title: str
    answers: tuple[GivenAnswer, ...] = field(repr=False)
    phone: str | None = field(repr=False)
    contact_note: str = field(repr=False)


def read_facts(session: Session, *, actor: Actor, public_id: str, now: datetime) -> SafetyFacts:
    """The answers behind a safety task. The reading is recorded. Raises NotFound for others."""
    wanted = (
        sa.select(Task)
        .outerjoin(Appointment, Appointment.id == Task.appointment_id)
        .where(Task.public_id == public_id, Task.kind == SAFETY_ANSWER, seen_by(actor))
    )
    with transaction(session):
        task = session.scalars(wanted).one_or_none()
        if task is None or task.response_id is None or task.patient_id is None:
            raise NotFound
        facts = _facts(session, task, task.response_id, task.patient_id)
        audit.record(session, actor, "safety_answer_read", "task", task.id, now=now, patient_id=task.patient_id)
    return facts


def _facts(session: Session, task: Task, response_id: int, patient_id: int) -> SafetyFacts:
    response = session.get_one(QuestionnaireResponse, response_id)
    patient = session.get_one(Patient, patient_id)
    forms = library(session)
    questionnaire = forms.exact(f"{forms.latest(response.questionnaire).url}|{response.form_version}")
    link_id = _item_of(session, task)
    item = questionnaire.question_by_link_id.get(link_id or "")
    noted = [one for one in noted_answers(session, response_id=response_id) if one.link_id == link_id]
    return SafetyFacts(
        item,
        questionnaire.title,
        tuple(_given(session, item, one) for one in noted if item is not None),
        patient.phone,
        _contact_note(session, patient),
    )


def _given(session: Session, item: Item, noted: NotedAnswer) -> GivenAnswer:
    try:
        text = open_text(session, NOTED, "value", noted.row_key, noted.value_sealed)
        return GivenAnswer(noted, from_plain(item, json.loads(text or "")))
    except (CannotOpen, ValueError):
        return GivenAnswer(noted, None, is_readable=False)


def given_answers(session: Session, form: FilledForm) -> tuple[GivenAnswer, ...]:
    """Every save of a safety answer of the form, the first one first; () for a form that asks for none."""
    if form.response_id is None or not has_safety_item(form.questionnaire):
        return ()
    items = form.questionnaire.question_by_link_id
    noted = noted_answers(session, response_id=form.response_id)
    return tuple(_given(session, items[one.link_id], one) for one in noted)


def _contact_note(session: Session, patient: Patient) -> str:
    try:
        return open_text(session, "patient", "contact_note", patient.public_id, patient.contact_note_sealed) or ""
    except CannotOpen:
        return ""
