"""What patients agreed to: texts in versions and languages, and who signed them when."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.models.base import Base, Code, IntPk, PublicId, enum_column


class ConsentKind(StrEnum):
    """`CHANNEL`: messages by one way, with what they may say."""

    PRIVACY = "privacy"
    TREATMENT = "treatment"
    CHANNEL = "channel"


class ConsentText(Base):
    """One version of a text in one language; a published one never changes, another wording is another version."""

    __tablename__ = "consent_text"
    __table_args__ = (sa.UniqueConstraint("code", "version", "language"),)

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    code: Mapped[Code]
    version: Mapped[int]
    language: Mapped[str] = mapped_column(sa.String(10))
    kind: Mapped[ConsentKind] = mapped_column(enum_column(ConsentKind, "kind", grows=True))
    title: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(sa.Text)
    published_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    changed_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))


class Consent(Base):
    """A patient's yes to a text. `signed_by` is the name that was typed; withdrawing keeps the row."""

    __tablename__ = "consent"

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    text_id: Mapped[int] = mapped_column(sa.ForeignKey("consent_text.id"))
    signed_at: Mapped[datetime]
    signed_by: Mapped[str] = mapped_column(sa.String(200))
    signed_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    witnessed_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
