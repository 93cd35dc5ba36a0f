"""What accounts prove themselves with besides a password: codes of an app, passkeys, recovery codes; and where from."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.models.base import Base, IntPk, PublicId


class AppKey(Base):
    """The key that an app on the person's phone makes codes from (RFC 6238), sealed.

    `last_step` is the latest 30-second step whose code was taken: no code of it, or of one before, counts again.
    """

    __tablename__ = "app_key"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    row_key: Mapped[PublicId]
    key_sealed: Mapped[str] = mapped_column(sa.Text)
    last_step: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """One code that works once, hashed like a password. A set has one salt, so that a try costs one hash."""

    __tablename__ = "recovery_code"
    __table_args__ = (sa.UniqueConstraint("account_id", "code_hash"),)

    id: Mapped[IntPk]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    salt: Mapped[str] = mapped_column(sa.String(32))
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A public key whose private half stays on the person's device. Binary values are base64url without padding."""

    __tablename__ = "passkey"

    id: Mapped[IntPk]
    public_id: Mapped[PublicId]
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), index=True)
    credential_id: Mapped[str] = mapped_column(sa.String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(sa.Text)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.String(60))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class KnownPlace(Base):
    """Where an account has logged in from: a keyed hash of browser and network that tells nobody what they are."""

    __tablename__ = "known_place"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    place_key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    seen_at: Mapped[datetime]
