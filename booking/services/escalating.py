"""Lets urgent tasks climb: from those who are told first to the back-up, then to every screen of the staff.

Each task in a transaction of its own, by compare and swap: two workers, a late tick or a missed night change only when
it climbs, and mail that cannot go out changes nothing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM
from booking.core.tasks import Escalation
from booking.models import Task, TaskState
from booking.queries.safety import watch
from booking.services import audit
from booking.services.safety_answers import next_step_at, tell
from booking.services.transaction import end_read, transaction

AT_ONCE = 100


def escalate_due(session: Session, *, now: datetime) -> int:
    """Move on every urgent task that nobody has ended in time; how many were moved."""
    due = (
        sa.select(Task.id)
        .where(Task.state == TaskState.OPEN, Task.escalates_at.is_not(None), Task.escalates_at <= now)
        .order_by(Task.escalates_at, Task.id)
        .limit(AT_ONCE)
    )
    found = session.scalars(due).all()
    end_read(session)
    return sum(_climb(session, task_id, now) for task_id in found)


def _climb(session: Session, task_id: int, now: datetime) -> bool:
    with transaction(session):
        task = session.get_one(Task, task_id, populate_existing=True)
        known = watch(session)
        height = Escalation.BACK_UP if task.escalation == Escalation.FIRST and known.is_on else Escalation.EVERYBODY
        is_last = height is Escalation.EVERYBODY
        values = {"escalation": int(height), "escalates_at": None if is_last else next_step_at(known, now)}
        changed = session.execute(
            sa.update(Task)
            .where(Task.id == task_id, Task.state == TaskState.OPEN, Task.escalation == task.escalation)
            .values(values)
            .execution_options(synchronize_session=False)
        )
        if not getattr(changed, "rowcount", 0):
            return False
        told = (*known.first, *known.back_up) if is_last else known.back_up
        tell(session, task_id, height, told, now)
        audit.record(
            session, SYSTEM, "task_escalated", "task", task_id, now=now, reason_code=height.name.lower(),
            patient_id=task.patient_id,
        )  # fmt: skip
        return True
