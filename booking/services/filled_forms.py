"""A form of a visit with its answers opened: what the pages show and the use cases decide on. Nothing is written here.

Which forms exist is told by `library`: those that ship, and those of this clinic.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.core.questionnaires.answers import Value, from_plain
from booking.core.questionnaires.assignment import AskedForm, Stage, VisitTimes
from booking.core.questionnaires.definition import Item, Questionnaire
from booking.core.questionnaires.safety import has_safety_item
from booking.models import ResponseStatus
from booking.queries.appointments import Visit
from booking.queries.asked_forms import AskedOfVisit, asked_of_visit
from booking.queries.form_library import LIBRARY, library
from booking.queries.questionnaires import AnswerRow, ResponseRow, responses_of
from booking.queries.safety import watch
from booking.services.sealed import open_text

__all__ = ["LIBRARY", "library"]
WITH_CALLERS = frozenset({Role.SCHEDULER, Role.ADMINISTRATOR})
"""Who writes down what a caller answers. They see none of the answers that were given before."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it stands: `value` None was skipped. One that is not readable exists, and cannot be read.

    `saved_by` is the account that saved it, None without a login."""

    row_key: str
    value: Value | None
    version: int
    saved_at: datetime
    is_readable: bool = True
    saved_by: int | None = None


@dataclass(frozen=True)
class FilledForm:
    """One form of a visit. `response_id` is None until the first answer was saved; `asked` is None for one that was
    begun and is not asked any more. `language` is that of the words its answers were given to, "" while there are none
    or nobody knows; `questionnaire` has the words of the form's own language until `spoken` is asked for others."""

    questionnaire: Questionnaire
    response_id: int | None = None
    response_public_id: str = ""
    completed_at: datetime | None = None
    score_sealed: str | None = None
    stored: Mapping[str, StoredAnswer] = field(default_factory=dict)
    asked: AskedForm | None = None
    times: VisitTimes | None = None
    language: str = ""

    @property
    def code(self) -> str:
        return self.questionnaire.code

    @property
    def is_sent(self) -> bool:
        return self.completed_at is not None

    @cached_property
    def answers(self) -> dict[str, Value | None]:
        """The readable answers by link id, hidden ones included."""
        return {link_id: stored.value for link_id, stored in self.stored.items() if stored.is_readable}

    @property
    def revision(self) -> int:
        """Grows with every answer that is saved: a page that names it says which answers it showed."""
        return sum(stored.version for stored in self.stored.values())

    def stage(self, now: datetime) -> Stage:
        """How it stands while it is not sent: one that is not asked any more is open as long as its visit is."""
        if self.times is None:
            return Stage.CLOSED
        if self.asked is None:
            return Stage.OPEN if self.times.takes_place and not self.times.is_done else Stage.CLOSED
        return self.asked.stage(self.times, now)

    def takes_answers(self, now: datetime) -> bool:
        """Whether it may be filled in now."""
        return not self.is_sent and self.stage(now).takes_answers

    def is_later(self, now: datetime) -> bool:
        """Whether it will be asked for, and is not yet."""
        return not self.is_sent and self.stage(now) is Stage.NOT_YET

    def version_of(self, link_id: str) -> int:
        """The version of the stored answer, 0 while there is none."""
        stored = self.stored.get(link_id)
        return stored.version if stored else 0


def may_answer(actor: Actor, visit: Visit) -> bool:
    """Whether the actor may fill in the forms of this visit: for their own patient, in the browser session that booked
    it, or in one that a mailed link has opened and the date of birth was given; the desk with a caller."""
    if actor.is_staff:
        return actor.role in WITH_CALLERS and actor.works_at(visit.location_id)
    return actor.knows(public_id=visit.public_id, patient_id=visit.patient_id)


def is_full(actor: Actor, visit: Visit) -> bool:
    """Whether the actor is logged in for the patient, and their answers are open to them. All others see only what they
    saved themselves: a carer with their account, somebody without a login in this browser session."""
    return visit.patient_id in actor.patient_ids and visit.patient_id not in actor.closed_ids


def is_own_answer(actor: Actor, stored: StoredAnswer | None) -> bool:
    """Whether the actor's account saved that answer. Staff see what they took down in this call, and no longer."""
    return (
        not actor.is_staff
        and stored is not None
        and actor.account_id is not None
        and stored.saved_by == actor.account_id
    )


def may_read(actor: Actor, visit: Visit, form: FilledForm) -> bool:
    """Whether the actor may read the whole form: it is open to them, or they gave every answer of it."""
    acts = visit.patient_id in actor.patient_ids
    return is_full(actor, visit) or (acts and all(is_own_answer(actor, stored) for stored in form.stored.values()))


def forms_of_visit(session: Session, *, visit: Visit) -> tuple[FilledForm, ...]:
    """The forms that the visit asks for, also those that open later, then those begun while it still asked for them.
    Three or four queries."""
    asked = asked_of_visit(session, visit)
    rows = responses_of(session, appointment_id=visit.id)
    known = [form.code for form in asked.forms]
    given = [code for code in known if code in rows or _may_give(session, visit, library(session).latest(code))]
    codes = (*given, *(code for code in rows if code not in known))
    return tuple(_filled(session, asked, code, rows.get(code)) for code in codes)


def form_of_visit(session: Session, *, visit: Visit, code: str, version: str = "") -> FilledForm:
    """One form of the visit. `version` is that of the page at hand, which a form not yet begun then takes.

    Raises NotFound when the visit does not ask for it, or it was begun in another version."""
    asked = asked_of_visit(session, visit)
    row = responses_of(session, appointment_id=visit.id).get(code)
    if row is None and asked.form_or_none(code) is None:
        raise NotFound(questionnaire=code)
    form = _filled(session, asked, code, row, version)
    if row is None and not _may_give(session, visit, form.questionnaire):
        raise NotFound(questionnaire=code)
    if version and form.questionnaire.version != version:
        raise NotFound(questionnaire=code)
    return form


def _may_give(session: Session, visit: Visit, questionnaire: Questionnaire) -> bool:
    """Whether the form may be begun: one that asks about self-harm in the house, or where somebody watches."""
    return not has_safety_item(questionnaire) or watch(session).may_give(visit.status)


def _filled(session: Session, asked: AskedOfVisit, code: str, row: ResponseRow | None, version: str = "") -> FilledForm:
    forms = library(session)
    newest = forms.latest(code)
    pinned = row.form_version if row else version
    questionnaire = forms.exact(f"{newest.url}|{pinned}") if pinned else newest
    when = asked.form_or_none(code)
    if row is None:
        return FilledForm(questionnaire, asked=when, times=asked.times)
    items = questionnaire.question_by_link_id
    return FilledForm(
        questionnaire,
        row.id,
        row.public_id,
        row.completed_at if row.status is ResponseStatus.COMPLETED else None,
        row.score_sealed,
        {answer.link_id: _opened(session, items[answer.link_id], answer) for answer in row.answers},
        when,
        asked.times,
        row.language or "",
    )


def spoken(session: Session, form: FilledForm, language: str) -> FilledForm:
    """The same form in the words of that language, where a translation of exactly this version exists."""
    return replace(form, questionnaire=library(session).in_language(form.questionnaire, language))


def open_answers(session: Session, questionnaire: Questionnaire, row: ResponseRow) -> dict[str, StoredAnswer]:
    """The answers of a response, opened with the words of the version it was given to."""
    items = questionnaire.question_by_link_id
    return {answer.link_id: _opened(session, items[answer.link_id], answer) for answer in row.answers}


def _opened(session: Session, item: Item, row: AnswerRow) -> StoredAnswer:
    try:
        text = open_text(session, "answer", "value", row.row_key, row.value_sealed)
        value = from_plain(item, json.loads(text or ""))
    except (CannotOpen, ValueError):
        return StoredAnswer(row.row_key, None, row.version, row.saved_at, is_readable=False, saved_by=row.saved_by)
    return StoredAnswer(row.row_key, value, row.version, row.saved_at, saved_by=row.saved_by)
