"""Forms and what patients answered: definitions made here or brought along, responses, answers, safety answers, and
forms that one visit asks for beyond those of its service. Every answer is sealed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.models.base import Base, Code, IntPk, PublicId, enum_column


class ResponseStatus(StrEnum):
    """FHIR R4 names."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class DefinitionState(StrEnum):
    """A draft may be changed; what was published never is. A retired version is given to nobody new."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class DefinitionSource(StrEnum):
    """`IMPORTED`: brought along by a clinic that is licensed for it."""

    MADE = "made"
    IMPORTED = "imported"


class QuestionnaireDefinition(Base):
    """A form of this clinic beside those that ship, in one version and language, as FHIR R4 JSON. `revision` counts the
    changes of a draft, so that two editors notice each other.

    `asks_about_harm`: an administrator's own word on whether any item asks about self-harm. The licence is stated by
    whoever holds it (clinical guide, 4.6); after `licence_ends_on` the form is given to nobody new."""

    __tablename__ = "questionnaire_definition"
    __table_args__ = (sa.UniqueConstraint("code", "version", "language"),)

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    code: Mapped[Code]
    version: Mapped[str] = mapped_column(sa.String(20))
    language: Mapped[str] = mapped_column(sa.String(10))
    source: Mapped[DefinitionSource] = mapped_column(enum_column(DefinitionSource, "source", grows=True))
    state: Mapped[DefinitionState] = mapped_column(enum_column(DefinitionState, "state", grows=True))
    definition: Mapped[str] = mapped_column(sa.Text)
    revision: Mapped[int] = mapped_column(default=1)
    asks_about_harm: Mapped[bool] = mapped_column(default=False)
    licence_reference: Mapped[str] = mapped_column(sa.String(300), default="")
    licence_ends_on: Mapped[date | None]
    licence_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    changed_at: Mapped[datetime]
    changed_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    published_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]


class QuestionnaireResponse(Base):
    """`questionnaire` is the form's code, `form_version` the version it was opened with. `flag_count` is how many flags
    `flags_sealed` holds: staff who may not read answers see that there is something to review, and nothing else."""

    __tablename__ = "questionnaire_response"
    __table_args__ = (sa.UniqueConstraint("appointment_id", "questionnaire"),)

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    appointment_id: Mapped[int] = mapped_column(sa.ForeignKey("appointment.id"))
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    questionnaire: Mapped[Code]
    form_version: Mapped[str] = mapped_column(sa.String(20))
    status: Mapped[ResponseStatus] = mapped_column(enum_column(ResponseStatus, "status"))
    started_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    score_sealed: Mapped[str | None] = mapped_column(sa.Text)
    flags_sealed: Mapped[str | None] = mapped_column(sa.Text)
    flag_count: Mapped[int] = mapped_column(default=0)
    language: Mapped[str | None] = mapped_column(sa.String(10))
    helper_name_sealed: Mapped[str | None] = mapped_column(sa.Text)
    reviewed_at: Mapped[datetime | None]
    reviewed_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    review_note_sealed: Mapped[str | None] = mapped_column(sa.Text)


class Answer(Base):
    """The newest answer to one item. `row_key` exists before the insert, since the seal is bound to it. Without a login
    nobody is named as who saved it."""

    __tablename__ = "answer"
    __table_args__ = (sa.UniqueConstraint("response_id", "link_id"),)

    id: Mapped[IntPk]
    row_key: Mapped[PublicId]
    response_id: Mapped[int] = mapped_column(sa.ForeignKey("questionnaire_response.id"))
    link_id: Mapped[str] = mapped_column(sa.String(80))
    value_sealed: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(default=1)
    saved_at: Mapped[datetime]
    saved_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))


class SafetyAnswer(Base):
    """Each save of an answer that somebody must act on that day; none is ever replaced or withdrawn. `is_in_clinic`:
    it was given with staff present, and the person was told to speak with them."""

    __tablename__ = "safety_answer"

    id: Mapped[IntPk]
    row_key: Mapped[PublicId]
    response_id: Mapped[int] = mapped_column(sa.ForeignKey("questionnaire_response.id"), index=True)
    link_id: Mapped[str] = mapped_column(sa.String(80))
    value_sealed: Mapped[str] = mapped_column(sa.Text)
    is_in_clinic: Mapped[bool] = mapped_column(default=False)
    saved_at: Mapped[datetime]
    saved_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))


class AskedForm(Base):
    """A form that staff ask for at one visit, beyond those of its service."""

    __tablename__ = "asked_form"
    __table_args__ = (sa.UniqueConstraint("appointment_id", "questionnaire"),)

    id: Mapped[IntPk]
    appointment_id: Mapped[int] = mapped_column(sa.ForeignKey("appointment.id"))
    questionnaire: Mapped[Code]
    due_at: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    asked_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime | None]
