"""What an account can prove itself with besides its password. Reads only; no key and no hash is among it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import AppKey, Passkey, RecoveryCode


@dataclass(frozen=True, slots=True)
class KeptPasskey:
    """A passkey as its owner sees it."""

    public_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """The second steps of an account. Recovery codes stand in for one of the others and are none by themselves."""

    app_since: datetime | None = None
    passkeys: tuple[KeptPasskey, ...] = ()
    codes_left: int = 0

    @property
    def has_app(self) -> bool:
        return self.app_since is not None

    @property
    def count(self) -> int:
        """How many second steps there are."""
        return len(self.passkeys) + self.has_app

    @property
    def has_any(self) -> bool:
        """Whether logging in takes a second step."""
        return self.count > 0


def factors_of(session: Session, account_id: int) -> Factors:
    """The second steps of that account; passkeys in the order in which they were added."""
    passkeys = session.execute(
        sa.select(Passkey.public_id, Passkey.name, Passkey.created_at, Passkey.last_used_at)
        .where(Passkey.account_id == account_id)
        .order_by(Passkey.id)
    )
    unused = sa.select(sa.func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return Factors(
        app_since=session.scalar(sa.select(AppKey.created_at).where(AppKey.account_id == account_id)),
        passkeys=tuple(KeptPasskey(*row) for row in passkeys),
        codes_left=session.scalar(unused) or 0,
    )


def has_second_factor(session: Session, account_id: int) -> bool:
    """Whether logging in to that account takes a second step."""
    app = sa.select(AppKey.account_id).where(AppKey.account_id == account_id)
    passkey = sa.select(Passkey.id).where(Passkey.account_id == account_id)
    return bool(session.scalar(sa.select(sa.or_(app.exists(), passkey.exists()))))


def credential_ids(session: Session, account_id: int) -> list[str]:
    """The ids by which devices know the passkeys of that account, base64url."""
    return list(
        session.scalars(sa.select(Passkey.credential_id).where(Passkey.account_id == account_id).order_by(Passkey.id))
    )
