"""What people do about the work in the list: take it, give it back, end it with an outcome and a note, take that back
for ten minutes, hand it on, call for help. What ends by a decision of its own is closed by that alone.

Each act is a compare and swap: of two people who claim the same work one gets it, and the other is told who.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import STAFF_ROLES, Actor, Role
from booking.core.errors import NotFound, RulesRefuse, TaskTaken
from booking.core.scheduling.rules import Refusal
from booking.core.tasks import (
    SAFETY_ANSWER,
    Escalation,
    Outcome,
    must_tell_what_was_done,
    outcomes_of,
    roles_for,
)
from booking.models import Account, Appointment, Task, TaskState
from booking.queries.tasks import BY_HAND, seen_by
from booking.services import audit, outbox
from booking.services.sealed import open_text, seal_text
from booking.services.transaction import transaction

UNDO_FOR = timedelta(minutes=10)
NOTE_MISSING = "note_missing"
LONGEST_NOTE = 2000
"""Characters."""


def claim(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """The actor does it from now on. Raises NotFound, and TaskTaken when somebody else does or did it."""
    with transaction(session):
        task = _seen(session, actor, public_id)
        if task.holder_account_id == actor.account_id:
            return
        values = {"holder_account_id": actor.account_id, "held_at": now}
        if not _swap(session, task, values, Task.holder_account_id.is_(None), Task.state == TaskState.OPEN):
            raise _taken(session, task)
        _record(session, actor, "task_claimed", task, now)


def give_back(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Nobody does it any more. Raises NotFound."""
    with transaction(session):
        task = _seen(session, actor, public_id)
        mine = Task.holder_account_id == actor.account_id
        if _swap(session, task, {"holder_account_id": None, "held_at": None}, mine, Task.state == TaskState.OPEN):
            _record(session, actor, "task_given_back", task, now)


def finish(
    session: Session, *, actor: Actor, public_id: str, now: datetime, outcome: Outcome = Outcome.DONE, note: str = ""
) -> None:
    """The work is done. Two presses are one.

    Raises NotFound: not theirs, or it ends another way; RulesRefuse (`note_missing`); TaskTaken when somebody else has
    ended it meanwhile, so that no note is thought to be kept that is not."""
    with transaction(session):
        task = _seen(session, actor, public_id)
        if outcome not in outcomes_of(task.kind):
            raise NotFound
        if must_tell_what_was_done(task.kind) and not note.strip():
            raise RulesRefuse((Refusal(NOTE_MISSING),))
        values = {
            "state": TaskState.DONE, "closed_at": now, "outcome_code": outcome.value,
            "closed_by_account_id": actor.account_id,
        }  # fmt: skip
        if note.strip():
            kept = note.strip()[:LONGEST_NOTE]
            values["outcome_note_sealed"] = seal_text(session, "task", "outcome_note", task.public_id, kept)
        if _swap(session, task, values, Task.state == TaskState.OPEN):
            outbox.drop_urgent(session, task_id=task.id, now=now)
            _record(session, actor, "task_done", task, now)
        elif session.get_one(Task, task.id, populate_existing=True).closed_by_account_id != actor.account_id:
            raise _taken(session, task)


def reopen(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """It is not done after all; the note stays with it. Raises NotFound: not theirs, ended another way, or too late."""
    with transaction(session):
        task = _seen(session, actor, public_id)
        if task.state is TaskState.OPEN:
            return
        if task.outcome_code not in BY_HAND or task.closed_at is None or task.closed_at + UNDO_FOR <= now:
            raise NotFound
        values = {"state": TaskState.OPEN, "closed_at": None, "outcome_code": None, "closed_by_account_id": None}
        if _swap(session, task, values, Task.state == TaskState.DONE):
            _record(session, actor, "task_reopened", task, now)


def hand_on_to_colleague(session: Session, *, actor: Actor, public_id: str, to: str, now: datetime) -> None:
    """Somebody else does it from now on; `to` is the public id of their account. Raises NotFound, TaskTaken."""
    wanted = sa.select(Account).where(
        Account.public_id == to,
        Account.role.in_(STAFF_ROLES),
        Account.is_active,
        Account.email_verified_at.is_not(None),
    )
    with transaction(session):
        task, colleague = _seen(session, actor, public_id), session.scalars(wanted).one_or_none()
        if colleague is None or colleague.role not in roles_for(task.kind):
            raise NotFound
        _hand_on(session, actor, task, {"holder_account_id": colleague.id, "held_at": now}, now)


def hand_on_to_role(session: Session, *, actor: Actor, public_id: str, role: Role, now: datetime) -> None:
    """It waits for anybody of that role. Raises NotFound, TaskTaken."""
    with transaction(session):
        task = _seen(session, actor, public_id)
        if role not in roles_for(task.kind):
            raise NotFound
        _hand_on(session, actor, task, {"role": role, "holder_account_id": None, "held_at": None}, now)


def _hand_on(session: Session, actor: Actor, task: Task, values: dict[str, Any], now: datetime) -> None:
    held_as_seen = Task.holder_account_id.is_not_distinct_from(task.holder_account_id)
    if not _swap(session, task, values, held_as_seen, Task.state == TaskState.OPEN):
        raise _taken(session, task)
    _record(session, actor, "task_handed_on", task, now)


def call_for_help(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Put it on top of the list, and before administrators too; nobody holds it any more. Raises NotFound, TaskTaken.

    A safety answer climbs to everybody at once."""
    with transaction(session):
        task = _seen(session, actor, public_id)
        height = Escalation.EVERYBODY if task.kind == SAFETY_ANSWER else Escalation.BACK_UP
        values = {"is_urgent": True, "escalation": height, "escalates_at": None, "holder_account_id": None}
        if task.escalation >= height and task.is_urgent:
            return
        if not _swap(session, task, {**values, "held_at": None}, Task.state == TaskState.OPEN):
            raise _taken(session, task)
        _record(session, actor, "task_escalated", task, now)


def note_of(session: Session, task_id: int) -> str:
    """What was written when the work ended; "" for nothing, or for what does not open any more.

    For a task that the reader was found to see."""
    task = session.get_one(Task, task_id)
    try:
        return open_text(session, "task", "outcome_note", task.public_id, task.outcome_note_sealed) or ""
    except CannotOpen:
        return ""


def _seen(session: Session, actor: Actor, public_id: str) -> Task:
    """The task as it stands, when the actor sees it. Raises NotFound."""
    found = session.scalars(
        sa.select(Task)
        .outerjoin(Appointment, Appointment.id == Task.appointment_id)
        .where(Task.public_id == public_id, seen_by(actor))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def _swap(session: Session, task: Task, values: dict[str, Any], *as_before: sa.ColumnElement[bool]) -> bool:
    """Compare and swap; whether it was this call that changed it."""
    changed = session.execute(
        sa.update(Task)
        .where(Task.id == task.id, *as_before)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return bool(getattr(changed, "rowcount", 0))


def _taken(session: Session, task: Task) -> TaskTaken:
    """Who has it, or has ended it."""
    row = session.get_one(Task, task.id, populate_existing=True)
    is_done = row.state is TaskState.DONE
    who = session.get(Account, (row.closed_by_account_id if is_done else row.holder_account_id) or 0)
    return TaskTaken(name=who.name if who else "", is_done=is_done)


def _record(session: Session, actor: Actor, action: str, task: Task, now: datetime) -> None:
    audit.record(
        session, actor, action, "task", task.id, now=now, reason_code=task.kind, patient_id=task.patient_id
    )  # fmt: skip
