"""Forms that were sent, opened for the specialist: answers, score, flags, note, who gave them. Nothing is written here.

What does not open is told apart from what is not there: the specialist must know that something is missing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.questionnaires.answers import Value
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.flags import Flag, flags_from_plain, flags_of
from booking.core.questionnaires.scoring import ScoreTable
from booking.models import ResponseStatus
from booking.queries.patient_forms import SentResponse
from booking.queries.questionnaires import AnswerRow, ResponseRow, Sender
from booking.services.filled_forms import FilledForm, library, open_answers
from booking.services.sealed import open_text

RESPONSE = "questionnaire_response"


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """A score of one response: `value` None without a total, then `missing` are the link ids that kept it from one."""

    at: datetime
    rule: str
    value: Decimal | None
    missing: tuple[str, ...] = ()
    is_readable: bool = True


@dataclass(frozen=True)
class ReadForm:
    """One form that was sent, opened. `note` and `helper` are "" where there is none; `table` is what scores it, None
    for a form that is not scored."""

    row: SentResponse
    form: FilledForm
    sender: Sender | None
    score: ScorePoint | None
    flags: tuple[Flag, ...]
    note: str
    helper: str
    is_readable: bool = True
    table: ScoreTable | None = None

    @property
    def code(self) -> str:
        return self.form.code

    @property
    def questionnaire(self) -> Questionnaire:
        return self.form.questionnaire

    @cached_property
    def answers(self) -> dict[str, Value | None]:
        return self.form.answers


def opened(session: Session, row: SentResponse, answers: Sequence[AnswerRow], sender: Sender | None) -> ReadForm:
    """The form with these of its answers."""
    note, note_opens = _text(session, row, "review_note", row.review_note_sealed)
    helper, helper_opens = _text(session, row, "helper_name", row.helper_name_sealed)
    form = part_of_form(session, row, answers)
    flags, flags_open = _flags(session, row, form)
    return ReadForm(
        row,
        form,
        sender,
        score_point(session, row),
        flags,
        note,
        helper,
        note_opens and helper_opens and flags_open,
        library(session).tables.for_form(form.questionnaire),
    )


def part_of_form(session: Session, row: SentResponse, answers: Sequence[AnswerRow]) -> FilledForm:
    """Only these answers of the form, as if there were no others."""
    forms = library(session)
    questionnaire = forms.exact(f"{forms.latest(row.code).url}|{row.form_version}")
    stored = open_answers(session, questionnaire, _response_row(row, answers))
    return FilledForm(
        questionnaire, row.id, row.public_id, row.completed_at, row.score_sealed, stored, language=row.language or ""
    )


def _response_row(row: SentResponse, answers: Sequence[AnswerRow]) -> ResponseRow:
    return ResponseRow(
        row.id, row.public_id, row.code, row.form_version, ResponseStatus.COMPLETED, row.completed_at,
        row.score_sealed, tuple(answers),
    )  # fmt: skip


def _text(session: Session, row: SentResponse, column: str, sealed: str | None) -> tuple[str, bool]:
    """A sealed text, and whether it opens."""
    try:
        return open_text(session, RESPONSE, column, row.public_id, sealed) or "", True
    except CannotOpen:
        return "", False


def _flags(session: Session, row: SentResponse, form: FilledForm) -> tuple[tuple[Flag, ...], bool]:
    """The flags kept with the response. Where none are kept, those of its answers: it may be older than flags are."""
    if row.flags_sealed is None:
        return flags_of(form.questionnaire, form.answers), True
    text, opens = _text(session, row, "flags", row.flags_sealed)
    return flags_from_plain(json.loads(text)) if opens else (), opens


def score_point(session: Session, row: SentResponse) -> ScorePoint | None:
    """The score kept with a response; None for a form without one."""
    if row.score_sealed is None:
        return None
    text, opens = _text(session, row, "score", row.score_sealed)
    if not opens:
        return ScorePoint(row.completed_at, "", None, is_readable=False)
    plain = json.loads(text)
    value = None if plain["value"] is None else Decimal(plain["value"])
    return ScorePoint(row.completed_at, plain["rule"], value, tuple(plain["missing"]))
