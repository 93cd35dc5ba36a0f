"""A person who is treated. Not an account and not an e-mail address: addresses may be shared or missing."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.models.base import Base, IntPk, PublicId


class Patient(Base):
    """`name_key` and `phone_key` are the folded forms that searches use; contact notes are sealed.

    `merged_into_id` names the record that this one was found to be the same person as: all that belonged to it is there
    now, and it is kept for its own data alone."""

    __tablename__ = "patient"
    __table_args__ = (sa.Index("ix_patient_born_on", "born_on"), sa.Index("ix_patient_email", "email"))

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    given_name: Mapped[str] = mapped_column(sa.String(120))
    family_name: Mapped[str] = mapped_column(sa.String(120))
    name_key: Mapped[str] = mapped_column(sa.String(260), index=True)
    born_on: Mapped[date]
    phone: Mapped[str | None] = mapped_column(sa.String(40))
    phone_key: Mapped[str | None] = mapped_column(sa.String(40), index=True)
    email: Mapped[str | None] = mapped_column(sa.String(254))
    email_verified_at: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(sa.String(20), default="en")
    contact_note_sealed: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime]
    contact_erased_at: Mapped[datetime | None]
    record_erased_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("patient.id"))
