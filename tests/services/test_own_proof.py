"""Proving anew who one is, changing the password, and losing all second steps."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM, Actor, Role
from booking.core.errors import NotFound, WeakPassword, WrongCode, WrongLogIn
from booking.core.messages import MessageKind
from booking.models import Account, LoginSession, ProvenBy
from booking.queries.credentials import factors_of
from booking.services import sessions
from booking.services.own_proof import change_password, prove_code, prove_passkey, prove_password
from booking.services.passkeys import question_to_prove
from booking.services.passwords import hash_password, is_password
from booking.services.recovery_codes import make_codes
from booking.services.second_factors import ResetReason, reset_second_factors, reset_second_factors_of
from tests.factories import NOW, make_account
from tests.passkey_device import Device
from tests.services.factors_cast import (
    ADMINISTRATOR,
    DOOR,
    SITE,
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


def test_the_password_proves(session: Session, ana: Account) -> None:
    assert prove_password(session, actor=person(ana), door=DOOR, password=GOOD, now=NOW) is ProvenBy.PASSWORD
    with pytest.raises(WrongLogIn):
        prove_password(session, actor=person(ana), door=DOOR, password=OTHER, now=NOW)
    assert events(session) == [("proven_anew", "password"), ("proof_refused", "password")]


def test_a_code_proves_once(session: Session, ana: Account) -> None:
    code = code_at(with_app(session, ana), LATER)
    assert prove_code(session, actor=person(ana), door=DOOR, code=code, now=LATER) is ProvenBy.SECOND_FACTOR
    with pytest.raises(WrongCode):
        prove_code(session, actor=person(ana), door=DOOR, code=code, now=LATER)
    assert events(session)[-1] == ("proof_refused", "second_factor")


def by_passkey(session: Session, account: Account, device: Device) -> ProvenBy:
    question = question_to_prove(SITE)
    return prove_passkey(
        session, actor=person(account), door=DOOR, site=SITE, challenge=question.challenge,
        answer=device.prove(question.options), now=LATER,
    )  # fmt: skip


def test_the_own_passkey_proves_and_no_other(session: Session, ana: Account) -> None:
    device, strange = with_passkey(session, ana), with_passkey(session, make_account(session))
    assert by_passkey(session, ana, device) is ProvenBy.PASSKEY
    for wrong in (strange, Device()):
        with pytest.raises(WrongCode):
            by_passkey(session, ana, wrong)


def change(session: Session, account: Account, *, old: str = GOOD, new: str = OTHER, keep: str = "") -> None:
    change_password(session, actor=person(account), door=DOOR, old=old, new=new, keep=keep, now=NOW)


def test_a_new_password_ends_the_other_sessions_and_is_told(session: Session, ana: Account) -> None:
    here, _there = (sessions.begin_session(session, account_id=ana.id, data={}, now=NOW) for _ in range(2))
    change(session, ana, keep=here)
    session.refresh(ana)
    assert is_password(ana.password_hash, OTHER)
    assert session.scalars(sa.select(LoginSession.id_hash)).all() == [sessions.hash_token(here)]
    assert mails(session) == [MessageKind.PASSWORD_CHANGED]
    assert events(session)[-1] == ("password_changed", None)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [({"old": OTHER}, WrongLogIn), ({"new": "short"}, WeakPassword), ({"new": "password1234"}, WeakPassword)],
)
def test_a_wrong_old_or_a_weak_new_one_changes_nothing(
    session: Session, ana: Account, typed: dict[str, str], refusal: type[Exception]
) -> None:
    before = ana.password_hash
    with pytest.raises(refusal):
        change(session, ana, **typed)
    session.refresh(ana)
    assert ana.password_hash == before
    assert mails(session) == []


def reset(session: Session, account: Account, actor: Actor) -> None:
    reset_second_factors_of(session, actor=actor, public_id=account.public_id, reason=ResetReason.LOST, now=moment())


def test_a_lost_second_step_is_taken_away(session: Session) -> None:
    dora = make_account(session, Role.SCHEDULER)
    with_app(session, dora)
    with_passkey(session, dora)
    make_codes(session, actor=person(dora), keep="", now=moment())
    sessions.begin_session(session, account_id=dora.id, data={}, now=NOW)
    reset(session, dora, ADMINISTRATOR)
    assert (factors_of(session, dora.id).count, factors_of(session, dora.id).codes_left) == (0, 0)
    assert session.scalars(sa.select(LoginSession)).all() == []
    assert events(session)[-1] == ("second_factors_reset", "lost")
    assert mails(session)[-1] is MessageKind.LOG_IN_CHANGED


def test_the_operator_helps_by_the_address(session: Session, ana: Account) -> None:
    with_app(session, ana)
    reset_second_factors(session, actor=SYSTEM, email=ana.email, now=moment())
    assert not factors_of(session, ana.id).has_any
    assert events(session)[-1] == ("second_factors_reset", None)


def test_an_administrator_helps_patients_too(session: Session, ana: Account) -> None:
    with_app(session, ana)
    reset(session, ana, ADMINISTRATOR)
    assert not factors_of(session, ana.id).has_any


def test_nobody_else_takes_it_away(session: Session, ana: Account) -> None:
    boss = make_account(session, Role.ADMINISTRATOR)
    dora = make_account(session, Role.SCHEDULER)
    for account, actor in ((ana, person(dora)), (boss, person(boss)), (dora, person(dora)), (dora, Actor())):
        with pytest.raises(NotFound):
            reset(session, account, actor)
    with pytest.raises(NotFound):
        reset_second_factors(session, actor=SYSTEM, email="nobody@example.org", now=NOW)
