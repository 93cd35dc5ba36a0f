"""Work for people that the program finds: one list for the desk, one task per cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.models import Task, TaskState

CALL_PATIENT = "call_patient"
CHECK_MAIL = "check_mail_server"

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


def _add_once(session: Session, *, kind: str, role: Role, cause: str, now: datetime, **values: Any) -> None:
    row = {
        "dedup_key": f"{kind}|{cause}", "kind": kind, "role": role, "state": TaskState.OPEN, "due_at": now,
        "created_at": now, **values,
    }  # fmt: skip
    insert = _INSERT[session.get_bind().dialect.name](Task).values(row)
    session.execute(insert.on_conflict_do_nothing(index_elements=["dedup_key"]))
