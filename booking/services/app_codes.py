"""Codes of an app on the person's phone (TOTP, RFC 6238): six digits, new each half minute, and each counts once.

The key is sealed at rest. A code is taken from the present half minute and its neighbours, since clocks differ.
"""

from __future__ import annotations

import hmac
import string
from datetime import datetime

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound, WrongCode
from booking.models import AppKey, new_public_id
from booking.services.accounts import Door
from booking.services.rate_limits import Tried, give_back, take
from booking.services.sealed import open_text, seal_text
from booking.services.second_factors import demand_another, forget_codes_without_factor, note_changed
from booking.services.transaction import transaction

STEP_SECONDS = 30
DIGITS = 6


def new_key() -> str:
    """A key for an app: 160 random bits in base 32, as people can type them."""
    return pyotp.random_base32()


def key_address(key: str, *, account: str, issuer: str) -> str:
    """What the picture of the key holds for the app to read; `issuer` is the neutral name of the clinic."""
    return pyotp.TOTP(key).provisioning_uri(name=account, issuer_name=issuer)


def step_of(key: str, code: str, now: datetime) -> int | None:
    """The half minute whose code this is, of the present one and its neighbours; None when it is of none of them."""
    typed = "".join(sign for sign in code if sign in string.digits)
    if len(typed) != DIGITS:
        return None
    present, made = int(now.timestamp()) // STEP_SECONDS, pyotp.TOTP(key)
    found = [
        step for step in (present - 1, present, present + 1) if hmac.compare_digest(made.generate_otp(step), typed)
    ]
    return found[-1] if found else None


def add_app(session: Session, *, actor: Actor, door: Door, key: str, code: str, keep: str, now: datetime) -> None:
    """Keep the key for the actor's account, once a code shows that the app has it; it replaces an earlier one.

    Ends all sessions of the account but that of the token `keep`. Raises WrongCode, TooManyTries."""
    account_id = own_account(actor)
    about = f"account:{account_id}"
    take(session, door.limiter, Tried.SECOND_STEP, actor=actor, account=about, network=door.network, now=now)
    step = step_of(key, code, now)
    if step is None:
        raise WrongCode
    row_key = new_public_id()
    with transaction(session):
        session.execute(sa.delete(AppKey).where(AppKey.account_id == account_id))
        sealed = seal_text(session, "app_key", "key", row_key, key)
        session.add(AppKey(account_id=account_id, row_key=row_key, key_sealed=sealed, last_step=step, created_at=now))
        give_back(session, door.limiter, Tried.SECOND_STEP, account=about)
        note_changed(session, actor, account_id, "app_added", keep=keep, now=now)


def take_code(session: Session, account_id: int, code: str, now: datetime) -> bool:
    """Whether the code is right, in the open transaction; of two that race with one code, one gets False.

    A code counts once, and none of an earlier half minute counts after it (OWASP ASVS 5.0 6.5.1)."""
    row = session.get(AppKey, account_id)
    if row is None:
        return False
    step = step_of(open_text(session, "app_key", "key", row.row_key, row.key_sealed) or "", code, now)
    if step is None:
        return False
    return _note_step(session, account_id, step)


def _note_step(session: Session, account_id: int, step: int) -> bool:
    """The guard: the database takes a step only after an earlier one."""
    taken = session.execute(
        sa.update(AppKey)
        .where(AppKey.account_id == account_id, AppKey.last_step < step)
        .values(last_step=step)
        .execution_options(synchronize_session=False)
    )
    return bool(getattr(taken, "rowcount", 0))


def remove_app(session: Session, *, actor: Actor, must_keep_one: bool, keep: str, now: datetime) -> None:
    """Forget the key. Raises LastFactor when the account must keep a second step and has no other, NotFound."""
    account_id = own_account(actor)
    with transaction(session):
        demand_another(session, account_id, must_keep_one=must_keep_one)
        gone = session.execute(sa.delete(AppKey).where(AppKey.account_id == account_id))
        if not getattr(gone, "rowcount", 0):
            raise NotFound
        forget_codes_without_factor(session, account_id)
        note_changed(session, actor, account_id, "app_removed", keep=keep, now=now)


def own_account(actor: Actor) -> int:
    """The account of the person who acts. Raises NotFound for somebody without one."""
    if actor.account_id is None:
        raise NotFound
    return actor.account_id
