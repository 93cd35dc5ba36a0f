"""What one patient has sent, over all visits: for whoever treats them. Sealed values stay sealed here.

The number of statements does not depend on how many forms there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Account, Answer, Appointment, AuditEvent, QuestionnaireResponse, ResponseStatus
from booking.queries.appointments import Visit
from booking.queries.questionnaires import AnswerRow, Sender

MOST_RESPONSES = 200
"""The newest ones of a patient; a visit every week for a year, with three forms each, is fewer."""


@dataclass(frozen=True, slots=True)
class SentResponse:
    """One form that was sent, for whichever visit. `reviewed_by` is a name, None while nobody has reviewed it."""

    id: int
    public_id: str
    appointment_id: int
    code: str
    form_version: str
    completed_at: datetime
    visit_starts_at: datetime
    language: str | None
    score_sealed: str | None
    flags_sealed: str | None
    flag_count: int
    helper_name_sealed: str | None
    review_note_sealed: str | None
    reviewed_at: datetime | None
    reviewed_by: str | None


_COLUMNS = (
    QuestionnaireResponse.id,
    QuestionnaireResponse.public_id,
    QuestionnaireResponse.appointment_id,
    QuestionnaireResponse.questionnaire,
    QuestionnaireResponse.form_version,
    QuestionnaireResponse.completed_at,
    Appointment.starts_at,
    QuestionnaireResponse.language,
    QuestionnaireResponse.score_sealed,
    QuestionnaireResponse.flags_sealed,
    QuestionnaireResponse.flag_count,
    QuestionnaireResponse.helper_name_sealed,
    QuestionnaireResponse.review_note_sealed,
    QuestionnaireResponse.reviewed_at,
    Account.name,
)


def sent_responses(session: Session, visit: Visit) -> list[SentResponse]:
    """What was sent for the visit and for the patient's earlier ones, the newest first; one statement."""
    before = sa.and_(Appointment.starts_at < visit.starts_at, Appointment.status != AppointmentStatus.ENTERED_IN_ERROR)
    rows: Any = session.execute(
        sa.select(*_COLUMNS)
        .join_from(QuestionnaireResponse, Appointment, Appointment.id == QuestionnaireResponse.appointment_id)
        .outerjoin(Account, Account.id == QuestionnaireResponse.reviewed_by_account_id)
        .where(
            QuestionnaireResponse.patient_id == visit.patient_id,
            QuestionnaireResponse.status == ResponseStatus.COMPLETED,
            sa.or_(Appointment.id == visit.id, before),
        )
        .order_by(Appointment.starts_at.desc(), QuestionnaireResponse.id.desc())
        .limit(MOST_RESPONSES)
    ).all()
    return [SentResponse(*row) for row in rows]


def answers_of(
    session: Session, *, whole: Collection[int], parts: Collection[int] = (), link_ids: Collection[str] = ()
) -> dict[int, tuple[AnswerRow, ...]]:
    """Response id → its sealed answers: all of those in `whole`, of those in `parts` only the ones to `link_ids`.

    One statement."""
    rows = session.execute(
        sa.select(
            Answer.response_id,
            Answer.link_id,
            Answer.row_key,
            Answer.value_sealed,
            Answer.version,
            Answer.saved_at,
            Answer.saved_by_account_id,
        )
        .where(
            sa.or_(
                Answer.response_id.in_(whole),
                sa.and_(Answer.response_id.in_(parts), Answer.link_id.in_(link_ids)),
            )
        )
        .order_by(Answer.id)
    )
    found: dict[int, list[AnswerRow]] = defaultdict(list)
    for row in rows:
        found[row.response_id].append(AnswerRow(*row[1:]))
    return {response_id: tuple(answers) for response_id, answers in found.items()}


def senders_of(session: Session, response_ids: Collection[int]) -> dict[int, Sender]:
    """Who sent each of these forms, from the audit log; one statement."""
    rows = session.execute(
        sa.select(AuditEvent.object_id, AuditEvent.actor_kind, Account.name)
        .outerjoin(Account, Account.id == AuditEvent.actor_account_id)
        .where(
            AuditEvent.object_kind == "questionnaire_response",
            AuditEvent.object_id.in_(response_ids),
            AuditEvent.action == "response_completed",
        )
        .order_by(AuditEvent.seq)
    )
    return {row.object_id: Sender(row.actor_kind, row.name or "") for row in rows}
