"""Reading forms that were sent: the patient's own copy, the specialist's reading (which is recorded), FHIR."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.core.questionnaires import fhir
from booking.core.questionnaires.bundle import fhir_id
from booking.core.questionnaires.definition import Item
from booking.core.questionnaires.flow import visible_questions
from booking.core.questionnaires.scoring import ScoreTable
from booking.queries.appointments import Visit, may_see
from booking.queries.questionnaires import Sender, sender_of
from booking.services import audit
from booking.services.filled_forms import FilledForm, StoredAnswer, form_of_visit, library, may_read, spoken
from booking.services.questionnaires import RESPONSE
from booking.services.sealed import open_text
from booking.services.transaction import transaction


@dataclass(frozen=True, slots=True)
class ReadScore:
    """The score kept with a form: `value` such as "7.0", or None with the link ids that are missing. `table` is what it
    came from, None where the clinic does not have it any more."""

    value: str | None
    missing: tuple[str, ...] = ()
    is_readable: bool = True
    table: ScoreTable | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form that was sent. `rows` are its questions in order, each with its answer, or None when there is none."""

    form: FilledForm = field(repr=False)
    sent_at: datetime
    sender: Sender | None
    score: ReadScore | None

    @property
    def rows(self) -> tuple[tuple[Item, StoredAnswer | None], ...]:
        """Shown questions, and any that has an answer: an answer that cannot be read may have opened others."""
        shown = set(visible_questions(self.form.questionnaire, self.form.answers))
        stored = self.form.stored
        return tuple(
            (item, stored.get(item.link_id))
            for item in self.form.questionnaire.questions
            if item in shown or item.link_id in stored
        )


def own_copy(session: Session, *, actor: Actor, visit: Visit, code: str) -> SentForm:
    """The patient's copy of what was sent, without the score, also for a carer who gave every answer of it; in the
    words that were answered.

    Raises NotFound unless logged in for the patient."""
    sent = _sent(session, visit, code, has_score=False)
    if not may_read(actor, visit, sent.form):
        raise NotFound
    return replace(sent, form=spoken(session, sent.form, sent.form.language))


def read_as_specialist(session: Session, *, actor: Actor, visit: Visit, code: str, now: datetime) -> SentForm:
    """What the specialist of the visit reads: answers, sender and score. The reading itself is recorded.

    Raises NotFound for anybody else, and while the form was not sent."""
    if actor.role is not Role.SPECIALIST or not may_see(actor, visit):
        raise NotFound
    with transaction(session):
        sent = _sent(session, visit, code, has_score=True)
        audit.record(
            session, actor, "response_read", RESPONSE, sent.form.response_id, now=now, patient_id=visit.patient_id
        )
    return sent


def response_as_fhir(session: Session, sent: SentForm, *, visit: Visit) -> dict[str, Any]:
    """The QuestionnaireResponse of a form that was read, in the words that were answered. Raises CannotOpen when an
    answer cannot be read."""
    form = spoken(session, sent.form, sent.form.language)
    if any(not stored.is_readable for stored in form.stored.values()):
        raise CannotOpen("An answer of this response does not open.")
    patient = f"Patient/{fhir_id(visit.patient_public_id)}"
    facts = fhir.ResponseFacts(
        fhir_id(form.response_public_id), fhir.ResponseStatus.COMPLETED, sent.sent_at, subject=patient, author=patient,
        language=form.questionnaire.language if form.language else "",
    )  # fmt: skip
    return fhir.questionnaire_response(form.questionnaire, form.answers, facts)


def _sent(session: Session, visit: Visit, code: str, *, has_score: bool) -> SentForm:
    form = form_of_visit(session, visit=visit, code=code)
    if form.response_id is None or form.completed_at is None:
        raise NotFound
    sender = sender_of(session, response_id=form.response_id)
    return SentForm(form, form.completed_at, sender, _score(session, form) if has_score else None)


def _score(session: Session, form: FilledForm) -> ReadScore | None:
    if form.score_sealed is None:
        return None
    table = library(session).tables.for_form(form.questionnaire)
    try:
        text = open_text(session, RESPONSE, "score", form.response_public_id, form.score_sealed)
    except CannotOpen:
        return ReadScore(None, is_readable=False, table=table)
    plain = json.loads(text or "{}")
    return ReadScore(plain["value"], tuple(plain["missing"]), table=table)
