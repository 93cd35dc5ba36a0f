"""Work for people that the program finds, one task per cause. What people do about it is in `task_list.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.tasks import (
    CALL_PATIENT,
    CHECK_AUDIT,
    CHECK_BACKUP,
    CHECK_MAIL,
    CHECK_SAFETY,
    DECIDE_MAIL,
    ERASE_PERSON,
)
from booking.models import Task, TaskState

SAFETY_ROLE = Role.SPECIALIST
"""Whose work a safety answer is in the first place; who is told is another question."""

_INSERT: Mapping[str, Callable[..., Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def ask_to_call(
    session: Session, *, patient_id: int, appointment_id: int | None, reason_code: str, cause: str, now: datetime
) -> None:
    """Ask the desk to call the patient about that visit, or about none, in the open transaction.

    Nothing is added when such a call is open already, or when the same `cause` has led to one before,
    done or not. `reason_code` says why: a word or a mail server's code, never a name or an address.
    """
    is_open = sa.select(Task.id).where(
        Task.kind == CALL_PATIENT,
        Task.patient_id == patient_id,
        Task.appointment_id == appointment_id,
        Task.state == TaskState.OPEN,
    )
    if session.scalar(is_open.limit(1)) is None:
        _add_once(
            session, kind=CALL_PATIENT, role=Role.SCHEDULER, cause=cause, reason_code=reason_code, now=now,
            patient_id=patient_id, appointment_id=appointment_id,
        )  # fmt: skip


def ask_to_check_mail(session: Session, *, reason_code: str, now: datetime) -> None:
    """Ask an administrator to look at the mail server, which refuses us; at most once a day (UTC)."""
    cause = f"mail|{now.date().isoformat()}"
    _add_once(session, kind=CHECK_MAIL, role=Role.ADMINISTRATOR, cause=cause, reason_code=reason_code, now=now)


def ask_to_erase(session: Session, *, patient_id: int, now: datetime) -> None:
    """Ask an administrator to erase a person; at most once a day (UTC) and none while one is open."""
    if not has_open(session, kind=ERASE_PERSON, patient_id=patient_id):
        cause = f"{patient_id}|{now.date().isoformat()}"
        _add_once(
            session, kind=ERASE_PERSON, role=Role.ADMINISTRATOR, cause=cause, now=now, patient_id=patient_id
        )  # fmt: skip


def has_open(session: Session, *, kind: str, patient_id: int) -> bool:
    """Whether such work about the patient is waiting."""
    wanted = sa.select(Task.id).where(Task.kind == kind, Task.patient_id == patient_id, Task.state == TaskState.OPEN)
    return session.scalar(wanted.limit(1)) is not None


def close(session: Session, *, kind: str, patient_id: int, outcome_code: str, now: datetime) -> None:
    """The work about the patient is done, in the open transaction; the code says how."""
    session.execute(
        sa.update(Task)
        .where(Task.kind == kind, Task.patient_id == patient_id, Task.state == TaskState.OPEN)
        .values(state=TaskState.DONE, closed_at=now, outcome_code=outcome_code)
        .execution_options(synchronize_session=False)
    )


def ask_to_check_audit(session: Session, *, reason_code: str, now: datetime) -> None:
    """Ask an administrator to look at the audit log, which somebody has changed; at most once a day (UTC)."""
    cause = f"audit|{now.date().isoformat()}"
    _add_once(session, kind=CHECK_AUDIT, role=Role.ADMINISTRATOR, cause=cause, reason_code=reason_code, now=now)


def ask_to_decide_about_mail(session: Session, *, now: datetime) -> None:
    """Ask an administrator what becomes of the mail that a restore holds back."""
    cause = now.isoformat()
    _add_once(session, kind=DECIDE_MAIL, role=Role.ADMINISTRATOR, cause=cause, reason_code="restored", now=now)


def close_mail_decision(session: Session, *, is_sending: bool, now: datetime) -> None:
    """It was decided, in the open transaction."""
    session.execute(
        sa.update(Task)
        .where(Task.kind == DECIDE_MAIL, Task.state == TaskState.OPEN)
        .values(state=TaskState.DONE, closed_at=now, outcome_code="sent" if is_sending else "dropped")
        .execution_options(synchronize_session=False)
    )


def ask_to_check_backup(session: Session, *, reason_code: str, now: datetime) -> None:
    """Ask an administrator to look at the backups; nothing is added while such work is open.

    The cause is the last such work that is done: two who ask at once mean the same row."""
    last_done = sa.select(sa.func.max(Task.id)).where(Task.kind == CHECK_BACKUP, Task.state == TaskState.DONE)
    cause = f"after|{session.scalar(last_done) or 0}"
    _add_once(session, kind=CHECK_BACKUP, role=Role.ADMINISTRATOR, cause=cause, reason_code=reason_code, now=now)


def close_backup_check(session: Session, *, now: datetime) -> None:
    """A backup was made again, in the open transaction."""
    session.execute(
        sa.update(Task)
        .where(Task.kind == CHECK_BACKUP, Task.state == TaskState.OPEN)
        .values(state=TaskState.DONE, closed_at=now, outcome_code="backup_made")
        .execution_options(synchronize_session=False)
    )


def ask_to_check_safety(session: Session, *, now: datetime) -> None:
    """Ask an administrator to name somebody who is told of safety answers: nobody is left."""
    cause = now.isoformat()
    _add_once(session, kind=CHECK_SAFETY, role=Role.ADMINISTRATOR, cause=cause, now=now, is_urgent=True)


def _add_once(session: Session, *, kind: str, role: Role, cause: str, now: datetime, **values: Any) -> None:
    row = {
        "dedup_key": f"{kind}|{cause}", "kind": kind, "role": role, "state": TaskState.OPEN, "due_at": now,
        "created_at": now, **values,
    }  # fmt: skip
    insert = _INSERT[session.get_bind().dialect.name](Task).values(row)
    session.execute(insert.on_conflict_do_nothing(index_elements=["dedup_key"]))
