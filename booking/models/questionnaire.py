"""One patient's answers to one questionnaire for one visit. Every answer is sealed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.models.base import Base, Code, IntPk, PublicId, enum_column


class ResponseStatus(StrEnum):
    """FHIR R4 names."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class QuestionnaireResponse(Base):
    """`questionnaire` is the form's code, `form_version` the version it was opened with."""

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
