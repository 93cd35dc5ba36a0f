"""What is kept about the work itself: audit events, tasks for people, the worker's heartbeat, field keys in use."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.core.actor import Role
from booking.models.base import Base, Code, IntPk, PublicId, enum_column


class AuditEvent(Base):
    """Who did what to which object, for which patient, from where. Ids and codes only; triggers refuse change and
    deletion, and a chain of seals shows them (docs/adr/0013-audit-chain.md).

    `network` says where a request came from as coarsely as is of use; `session_ref` is the beginning of the hash of
    the login session; `mark` proves that the program wrote it. No foreign key: an event outlives what it is about."""

    __tablename__ = "audit_event"
    __table_args__ = (
        sa.Index("ix_audit_event_object_kind_object_id", "object_kind", "object_id"),
        sa.Index("ix_audit_event_patient_id_seq", "patient_id", "seq"),
        sa.Index("ix_audit_event_actor_account_id_at", "actor_account_id", "at"),
        sa.Index("ix_audit_event_mark", "mark", unique=True),
        sa.Index("ix_audit_event_action_at", "action", "at"),
    )

    seq: Mapped[IntPk]
    at: Mapped[datetime]
    actor_account_id: Mapped[int | None]
    actor_kind: Mapped[Code]
    action: Mapped[Code]
    object_kind: Mapped[Code]
    object_id: Mapped[int | None]
    reason_code: Mapped[str | None] = mapped_column(sa.String(40))
    patient_id: Mapped[int | None]
    network: Mapped[str | None] = mapped_column(sa.String(64))
    session_ref: Mapped[str | None] = mapped_column(sa.String(16))
    mark: Mapped[str | None] = mapped_column(sa.String(64))


class AuditSeal(Base):
    """A link of the chain over the audit events, in the order in which they were sealed: `number` counts without gaps,
    whatever the events' own numbers do. Written by the worker; triggers refuse change and deletion."""

    __tablename__ = "audit_seal"

    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    event_seq: Mapped[int] = mapped_column(unique=True)
    hash: Mapped[str] = mapped_column(sa.String(64))


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"


class Task(Base):
    """Work for a person. `dedup_key` keeps one task per cause; `reason_code` says why in one word.

    Whoever claims it is `holder_account_id`. An urgent one climbs: `escalation` counts to whom it has gone, next at
    `escalates_at`."""

    __tablename__ = "task"

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    dedup_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    kind: Mapped[Code]
    reason_code: Mapped[str | None] = mapped_column(sa.String(60))
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    patient_id: Mapped[int | None] = mapped_column(sa.ForeignKey("patient.id"))
    appointment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appointment.id"))
    note_sealed: Mapped[str | None] = mapped_column(sa.Text)
    state: Mapped[TaskState] = mapped_column(enum_column(TaskState, "state"))
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome_code: Mapped[str | None] = mapped_column(sa.String(40))
    outcome_note_sealed: Mapped[str | None] = mapped_column(sa.Text)
    closed_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    holder_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    held_at: Mapped[datetime | None]
    is_urgent: Mapped[bool] = mapped_column(default=False)
    escalation: Mapped[int] = mapped_column(default=0)
    escalates_at: Mapped[datetime | None]
    response_id: Mapped[int | None] = mapped_column(sa.ForeignKey("questionnaire_response.id"))


class Heartbeat(Base):
    """When a process of that name was last alive."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    beat_at: Mapped[datetime]


class FieldKeyCheck(Base):
    """A sealed known value per field key, so that a wrong key is noticed at start and not in a patient's record."""

    __tablename__ = "field_key_check"

    key_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    check_value: Mapped[str] = mapped_column(sa.Text)
