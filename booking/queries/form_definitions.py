"""The clinic's own forms as the administration lists them: made here or brought along, in every version."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.questionnaires.library import Library
from booking.models import DefinitionSource, DefinitionState, QuestionnaireDefinition
from booking.queries.form_library import library


@dataclass(frozen=True, slots=True)
class OwnForm:
    """One version of one form; `data` is its FHIR JSON, decoded."""

    public_id: str
    code: str
    version: str
    source: DefinitionSource
    state: DefinitionState
    revision: int
    data: dict[str, Any]
    asks_about_harm: bool
    licence_reference: str
    licence_ends_on: date | None
    changed_at: datetime
    published_at: datetime | None
    retired_at: datetime | None
    language: str
    is_translation: bool

    @property
    def title(self) -> str:
        return str(self.data["title"])

    @property
    def is_draft(self) -> bool:
        return self.state is DefinitionState.DRAFT

    @property
    def may_be_edited(self) -> bool:
        """A draft that was made here: the wording of what was brought along is its owner's, and a translation has the
        questions of its original."""
        return self.is_draft and self.source is DefinitionSource.MADE and not self.is_translation


def own_forms(session: Session) -> tuple[OwnForm, ...]:
    """All of them, those of one code together, the version begun last first."""
    table = QuestionnaireDefinition
    shelf = library(session)
    return tuple(
        _own_form(row, shelf) for row in session.scalars(sa.select(table).order_by(table.code, table.id.desc()))
    )


def own_form_or_none(session: Session, public_id: str) -> OwnForm | None:
    """That version; None when there is no such."""
    row = session.scalar(sa.select(QuestionnaireDefinition).where(QuestionnaireDefinition.public_id == public_id))
    return _own_form(row, library(session)) if row else None


def _own_form(row: QuestionnaireDefinition, shelf: Library) -> OwnForm:
    data = json.loads(row.definition)
    original = shelf.original(f"{data['url']}|{data['version']}", row.language)
    return OwnForm(
        row.public_id,
        row.code,
        row.version,
        row.source,
        row.state,
        row.revision,
        data,
        row.asks_about_harm,
        row.licence_reference,
        row.licence_ends_on,
        row.changed_at,
        row.published_at,
        row.retired_at,
        row.language,
        original is not None,
    )
