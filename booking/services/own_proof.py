"""Proving anew who one is, before something that matters, and changing the own password.

The ways are those of logging in, one of them each time, under the same limits: password, code of the app, passkey.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import WrongCode, WrongLogIn
from booking.core.messages import MessageKind
from booking.models import Account, ProvenBy
from booking.services import audit, outbox
from booking.services.accounts import Door
from booking.services.app_codes import own_account, take_code
from booking.services.passkeys import Site, answered_or_none, note_used
from booking.services.passwords import demand_good_password, hash_password, is_password
from booking.services.rate_limits import Tried, give_back, take
from booking.services.sessions import end_sessions_of
from booking.services.transaction import transaction


def prove_password(session: Session, *, actor: Actor, door: Door, password: str, now: datetime) -> ProvenBy:
    """By the password of the own account. Raises WrongLogIn, TooManyTries, TooBusy."""
    account = session.get_one(Account, own_account(actor))
    account_id, key, stored = account.id, account.email_key, account.password_hash
    take(session, door.limiter, Tried.LOG_IN, actor=actor, account=key, network=door.network, now=now)
    is_right = is_password(stored, password)
    with transaction(session):
        _note(session, actor, account_id, ProvenBy.PASSWORD, is_right, now)
        if is_right:
            give_back(session, door.limiter, Tried.LOG_IN, account=key)
    if not is_right:
        raise WrongLogIn
    return ProvenBy.PASSWORD


def prove_code(session: Session, *, actor: Actor, door: Door, code: str, now: datetime) -> ProvenBy:
    """By a code of the app. Raises WrongCode, TooManyTries."""
    account_id = own_account(actor)
    about = f"account:{account_id}"
    take(session, door.limiter, Tried.SECOND_STEP, actor=actor, account=about, network=door.network, now=now)
    with transaction(session):
        is_right = take_code(session, account_id, code, now)
        _note(session, actor, account_id, ProvenBy.SECOND_FACTOR, is_right, now)
        if is_right:
            give_back(session, door.limiter, Tried.SECOND_STEP, account=about)
    if not is_right:
        raise WrongCode
    return ProvenBy.SECOND_FACTOR


def prove_passkey(
    session: Session, *, actor: Actor, door: Door, site: Site, challenge: str, answer: str, now: datetime
) -> ProvenBy:
    """By a passkey of the own account. Raises WrongCode, TooManyTries."""
    account_id = own_account(actor)
    about = f"account:{account_id}"
    take(session, door.limiter, Tried.SECOND_STEP, actor=actor, account=about, network=door.network, now=now)
    answered = answered_or_none(session, site=site, challenge=challenge, answer=answer)
    with transaction(session):
        is_own = answered is not None and answered.account_id == account_id
        is_right = is_own and answered is not None and note_used(session, answered, now)
        _note(session, actor, account_id, ProvenBy.PASSKEY, is_right, now)
        if is_right:
            give_back(session, door.limiter, Tried.SECOND_STEP, account=about)
    if not is_right:
        raise WrongCode
    return ProvenBy.PASSKEY


def _note(session: Session, actor: Actor, account_id: int, proven_by: ProvenBy, is_right: bool, now: datetime) -> None:
    action = "proven_anew" if is_right else "proof_refused"
    audit.record(session, actor, action, "account", account_id, now=now, reason_code=proven_by.value)


def change_password(
    session: Session, *, actor: Actor, door: Door, old: str, new: str, keep: str, now: datetime
) -> None:
    """The new password holds, and all sessions of the account but that of the token `keep` have ended.

    Raises WeakPassword, WrongLogIn when the old one is not right, TooManyTries, TooBusy."""
    account = session.get_one(Account, own_account(actor))
    demand_good_password(session, new, about=(account.name, account.email))
    prove_password(session, actor=actor, door=door, password=old, now=now)
    new_hash = hash_password(new)
    with transaction(session):
        account = session.get_one(Account, own_account(actor))
        account.password_hash = new_hash
        end_sessions_of(session, account.id, except_token=keep)
        outbox.plan_account_message(session, kind=MessageKind.PASSWORD_CHANGED, account_id=account.id, now=now)
        audit.record(session, actor, "password_changed", "account", account.id, now=now)
