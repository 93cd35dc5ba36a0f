"""Token buckets: they run dry, refill, are counted apart, and keep no address."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import TooManyTries
from booking.models import AuditEvent, TokenBucket
from booking.services.rate_limits import (
    KEPT,
    LIMITS,
    Limit,
    Limiter,
    Tried,
    give_back,
    prune_buckets,
    seconds_slowed,
    take,
)
from booking.services.transaction import transaction
from tests.factories import NOW, make_account
from tests.services.factors_cast import VISITOR, events

LIMITER = Limiter("a secret")
LIMIT = LIMITS[Tried.LOG_IN].account
REFILL = LIMIT.refill.total_seconds()


def try_once(
    session: Session, account: str = "ana@example.org", *, network: str = "192.0.2.7", after: float = 0
) -> None:
    take(
        session,
        LIMITER,
        Tried.LOG_IN,
        actor=VISITOR,
        account=account,
        network=network,
        now=NOW + timedelta(seconds=after),
    )


def use_up(session: Session) -> None:
    for _ in range(LIMIT.capacity):
        try_once(session)


def test_a_bucket_runs_dry_and_says_when_to_come_back(session: Session) -> None:
    use_up(session)
    with pytest.raises(TooManyTries) as refused:
        try_once(session)
    assert refused.value.details["retry_seconds"] == REFILL
    with pytest.raises(TooManyTries) as refused:
        try_once(session, after=REFILL - 0.1)
    assert refused.value.details["retry_seconds"] == 1


def test_it_refills_with_time_and_never_beyond_its_capacity(session: Session) -> None:
    use_up(session)
    try_once(session, after=REFILL)
    with pytest.raises(TooManyTries):
        try_once(session, after=REFILL)
    much_later = REFILL * LIMIT.capacity * 10
    for _ in range(LIMIT.capacity):
        try_once(session, after=much_later)
    with pytest.raises(TooManyTries):
        try_once(session, after=much_later)


def test_a_refused_try_takes_nothing_from_the_network_or_from_all(session: Session) -> None:
    use_up(session)
    before = session.execute(sa.select(TokenBucket.key, TokenBucket.tokens)).all()
    for _ in range(5):
        with pytest.raises(TooManyTries):
            try_once(session)
    assert sorted(session.execute(sa.select(TokenBucket.key, TokenBucket.tokens)).all()) == sorted(before)


def test_accounts_and_kinds_of_tries_are_counted_apart(session: Session) -> None:
    use_up(session)
    try_once(session, "ben@example.org")
    take(session, LIMITER, Tried.RESET, actor=VISITOR, account="ana@example.org", network="192.0.2.7", now=NOW)


def test_one_network_is_slowed_over_many_accounts(session: Session) -> None:
    for number in range(LIMITS[Tried.LOG_IN].network.capacity):
        try_once(session, f"{number}@example.org")
    with pytest.raises(TooManyTries):
        try_once(session, "another@example.org")
    try_once(session, "another@example.org", network="192.0.2.8")


def test_the_factor_widens_every_bucket(session: Session) -> None:
    wide = Limiter("a secret", factor=2)
    for _ in range(2 * LIMIT.capacity):
        take(session, wide, Tried.LOG_IN, actor=VISITOR, account="ana@example.org", network="192.0.2.7", now=NOW)
    with pytest.raises(TooManyTries):
        take(session, wide, Tried.LOG_IN, actor=VISITOR, account="ana@example.org", network="192.0.2.7", now=NOW)


def test_keys_say_nothing_and_differ_by_secret(session: Session) -> None:
    try_once(session)
    keys = set(session.scalars(sa.select(TokenBucket.key)))
    assert len(keys) == 3
    assert not any("ana" in key or "192" in key for key in keys)
    assert LIMITER.key("a", "b") != Limiter("another").key("a", "b")
    assert "a secret" not in repr(LIMITER)


def test_buckets_long_unused_are_pruned(session: Session) -> None:
    try_once(session)
    assert prune_buckets(session, now=NOW + KEPT) == 0
    assert prune_buckets(session, now=NOW + KEPT + timedelta(seconds=1)) == 3


def test_a_token_is_given_back_to_the_account_and_never_beyond_its_capacity(session: Session) -> None:
    use_up(session)
    for _ in range(LIMIT.capacity + 3):
        with transaction(session):
            give_back(session, LIMITER, Tried.LOG_IN, account="ana@example.org")
    use_up(session)
    with pytest.raises(TooManyTries):
        try_once(session)


def test_what_was_never_tried_gets_nothing_back(session: Session) -> None:
    with transaction(session):
        give_back(session, LIMITER, Tried.LOG_IN, account="ana@example.org")
    assert session.scalars(sa.select(TokenBucket)).all() == []


def test_the_last_try_is_written_down_once_with_whose_it_was(session: Session) -> None:
    ana = make_account(session)
    for address in (ana.email_key, "nobody@example.org"):
        for _ in range(LIMIT.capacity):
            try_once(session, address)
        with pytest.raises(TooManyTries):
            try_once(session, address)
    assert events(session) == [("tries_slowed", "log_in_account")] * 2
    assert list(session.scalars(sa.select(AuditEvent.object_id).order_by(AuditEvent.seq))) == [ana.id, None]


def test_the_last_code_of_an_account_is_written_down_by_its_number(session: Session) -> None:
    for _ in range(LIMITS[Tried.SECOND_STEP].account.capacity):
        take(
            session, LIMITER, Tried.SECOND_STEP, actor=VISITOR, account="account:41", network="192.0.2.7", now=NOW
        )  # fmt: skip
    assert session.scalars(sa.select(AuditEvent.object_id)).all() == [41]


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ({Tried.LOG_IN}, "passwords, also to confirm"),
        ({Tried.SECOND_STEP}, "codes, passkeys"),
        ({Tried.PROVE}, "dates of birth"),
        ({Tried.REGISTER, Tried.RESET}, "new accounts"),
        ({Tried.WRITE}, "letters to"),
        ({Tried.JOIN}, "the waiting list"),
    ],
)
def test_the_numbers_are_those_of_the_documentation(kinds: set[Tried], words: str) -> None:
    lines = Path("docs/security.md").read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if line.startswith(f"| {words}"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    for limits in (LIMITS[kind] for kind in kinds):
        told = (said(limits.account, hour=True), said(limits.network), said(limits.everyone))
        assert told == tuple(cells[1:])


def said(limit: Limit, *, hour: bool = False) -> str:
    """ "10, then 10 an hour"."""
    seconds = limit.refill.total_seconds()
    if hour:
        each = f"{3600 / seconds:.0f} an hour" if seconds < 3600 else "one an hour"
    elif seconds < 1:
        each = f"{1 / seconds:.0f} a second"
    else:
        each = {1: "one a second", 5: "one each 5 s", 120: "one each 2 min"}[int(seconds)]
    return f"{limit.capacity}, then {each}"


def test_every_kind_of_try_is_documented() -> None:
    assert set(Tried) == set(LIMITS)


def test_how_long_accounts_are_slowed(session: Session) -> None:
    use_up(session)
    asked = {1: "ana@example.org", 2: "ben@example.org"}
    assert seconds_slowed(session, LIMITER, Tried.LOG_IN, asked, now=NOW) == {1: REFILL}
    later = NOW + LIMIT.refill
    assert seconds_slowed(session, LIMITER, Tried.LOG_IN, asked, now=later) == {}
