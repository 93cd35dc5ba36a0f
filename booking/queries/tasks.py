"""The list of work: what each person who works here sees of it, and how much there is.

A safety answer is seen by those who are named to be told and by clinicians at its location. All others see that one
waits, since when and how far it has climbed, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.core.actor import Actor, Role
from booking.core.tasks import CHECK_SAFETY, CLINICIANS, SAFETY_ANSWER, Escalation, Outcome, roles_served
from booking.models import Account, AlertRecipient, Appointment, Patient, Task, TaskState

SHOWN = 200
"""Longest list: whoever has more to do works from its top."""

BY_HAND = tuple(outcome.value for outcome in Outcome)

ORDER = (Task.is_urgent.desc(), Task.due_at, Task.id)

_Holder = aliased(Account)
_Closer = aliased(Account)


@dataclass(frozen=True, slots=True)
class ListedTask:
    """Work as a list shows it. `visit_public_id` and `patient_public_id` where it is about one; `holder_id` is the
    account of who does it, `closed_by` the name of who ended it."""

    id: int
    public_id: str
    kind: str
    reason_code: str | None
    role: Role
    due_at: datetime
    created_at: datetime
    is_urgent: bool
    escalation: int
    escalates_at: datetime | None
    state: TaskState
    closed_at: datetime | None
    outcome_code: str | None
    visit_public_id: str | None
    visit_specialist_id: int | None
    visit_location_id: int | None
    patient_id: int | None
    patient_public_id: str | None
    patient_name: str | None
    holder_id: int | None
    holder: str | None
    held_at: datetime | None
    closed_by: str | None


@dataclass(frozen=True, slots=True)
class WaitingElsewhere:
    """An urgent task that others deal with: since when, and how far it has climbed. Nothing of whom it is about."""

    created_at: datetime
    escalation: int
    escalates_at: datetime | None
    is_held: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits: what the person sees, how much of that is urgent, and urgent tasks that others deal with.

    `is_everybodys`: one of them was left alone for so long that everybody is to know. `is_unwatched`: nobody is named
    any more to be told of safety answers, and an administrator has to do something about it."""

    waiting: int = 0
    urgent: int = 0
    elsewhere: int = 0
    is_everybodys: bool = False
    is_unwatched: bool = False


def open_tasks(session: Session, *, actor: Actor) -> list[ListedTask]:
    """What the actor sees and is not done: urgent first, then by due time."""
    return _rows(session, Task.state == TaskState.OPEN, seen_by(actor))


def done_tasks(session: Session, *, actor: Actor, since: datetime) -> list[ListedTask]:
    """What the actor sees and somebody ended by hand after that instant, the last one first."""
    found = _rows(session, _done_since(since), seen_by(actor))
    return sorted(found, key=lambda task: task.closed_at or since, reverse=True)


@dataclass(frozen=True, slots=True)
class WorkHere:
    """The counter of every page with the lists of one location: open work, and what was ended lately."""

    counts: Counts
    open: list[ListedTask]
    done: list[ListedTask]


def work_at(session: Session, *, actor: Actor, location_id: int, since: datetime) -> WorkHere:
    """What waits for the actor, and its tasks about visits at that location or about none: those that are open, and
    those that were ended after `since`. One statement."""
    at_location = sa.or_(Appointment.id.is_(None), Appointment.location_id == location_id)
    is_wanted = sa.or_(Task.state == TaskState.OPEN, _done_since(since))
    tasks = listed().where(is_wanted, seen_by(actor), at_location).order_by(*ORDER).limit(SHOWN).subquery()
    counted = _counting(actor).subquery()
    ordered = (tasks.c.is_urgent.desc(), tasks.c.due_at, tasks.c.id)
    rows = session.execute(sa.select(counted, tasks).outerjoin(tasks, sa.true()).order_by(*ordered)).all()
    width = len(counted.c)
    found = [ListedTask(*row[width:]) for row in rows if row[width] is not None]
    done = [task for task in found if task.state is TaskState.DONE]
    return WorkHere(_counts(rows[0][:width]), [task for task in found if task.state is TaskState.OPEN], done)


def _done_since(since: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(Task.outcome_code.in_(BY_HAND), Task.closed_at > since)


def _rows(session: Session, *conditions: sa.ColumnElement[bool]) -> list[ListedTask]:
    wanted = listed().where(*conditions).order_by(*ORDER)
    return [ListedTask(*row) for row in session.execute(wanted.limit(SHOWN))]


def task_or_none(session: Session, *, actor: Actor, public_id: str) -> ListedTask | None:
    """One piece of work, done or not; None when there is none or the actor may not see it."""
    row = session.execute(listed().where(Task.public_id == public_id, seen_by(actor))).one_or_none()
    return None if row is None else ListedTask(*row)


def urgent_elsewhere(session: Session, *, actor: Actor) -> list[WaitingElsewhere]:
    """Urgent tasks of which the actor may see no more than that they wait, the oldest first."""
    wanted = (
        sa.select(Task.created_at, Task.escalation, Task.escalates_at, Task.holder_account_id.is_not(None))
        .outerjoin(Appointment, Appointment.id == Task.appointment_id)
        .where(Task.state == TaskState.OPEN, Task.kind == SAFETY_ANSWER, sa.case((seen_by(actor), 0), else_=1) == 1)
        .order_by(Task.created_at, Task.id)
        .limit(SHOWN)
    )
    return [WaitingElsewhere(*row) for row in session.execute(wanted)]


def safety_tasks_of(
    session: Session, *, actor: Actor, patient_ids: Collection[int]
) -> dict[int, tuple[ListedTask, ...]]:
    """Patient id → open safety tasks about them that the actor may see, whichever visit they came with, the oldest
    first. One statement."""
    tasks = _rows(
        session,
        Task.state == TaskState.OPEN,
        Task.kind == SAFETY_ANSWER,
        Task.patient_id.in_(patient_ids),
        seen_by(actor),
    )
    found: dict[int, tuple[ListedTask, ...]] = {}
    for task in tasks:
        if task.patient_id is not None:
            found[task.patient_id] = (*found.get(task.patient_id, ()), task)
    return found


def counts(session: Session, *, actor: Actor) -> Counts:
    """What the counter on every page of the staff says. One statement."""
    return _counts(session.execute(_counting(actor)).one())


def _counting(actor: Actor) -> sa.Select[*tuple[Any, ...]]:
    seen = seen_by(actor)
    return (
        sa.select(
            _sum((seen, 1)).label("waiting"),
            _sum((sa.and_(seen, Task.is_urgent), 1)).label("urgent"),
            _sum((seen, 0), (Task.kind == SAFETY_ANSWER, 1)).label("elsewhere"),
            _sum((sa.and_(Task.kind == SAFETY_ANSWER, Task.escalation >= Escalation.EVERYBODY), 1)).label("everybodys"),
            _sum((Task.kind == CHECK_SAFETY, 1)).label("unwatched"),
        )
        .select_from(Task)
        .outerjoin(Appointment, Appointment.id == Task.appointment_id)
        .where(Task.state == TaskState.OPEN)
    )


def _counts(row: Sequence[int]) -> Counts:
    waiting, urgent, elsewhere, everybodys, unwatched = row
    return Counts(waiting, urgent, elsewhere, everybodys > 0, unwatched > 0)


def _sum(*cases: tuple[sa.ColumnElement[bool], int]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case(*cases, else_=0)), 0)


def seen_by(actor: Actor) -> sa.ColumnElement[bool]:
    """The condition that the actor sees a task; its statement joins the appointment from outside.

    Their own in any case; of their role what is about a visit at their locations (for a specialist: that they give) or
    about none. Where help was called for, administrators see it as well."""
    if not actor.is_staff:
        return sa.false()
    roles = roles_served(actor.role)
    of_role: sa.ColumnElement[bool] = Task.role.in_(roles)
    if actor.role is Role.ADMINISTRATOR:
        of_role = sa.or_(of_role, Task.escalation > Escalation.FIRST)
    given: sa.ColumnElement[bool] = sa.true()
    if actor.role is Role.SPECIALIST:
        given = sa.or_(Appointment.id.is_(None), Appointment.specialist_id == actor.resource_id)
    return sa.or_(
        Task.holder_account_id == actor.account_id,
        sa.and_(Task.kind != SAFETY_ANSWER, of_role, _here(actor), given),
        sa.and_(Task.kind == SAFETY_ANSWER, _may_see_answers(actor)),
    )


def _here(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.location_ids is None:
        return sa.true()
    return sa.or_(Appointment.id.is_(None), Appointment.location_id.in_(actor.location_ids))


def _may_see_answers(actor: Actor) -> sa.ColumnElement[bool]:
    is_named = sa.exists().where(AlertRecipient.account_id == actor.account_id)
    return sa.or_(is_named, _here(actor)) if actor.role in CLINICIANS else is_named


def listed() -> sa.Select[*tuple[Any, ...]]:
    """The columns of `ListedTask`."""
    return (
        sa.select(
            Task.id,
            Task.public_id,
            Task.kind,
            Task.reason_code,
            Task.role,
            Task.due_at,
            Task.created_at,
            Task.is_urgent,
            Task.escalation,
            Task.escalates_at,
            Task.state,
            Task.closed_at,
            Task.outcome_code,
            Appointment.public_id.label("visit_public_id"),
            Appointment.specialist_id.label("visit_specialist_id"),
            Appointment.location_id.label("visit_location_id"),
            Task.patient_id,
            Patient.public_id.label("patient_public_id"),
            (Patient.given_name + " " + Patient.family_name).label("patient_name"),
            Task.holder_account_id,
            _Holder.name.label("holder"),
            Task.held_at,
            _Closer.name.label("closed_by"),
        )
        .select_from(Task)
        .outerjoin(Appointment, Appointment.id == Task.appointment_id)
        .outerjoin(Patient, Patient.id == Task.patient_id)
        .outerjoin(_Holder, _Holder.id == Task.holder_account_id)
        .outerjoin(_Closer, _Closer.id == Task.closed_by_account_id)
    )


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody to whom work may be handed on."""

    public_id: str
    name: str
    role: Role


def colleagues(session: Session, *, roles: Collection[Role], but: int | None) -> list[Colleague]:
    """Those of these roles who can log in, by name; without the account `but`."""
    wanted = sa.select(Account.public_id, Account.name, Account.role).where(
        Account.role.in_(roles), Account.is_active, Account.email_verified_at.is_not(None), Account.id != but
    )
    return [Colleague(*row) for row in session.execute(wanted.order_by(Account.name, Account.id))]
