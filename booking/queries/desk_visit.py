"""What the desk knows of one visit beside its times: who comes, what it takes, its messages, its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind, MessageState
from booking.core.questionnaires.progress import VisitForms
from booking.models import Account, AppointmentTime, AuditEvent, Message
from booking.queries.appointments import Visit
from booking.queries.desk import resources_taken
from booking.queries.desk_patients import DeskPatient, patient_or_none
from booking.queries.questionnaires import forms_of_visits

MOVED = frozenset({"appointment_changed", "appointment_change_undone"})
LEAVES_AS_IT_IS = frozenset({"reason_read", "appointment_confirmed", "form_asked", "form_withdrawn"})


@dataclass(frozen=True, slots=True)
class VisitMessage:
    """One message about the visit: `settled_at` is when it was sent or given up."""

    kind: MessageKind
    state: MessageState
    due_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One audit event. `actor_name` is the name of a staff account; patients and visitors are their kind only.

    Where the visit was moved, `was_at`, `was_with` (a specialist's id) and `was_in` (a location's) are what it had."""

    at: datetime
    action: str
    actor_kind: str
    actor_name: str | None
    reason_code: str | None
    was_at: datetime | None = None
    was_with: int | None = None
    was_in: int | None = None


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """Beside the Visit itself."""

    patient: DeskPatient
    resource_ids: tuple[int, ...]
    forms: VisitForms
    messages: list[VisitMessage]
    history: list[HistoryEntry]


def visit_facts(session: Session, visit: Visit) -> VisitFacts:
    """All of it; eight statements at most. The caller has authorised the visit."""
    patient = patient_or_none(session, visit.patient_public_id)
    assert patient is not None  # noqa: S101 - a foreign key holds it; this tells the type checker.
    return VisitFacts(
        patient,
        tuple(resources_taken(session, [visit.id]).get(visit.id, ())),
        forms_of_visits(session, [visit])[visit.id],
        _messages(session, visit.id),
        _history(session, visit.id),
    )


def _messages(session: Session, appointment_id: int) -> list[VisitMessage]:
    rows = session.execute(
        sa.select(Message.kind, Message.state, Message.due_at, Message.settled_at)
        .where(Message.appointment_id == appointment_id)
        .order_by(Message.due_at, Message.id)
    )
    return [VisitMessage(MessageKind(row.kind), *row[1:]) for row in rows]


def _history(session: Session, appointment_id: int) -> list[HistoryEntry]:
    """The newest first."""
    before = sa.and_(
        AppointmentTime.appointment_id == AuditEvent.object_id,
        AppointmentTime.replaced_at == AuditEvent.at,
        AuditEvent.action.in_(MOVED),
    )
    rows = session.execute(
        sa.select(
            AuditEvent.at,
            AuditEvent.action,
            AuditEvent.actor_kind,
            Account.name,
            AuditEvent.reason_code,
            AppointmentTime.starts_at,
            AppointmentTime.specialist_id,
            AppointmentTime.location_id,
        )
        .outerjoin(Account, sa.and_(Account.id == AuditEvent.actor_account_id, AuditEvent.actor_kind != "patient"))
        .outerjoin(AppointmentTime, before)
        .where(AuditEvent.object_kind == "appointment", AuditEvent.object_id == appointment_id)
        .order_by(AuditEvent.seq.desc())
    )
    return [HistoryEntry(*row) for row in rows]


def last_change(session: Session, visit: Visit) -> HistoryEntry | None:
    """Who changed the visit last, and how; None for one that nobody has touched. One statement."""
    changes = (entry for entry in _history(session, visit.id) if entry.action not in LEAVES_AS_IT_IS)
    return next(changes, None)
