"""Work that people at the clinic tick off by hand, and take back for ten minutes. What has a way of its own, an erasure
or the mail after a restore, is closed by that way alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.models import Appointment, Task, TaskState
from booking.queries.desk import BY_HAND
from booking.services import audit
from booking.services.tasks import CALL_PATIENT, CHECK_AUDIT, CHECK_BACKUP, CHECK_MAIL
from booking.services.transaction import transaction

UNDO_FOR = timedelta(minutes=10)
CLOSED_BY_HAND = frozenset({CALL_PATIENT, CHECK_MAIL, CHECK_BACKUP, CHECK_AUDIT})


def roles_served(role: Role | None) -> Collection[Role]:
    """Whose work somebody of that role sees: administrators also the desk's."""
    if role is Role.ADMINISTRATOR:
        return (Role.ADMINISTRATOR, Role.SCHEDULER)
    return () if role is None else (role,)


def finish(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """The work is done. Of two who say so, one is written down. Raises NotFound: not theirs, or closed another way."""
    with transaction(session):
        task = _own_task(session, actor, public_id)
        if task.state is TaskState.DONE:
            return
        values = {"state": TaskState.DONE, "closed_at": now, "outcome_code": BY_HAND}
        if _swap(session, task, TaskState.OPEN, values):
            _record(session, actor, "task_done", task, now)


def reopen(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """It is not done after all. Raises NotFound: not theirs, or too late."""
    with transaction(session):
        task = _own_task(session, actor, public_id)
        if task.state is TaskState.OPEN:
            return
        if task.closed_at is None or task.closed_at + UNDO_FOR <= now:
            raise NotFound
        if _swap(session, task, TaskState.DONE, {"state": TaskState.OPEN, "closed_at": None, "outcome_code": None}):
            _record(session, actor, "task_reopened", task, now)


def _own_task(session: Session, actor: Actor, public_id: str) -> Task:
    """Work that the actor sees and may tick off: of their role, about a visit at their locations or about none."""
    found = session.execute(
        sa.select(Task, Appointment.location_id)
        .outerjoin(Appointment, Appointment.id == Task.appointment_id)
        .where(Task.public_id == public_id, Task.kind.in_(CLOSED_BY_HAND), Task.role.in_(roles_served(actor.role)))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or (found.location_id is not None and not actor.works_at(found.location_id)):
        raise NotFound
    task: Task = found[0]
    if task.outcome_code not in {None, BY_HAND}:
        raise NotFound
    return task


def _swap(session: Session, task: Task, before: TaskState, values: dict[str, object]) -> bool:
    """Compare and swap; whether it was this call that changed it."""
    changed = session.execute(
        sa.update(Task)
        .where(Task.id == task.id, Task.state == before)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return bool(getattr(changed, "rowcount", 0))


def _record(session: Session, actor: Actor, action: str, task: Task, now: datetime) -> None:
    audit.record(
        session, actor, action, "task", task.id, now=now, reason_code=task.kind, patient_id=task.patient_id
    )  # fmt: skip
