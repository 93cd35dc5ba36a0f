"""A clinic's own forms, by an administrator: made, adapted, brought along, published as a version, and retired.

What was published never changes: answers keep the words they were given to. A draft counts its changes, so that two
editors notice each other. Publishing and retiring change the clinic's revision, by which every process reads the forms.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM, Actor
from booking.core.errors import BookingError, NotFound
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.fhir_shape import Mistake
from booking.core.questionnaires.imports import Imported, read_import
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.own_forms import (
    adapted,
    approved,
    harm_of,
    live_mistakes,
    new_form,
    next_version,
    ordinal_mistakes,
    with_marks_of,
    with_safety_items,
)
from booking.core.questionnaires.parsing import parse_questionnaire
from booking.core.questionnaires.score_tables import brought_mistakes, with_table
from booking.core.questionnaires.translations import translation_mistakes
from booking.core.safety import MESSAGE_LANGUAGES
from booking.models import DefinitionSource, DefinitionState, QuestionnaireDefinition
from booking.queries.safety import watch
from booking.services import audit
from booking.services.administration import demand_administrator
from booking.services.own_form_rows import (
    add_row,
    clinic_today,
    definition_row,
    draft_row,
    forms_changed,
    has_other_draft,
    keep_row,
    original_of_data,
    original_or_none,
    present_library,
    published_rows,
    same_version_or_none,
    source_of,
)
from booking.services.transaction import transaction

FORM_IMPORTED, FORM_DISCARDED = "form_imported", "form_discarded"
FORM_PUBLISHED, FORM_RETIRED = "form_published", "form_retired"
ENDED = "licence_ended"
"""Reason code of a form that switched itself off."""

Change = Callable[[dict[str, Any]], dict[str, Any]]


class FormRefused(BookingError):
    """The form may not be kept, or not go live; `mistakes` lists why. Nothing was saved."""

    code = "form_refused"

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        super().__init__()
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Statement:
    """What an administrator says before a form goes live. `reference` and `ends_on` are of the licence, and needed for
    what was brought along; `harm_items` are the link ids of the questions about self-harm."""

    asks_about_harm: bool | None
    harm_items: frozenset[str] = frozenset()
    reference: str = ""
    ends_on: date | None = None

    def is_licensed(self, today: date) -> bool:
        """Whether a licence is stated that has not ended."""
        return bool(self.reference and self.ends_on and self.ends_on >= today)


def make_form(
    session: Session, *, actor: Actor, title: str, copyright_line: str, now: datetime, origin: str = ""
) -> str:
    """Begin a form: an empty one, or one adapted from `origin`, a form that ships. Its public id.

    Raises NotFound for an origin that may not be adapted, or when the actor is no administrator."""
    demand_administrator(actor)
    with transaction(session):
        taken = {*present_library(session).codes, *session.scalars(sa.select(QuestionnaireDefinition.code))}
        try:
            data = (
                adapted(origin, title, taken=taken)
                if origin
                else new_form(title, taken=taken, copyright_line=copyright_line)
            )
        except KeyError:
            raise NotFound(questionnaire=origin) from None
        return add_row(session, actor, data, DefinitionSource.MADE, now).public_id


def begin_version(session: Session, *, actor: Actor, public_id: str, now: datetime) -> str:
    """The public id of the draft that follows this published version: begun now, unless there is one already.

    Raises NotFound for a draft, or a form that was brought along."""
    demand_administrator(actor)
    with transaction(session):
        row = definition_row(session, public_id)
        is_made = row.source is DefinitionSource.MADE and original_or_none(session, row) is None
        if not is_made or row.state is DefinitionState.DRAFT:
            raise NotFound(definition=public_id)
        same = sa.select(QuestionnaireDefinition).where(
            QuestionnaireDefinition.code == row.code, QuestionnaireDefinition.language == row.language
        )
        newest = session.scalars(same.order_by(QuestionnaireDefinition.id.desc())).first() or row
        if newest.state is DefinitionState.DRAFT:
            return newest.public_id
        data = {**json.loads(row.definition), "version": newest.version}
        return add_row(session, actor, next_version(data), DefinitionSource.MADE, now).public_id


def import_form(session: Session, *, actor: Actor, text: str, now: datetime, table: str = "") -> tuple[str, Imported]:
    """Keep a pasted FHIR R4 Questionnaire as a draft, in place of a draft of the same version and language: its public
    id, and what was left out of it. `table` is the JSON of its score table, "" for none or that in the file.

    A form that the clinic has in another language is a translation of that one. Raises FormRefused."""
    demand_administrator(actor)
    found = read_import(text)
    data = with_table({**found.data, "status": "draft"}, table)
    mistakes = found.mistakes or (*ordinal_mistakes(data), *brought_mistakes(data, parse_questionnaire(data)))
    if mistakes:
        raise FormRefused(mistakes)
    with transaction(session):
        original = original_of_data(session, data)
        data = with_marks_of(original, data) if original else data
        row = same_version_or_none(session, data)
        _refuse_taken(session, data, row, original)
        if row is None:
            row = add_row(session, actor, data, source_of(session, data), now)
        else:
            keep_row(row, data, actor, now)
        audit.record(session, actor, FORM_IMPORTED, "questionnaire_definition", row.id, now=now)
        return row.public_id, found


def _refuse_taken(
    session: Session, data: dict[str, Any], row: QuestionnaireDefinition | None, original: Questionnaire | None
) -> None:
    """A code belongs to one form, a version that was published is never replaced, and a translation is the same form
    but for its words. Raises FormRefused."""
    forms, form = present_library(session), parse_questionnaire(data)
    if form.code in forms.codes and forms.latest(form.code).url != form.url:
        raise FormRefused([Mistake("id", "taken", "is the id of another form of this clinic")])
    if original is not None and (mistakes := translation_mistakes(original, form)):
        raise FormRefused(mistakes)
    is_there = original is None and any(q.version == form.version for q in SHIPPED.versions(form.code))
    is_spoken = form.language in forms.languages(form)[1:] if original else has_other_draft(session, form)
    is_other = row is not None and (
        row.state is not DefinitionState.DRAFT or (row.source is DefinitionSource.MADE and original is None)
    )
    if is_there or is_spoken or is_other:
        raise FormRefused([Mistake("version", "taken", "is a version that this clinic has already")])


def change_draft(
    session: Session, *, actor: Actor, public_id: str, seen: int, change: Change, now: datetime
) -> dict[str, Any]:
    """Change a draft that was made here; `seen` is the revision that the page has shown. The form as it is now.

    Raises FormChanged, and NotFound for anything else than such a draft, and whatever `change` raises."""
    demand_administrator(actor)
    with transaction(session):
        row = draft_row(session, public_id, seen)
        if row.source is not DefinitionSource.MADE or original_or_none(session, row) is not None:
            raise NotFound(definition=public_id)
        data = change(json.loads(row.definition))
        keep_row(row, data, actor, now)
        return data


def discard_draft(session: Session, *, actor: Actor, public_id: str, seen: int, now: datetime) -> None:
    """Throw a draft away. Raises FormChanged, NotFound."""
    demand_administrator(actor)
    with transaction(session):
        row = draft_row(session, public_id, seen)
        audit.record(session, actor, FORM_DISCARDED, "questionnaire_definition", row.id, now=now)
        session.delete(row)


def publish_form(
    session: Session, *, actor: Actor, public_id: str, seen: int, statement: Statement, now: datetime
) -> None:
    """Let the draft go live, and retire the version before it. A translation stands beside its original, and asks about
    self-harm where that does.

    Raises FormRefused with everything that is missing, FormChanged, NotFound."""
    demand_administrator(actor)
    with transaction(session):
        row, today = draft_row(session, public_id, seen), clinic_today(session, now)
        original = original_or_none(session, row)
        if original is not None:
            statement = replace(statement, **harm_of(original))
        data = with_safety_items(json.loads(row.definition), statement.harm_items)
        is_made = row.source is DefinitionSource.MADE
        if is_made:
            data = approved(data, today)
        _refuse_unready(session, data, statement, original, has_licence=is_made or statement.is_licensed(today))
        for before in published_rows(session, QuestionnaireDefinition.code == row.code) if original is None else ():
            _retire(session, actor, before, now)
        keep_row(row, data, actor, now)
        row.state, row.published_at, row.asks_about_harm = (
            DefinitionState.PUBLISHED,
            now,
            bool(statement.asks_about_harm),
        )
        if not is_made:
            row.licence_reference, row.licence_ends_on = statement.reference, statement.ends_on
            row.licence_by_account_id = actor.account_id
        audit.record(session, actor, FORM_PUBLISHED, "questionnaire_definition", row.id, now=now)
        forms_changed(session)


def _refuse_unready(
    session: Session, data: dict[str, Any], statement: Statement, original: Questionnaire | None, *, has_licence: bool
) -> None:
    """Raises FormRefused with everything that keeps the form from going live."""
    mistakes = live_mistakes(data, has_licence=has_licence, asks_about_self_harm=statement.asks_about_harm)
    if statement.asks_about_harm and not watch(session).crisis.is_whole:
        mistakes += (Mistake("", "crisis", "needs the crisis line and the emergency number of the clinic first"),)
    if statement.asks_about_harm and data.get("language", "en").partition("-")[0] not in MESSAGE_LANGUAGES:
        mistakes += (Mistake("", "crisis-language", "asks about self-harm in a language without a message about help"),)
    if original is not None and not mistakes:
        mistakes = tuple(translation_mistakes(original, parse_questionnaire(data)))
    if mistakes:
        raise FormRefused(mistakes)


def retire_form(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Give the form to nobody new; what was begun can be finished, and answers stay. Raises NotFound."""
    demand_administrator(actor)
    with transaction(session):
        row = definition_row(session, public_id)
        if row.state is not DefinitionState.PUBLISHED:
            raise NotFound(definition=public_id)
        _retire(session, actor, row, now)
        forms_changed(session)


def retire_ended(session: Session, *, now: datetime) -> int:
    """Switch off what is not licensed any more, since its end date is over. How many; nothing is written for none."""
    table = QuestionnaireDefinition
    live = sa.select(sa.func.min(table.licence_ends_on)).where(table.state == DefinitionState.PUBLISHED)
    first = session.scalar(live)
    if first is None or first >= clinic_today(session, now):
        return 0
    with transaction(session):
        ended = published_rows(session, table.licence_ends_on < clinic_today(session, now))
        for row in ended:
            _retire(session, SYSTEM, row, now, reason_code=ENDED)
        forms_changed(session)
        return len(ended)


def _retire(
    session: Session, actor: Actor, row: QuestionnaireDefinition, now: datetime, reason_code: str | None = None
) -> None:
    row.state, row.retired_at = DefinitionState.RETIRED, now
    audit.record(session, actor, FORM_RETIRED, "questionnaire_definition", row.id, now=now, reason_code=reason_code)
