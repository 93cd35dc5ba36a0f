"""Forms of visits as they are stored: which a visit asks for, how far they are, and their sealed answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.questionnaires.assignment import AskedForm
from booking.core.questionnaires.progress import FormLine, VisitForms
from booking.core.scheduling.clinic import Catalogue
from booking.models import Account, Answer, AuditEvent, QuestionnaireResponse, ResponseStatus
from booking.models.base import UtcDateTime
from booking.queries.asked_forms import AskedOfVisit, VisitLike, asked_of_visits, asked_rows, extras_in


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The newest answer to one question, sealed."""

    link_id: str
    row_key: str
    value_sealed: str
    version: int
    saved_at: datetime
    saved_by: int | None = None


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """One begun form with its sealed answers."""

    id: int
    public_id: str
    code: str
    form_version: str
    status: ResponseStatus
    completed_at: datetime | None
    score_sealed: str | None
    answers: tuple[AnswerRow, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a form: an account's name, or "" when it was sent without a login."""

    kind: str
    name: str


_RESPONSE_COLUMNS = (
    QuestionnaireResponse.id,
    QuestionnaireResponse.public_id,
    QuestionnaireResponse.questionnaire,
    QuestionnaireResponse.form_version,
    QuestionnaireResponse.status,
    QuestionnaireResponse.completed_at,
    QuestionnaireResponse.score_sealed,
    QuestionnaireResponse.language,
)
_ANSWER_COLUMNS = (
    Answer.link_id,
    Answer.row_key,
    Answer.value_sealed,
    Answer.version,
    Answer.saved_at,
    Answer.saved_by_account_id,
)


def responses_of(session: Session, *, appointment_id: int) -> dict[str, ResponseRow]:
    """The begun forms of one appointment by code, with their answers; one query."""
    query = (
        sa.select(*_RESPONSE_COLUMNS, *_ANSWER_COLUMNS)
        .outerjoin(Answer, Answer.response_id == QuestionnaireResponse.id)
        .where(QuestionnaireResponse.appointment_id == appointment_id)
        .order_by(QuestionnaireResponse.questionnaire, Answer.id)
    )
    answers: dict[str, list[AnswerRow]] = defaultdict(list)
    heads: dict[str, Any] = {}
    for row in session.execute(query):
        heads[row.questionnaire] = row
        if row.link_id is not None:
            answer = AnswerRow(
                row.link_id, row.row_key, row.value_sealed, row.version, row.saved_at, row.saved_by_account_id
            )
            answers[row.questionnaire].append(answer)
    return {code: _response_row(head, answers[code]) for code, head in heads.items()}


def _response_row(row: Any, answers: Iterable[AnswerRow]) -> ResponseRow:
    return ResponseRow(
        row.id,
        row.public_id,
        row.questionnaire,
        row.form_version,
        row.status,
        row.completed_at,
        row.score_sealed,
        tuple(answers),
        row.language,
    )


def begun_forms(session: Session, *, appointment_id: int) -> frozenset[str]:
    """Codes of the forms of one appointment that were begun, sent ones included."""
    query = sa.select(QuestionnaireResponse.questionnaire).where(QuestionnaireResponse.appointment_id == appointment_id)
    return frozenset(session.scalars(query))


def forms_of_visits(
    session: Session, visits: Collection[VisitLike], clinic: Catalogue | None = None
) -> dict[int, VisitForms]:
    """How far the forms of each visit are, by appointment id, for lists; one or two statements for any number of
    visits. Another one where the caller has no `clinic` at hand.
    """
    ids = [visit.id for visit in visits]
    begun: dict[int, dict[str, Any]] = defaultdict(dict)
    extra: list[Any] = []
    for row in session.execute(_begun_and_asked(ids)):
        if row.status is None:
            extra.append(row)
        else:
            begun[row.appointment_id][row.questionnaire] = row
    asked = asked_of_visits(session, visits, clinic, extras_in(extra))
    return {visit.id: _visit_forms(asked[visit.id], begun[visit.id]) for visit in visits}


def _begun_and_asked(appointment_ids: Collection[int]) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """Responses, then the rows of `asked_rows`, whose `status` is None."""
    never = sa.cast(sa.null(), UtcDateTime())
    asked = asked_rows(appointment_ids)
    begun = sa.select(
        QuestionnaireResponse.appointment_id,
        QuestionnaireResponse.questionnaire,
        never.label("asked_at"),
        never.label("due_at"),
        never.label("withdrawn_at"),
        QuestionnaireResponse.status.label("status"),
        QuestionnaireResponse.reviewed_at.label("reviewed_at"),
    ).where(QuestionnaireResponse.appointment_id.in_(appointment_ids))
    no_status = sa.cast(sa.null(), QuestionnaireResponse.status.type).label("status")
    return sa.union_all(begun, asked.add_columns(no_status, never.label("reviewed_at")))


def _visit_forms(asked: AskedOfVisit, found: Mapping[str, Any]) -> VisitForms:
    return VisitForms(asked.times, tuple(_line(form, found.get(form.code)) for form in asked.forms))


def _line(form: AskedForm, row: Any) -> FormLine:
    if row is None:
        return FormLine(form)
    is_sent = row.status is ResponseStatus.COMPLETED
    return FormLine(form, is_begun=True, is_sent=is_sent, is_reviewed=row.reviewed_at is not None)


def sender_of(session: Session, *, response_id: int) -> Sender | None:
    """Who sent that form, from the audit log; None when it was not sent."""
    row = session.execute(
        sa.select(AuditEvent.actor_kind, Account.name)
        .outerjoin(Account, Account.id == AuditEvent.actor_account_id)
        .where(
            AuditEvent.object_kind == "questionnaire_response",
            AuditEvent.object_id == response_id,
            AuditEvent.action == "response_completed",
        )
    ).one_or_none()
    return None if row is None else Sender(row.actor_kind, row.name or "")
