"""Rate limits: token buckets in the database, so that they hold for all processes together.

A bucket refills evenly. Each try takes a token from the bucket of the account named, of the network it comes from, and
of all together; a refused try takes none. Nobody is ever locked out: a limit slows (OWASP ASVS 5.0 6.1.1). Keys are
keyed hashes, so that the table holds no address. Whoever takes the last token leaves an event in the audit log, so
that administrators see who is slowed; refused tries leave none, and cannot fill the log.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import TooManyTries
from booking.models import Account, TokenBucket
from booking.services import audit
from booking.services.transaction import transaction

# No row comes back when less than one token is there. Seconds since 1970 on both sides.
_TAKE = sa.text("""
INSERT INTO token_bucket AS b (key, tokens, updated_at) VALUES (:key, :capacity - 1, :now)
ON CONFLICT (key) DO UPDATE SET updated_at = :now, tokens = -1 +
  CASE WHEN b.tokens + :rate * (:now - b.updated_at) > :capacity THEN :capacity
       ELSE b.tokens + :rate * (:now - b.updated_at) END
WHERE b.tokens + :rate * (:now - b.updated_at) >= 1 RETURNING tokens
""").bindparams(
    sa.bindparam("capacity", type_=sa.Float), sa.bindparam("rate", type_=sa.Float), sa.bindparam("now", type_=sa.Float)
)
KEPT = timedelta(days=2)

ACCOUNT, NETWORK, EVERYONE = "account", "network", "everyone"
"""What a bucket is of. The reason code of an event names the kind of try and this, as in `log_in_network`."""

ABOUT_ACCOUNT = "account:"
"""Before the number of an account, where a limit counts that and no address."""


class Tried(StrEnum):
    """What is limited."""

    LOG_IN = "log_in"
    REGISTER = "register"
    RESET = "reset"
    PROVE = "prove"
    JOIN = "join"
    SECOND_STEP = "second_step"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket of `capacity` tokens that gains one each `refill`."""

    capacity: int
    refill: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """The three buckets of one kind of try."""

    account: Limit
    network: Limit
    everyone: Limit


LIMITS = {
    # At most twenty guesses at a password in the first hour, ten in each that follows.
    Tried.LOG_IN: Limits(
        account=Limit(10, timedelta(minutes=6)),
        network=Limit(60, timedelta(seconds=5)),
        everyone=Limit(600, timedelta(seconds=0.1)),
    ),
    Tried.REGISTER: Limits(
        account=Limit(4, timedelta(minutes=15)),
        network=Limit(20, timedelta(minutes=2)),
        everyone=Limit(200, timedelta(seconds=1)),
    ),
    # Three codes of a million are right at any moment: the account's bucket lets through less than 300 guesses a day.
    Tried.SECOND_STEP: Limits(
        account=Limit(6, timedelta(minutes=5)),
        network=Limit(60, timedelta(seconds=5)),
        everyone=Limit(600, timedelta(seconds=0.1)),
    ),
    # A date of birth is easier to guess than a password, and its owner does not forget it.
    Tried.PROVE: Limits(
        account=Limit(5, timedelta(hours=1)),
        network=Limit(30, timedelta(minutes=2)),
        everyone=Limit(300, timedelta(seconds=1)),
    ),
    # The waiting list, by people of whom nothing is known: each try makes a patient.
    # Letters to an address that somebody with an account has typed: invitations, and new addresses.
    Tried.WRITE: Limits(
        account=Limit(6, timedelta(minutes=20)),
        network=Limit(20, timedelta(minutes=2)),
        everyone=Limit(200, timedelta(seconds=1)),
    ),
    Tried.JOIN: Limits(
        account=Limit(6, timedelta(minutes=10)),
        network=Limit(20, timedelta(minutes=2)),
        everyone=Limit(200, timedelta(seconds=1)),
    ),
    Tried.RESET: Limits(
        account=Limit(4, timedelta(minutes=15)),
        network=Limit(20, timedelta(minutes=2)),
        everyone=Limit(200, timedelta(seconds=1)),
    ),
}


@dataclass(frozen=True, slots=True)
class Limiter:
    """What the settings say about limits: the secret of the keys, and a factor on every capacity (tests, demo)."""

    secret: str = field(repr=False)
    factor: int = 1

    def key(self, *parts: str) -> str:
        """64 hexadecimal characters that name a bucket and tell nobody whose it is."""
        return hmac.new(self.secret.encode(), "|".join(parts).encode(), hashlib.sha256).hexdigest()


def take(
    session: Session, limiter: Limiter, tried: Tried, *, actor: Actor, account: str, network: str, now: datetime
) -> None:
    """Take a token for one try, in a short transaction of its own: call it before anything slow.

    `account` is the address in its compared form, known or not; `network` as `core.addresses.network_of` gives it.
    Raises TooManyTries with `retry_seconds` in its details."""
    limits = LIMITS[tried]
    with transaction(session):
        for kind, value, limit in (
            (ACCOUNT, account, limits.account),
            (NETWORK, network, limits.network),
            (EVERYONE, "", limits.everyone),
        ):
            left = _take_one(session, limiter.key(tried, kind, value), limit, limiter.factor, now)
            if left < 1:
                account_id = _account_id(session, account) if kind == ACCOUNT else None
                code = f"{tried.value}_{kind}"
                audit.record(session, actor, "tries_slowed", "account", account_id, now=now, reason_code=code)


def _account_id(session: Session, account: str) -> int | None:
    """Whose tries these are, where that is somebody."""
    if account.startswith(ABOUT_ACCOUNT):
        return int(account.removeprefix(ABOUT_ACCOUNT))
    return session.scalar(sa.select(Account.id).where(Account.email_key == account))


def give_back(session: Session, limiter: Limiter, tried: Tried, *, account: str) -> None:
    """Put the token of a try that succeeded back into the account's bucket, in the open transaction.

    So the limit slows guesses and not the owner. Those of the network and of all stay taken: they bound the work that
    tries cause, right ones too."""
    full = LIMITS[tried].account.capacity * limiter.factor
    more = TokenBucket.tokens + 1
    session.execute(
        sa.update(TokenBucket)
        .where(TokenBucket.key == limiter.key(tried, "account", account))
        .values(tokens=sa.case((more > full, float(full)), else_=more))
    )


def _take_one(session: Session, key: str, limit: Limit, factor: int, now: datetime) -> float:
    """Tokens that are left."""
    rate = factor / limit.refill.total_seconds()
    values = {"key": key, "capacity": limit.capacity * factor, "rate": rate, "now": now.timestamp()}
    row = session.execute(_TAKE, values).one_or_none()
    if row is None:
        raise TooManyTries(retry_seconds=_wait_seconds(session, key, rate, now))
    return float(row.tokens)


def _wait_seconds(session: Session, key: str, rate: float, now: datetime) -> int:
    """Whole seconds until one token is there, at least 1."""
    bucket = session.execute(sa.select(TokenBucket.tokens, TokenBucket.updated_at).where(TokenBucket.key == key)).one()
    missing: float = 1 - (bucket.tokens + rate * (now.timestamp() - bucket.updated_at))
    return max(1, math.ceil(missing / rate))


def seconds_slowed(
    session: Session, limiter: Limiter, tried: Tried, addresses: Mapping[int, str], *, now: datetime
) -> dict[int, int]:
    """How long each of these accounts has to wait for its next try, whole seconds; those that need not are left out.

    `addresses` are in their compared form, by the number of the account. One statement."""
    limit = LIMITS[tried].account
    rate = limiter.factor / limit.refill.total_seconds()
    numbers = {limiter.key(tried, ACCOUNT, address): number for number, address in addresses.items()}
    rows = session.execute(
        sa.select(TokenBucket.key, TokenBucket.tokens, TokenBucket.updated_at).where(TokenBucket.key.in_(numbers))
    )
    missing = {numbers[row.key]: 1 - row.tokens - rate * (now.timestamp() - row.updated_at) for row in rows}
    return {number: max(1, math.ceil(part / rate)) for number, part in missing.items() if part > 0}


def prune_buckets(session: Session, *, now: datetime) -> int:
    """Delete buckets that have been full for long; returns how many."""
    with transaction(session):
        gone = session.execute(sa.delete(TokenBucket).where(TokenBucket.updated_at < (now - KEPT).timestamp()))
        return int(getattr(gone, "rowcount", 0))
