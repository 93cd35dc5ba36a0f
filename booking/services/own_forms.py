"""A clinic's own forms, by an administrator: made, adapted, brought along, published as a version, and retired.

What was published never changes: answers keep the words they were given to. A draft counts its changes, so that two
editors notice each other. Publishing and retiring change the clinic's revision, by which every process reads the forms.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM, Actor
from booking.core.errors import BookingError, NotFound
from booking.core.questionnaires.fhir_shape import Mistake
from booking.core.questionnaires.imports import Imported, read_import
from booking.core.questionnaires.library import SHIPPED, Library
from booking.core.questionnaires.own_forms import (
    adapted,
    approved,
    live_mistakes,
    new_form,
    next_version,
    ordinal_mistakes,
    with_safety_items,
)
from booking.models import Clinic, DefinitionSource, DefinitionState, QuestionnaireDefinition, new_public_id
from booking.queries.catalogue import catalogue
from booking.queries.form_library import library
from booking.queries.safety import watch
from booking.services import audit
from booking.services.administration import demand_administrator
from booking.services.clinic import new_revision
from booking.services.transaction import transaction

FORM_DRAFTED, FORM_IMPORTED, FORM_DISCARDED = "form_drafted", "form_imported", "form_discarded"
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


class FormChanged(BookingError):
    """The draft is not what the page has shown: somebody has changed it meanwhile. Nothing was saved."""

    code = "form_changed"


@dataclass(frozen=True, slots=True)
class Statement:
    """What an administrator says before a form goes live. `reference` and `ends_on` are of the licence, and needed for
    what was brought along; `harm_items` are the link ids of the questions about self-harm."""

    asks_about_harm: bool | None
    harm_items: frozenset[str] = frozenset()
    reference: str = ""
    ends_on: date | None = None


def make_form(
    session: Session, *, actor: Actor, title: str, copyright_line: str, now: datetime, origin: str = ""
) -> str:
    """Begin a form: an empty one, or one adapted from `origin`, a form that ships. Its public id.

    Raises NotFound for an origin that may not be adapted, or when the actor is no administrator."""
    demand_administrator(actor)
    with transaction(session):
        taken = {*_present(session).codes, *session.scalars(sa.select(QuestionnaireDefinition.code))}
        try:
            data = (
                adapted(origin, title, taken=taken)
                if origin
                else new_form(title, taken=taken, copyright_line=copyright_line)
            )
        except KeyError:
            raise NotFound(questionnaire=origin) from None
        return _add(session, actor, data, DefinitionSource.MADE, now).public_id


def begin_version(session: Session, *, actor: Actor, public_id: str, now: datetime) -> str:
    """The public id of the draft that follows this published version: begun now, unless there is one already.

    Raises NotFound for a draft, or a form that was brought along."""
    demand_administrator(actor)
    with transaction(session):
        row = _row(session, public_id)
        if row.source is not DefinitionSource.MADE or row.state is DefinitionState.DRAFT:
            raise NotFound(definition=public_id)
        same = sa.select(QuestionnaireDefinition).where(QuestionnaireDefinition.code == row.code)
        newest = session.scalars(same.order_by(QuestionnaireDefinition.id.desc())).first() or row
        if newest.state is DefinitionState.DRAFT:
            return newest.public_id
        data = {**json.loads(row.definition), "version": newest.version}
        return _add(session, actor, next_version(data), DefinitionSource.MADE, now).public_id


def import_form(session: Session, *, actor: Actor, text: str, now: datetime) -> tuple[str, Imported]:
    """Keep a pasted FHIR R4 Questionnaire as a draft, in place of a draft of the same version: its public id, and what
    was left out of it. Raises FormRefused."""
    demand_administrator(actor)
    found = read_import(text)
    mistakes = found.mistakes or tuple(ordinal_mistakes(found.data))
    if mistakes:
        raise FormRefused(mistakes)
    data = {**found.data, "status": "draft"}
    with transaction(session):
        row = _same_version(session, data)
        _refuse_taken(session, data, row)
        if row is None:
            row = _add(session, actor, data, DefinitionSource.IMPORTED, now)
        else:
            _keep(row, data, actor, now)
        audit.record(session, actor, FORM_IMPORTED, "questionnaire_definition", row.id, now=now)
        return row.public_id, found


def _same_version(session: Session, data: dict[str, Any]) -> QuestionnaireDefinition | None:
    table = QuestionnaireDefinition
    same = sa.and_(table.code == data["id"], table.version == data["version"])
    return session.scalars(sa.select(table).where(same).with_for_update()).one_or_none()


def _refuse_taken(session: Session, data: dict[str, Any], row: QuestionnaireDefinition | None) -> None:
    """A code belongs to one form, and a version that was published is never replaced. Raises FormRefused."""
    forms = _present(session)
    if data["id"] in forms.codes and forms.latest(data["id"]).url != data["url"]:
        raise FormRefused([Mistake("id", "taken", "is the id of another form of this clinic")])
    is_shipped = any(q.version == data["version"] for q in SHIPPED.versions(data["id"]))
    is_other = row is not None and (
        row.state is not DefinitionState.DRAFT or row.source is not DefinitionSource.IMPORTED
    )
    if is_shipped or is_other:
        raise FormRefused([Mistake("version", "taken", "is a version that this clinic has already")])


def _present(session: Session) -> Library:
    """The forms of this moment: the clinic is asked first, by which they are kept."""
    catalogue(session)
    return library(session)


def change_draft(
    session: Session, *, actor: Actor, public_id: str, seen: int, change: Change, now: datetime
) -> dict[str, Any]:
    """Change a draft that was made here; `seen` is the revision that the page has shown. The form as it is now.

    Raises FormChanged, and NotFound for anything else than such a draft, and whatever `change` raises."""
    demand_administrator(actor)
    with transaction(session):
        row = _draft(session, public_id, seen)
        if row.source is not DefinitionSource.MADE:
            raise NotFound(definition=public_id)
        data = change(json.loads(row.definition))
        _keep(row, data, actor, now)
        return data


def discard_draft(session: Session, *, actor: Actor, public_id: str, seen: int, now: datetime) -> None:
    """Throw a draft away. Raises FormChanged, NotFound."""
    demand_administrator(actor)
    with transaction(session):
        row = _draft(session, public_id, seen)
        audit.record(session, actor, FORM_DISCARDED, "questionnaire_definition", row.id, now=now)
        session.delete(row)


def publish_form(
    session: Session, *, actor: Actor, public_id: str, seen: int, statement: Statement, now: datetime
) -> None:
    """Let the draft go live, and retire the version before it.

    Raises FormRefused with everything that is missing, FormChanged, NotFound."""
    demand_administrator(actor)
    with transaction(session):
        row, today = _draft(session, public_id, seen), _today(session, now)
        data = with_safety_items(json.loads(row.definition), statement.harm_items)
        is_made = row.source is DefinitionSource.MADE
        if is_made:
            data = approved(data, today)
        has_licence = is_made or bool(statement.reference and statement.ends_on and statement.ends_on >= today)
        mistakes = live_mistakes(data, has_licence=has_licence, asks_about_self_harm=statement.asks_about_harm)
        if statement.asks_about_harm and not watch(session).crisis.is_whole:
            mistakes += (Mistake("", "crisis", "needs the crisis line and the emergency number of the clinic first"),)
        if mistakes:
            raise FormRefused(mistakes)
        for before in _published(session, QuestionnaireDefinition.code == row.code):
            _retire(session, actor, before, now)
        _keep(row, data, actor, now)
        row.state, row.published_at, row.asks_about_harm = (
            DefinitionState.PUBLISHED,
            now,
            bool(statement.asks_about_harm),
        )
        if not is_made:
            row.licence_reference, row.licence_ends_on = statement.reference, statement.ends_on
            row.licence_by_account_id = actor.account_id
        audit.record(session, actor, FORM_PUBLISHED, "questionnaire_definition", row.id, now=now)
        _forms_changed(session)


def retire_form(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Give the form to nobody new; what was begun can be finished, and answers stay. Raises NotFound."""
    demand_administrator(actor)
    with transaction(session):
        row = _row(session, public_id)
        if row.state is not DefinitionState.PUBLISHED:
            raise NotFound(definition=public_id)
        _retire(session, actor, row, now)
        _forms_changed(session)


def retire_ended(session: Session, *, now: datetime) -> int:
    """Switch off what is not licensed any more, since its end date is over. How many; nothing is written for none."""
    table = QuestionnaireDefinition
    live = sa.select(sa.func.min(table.licence_ends_on)).where(table.state == DefinitionState.PUBLISHED)
    first = session.scalar(live)
    if first is None or first >= _today(session, now):
        return 0
    with transaction(session):
        ended = _published(session, table.licence_ends_on < _today(session, now))
        for row in ended:
            _retire(session, SYSTEM, row, now, reason_code=ENDED)
        _forms_changed(session)
        return len(ended)


def _today(session: Session, now: datetime) -> date:
    """The date at the clinic; the later one where its locations have two: a licence is never stretched."""
    return max(now.astimezone(place.tz).date() for place in catalogue(session).locations.values())


def _published(session: Session, which: sa.ColumnElement[bool]) -> list[QuestionnaireDefinition]:
    table = QuestionnaireDefinition
    live = sa.select(table).where(table.state == DefinitionState.PUBLISHED, which)
    return list(session.scalars(live.order_by(table.id).with_for_update()))


def _retire(
    session: Session, actor: Actor, row: QuestionnaireDefinition, now: datetime, reason_code: str | None = None
) -> None:
    row.state, row.retired_at = DefinitionState.RETIRED, now
    audit.record(session, actor, FORM_RETIRED, "questionnaire_definition", row.id, now=now, reason_code=reason_code)


def _forms_changed(session: Session) -> None:
    """Every process reads the forms again at its next use of the clinic."""
    session.execute(sa.update(Clinic).values(revision=new_revision()))


def _row(session: Session, public_id: str) -> QuestionnaireDefinition:
    """The row, locked. Raises NotFound."""
    wanted = sa.select(QuestionnaireDefinition).where(QuestionnaireDefinition.public_id == public_id)
    row = session.scalars(wanted.with_for_update()).one_or_none()
    if row is None:
        raise NotFound(definition=public_id)
    return row


def _draft(session: Session, public_id: str, seen: int) -> QuestionnaireDefinition:
    row = _row(session, public_id)
    if row.state is not DefinitionState.DRAFT:
        raise NotFound(definition=public_id)
    if row.revision != seen:
        raise FormChanged
    return row


def _add(
    session: Session, actor: Actor, data: dict[str, Any], source: DefinitionSource, now: datetime
) -> QuestionnaireDefinition:
    row = QuestionnaireDefinition(
        public_id=new_public_id(),
        code=data["id"],
        version=data["version"],
        language=data.get("language", "en"),
        source=source,
        state=DefinitionState.DRAFT,
        definition=json.dumps(data, ensure_ascii=False),
        changed_at=now,
        changed_by_account_id=actor.account_id,
    )
    session.add(row)
    session.flush()
    if source is DefinitionSource.MADE:
        audit.record(session, actor, FORM_DRAFTED, "questionnaire_definition", row.id, now=now)
    return row


def _keep(row: QuestionnaireDefinition, data: dict[str, Any], actor: Actor, now: datetime) -> None:
    row.definition, row.language = json.dumps(data, ensure_ascii=False), data.get("language", "en")
    row.revision += 1
    row.changed_at, row.changed_by_account_id = now, actor.account_id
