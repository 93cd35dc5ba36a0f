"""Browser sessions in our own table: what opens them, and what ends them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.browsers import Device
from booking.core.merging import merged
from booking.models import LoginSession, ProvenBy
from booking.services import sessions
from booking.services.sessions import (
    ABSOLUTE,
    FRESH,
    KNOWN_AFTER_END,
    PATIENT_IDLE,
    SHARED_IDLE,
    STAFF_IDLE,
    VISITOR_IDLE,
    Arrival,
    Change,
    OpenSession,
)
from booking.services.transaction import transaction
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
    sessions.write_session(session, token=token, change=None, now=NOW + ABSOLUTE - MINUTE)
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


def test_a_login_that_ran_out_is_pruned_late(session: Session) -> None:
    begin(session, make_account(session).id)
    assert sessions.prune_sessions(session, now=NOW + KNOWN_AFTER_END - MINUTE) == 0
    assert sessions.prune_sessions(session, now=NOW + KNOWN_AFTER_END) == 1


def test_writing_keeps_new_contents(session: Session) -> None:
    token = begin(session)
    change = Change(before={"draft": "left knee"}, after={"draft": "right knee"})
    sessions.write_session(session, token=token, change=change, now=NOW + MINUTE)
    session.rollback()
    opened = sessions.open_session(session, token=token, now=NOW + MINUTE)
    assert opened
    assert opened.data == {"draft": "right knee"}


def test_a_patient_on_a_shared_computer_is_idle_sooner(session: Session) -> None:
    account_id = make_account(session).id
    token = sessions.begin_session(session, account_id=account_id, data={}, now=NOW, is_shared_computer=True)
    assert opens(session, token, SHARED_IDLE - MINUTE)
    assert not opens(session, token, SHARED_IDLE)


def test_another_role_ends_the_session_whoever_changed_it(session: Session) -> None:
    account = make_account(session, Role.SCHEDULER)
    token = begin(session, account.id)
    account.role = Role.ADMINISTRATOR
    session.commit()
    assert not opens(session, token)


def opened_by(session: Session, token: str, after: timedelta = MINUTE) -> OpenSession:
    session.rollback()
    opened = sessions.open_session(session, token=token, now=NOW + after)
    assert opened
    return opened


def test_a_proof_gives_a_new_id_and_is_fresh_for_a_while(session: Session) -> None:
    arrival = Arrival(Device("Firefox", "Linux"), "203.0.113.0/24")
    account_id = make_account(session).id
    token = sessions.begin_session(session, account_id=account_id, data={"draft": "x"}, now=NOW, arrival=arrival)
    assert sessions.is_fresh(opened_by(session, token), NOW + FRESH - MINUTE)
    later = NOW + FRESH
    assert not sessions.is_fresh(opened_by(session, token, FRESH), later)

    fresh = sessions.note_proven(session, token=token, proven_by=ProvenBy.SECOND_FACTOR, now=later)

    assert not opens(session, token, FRESH)
    opened = opened_by(session, fresh, FRESH)
    assert sessions.is_fresh(opened, later)
    assert opened.proven_by is ProvenBy.SECOND_FACTOR
    assert opened.data == {"draft": "x"}
    assert opened.expires_at == NOW + ABSOLUTE
    stored = session.scalars(sa.select(LoginSession)).one()
    assert sessions.network_of_session(session, stored.id_hash, stored.network_sealed) == "203.0.113.0/24"
    assert sessions.network_of_session(session, "other", stored.network_sealed) is None


def test_a_proof_in_a_session_that_has_ended_opens_nothing(session: Session) -> None:
    token = begin(session, make_account(session).id)
    sessions.end_session(session, token=token)
    fresh = sessions.note_proven(session, token=token, proven_by=ProvenBy.PASSWORD, now=NOW)
    assert not opens(session, fresh)


def test_visitors_have_proven_nothing(session: Session) -> None:
    assert not sessions.is_fresh(opened_by(session, begin(session)), NOW)


def test_all_sessions_of_an_account_end_but_the_one_that_may_stay(session: Session) -> None:
    ana, ben = make_account(session), make_account(session)
    tokens = [begin(session, ana.id), begin(session, ana.id), begin(session, ben.id)]
    with transaction(session):
        sessions.end_sessions_of(session, ana.id, except_token=tokens[0])
    assert [opens(session, token) for token in tokens] == [True, False, True]
    with transaction(session):
        sessions.end_sessions_of(session, ana.id)
    assert [opens(session, token) for token in tokens] == [False, False, True]


def test_only_time_lets_a_session_run_out(session: Session) -> None:
    account = make_account(session)
    token = begin(session, account.id)
    whose = sessions.run_out_account_or_none
    assert whose(session, token=token, now=NOW + MINUTE) is None
    assert whose(session, token=token, now=NOW + PATIENT_IDLE) == account.id
    session.rollback()
    sessions.run_out(session, token=token, now=NOW + MINUTE)
    assert not opens(session, token)
    assert whose(session, token=token, now=NOW + MINUTE) == account.id
    session.rollback()
    sessions.end_session(session, token=token)
    assert whose(session, token=token, now=NOW + PATIENT_IDLE) is None


SEEN = frozenset({"seen"})


def write_two_at_once(session: Session) -> dict[str, object]:
    """Two requests read the same contents; each changes something of its own; then each writes."""
    token = begin(session)
    before = opened_by(session, token).data
    first = Change(before, {**before, "seen": ["one"], "first": 1}, SEEN)
    second = Change(before, {"seen": ["two"], "second": 2}, SEEN)
    for change in (first, second):
        session.rollback()
        sessions.write_session(session, token=token, change=change, now=NOW + MINUTE)
    return opened_by(session, token).data


def test_of_two_requests_at_once_both_changes_stay(session: Session) -> None:
    assert write_two_at_once(session) == {"seen": ["one", "two"], "first": 1, "second": 2}


def test_written_whole_the_last_one_wins(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: contents that are not merged lose what the first request kept."""
    monkeypatch.setattr(sessions, "merged", lambda _stored, _before, after, **_: after)
    assert write_two_at_once(session) == {"seen": ["two"], "second": 2}
    assert merged({"a": 1}, {}, {"b": 2}) == {"a": 1, "b": 2}


def test_a_session_that_ended_while_a_request_was_at_work_is_no_alarm(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    """Its row is gone, which is not the same as a value that does not open."""
    token = begin(session)
    sessions.end_session(session, token=token)
    sessions.write_session(session, token=token, change=Change({}, {"draft": "right knee"}), now=NOW + MINUTE)
    assert caplog.messages == []
    assert not opens(session, token)
