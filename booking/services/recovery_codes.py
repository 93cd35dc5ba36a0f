"""Recovery codes: ten that stand in for a lost second step, each once. They are shown once, when they are made.

Ten signs are 50 random bits: too few for a plain hash, so they are hashed like passwords (OWASP ASVS 5.0 6.5.2), all of
a set with one salt, so that looking for one costs one hash.
"""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound
from booking.models import RecoveryCode
from booking.queries.credentials import has_second_factor
from booking.services.app_codes import own_account
from booking.services.passwords import hash_with_salt
from booking.services.second_factors import note_changed
from booking.services.transaction import transaction

COUNT = 10
LENGTH = 10
# Without letters that look like digits; what is typed instead of them is read as the digit.
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_NO_SALT = "00" * 16


def make_codes(session: Session, *, actor: Actor, keep: str, now: datetime) -> tuple[str, ...]:
    """A new set for the actor's account, in place of the one before; this is the only time that anybody sees it.

    Raises NotFound when the account has no second step, TooBusy."""
    account_id = own_account(actor)
    codes = tuple("".join(secrets.choice(_SIGNS) for _ in range(LENGTH)) for _ in range(COUNT))
    salt = secrets.token_hex(16)
    hashes = [hash_with_salt(code, salt) for code in codes]
    with transaction(session):
        if not has_second_factor(session, account_id):
            raise NotFound
        session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
        session.add_all(
            RecoveryCode(account_id=account_id, salt=salt, code_hash=code_hash, created_at=now) for code_hash in hashes
        )
        note_changed(session, actor, account_id, "recovery_codes_made", keep=keep, now=now)
    return tuple(f"{code[:5]}-{code[5:]}" for code in codes)


def read_code(typed: str) -> str:
    """The code as it was made, however it was typed: blanks, dashes, small letters, letters for digits."""
    return "".join(sign for sign in typed.upper().translate(_READ_AS) if sign in _SIGNS)[:LENGTH]


def hash_typed(session: Session, account_id: int, typed: str) -> str:
    """The hash to look for, made before the write transaction; as slow for an account without codes. Raises TooBusy."""
    salt = session.scalar(sa.select(RecoveryCode.salt).where(RecoveryCode.account_id == account_id).limit(1))
    return hash_with_salt(read_code(typed), salt or _NO_SALT)


def take_recovery_code(session: Session, account_id: int, code_hash: str, now: datetime) -> bool:
    """Whether it is an unused code of the account, in the open transaction; it is used from now on. Of two that race
    with one code, one gets False."""
    taken = session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash == code_hash,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(getattr(taken, "rowcount", 0))
