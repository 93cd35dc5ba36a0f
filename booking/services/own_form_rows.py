"""The rows of the clinic's own forms, for the use cases that change them: found, locked, added, and kept anew."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import BookingError, NotFound
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.library import Library
from booking.models import Clinic, DefinitionSource, DefinitionState, QuestionnaireDefinition, new_public_id
from booking.queries.catalogue import catalogue
from booking.queries.form_library import library
from booking.services import audit
from booking.services.clinic import new_revision

FORM_DRAFTED = "form_drafted"


class FormChanged(BookingError):
    """The draft is not what the page has shown: somebody has changed it meanwhile. Nothing was saved."""

    code = "form_changed"


def present_library(session: Session) -> Library:
    """The forms of this moment: the clinic is asked first, by which they are kept."""
    catalogue(session)
    return library(session)


def original_of_data(session: Session, data: dict[str, Any]) -> Questionnaire | None:
    return present_library(session).original(f"{data['url']}|{data['version']}", language_of(data))


def original_or_none(session: Session, row: QuestionnaireDefinition) -> Questionnaire | None:
    """The form that this one says in another language, None for one that is no translation."""
    return original_of_data(session, json.loads(row.definition))


def language_of(data: dict[str, Any]) -> str:
    return str(data.get("language", "en"))


def source_of(session: Session, data: dict[str, Any]) -> DefinitionSource:
    """A translation of what was made here is made here, too; whatever else is pasted was brought along."""
    table = QuestionnaireDefinition
    same = sa.and_(table.code == data["id"], table.version == data["version"])
    sources = session.scalars(sa.select(table.source).where(same).order_by(table.id))
    return sources.first() or DefinitionSource.IMPORTED


def same_version_or_none(session: Session, data: dict[str, Any]) -> QuestionnaireDefinition | None:
    table = QuestionnaireDefinition
    same = sa.and_(table.code == data["id"], table.version == data["version"], table.language == language_of(data))
    return session.scalars(sa.select(table).where(same).with_for_update()).one_or_none()


def has_other_draft(session: Session, form: Questionnaire) -> bool:
    """Whether a draft of that version waits in another language: which is the original is said by who is first."""
    table = QuestionnaireDefinition
    same = (table.code == form.code, table.version == form.version, table.language != form.language)
    return session.scalar(sa.select(sa.func.count()).where(*same)) != 0


def definition_row(session: Session, public_id: str) -> QuestionnaireDefinition:
    """The row, locked. Raises NotFound."""
    wanted = sa.select(QuestionnaireDefinition).where(QuestionnaireDefinition.public_id == public_id)
    row = session.scalars(wanted.with_for_update()).one_or_none()
    if row is None:
        raise NotFound(definition=public_id)
    return row


def draft_row(session: Session, public_id: str, seen: int) -> QuestionnaireDefinition:
    row = definition_row(session, public_id)
    if row.state is not DefinitionState.DRAFT:
        raise NotFound(definition=public_id)
    if row.revision != seen:
        raise FormChanged
    return row


def published_rows(session: Session, which: sa.ColumnElement[bool]) -> list[QuestionnaireDefinition]:
    table = QuestionnaireDefinition
    live = sa.select(table).where(table.state == DefinitionState.PUBLISHED, which)
    return list(session.scalars(live.order_by(table.id).with_for_update()))


def add_row(
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


def keep_row(row: QuestionnaireDefinition, data: dict[str, Any], actor: Actor, now: datetime) -> None:
    row.definition, row.language = json.dumps(data, ensure_ascii=False), data.get("language", "en")
    row.revision += 1
    row.changed_at, row.changed_by_account_id = now, actor.account_id


def clinic_today(session: Session, now: datetime) -> date:
    """The date at the clinic; the later one where its locations have two: a licence is never stretched."""
    return max(now.astimezone(place.tz).date() for place in catalogue(session).locations.values())


def forms_changed(session: Session) -> None:
    """Every process reads the forms again at its next use of the clinic."""
    session.execute(sa.update(Clinic).values(revision=new_revision()))
