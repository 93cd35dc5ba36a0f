"""Logging in in steps: what opens the second one, what ends it, what it costs, and who hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.browsers import Device as Browser
from booking.core.errors import LogInOver, TooManyTries, WrongCode, WrongLogIn
from booking.core.messages import MessageKind
from booking.models import Account, KnownPlace, ProvenBy
from booking.queries.credentials import factors_of
from booking.services import known_places, logging_in
from booking.services.accounts import Door
from booking.services.logging_in import (
    HALF_OPEN,
    HalfOpen,
    LoggedIn,
    finish_with_code,
    finish_with_passkey,
    finish_with_recovery_code,
    log_in,
    log_in_with_passkey,
)
from booking.services.passkeys import question_to_prove
from booking.services.passwords import hash_password
from booking.services.rate_limits import LIMITS, Limiter, Tried
from booking.services.recovery_codes import make_codes
from tests.factories import NOW, make_account
from tests.passkey_device import Device
from tests.services.factors_cast import (
    DOOR,
    SITE,
    VISITOR,
    code_at,
    events,
    mails,
    moment,
    person,
    with_app,
    with_passkey,
)

GOOD, OTHER = "blue lamp 47 river", "seven quiet harbours"
LATER = NOW + timedelta(minutes=5)


@pytest.fixture(scope="module")
def good_hash() -> str:
    return hash_password(GOOD)


@pytest.fixture
def ana(session: Session, good_hash: str) -> Account:
    return make_account(session, password_hash=good_hash)


def begin(
    session: Session, account: Account, *, door: Door = DOOR, password: str = GOOD, now: datetime = LATER
) -> object:
    return log_in(session, actor=VISITOR, door=door, email=account.email, password=password, now=now)


def half(session: Session, account: Account) -> HalfOpen:
    found = begin(session, account)
    assert isinstance(found, HalfOpen)
    return found


def finish(session: Session, waiting: HalfOpen, code: str, now: datetime = LATER, door: Door = DOOR) -> LoggedIn:
    return finish_with_code(session, actor=VISITOR, door=door, half=waiting, code=code, now=now)


def by_passkey(session: Session, device: Device, *, stale: bool = False) -> LoggedIn:
    question = question_to_prove(SITE)
    challenge = question_to_prove(SITE).challenge if stale else question.challenge
    return log_in_with_passkey(
        session, actor=VISITOR, door=DOOR, site=SITE, challenge=challenge, answer=device.prove(question.options),
        now=LATER,
    )  # fmt: skip


def finish_by_passkey(session: Session, waiting: HalfOpen, device: Device) -> LoggedIn:
    question = question_to_prove(SITE)
    return finish_with_passkey(
        session, actor=VISITOR, door=DOOR, half=waiting, site=SITE, challenge=question.challenge,
        answer=device.prove(question.options), now=LATER,
    )  # fmt: skip


def test_without_a_second_step_the_password_is_enough(session: Session, ana: Account) -> None:
    assert begin(session, ana) == LoggedIn(ana.id, Role.PATIENT, ProvenBy.PASSWORD)


def test_with_an_app_its_code_is_asked_for(session: Session, ana: Account) -> None:
    key = with_app(session, ana)
    found = finish(session, half(session, ana), code_at(key, LATER))
    assert found == LoggedIn(ana.id, Role.PATIENT, ProvenBy.SECOND_FACTOR)
    assert events(session)[1:] == [("password_proven", None), ("logged_in", "second_factor")]


def test_a_wrong_code_is_refused_recorded_and_may_be_tried_again(session: Session, ana: Account) -> None:
    key = with_app(session, ana)
    waiting = half(session, ana)
    with pytest.raises(WrongCode):
        finish(session, waiting, code_at(key, LATER + timedelta(hours=1)))
    assert events(session)[-1] == ("log_in_refused", "second_step")
    assert finish(session, waiting, code_at(key, LATER)).account_id == ana.id


def test_the_code_that_logged_in_does_not_log_in_again(session: Session, ana: Account) -> None:
    key = with_app(session, ana)
    finish(session, half(session, ana), code_at(key, LATER))
    with pytest.raises(WrongCode):
        finish(session, half(session, ana), code_at(key, LATER))


@pytest.mark.parametrize("change", ["time", "password", "closed", "gone"])
def test_a_half_open_log_in_ends(session: Session, ana: Account, change: str) -> None:
    key = with_app(session, ana)
    waiting, now = half(session, ana), LATER
    if change == "time":
        now = LATER + HALF_OPEN
    if change == "password":
        ana.password_hash = "another"
    if change == "closed":
        ana.is_active = False
    if change == "gone":
        waiting = replace(waiting, account_id=99_999)
    session.commit()
    with pytest.raises(LogInOver):
        finish(session, waiting, code_at(key, now), now)


def test_it_lasts_until_then(session: Session, ana: Account) -> None:
    key, now = with_app(session, ana), LATER + HALF_OPEN - timedelta(seconds=1)
    assert finish(session, half(session, ana), code_at(key, now), now)


def test_a_recovery_code_stands_in_once_and_its_owner_is_told(session: Session, ana: Account) -> None:
    with_app(session, ana)
    codes = make_codes(session, actor=person(ana), keep="", now=moment())

    def use() -> LoggedIn:
        return finish_with_recovery_code(
            session, actor=VISITOR, door=DOOR, half=half(session, ana), code=codes[0], now=LATER
        )

    assert use().proven_by is ProvenBy.SECOND_FACTOR
    assert ("recovery_code_used", None) in events(session)
    assert mails(session) == [MessageKind.LOG_IN_CHANGED] * 3
    with pytest.raises(WrongCode):
        use()
    assert factors_of(session, ana.id).codes_left == 9


def test_a_passkey_is_a_second_step_of_its_own_account_alone(session: Session, ana: Account) -> None:
    device = with_passkey(session, ana)
    strange = with_passkey(session, make_account(session))
    waiting = half(session, ana)
    with pytest.raises(WrongCode):
        finish_by_passkey(session, waiting, strange)
    with pytest.raises(WrongCode):
        finish_by_passkey(session, waiting, Device())
    assert finish_by_passkey(session, waiting, device).account_id == ana.id


def test_a_passkey_alone_logs_in(session: Session, ana: Account) -> None:
    assert by_passkey(session, with_passkey(session, ana)) == LoggedIn(ana.id, Role.PATIENT, ProvenBy.PASSKEY)
    assert events(session)[-1] == ("logged_in", "passkey")


@pytest.mark.parametrize("change", ["unknown", "stale", "closed", "unconfirmed"])
def test_a_passkey_is_refused_without_a_reason(session: Session, ana: Account, change: str) -> None:
    device = Device() if change == "unknown" else with_passkey(session, ana)
    if change == "closed":
        ana.is_active = False
    if change == "unconfirmed":
        ana.email_verified_at = None
    session.commit()
    with pytest.raises(WrongCode):
        by_passkey(session, device, stale=change == "stale")
    assert events(session)[-1] == ("log_in_refused", "passkey")


NARROW = Door("192.0.2.7", Limiter("a secret"))
CAPACITY = LIMITS[Tried.LOG_IN].account.capacity


def test_right_passwords_do_not_use_up_the_owners_tries(session: Session, ana: Account) -> None:
    for number in range(CAPACITY + 5):
        begin(session, ana, door=NARROW, now=LATER + timedelta(milliseconds=number))


def test_with_right_passwords_counted_the_owner_is_slowed(
    session: Session, ana: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging_in, "give_back", lambda *_args, **_options: None)
    with pytest.raises(TooManyTries):
        test_right_passwords_do_not_use_up_the_owners_tries(session, ana)


def test_wrong_passwords_are_counted_before_they_are_hashed(
    session: Session, ana: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(logging_in, "is_password", lambda _stored, password: bool(hashed.append(password)))
    for _ in range(CAPACITY):
        with pytest.raises(WrongLogIn):
            begin(session, ana, door=NARROW, password=OTHER)
    with pytest.raises(TooManyTries):
        begin(session, ana, door=NARROW, password=OTHER)
    assert len(hashed) == CAPACITY


def test_guessed_codes_are_slowed_and_right_ones_are_not_counted(session: Session, ana: Account) -> None:
    key, waiting = with_app(session, ana), None
    for number in range(LIMITS[Tried.SECOND_STEP].account.capacity + 3):
        now = LATER + timedelta(minutes=number)
        waiting = begin(session, ana, now=now)
        assert isinstance(waiting, HalfOpen)
        finish(session, waiting, code_at(key, now), now, NARROW)
    assert waiting is not None
    for _ in range(LIMITS[Tried.SECOND_STEP].account.capacity):
        with pytest.raises(WrongCode):
            finish(session, waiting, "000", now, NARROW)
    with pytest.raises(TooManyTries):
        finish(session, waiting, "000", now, NARROW)


def told(session: Session, account: Account, *doors: Door) -> int:
    for number, door in enumerate(doors):
        begin(session, account, door=door, now=LATER + timedelta(seconds=number))
    return mails(session).count(MessageKind.NEW_LOG_IN)


HOME = DOOR
SAME_REGION = replace(DOOR, network="192.0.99.8")
ELSEWHERE = replace(DOOR, network="198.51.100.7")
OTHER_BROWSER = replace(DOOR, device=Browser("Chrome", "Windows"))


def test_the_first_log_in_is_told_to_nobody(session: Session, ana: Account) -> None:
    assert told(session, ana, HOME, HOME, SAME_REGION) == 0


@pytest.mark.parametrize("door", [ELSEWHERE, OTHER_BROWSER])
def test_a_log_in_from_elsewhere_is_told_once(session: Session, ana: Account, door: Door) -> None:
    assert told(session, ana, HOME, door, HOME, door) == 1


def test_what_is_kept_of_a_place_says_nothing(session: Session, ana: Account) -> None:
    told(session, ana, HOME)
    told(session, make_account(session, password_hash=ana.password_hash), HOME)
    keys = session.scalars(sa.select(KnownPlace.place_key)).all()
    assert len(set(keys)) == 2, "two accounts at one place share nothing"
    assert not [key for key in keys if len(key) != 64]


def test_places_long_not_seen_are_forgotten(session: Session, ana: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_places, "MOST", 2)
    assert told(session, ana, HOME, ELSEWHERE, OTHER_BROWSER) == 2
    assert len(session.scalars(sa.select(KnownPlace)).all()) == 2
    begin(session, ana, now=LATER + timedelta(hours=1))
    assert mails(session).count(MessageKind.NEW_LOG_IN) == 3, "home was forgotten"
