"""Logging in, in steps: the password, then a second step where the account has one. A passkey is both at once.

Between the two a log-in is half open: whoever has only the password opens no page with it. No answer tells whether an
address is known; each try costs one hash and is counted before it. Refused tries are recorded, so that a refusal is
returned from the transaction and raised after its commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import AddressUnconfirmed, BookingError, LogInOver, WrongCode, WrongLogIn
from booking.core.messages import MessageKind
from booking.core.people import email_key
from booking.models import Account, ProvenBy
from booking.queries.accounts import account_by_email_or_none
from booking.queries.credentials import has_second_factor
from booking.services import audit, outbox
from booking.services.accounts import Door
from booking.services.app_codes import take_code
from booking.services.known_places import note_place
from booking.services.passkeys import Answered, Site, answered_or_none, named_id, note_used
from booking.services.passwords import hash_password, is_password, needs_new_hash
from booking.services.rate_limits import Tried, give_back, take
from booking.services.recovery_codes import hash_typed, take_recovery_code
from booking.services.transaction import transaction

HALF_OPEN = timedelta(minutes=10)
"""How long a log-in waits for its second step."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Whose session may begin, and by what it was proved."""

    account_id: int
    role: Role
    proven_by: ProvenBy = ProvenBy.PASSWORD


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """A log-in that waits for its second step. `mark` is of the password that was given: another one ends it."""

    account_id: int
    mark: str = field(repr=False)
    since: datetime


def log_in(
    session: Session, *, actor: Actor, door: Door, email: str, password: str, now: datetime
) -> LoggedIn | HalfOpen:
    """Who may begin a session, or go on to the second step that the account has.

    Raises WrongLogIn (unknown address and wrong password alike), TooManyTries, TooBusy. With the right password but an
    unconfirmed address, mails a new link and raises AddressUnconfirmed."""
    key = email_key(email)
    take(session, door.limiter, Tried.LOG_IN, actor=actor, account=key, network=door.network, now=now)
    account = account_by_email_or_none(session, key)
    stored = account.password_hash if account and account.is_active else None
    is_right = is_password(stored, password)
    renewed = hash_password(password) if stored and is_right and needs_new_hash(stored) else stored
    with transaction(session):
        outcome = _settle(session, actor, door, key, stored if is_right else None, renewed, now)
    if isinstance(outcome, BookingError):
        raise outcome
    return outcome


def _settle(
    session: Session, actor: Actor, door: Door, key: str, proven: str | None, renewed: str | None, now: datetime
) -> LoggedIn | HalfOpen | BookingError:
    """Record the try. The account is read again: its password may have changed while the hash was computed."""
    account = account_by_email_or_none(session, key)
    account_id = account.id if account else None
    if account is None or proven is None or account.password_hash != proven or not account.is_active:
        audit.record(session, actor, "log_in_refused", "account", account_id, now=now, reason_code="wrong_log_in")
        return WrongLogIn()
    account.password_hash = renewed or proven
    if account.email_verified_at is None:
        outbox.plan_account_message(session, kind=MessageKind.VERIFY_ADDRESS, account_id=account.id, now=now)
        audit.record(session, actor, "log_in_refused", "account", account_id, now=now, reason_code="unconfirmed")
        return AddressUnconfirmed()
    give_back(session, door.limiter, Tried.LOG_IN, account=key)
    if has_second_factor(session, account.id):
        audit.record(session, actor, "password_proven", "account", account_id, now=now)
        return HalfOpen(account.id, _mark(account), now)
    return _logged_in(session, actor, door, account, ProvenBy.PASSWORD, now)


def _mark(account: Account) -> str:
    return hashlib.sha256(f"password of a half open log-in {account.password_hash}".encode()).hexdigest()


def _logged_in(
    session: Session, actor: Actor, door: Door, account: Account, proven_by: ProvenBy, now: datetime
) -> LoggedIn:
    audit.record(session, actor, "logged_in", "account", account.id, now=now, reason_code=proven_by.value)
    note_place(session, account_id=account.id, door=door, now=now)
    return LoggedIn(account.id, account.role, proven_by)


def waiting_account(session: Session, half: HalfOpen, now: datetime) -> Account:
    """The account whose log-in waits. Raises LogInOver when it waited too long, or the password or the account is
    another one by now."""
    account = session.get(Account, half.account_id)
    if account is None or not account.is_active or _mark(account) != half.mark or half.since + HALF_OPEN <= now:
        raise LogInOver
    return account


def finish_with_code(
    session: Session, *, actor: Actor, door: Door, half: HalfOpen, code: str, now: datetime
) -> LoggedIn:
    """The second step by a code of the app. Raises WrongCode, LogInOver, TooManyTries."""
    _begin_try(session, actor, door, half, now)
    return _finish(session, actor, door, half, lambda: take_code(session, half.account_id, code, now), now)


def finish_with_recovery_code(
    session: Session, *, actor: Actor, door: Door, half: HalfOpen, code: str, now: datetime
) -> LoggedIn:
    """The second step by a recovery code, which is used up; its owner is told. Raises WrongCode, LogInOver,
    TooManyTries, TooBusy."""
    _begin_try(session, actor, door, half, now)
    code_hash = hash_typed(session, half.account_id, code)

    def take_it() -> bool:
        taken = take_recovery_code(session, half.account_id, code_hash, now)
        if taken:
            audit.record(session, actor, "recovery_code_used", "account", half.account_id, now=now)
            outbox.plan_account_message(session, kind=MessageKind.LOG_IN_CHANGED, account_id=half.account_id, now=now)
        return taken

    return _finish(session, actor, door, half, take_it, now)


def finish_with_passkey(
    session: Session,
    *,
    actor: Actor,
    door: Door,
    half: HalfOpen,
    site: Site,
    challenge: str,
    answer: str,
    now: datetime,
) -> LoggedIn:
    """The second step by a passkey of that account. Raises WrongCode, LogInOver, TooManyTries."""
    _begin_try(session, actor, door, half, now)
    answered = answered_or_none(session, site=site, challenge=challenge, answer=answer)

    def take_it() -> bool:
        is_own = answered is not None and answered.account_id == half.account_id
        return is_own and answered is not None and note_used(session, answered, now)

    return _finish(session, actor, door, half, take_it, now)


def _begin_try(session: Session, actor: Actor, door: Door, half: HalfOpen, now: datetime) -> None:
    waiting_account(session, half, now)
    about = f"account:{half.account_id}"
    take(session, door.limiter, Tried.SECOND_STEP, actor=actor, account=about, network=door.network, now=now)


def _finish(
    session: Session, actor: Actor, door: Door, half: HalfOpen, take_it: Callable[[], bool], now: datetime
) -> LoggedIn:
    with transaction(session):
        account = waiting_account(session, half, now)
        is_right = take_it()
        if is_right:
            give_back(session, door.limiter, Tried.SECOND_STEP, account=f"account:{account.id}")
            outcome = _logged_in(session, actor, door, account, ProvenBy.SECOND_FACTOR, now)
        else:
            audit.record(session, actor, "log_in_refused", "account", account.id, now=now, reason_code="second_step")
    if not is_right:
        raise WrongCode
    return outcome


def log_in_with_passkey(
    session: Session, *, actor: Actor, door: Door, site: Site, challenge: str, answer: str, now: datetime
) -> LoggedIn:
    """Log in by a passkey alone: the device has asked for a finger, a face or a PIN.

    Raises WrongCode for an unknown passkey, a wrong answer and a closed account alike, TooManyTries."""
    about = f"passkey:{named_id(answer)}"
    take(session, door.limiter, Tried.SECOND_STEP, actor=actor, account=about, network=door.network, now=now)
    answered = answered_or_none(session, site=site, challenge=challenge, answer=answer)
    with transaction(session):
        outcome = _settle_passkey(session, actor, door, answered, now)
        if isinstance(outcome, LoggedIn):
            give_back(session, door.limiter, Tried.SECOND_STEP, account=about)
    if isinstance(outcome, BookingError):
        raise outcome
    return outcome


def _settle_passkey(
    session: Session, actor: Actor, door: Door, answered: Answered | None, now: datetime
) -> LoggedIn | BookingError:
    account = session.get(Account, answered.account_id) if answered else None
    is_good = account is not None and account.is_active and account.email_verified_at is not None
    if account is None or answered is None or not is_good or not note_used(session, answered, now):
        account_id = account.id if account else None
        audit.record(session, actor, "log_in_refused", "account", account_id, now=now, reason_code="passkey")
        return WrongCode()
    return _logged_in(session, actor, door, account, ProvenBy.PASSKEY, now)
