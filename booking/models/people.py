"""What is kept about people and accounts that come together or part: invitations of carers, changes of an account's
address, and patients whose two records became one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.models.base import Base, Code, IntPk, PublicId, enum_column


class InvitationState(StrEnum):
    """`WITHDRAWN`: by the patient or the desk, or because another one took its place."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class CarerInvitation(Base):
    """Somebody is asked by mail to help a patient. `live_key` is the patient and the address while it is open, so that
    nobody is asked twice at once. `right_ends_at` and `sees_answers` are what the right will be."""

    __tablename__ = "carer_invitation"

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    live_key: Mapped[str | None] = mapped_column(sa.String(300), unique=True)
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    invited_by_account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    email: Mapped[str] = mapped_column(sa.String(254))
    email_key: Mapped[str] = mapped_column(sa.String(254))
    sees_answers: Mapped[bool] = mapped_column(default=False)
    right_ends_at: Mapped[datetime | None]
    state: Mapped[InvitationState] = mapped_column(enum_column(InvitationState, "state", grows=True))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    accepted_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))


class ChangeState(StrEnum):
    """`REPLACED`: another change was asked for. `STOPPED` before, `TAKEN_BACK` after it was confirmed: from the old
    address."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    REPLACED = "replaced"
    STOPPED = "stopped"
    TAKEN_BACK = "taken_back"


class AddressChange(Base):
    """An account is to have another address: a link to the new one confirms it, a link to the old one stops it, and
    takes it back until `undo_until`."""

    __tablename__ = "address_change"

    id: Mapped[IntPk]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    old_email: Mapped[str] = mapped_column(sa.String(254))
    new_email: Mapped[str] = mapped_column(sa.String(254))
    new_key: Mapped[str] = mapped_column(sa.String(254))
    state: Mapped[ChangeState] = mapped_column(enum_column(ChangeState, "state", grows=True))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    undo_until: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class PatientMerge(Base):
    """Two records of one person: all that belonged to `merged_id` belongs to `kept_id`. `moved` says which rows that
    were, as ids by table, so that it can be undone until `undo_until`."""

    __tablename__ = "patient_merge"

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    kept_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    merged_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    moved: Mapped[dict[str, Any]]
    reason_code: Mapped[Code]
    merged_at: Mapped[datetime]
    merged_by_account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    undo_until: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
