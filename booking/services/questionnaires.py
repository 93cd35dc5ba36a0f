"""Filling in the forms of a visit: save a page, send the form. Each answer is sealed and has its own version.

An older save never overwrites a newer answer: a page posts the version of each answer that it showed, and an answer
that changed meanwhile is reported, not replaced. Saves of one visit are done one after the other, behind its row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import FormClosed, FormNotReady, NotFound
from booking.core.questionnaires.answers import AnswerMistake, Reading, Value, read_answer, to_plain
from booking.core.questionnaires.definition import Item
from booking.core.questionnaires.flags import Flag, flags_of, flags_to_plain
from booking.core.questionnaires.flow import missing_required, visible_questions
from booking.core.questionnaires.instruments import score_of
from booking.core.questionnaires.scoring import Score
from booking.core.questionnaires.sections import page_questions
from booking.models import Answer, Appointment, QuestionnaireResponse, ResponseStatus, new_public_id
from booking.queries.appointments import Visit
from booking.services import audit
from booking.services.filled_forms import (
    FilledForm,
    StoredAnswer,
    form_of_visit,
    is_full,
    is_own_answer,
    library,
    may_answer,
)
from booking.services.helpers import note_helper
from booking.services.safety_answers import note_answers
from booking.services.sealed import seal_text
from booking.services.transaction import transaction

RESPONSE = "questionnaire_response"


@dataclass(frozen=True, slots=True)
class PostedAnswer:
    """The raw values of one question; `version` is that of the answer the page showed, 0 for none."""

    raw: Sequence[str] = ()
    other: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class PostedPage:
    """One page as it was posted: only the questions it showed.

    `is_skipped` takes the answers away on purpose. `is_leaving` keeps what is there and asks for nothing more.
    `written_here` are the versions that this browser session saved: without a login, only those may be replaced.
    `helper` is who fills it in for the patient, or with them, "" for nobody. `language` is that of the words it showed,
    "" for those of the form's own language."""

    key: str
    form_version: str
    answers: Mapping[str, PostedAnswer]
    is_skipped: bool = False
    is_leaving: bool = False
    written_here: Mapping[str, int] = field(default_factory=dict)
    helper: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class SavedPage:
    """What came of a posted page: the form as it stands now, the versions written, and what could not be saved.

    `needs_help`: an answer was a safety answer, and the message about help is the next thing to show."""

    form: FilledForm
    written: Mapping[str, int]
    mistakes: Mapping[str, AnswerMistake]
    conflicts: frozenset[str]
    needs_help: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether everything that was posted is now what is stored."""
        return not self.mistakes and not self.conflicts


def save_page(session: Session, *, actor: Actor, visit: Visit, code: str, page: PostedPage, now: datetime) -> SavedPage:
    """Save each answer of a page by itself: a mistake or a conflict in one keeps no other from being saved.

    Raises NotFound for a form or page that is not the actor's or does not exist, FormClosed for a form that was sent or
    a visit that takes no answers any more."""
    with transaction(session):
        form = _open_form(session, actor, visit, code, now, version=page.form_version)
        if form.is_sent:
            raise FormClosed
        written: dict[str, Value | None] = {}
        mistakes: dict[str, AnswerMistake] = {}
        conflicts: set[str] = set()
        for item in page_questions(form.questionnaire, page.key):
            if item.link_id not in page.answers:
                continue
            reading = _read(item, page)
            if reading.mistake:
                mistakes[item.link_id] = reading.mistake
            elif _is_news(form, item, reading, page):
                may_replace = is_full(actor, visit) or is_own_answer(actor, form.stored.get(item.link_id))
                if _is_stale(form, item, page, may_replace=may_replace):
                    conflicts.add(item.link_id)
                else:
                    written[item.link_id] = reading.value
        needs_help = _write(session, actor, visit, form, written, now)
        if written:
            _note_language(session, visit, form, page)
        if written and page.helper:
            note_helper(session, actor, visit=visit, code=code, name=page.helper, now=now)
    versions = {link_id: form.version_of(link_id) + 1 for link_id in written}
    now_stored = form_of_visit(session, visit=visit, code=code)
    return SavedPage(now_stored, versions, mistakes, frozenset(conflicts), needs_help)


def _open_form(
    session: Session, actor: Actor, visit: Visit, code: str, now: datetime, *, version: str = ""
) -> FilledForm:
    """The form inside the write transaction, with the visit's row locked, so that two devices take turns."""
    if not may_answer(actor, visit):
        raise NotFound
    locked = sa.select(Appointment.status).where(Appointment.id == visit.id).with_for_update(key_share=True)
    present = replace(visit, status=session.scalars(locked).one())
    form = form_of_visit(session, visit=present, code=code, version=version)
    if not form.is_sent and not form.takes_answers(now):
        raise FormClosed
    return form


def _note_language(session: Session, visit: Visit, form: FilledForm, page: PostedPage) -> None:
    """From now on the response names the language of the words that this page has shown."""
    shown = library(session).in_language(form.questionnaire, page.language or form.language).language
    if shown != form.language:
        keep_language(session, visit, form.code, shown)


def keep_language(session: Session, visit: Visit, code: str, language: str) -> None:
    """Let the response to that form of the visit, if it is begun and not sent, name that language."""
    session.execute(
        sa.update(QuestionnaireResponse)
        .where(
            QuestionnaireResponse.appointment_id == visit.id,
            QuestionnaireResponse.questionnaire == code,
            QuestionnaireResponse.status == ResponseStatus.IN_PROGRESS,
        )
        .values(language=language)
    )


def _read(item: Item, page: PostedPage) -> Reading:
    posted = page.answers[item.link_id]
    reading = read_answer(item, () if page.is_skipped else posted.raw, "" if page.is_skipped else posted.other)
    if page.is_leaving and reading.mistake is AnswerMistake.REQUIRED:
        return Reading()
    return reading


def _is_news(form: FilledForm, item: Item, reading: Reading, page: PostedPage) -> bool:
    """Whether there is something to write; leaving a page blank is no skipping."""
    stored = form.stored.get(item.link_id)
    if stored is None:
        return reading.value is not None or not page.is_leaving
    if item.required and reading.value is None:
        return False
    return not stored.is_readable or stored.value != reading.value


def _is_stale(form: FilledForm, item: Item, page: PostedPage, *, may_replace: bool) -> bool:
    version = form.version_of(item.link_id)
    if not may_replace and version != page.written_here.get(item.link_id, 0):
        return True
    return version != page.answers[item.link_id].version


def _write(
    session: Session, actor: Actor, visit: Visit, form: FilledForm, written: Mapping[str, Value | None], now: datetime
) -> bool:
    """Store the answers; whether one of them is a safety answer, which is noted in the same transaction."""
    if not written:
        return False
    response_id = form.response_id or _new_response(session, actor, visit, form, now)
    for link_id, value in written.items():
        stored = form.stored.get(link_id)
        if stored is None:
            row_key = new_public_id()
            sealed = sealed_value(session, row_key, value)
            session.add(
                Answer(
                    row_key=row_key,
                    response_id=response_id,
                    link_id=link_id,
                    value_sealed=sealed,
                    saved_at=now,
                    saved_by_account_id=actor.account_id,
                )
            )
        else:
            _replace(session, actor, stored, value, now)
    return note_answers(
        session, actor=actor, visit=visit, response_id=response_id, questionnaire=form.questionnaire, written=written,
        now=now,
    )  # fmt: skip


def _new_response(session: Session, actor: Actor, visit: Visit, form: FilledForm, now: datetime) -> int:
    response = QuestionnaireResponse(
        appointment_id=visit.id,
        patient_id=visit.patient_id,
        questionnaire=form.code,
        form_version=form.questionnaire.version,
        status=ResponseStatus.IN_PROGRESS,
        started_at=now,
    )
    session.add(response)
    session.flush()
    audit.record(session, actor, "response_opened", RESPONSE, response.id, now=now, patient_id=visit.patient_id)
    return response.id


def _replace(session: Session, actor: Actor, stored: StoredAnswer, value: Value | None, now: datetime) -> None:
    session.execute(
        sa.update(Answer)
        .where(Answer.row_key == stored.row_key)
        .values(
            value_sealed=sealed_value(session, stored.row_key, value),
            version=stored.version + 1,
            saved_at=now,
            saved_by_account_id=actor.account_id,
        )
    )


def sealed_value(session: Session, row_key: str, value: Value | None) -> str:
    """An answer as its row keeps it; `row_key` is that of the row."""
    return seal_text(session, "answer", "value", row_key, json.dumps(to_plain(value))) or ""


def send_form(session: Session, *, actor: Actor, visit: Visit, code: str, revision: int, now: datetime) -> None:
    """Send the form: answers that no longer apply are dropped, score and flags kept. Sending twice is sending once.

    `revision` is that of the form the person saw. Raises FormNotReady with the link ids that are missing, or because
    the answers changed meanwhile; FormClosed and NotFound as `save_page`."""
    with transaction(session):
        form = _open_form(session, actor, visit, code, now)
        if form.is_sent:
            return
        missing = unanswered(form)
        if form.response_id is None or missing or form.revision != revision:
            raise FormNotReady(missing=missing, has_changed=form.revision != revision)
        _drop_hidden(session, form)
        score = score_of(form.questionnaire, form.answers, library(session).tables)
        flags = flags_of(form.questionnaire, form.answers)
        session.execute(
            sa.update(QuestionnaireResponse)
            .where(QuestionnaireResponse.id == form.response_id)
            .values(
                status=ResponseStatus.COMPLETED,
                completed_at=now,
                score_sealed=sealed_score(session, form.response_public_id, score),
                flags_sealed=sealed_flags(session, form.response_public_id, flags),
                flag_count=len(flags),
            )
        )
        audit.record(
            session, actor, "response_completed", RESPONSE, form.response_id, now=now, patient_id=visit.patient_id
        )


def unanswered(form: FilledForm) -> tuple[str, ...]:
    """Shown questions that keep the form from being sent: needed and missing, or answered and not readable."""
    shown = visible_questions(form.questionnaire, form.answers)
    needed = {item.link_id for item in missing_required(form.questionnaire, form.answers)}
    unreadable = {link_id for link_id, stored in form.stored.items() if not stored.is_readable}
    return tuple(item.link_id for item in shown if item.link_id in needed | unreadable)


def _drop_hidden(session: Session, form: FilledForm) -> None:
    """Delete answers to questions that are not shown any more; every shown answer is readable here."""
    shown = {item.link_id for item in visible_questions(form.questionnaire, form.answers)}
    hidden = [stored.row_key for link_id, stored in form.stored.items() if link_id not in shown]
    session.execute(sa.delete(Answer).where(Answer.row_key.in_(hidden)))


def sealed_score(session: Session, public_id: str, score: Score | None) -> str | None:
    """A score as its response keeps it, None when the form has none; `public_id` is that of the response."""
    if score is None:
        return None
    value = None if score.value is None else str(score.value)
    plain = {"instrument": score.instrument, "rule": score.rule, "value": value, "missing": list(score.missing)}
    return seal_text(session, RESPONSE, "score", public_id, json.dumps(plain))


def sealed_flags(session: Session, public_id: str, flags: Sequence[Flag]) -> str | None:
    """Flags as their response keeps them, None for none; `public_id` is that of the response."""
    return seal_text(session, RESPONSE, "flags", public_id, json.dumps(flags_to_plain(flags)) if flags else None)
