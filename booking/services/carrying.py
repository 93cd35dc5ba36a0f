"""Last time's answers, proposed again: facts that somebody confirms or changes instead of typing them anew.

Nothing is copied: an answer of last time is shown on its page, and counts only when it is saved there. Whoever may not
read the answers of a visit is not shown those of an earlier one either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound
from booking.core.questionnaires.answers import Value
from booking.core.questionnaires.definition import Item
from booking.core.questionnaires.differences import Answered, carried_forward, is_fact
from booking.models import QuestionnaireResponse, ResponseStatus
from booking.queries.appointments import Visit
from booking.queries.questionnaires import responses_of
from booking.services.filled_forms import FilledForm, is_full, library, open_answers


@dataclass(frozen=True, slots=True)
class LastTime:
    """Answers of an earlier visit to questions that are not answered yet, and when they were sent; empty for none."""

    answers: Mapping[str, Value] = field(default_factory=dict)
    sent_at: datetime | None = None


def last_time(session: Session, *, actor: Actor, visit: Visit, form: FilledForm, questions: Iterable[Item]) -> LastTime:
    """What the same form said last time about these questions, as far as they are facts and not answered yet. Asks the
    database only when there is one of those."""
    wanted = {item.link_id for item in questions if is_fact(item) and item.link_id not in form.stored}
    if not wanted or not is_full(actor, visit):
        return LastTime()
    earlier = _last_sent(session, visit, form.code)
    if earlier is None:
        return LastTime()
    appointment_id, sent_at = earlier
    row = responses_of(session, appointment_id=appointment_id)[form.code]
    try:
        questionnaire = library(session).exact(f"{form.questionnaire.url}|{row.form_version}")
    except NotFound:
        return LastTime()
    stored = open_answers(session, questionnaire, row)
    readable = {link_id: one.value for link_id, one in stored.items() if one.is_readable}
    carried = carried_forward(Answered(questionnaire, readable), form.questionnaire, library(session).tables)
    return LastTime({link_id: value for link_id, value in carried.items() if link_id in wanted}, sent_at)


def _last_sent(session: Session, visit: Visit, code: str) -> tuple[int, datetime] | None:
    """The appointment of the newest other response to the form that was sent, and when."""
    row = session.execute(
        sa.select(QuestionnaireResponse.appointment_id, QuestionnaireResponse.completed_at)
        .where(
            QuestionnaireResponse.patient_id == visit.patient_id,
            QuestionnaireResponse.questionnaire == code,
            QuestionnaireResponse.status == ResponseStatus.COMPLETED,
            QuestionnaireResponse.appointment_id != visit.id,
        )
        .order_by(QuestionnaireResponse.completed_at.desc(), QuestionnaireResponse.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.appointment_id, row.completed_at)
