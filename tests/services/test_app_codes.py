"""Codes of an app: taken once, within a minute, from a sealed key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import LastFactor, NotFound, TooManyTries, WrongCode
from booking.core.messages import MessageKind
from booking.models import Account, AppKey, LoginSession, RecoveryCode
from booking.queries.credentials import factors_of
from booking.services import app_codes, sessions
from booking.services.accounts import Door
from booking.services.app_codes import add_app, key_address, new_key, remove_app, step_of, take_code
from booking.services.rate_limits import LIMITS, Limiter, Tried
from booking.services.recovery_codes import make_codes
from booking.services.transaction import transaction
from tests.factories import NOW, make_account
from tests.services.factors_cast import DOOR, code_at, events, mails, moment, person, with_app, with_passkey

HALF_MINUTE = timedelta(seconds=30)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def ana(session: Session) -> Account:
    return make_account(session)


def take(session: Session, account: Account, code: str, now: object = LATER) -> bool:
    with transaction(session):
        return take_code(session, account.id, code, now)  # type: ignore[arg-type]


@pytest.mark.parametrize(("half_minutes", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_half_a_minute(half_minutes: int, is_taken: bool) -> None:
    key = new_key()
    assert (step_of(key, code_at(key, NOW + half_minutes * HALF_MINUTE), NOW) is not None) is is_taken


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "\x00", "٣٣٣٣٣٣"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert step_of(new_key(), typed, NOW) is None


def test_blanks_in_a_code_do_no_harm(session: Session, ana: Account) -> None:
    key = with_app(session, ana)
    code = code_at(key, LATER)
    assert take(session, ana, f" {code[:3]} {code[3:]} ")


def test_the_app_is_told_a_neutral_name() -> None:
    address = key_address("A" * 32, account="ana@example.org", issuer="Northside Appointments")
    assert address.startswith("otpauth://totp/Northside%20Appointments:ana%40example.org?secret=AAAA")


def test_setting_up_is_recorded_told_and_ends_other_sessions(session: Session, ana: Account) -> None:
    here, there = (sessions.begin_session(session, account_id=ana.id, data={}, now=NOW) for _ in range(2))
    with_app(session, ana, keep=here)
    assert factors_of(session, ana.id).has_app
    assert events(session) == [("app_added", None)]
    assert mails(session) == [MessageKind.LOG_IN_CHANGED]
    left = session.scalars(sa.select(LoginSession.id_hash)).all()
    assert left == [sessions.hash_token(here)]
    assert sessions.hash_token(there) not in left


def test_the_key_is_sealed(session: Session, ana: Account) -> None:
    key = with_app(session, ana)
    assert key not in session.scalars(sa.select(AppKey.key_sealed)).one()


def test_a_wrong_code_sets_nothing_up(session: Session, ana: Account) -> None:
    with pytest.raises(WrongCode):
        add_app(session, actor=person(ana), door=DOOR, key=new_key(), code="000000", keep="", now=NOW)
    assert not factors_of(session, ana.id).has_any


def test_setting_up_again_replaces_the_key(session: Session, ana: Account) -> None:
    old, new = with_app(session, ana), with_app(session, ana)
    assert not take(session, ana, code_at(old, LATER))
    assert take(session, ana, code_at(new, LATER))


def test_nobody_without_an_account_sets_anything_up(session: Session) -> None:
    with pytest.raises(NotFound):
        add_app(session, actor=Actor(), door=DOOR, key=new_key(), code="000000", keep="", now=NOW)


def test_a_code_counts_once_and_none_before_it_counts_after_it(session: Session, ana: Account) -> None:
    key = with_app(session, ana)
    assert not take(session, ana, code_at(key, NOW), NOW), "the code that set it up is used"
    assert take(session, ana, code_at(key, LATER))
    assert not take(session, ana, code_at(key, LATER))
    assert not take(session, ana, code_at(key, LATER - HALF_MINUTE))
    assert take(session, ana, code_at(key, LATER + HALF_MINUTE))


def test_no_code_is_right_for_an_account_without_an_app(session: Session, ana: Account) -> None:
    assert not take(session, ana, "123456")


def test_a_wrong_code_is_not_taken(session: Session, ana: Account) -> None:
    key = with_app(session, ana)
    wrong = str((int(code_at(key, LATER)) + 1) % 1_000_000).zfill(6)
    assert not take(session, ana, wrong)


def takers(session: Session, account: Account, code: str) -> list[bool]:
    """Eight workers at once, each with a connection of its own."""
    bind, info, account_id = session.get_bind(), dict(session.info), account.id
    session.rollback()

    def one(_number: int) -> bool:
        with Session(bind, info=dict(info)) as own, transaction(own):
            return take_code(own, account_id, code, LATER)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(8)))


def test_of_many_workers_one_takes_the_code(session: Session, ana: Account) -> None:
    key = with_app(session, ana)
    assert sorted(takers(session, ana, code_at(key, LATER))) == [False] * 7 + [True]


def test_without_the_guard_several_take_it(session: Session, ana: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with a look before the leap and no condition in the statement that takes."""
    key = with_app(session, ana)
    monkeypatch.setattr(app_codes, "_note_step", lambda *_: True)
    assert takers(session, ana, code_at(key, LATER)).count(True) == 8


def test_guesses_are_slowed(session: Session, ana: Account) -> None:
    narrow = Door("192.0.2.7", Limiter("a secret"))
    key = new_key()
    for _ in range(LIMITS[Tried.SECOND_STEP].account.capacity):
        with pytest.raises(WrongCode):
            add_app(session, actor=person(ana), door=narrow, key=key, code="000000", keep="", now=NOW)
    with pytest.raises(TooManyTries):
        add_app(session, actor=person(ana), door=narrow, key=key, code=code_at(key), keep="", now=NOW)


def remove(session: Session, account: Account, *, must_keep_one: bool = False) -> None:
    remove_app(session, actor=person(account), must_keep_one=must_keep_one, keep="", now=moment())


def test_removing_the_last_step_takes_the_recovery_codes_along(session: Session, ana: Account) -> None:
    with_app(session, ana)
    make_codes(session, actor=person(ana), keep="", now=moment())
    remove(session, ana)
    assert not factors_of(session, ana.id).has_any
    assert session.scalars(sa.select(RecoveryCode)).all() == []
    assert events(session)[-1] == ("app_removed", None)


def test_recovery_codes_stay_beside_another_step(session: Session, ana: Account) -> None:
    with_app(session, ana)
    with_passkey(session, ana)
    make_codes(session, actor=person(ana), keep="", now=moment())
    remove(session, ana, must_keep_one=True)
    assert factors_of(session, ana.id).codes_left == 10


def test_who_must_have_one_keeps_the_last(session: Session, ana: Account) -> None:
    with_app(session, ana)
    with pytest.raises(LastFactor):
        remove(session, ana, must_keep_one=True)
    assert factors_of(session, ana.id).has_app


def test_what_is_not_there_is_not_removed(session: Session, ana: Account) -> None:
    with pytest.raises(NotFound):
        remove(session, ana)
