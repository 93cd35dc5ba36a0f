"""Where one is logged in: own sessions alone, and an end to one or to all."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.browsers import Device
from booking.core.errors import NotFound
from booking.models import Account, AuditEvent, LoginSession
from booking.services.own_sessions import OwnSession, end_own_session, log_out_everywhere, own_sessions
from booking.services.sessions import PATIENT_IDLE, Arrival, begin_session, open_session
from tests.factories import NOW, make_account

MINUTE = timedelta(minutes=1)
PHONE = Arrival(Device("Safari", "iPhone"), "203.0.113.0/24")


@pytest.fixture
def ana(session: Session) -> Account:
    return make_account(session)


def begin(session: Session, account: Account, after: timedelta = timedelta(0)) -> str:
    return begin_session(session, account_id=account.id, data={}, now=NOW + after, arrival=PHONE)


def listed(session: Session, account: Account, token: str, after: timedelta = MINUTE) -> list[OwnSession]:
    session.rollback()
    return own_sessions(session, account_id=account.id, token=token, now=NOW + after)


def acting(account: Account) -> Actor:
    return Actor(account.id, Role.PATIENT)


def is_open(session: Session, token: str) -> bool:
    session.rollback()
    return open_session(session, token=token, now=NOW + MINUTE) is not None


def test_own_sessions_are_listed_this_one_first(session: Session, ana: Account) -> None:
    here, elsewhere = begin(session, ana), begin(session, ana, MINUTE)
    begin(session, make_account(session))
    this, other = listed(session, ana, here)
    assert (this.is_this, other.is_this) == (True, False)
    assert (other.device, other.network, other.last_seen_at) == (PHONE.device, PHONE.network, NOW + MINUTE)
    assert other.handle != this.handle
    assert elsewhere not in repr(other)


def test_what_ran_out_or_was_revoked_is_not_listed(session: Session, ana: Account) -> None:
    here = begin(session, ana)
    begin(session, ana)
    session.execute(sa.update(LoginSession).where(LoginSession.id == 2).values(revoked_at=NOW))
    session.commit()
    assert [one.is_this for one in listed(session, ana, here)] == [True]
    assert listed(session, ana, here, PATIENT_IDLE) == []


def test_one_of_them_is_ended(session: Session, ana: Account) -> None:
    here, lost = begin(session, ana), begin(session, ana)
    other = listed(session, ana, here)[1]
    end_own_session(session, actor=acting(ana), handle=other.handle, now=NOW)
    assert (is_open(session, here), is_open(session, lost)) == (True, False)
    assert session.scalars(sa.select(AuditEvent.action)).all() == ["session_ended"]
    session.rollback()
    with pytest.raises(NotFound):
        end_own_session(session, actor=acting(ana), handle=other.handle, now=NOW)


def test_nobody_ends_a_session_of_another(session: Session, ana: Account) -> None:
    token = begin(session, ana)
    [own] = listed(session, ana, token)
    for stranger in (acting(make_account(session)), Actor()):
        session.rollback()
        with pytest.raises(NotFound):
            end_own_session(session, actor=stranger, handle=own.handle, now=NOW)
    assert is_open(session, token)


def test_all_of_them_are_ended(session: Session, ana: Account) -> None:
    tokens = [begin(session, ana), begin(session, ana)]
    log_out_everywhere(session, actor=acting(ana), now=NOW, except_token=tokens[0])
    assert [is_open(session, token) for token in tokens] == [True, False]
    session.rollback()
    log_out_everywhere(session, actor=acting(ana), now=NOW)
    assert not is_open(session, tokens[0])
    session.rollback()
    with pytest.raises(NotFound):
        log_out_everywhere(session, actor=Actor(), now=NOW)
