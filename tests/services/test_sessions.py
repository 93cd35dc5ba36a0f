"""Browser sessions in our own table: what opens them, and what ends them."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.models import LoginSession
from booking.services import sessions
from booking.services.sessions import ABSOLUTE, PATIENT_IDLE, STAFF_IDLE, VISITOR_IDLE
from tests.factories import NOW, make_account

MINUTE = timedelta(minutes=1)


def begin(session: Session, account_id: int | None = None) -> str:
    return sessions.begin_session(session, account_id=account_id, data={"draft": "left knee"}, now=NOW)


def opens(session: Session, token: str, after: timedelta = MINUTE) -> bool:
    session.rollback()
    return sessions.open_session(session, token=token, now=NOW + after) is not None


def test_what_was_kept_is_there_again_and_sealed_meanwhile(session: Session) -> None:
    token = begin(session)
    opened = sessions.open_session(session, token=token, now=NOW + MINUTE)
    assert opened
    assert opened.data == {"draft": "left knee"}
    stored = session.scalars(sa.select(LoginSession)).one()
    assert "knee" not in stored.data_sealed
    assert token not in stored.id_hash


def test_idle_limits_go_by_role(session: Session) -> None:
    scheduler, patient = make_account(session, Role.SCHEDULER), make_account(session)
    tokens = [(begin(session, scheduler.id), STAFF_IDLE), (begin(session, patient.id), PATIENT_IDLE)]
    for token, limit in [*tokens, (begin(session), VISITOR_IDLE)]:
        assert opens(session, token, limit - MINUTE)
        assert not opens(session, token, limit)


def test_no_session_outlives_the_absolute_limit(session: Session) -> None:
    token = begin(session)
    sessions.write_session(session, token=token, data=None, now=NOW + ABSOLUTE - MINUTE)
    assert opens(session, token, ABSOLUTE - MINUTE)
    assert not opens(session, token, ABSOLUTE)


def test_a_disabled_account_opens_nothing(session: Session) -> None:
    account = make_account(session)
    token = begin(session, account.id)
    account.is_active = False
    session.commit()
    assert not opens(session, token)


def test_contents_that_do_not_open_are_left_out(session: Session) -> None:
    token, other = begin(session), begin(session)
    rows = {row.id_hash: row for row in session.scalars(sa.select(LoginSession))}
    rows[sessions.hash_token(token)].data_sealed = rows[sessions.hash_token(other)].data_sealed
    session.commit()
    opened = sessions.open_session(session, token=token, now=NOW)
    assert opened
    assert opened.data == {}


def test_what_can_open_nothing_any_more_is_pruned(session: Session) -> None:
    begin(session)
    assert sessions.prune_sessions(session, now=NOW + VISITOR_IDLE - MINUTE) == 0
    assert sessions.prune_sessions(session, now=NOW + VISITOR_IDLE) == 1


def test_writing_keeps_new_contents(session: Session) -> None:
    token = begin(session)
    sessions.write_session(session, token=token, data={"draft": "right knee"}, now=NOW + MINUTE)
    session.rollback()
    opened = sessions.open_session(session, token=token, now=NOW + MINUTE)
    assert opened
    assert opened.data == {"draft": "right knee"}
