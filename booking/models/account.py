"""Logins: accounts, the patients they act for, their sessions, mailed links and rate-limit buckets."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.core.actor import Role
from booking.models.base import Base, IntPk, PublicId, enum_column, new_public_id


class LinkAction(StrEnum):
    """What a mailed link may do; one link does one thing."""

    VERIFY_ADDRESS = "verify_address"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of an action, no password.
    OPEN_VISIT = "open_visit"
    CONFIRM_VISIT = "confirm_visit"
    CHANGE_VISIT = "change_visit"
    CANCEL_VISIT = "cancel_visit"
    ANSWER_OFFER = "answer_offer"
    OPEN_WAIT = "open_wait"
    JOIN_STAFF = "join_staff"
    ACCEPT_INVITATION = "accept_invitation"
    CONFIRM_NEW_ADDRESS = "confirm_new_address"
    STOP_NEW_ADDRESS = "stop_new_address"


class Relation(StrEnum):
    """What an account is to a patient it acts for."""

    SELF = "self"
    CARER = "carer"


class Account(Base):
    """A login. `email_key` is the address in its compared form (trimmed, case folded)."""

    __tablename__ = "account"

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    email: Mapped[str] = mapped_column(sa.String(254))
    email_key: Mapped[str] = mapped_column(sa.String(254), unique=True)
    email_verified_at: Mapped[datetime | None]
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    name: Mapped[str] = mapped_column(sa.String(240))
    resource_id: Mapped[int | None] = mapped_column(sa.ForeignKey("resource.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class AccountPatient(Base):
    """The account may act for the patient, from the start until `ends_at` (empty: no end).

    A carer sees the answers that they gave themselves; with `sees_answers` those of others too. `closed_at` is when its
    end was acted on; it opens nothing from `ends_at` on."""

    __tablename__ = "account_patient"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "patient_id"),
        sa.Index("ix_account_patient_public_id", "public_id", unique=True),
    )

    id: Mapped[IntPk]
    public_id: Mapped[str] = mapped_column(sa.String(32), default=new_public_id)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"), index=True)
    ends_at: Mapped[datetime | None]
    relation: Mapped[Relation] = mapped_column(enum_column(Relation, "relation", grows=True), default=Relation.SELF)
    sees_answers: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None]


class AccountPreference(Base):
    """What a patient's account wishes for when it looks for times; sealed, since it may tell of a need."""

    __tablename__ = "account_preference"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    row_key: Mapped[PublicId]
    wishes_sealed: Mapped[str] = mapped_column(sa.Text)
    updated_at: Mapped[datetime]


class AccountLocation(Base):
    """A staff account works at this location; an account without rows works at all of them."""

    __tablename__ = "account_location"
    __table_args__ = (sa.UniqueConstraint("account_id", "location_id"),)

    id: Mapped[IntPk]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))


class ProvenBy(StrEnum):
    """How a person showed last that they are who they are."""

    PASSWORD = "password"  # noqa: S105 - the name of a way, no password.
    SECOND_FACTOR = "second_factor"
    PASSKEY = "passkey"
    MAILED_LINK = "mailed_link"


class LoginSession(Base):
    """One browser's session, logged in or not. Only the hash of the cookie is kept; the contents are sealed.

    `role` is that of the account when the session began: another one ends it. `browser` and `system` are names of a
    closed list (`core/browsers.py`); `network_sealed` is the coarse network. Visitors' sessions have none of these."""

    __tablename__ = "login_session"

    id: Mapped[IntPk]
    id_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    data_sealed: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    role: Mapped[Role | None] = mapped_column(enum_column(Role, "role", grows=True))
    authenticated_at: Mapped[datetime | None]
    proven_by: Mapped[ProvenBy | None] = mapped_column(enum_column(ProvenBy, "proven_by", grows=True))
    browser: Mapped[str | None] = mapped_column(sa.String(40))
    system: Mapped[str | None] = mapped_column(sa.String(40))
    network_sealed: Mapped[str | None] = mapped_column(sa.Text)
    is_shared_computer: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class KeptForm(Base):
    """What somebody had typed when their login ran out, sealed, for the same account alone, until the next login."""

    __tablename__ = "kept_form"

    id: Mapped[IntPk]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    row_key: Mapped[PublicId]
    form_sealed: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(index=True)


class LinkToken(Base):
    """A mailed link: one action on one object, hashed, with an end. `used_at` is set by the POST that acted."""

    __tablename__ = "link_token"

    id: Mapped[IntPk]
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    action: Mapped[LinkAction] = mapped_column(enum_column(LinkAction, "action", grows=True))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    patient_id: Mapped[int | None] = mapped_column(sa.ForeignKey("patient.id"))
    appointment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appointment.id"))
    offer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("waiting_offer.id"))
    waiting_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("waiting_entry.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("carer_invitation.id"))
    address_change_id: Mapped[int | None] = mapped_column(sa.ForeignKey("address_change.id"))
    email_key: Mapped[str | None] = mapped_column(sa.String(254))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class TokenBucket(Base):
    """A rate limit's state; keys are keyed hashes, so that no address is stored. Seconds since 1970."""

    __tablename__ = "token_bucket"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    tokens: Mapped[float] = mapped_column(sa.Float)
    updated_at: Mapped[float] = mapped_column(sa.Float)


class Idempotency(Base):
    """The first answer to a form's nonce, so that a repeated submit gets it again. Written with the booking."""

    __tablename__ = "idempotency"
    __table_args__ = (sa.UniqueConstraint("owner", "nonce"),)

    id: Mapped[IntPk]
    owner: Mapped[str] = mapped_column(sa.String(64))
    nonce: Mapped[str] = mapped_column(sa.String(64))
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    subject: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(index=True)
