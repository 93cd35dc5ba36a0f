"""The outbox: one row is one e-mail to one recipient, with its due time and its fate."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.core.messages import MessageKind, MessageState
from booking.models.base import Base, IntPk, PublicId, enum_column


class Message(Base):
    """Written in the transaction that causes it. The address is read from the recipient when it is sent."""

    __tablename__ = "message"
    __table_args__ = (
        sa.CheckConstraint("(account_id is null) <> (patient_id is null)", name="one_recipient"),
        sa.Index("ix_message_state_due_at", "state", "due_at"),
    )

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    dedup_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    kind: Mapped[MessageKind] = mapped_column(enum_column(MessageKind, "kind", grows=True))
    channel: Mapped[str] = mapped_column(sa.String(20), default="email")
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    patient_id: Mapped[int | None] = mapped_column(sa.ForeignKey("patient.id"))
    appointment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appointment.id"), index=True)
    appointment_version: Mapped[int | None]
    offer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("waiting_offer.id"), index=True)
    waiting_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("waiting_entry.id"))
    invitation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("carer_invitation.id"))
    address_change_id: Mapped[int | None] = mapped_column(sa.ForeignKey("address_change.id"))
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[MessageState] = mapped_column(enum_column(MessageState, "state"))
    owner: Mapped[str | None] = mapped_column(sa.String(80))
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    data_sent_at: Mapped[datetime | None]
    resends: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str] = mapped_column(sa.String(120), unique=True)
    settled_at: Mapped[datetime | None]
    last_code: Mapped[str | None] = mapped_column(sa.String(60))
    created_at: Mapped[datetime]


class MailHold(Base):
    """Until it is released, no message that was due at `due_until` or before goes out: after a restore it may have been
    sent already, and a person decides."""

    __tablename__ = "mail_hold"

    id: Mapped[IntPk]
    due_until: Mapped[datetime]
    created_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
