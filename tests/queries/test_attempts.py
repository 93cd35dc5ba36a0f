"""What administrators see of tries that were refused: counted by account, network, page and link, in few statements."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.attempts import Attempts, Worry, worries
from booking.models import AccountPatient, AuditEvent, Relation
from booking.queries.attempts import attempts
from booking.services import audit
from booking.services.transaction import transaction
from tests.factories import NOW, make_account, make_appointment, make_patient
from tests.services.statements import counted_statements

SINCE = NOW - timedelta(days=1)
HERE, THERE = Actor(network="~here"), Actor(network="~there")


def note(
    session: Session,
    action: str,
    reason: str | None = None,
    *,
    actor: Actor = HERE,
    kind: str = "account",
    number: int | None = None,
    times: int = 1,
    at: datetime = NOW,
    patient_id: int | None = None,
) -> None:
    with transaction(session):
        for _ in range(times):
            audit.record(session, actor, action, kind, number, now=at, reason_code=reason, patient_id=patient_id)


def seen(session: Session) -> Attempts:
    session.rollback()
    return attempts(session, since=SINCE)


def test_nothing_is_nothing(session: Session) -> None:
    assert seen(session) == Attempts((), (), (), (), ())
    assert worries(seen(session)) == ()


def test_tries_before_the_span_are_left_out(session: Session) -> None:
    ana = make_account(session)
    note(session, "log_in_refused", "wrong_log_in", number=ana.id, times=3, at=SINCE - timedelta(seconds=1))
    note(session, "log_in_refused", "wrong_log_in", number=ana.id, times=2)
    assert seen(session).count("log_in_refused") == seen(session).accounts[0].passwords == 2


def test_an_account_tells_what_failed_from_how_many_networks_and_who_got_in(session: Session) -> None:
    patient = make_patient(session)
    ana, fay = make_account(session, patients=(patient,)), make_account(session, Role.ADMINISTRATOR)
    make_account(session, patients=(patient,))
    session.execute(sa.update(AccountPatient).where(AccountPatient.account_id == ana.id).values(relation=Relation.SELF))
    session.commit()
    note(session, "log_in_refused", "wrong_log_in", number=ana.id, times=4)
    note(session, "log_in_refused", "wrong_log_in", number=ana.id, actor=THERE)
    note(session, "tries_slowed", "log_in_account", number=ana.id)
    note(session, "logged_in", "password", number=ana.id, at=NOW + timedelta(minutes=1))
    note(session, "log_in_refused", "second_step", number=fay.id, times=3)
    note(session, "proof_refused", "password", number=fay.id)
    note(session, "logged_in", "password", number=make_account(session).id)
    first, second = seen(session).accounts
    assert (first.public_id, first.second_steps, first.passwords, first.is_staff) == (fay.public_id, 3, 1, True)
    assert (second.passwords, second.networks, second.was_slowed, second.is_staff) == (5, 2, True, False)
    assert second.patient_public_id == patient.public_id
    assert (second.last_at, second.entered_at) == (NOW, NOW + timedelta(minutes=1))
    assert (first.entered_at, first.patient_public_id) == (None, None)
    assert worries(seen(session)) == (Worry.PASSWORD_KNOWN, Worry.GUESSED)


def test_a_network_that_tries_many_accounts_is_told(session: Session) -> None:
    for account in (make_account(session) for _ in range(3)):
        note(session, "log_in_refused", "wrong_log_in", number=account.id, times=2)
    note(session, "log_in_refused", "wrong_log_in")
    note(session, "log_in_refused", "wrong_log_in", actor=THERE, number=account.id)
    assert worries(seen(session)) == ()
    note(session, "log_in_refused", "wrong_log_in")
    note(session, "tries_slowed", "log_in_network")
    note(session, "logged_in", "password", number=account.id)
    here, there = seen(session).networks
    assert (here.network, here.tries, here.accounts, here.unknown) == ("~here", 8, 3, 2)
    assert (here.was_slowed, here.entered, there.was_slowed, there.entered) == (True, 1, False, 0)
    assert worries(seen(session)) == (Worry.MANY_ACCOUNTS,)


def test_a_flood_is_told(session: Session) -> None:
    note(session, "tries_slowed", "log_in_everyone")
    assert worries(seen(session)) == (Worry.FLOOD,)


def test_whoever_tries_pages_of_others_is_told(session: Session) -> None:
    ben = make_account(session)
    own = Actor(ben.id, Role.PATIENT, network="~here")
    note(session, "access_refused", "visits.visit", actor=own, kind="nowhere", times=18)
    note(session, "access_refused", "desk.index", actor=own, kind="visit_page", number=7)
    assert worries(seen(session)) == ()
    note(session, "access_refused", "visits.visit", actor=own, kind="visit_page", number=8)
    [refused] = seen(session).refused
    assert (refused.public_id, refused.refusals, refused.real, refused.is_staff) == (ben.public_id, 20, 2, False)
    assert seen(session).count("access_refused") == 20
    assert worries(seen(session)) == (Worry.MANY_REFUSALS,)


def test_a_link_whose_holder_does_not_know_the_date_of_birth_is_told(session: Session) -> None:
    visit = make_appointment(session)
    for actor in (HERE, THERE, THERE):
        note(
            session, "birth_date_refused", actor=actor, kind="appointment", number=visit.id,
            patient_id=visit.patient_id,
        )  # fmt: skip
    [link] = seen(session).links
    assert (link.visit_public_id, link.wrong, link.networks) == (visit.public_id, 3, 2)
    assert worries(seen(session)) == (Worry.LINK_GUESSED,)


@pytest.mark.parametrize("accounts", [0, 30])
def test_five_statements_whatever_there_is(session: Session, accounts: int) -> None:
    for _ in range(accounts):
        note(session, "log_in_refused", "wrong_log_in", number=make_account(session).id)
    with counted_statements(session) as sent:
        found = attempts(session, since=SINCE)
    assert len(found.accounts) == min(accounts, 20)
    assert len(sent) == 5


def plans(session: Session) -> list[str]:
    """How the database goes about each statement of the page."""
    explain = "EXPLAIN QUERY PLAN " if session.get_bind().dialect.name == "sqlite" else "EXPLAIN "
    sent: list[tuple[str, Any]] = []

    def keep(_connection: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        sent.append((statement, parameters))

    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", keep)
    attempts(session, since=SINCE)
    sa.event.remove(connection, "before_cursor_execute", keep)
    rows = [connection.exec_driver_sql(explain + statement, parameters).all() for statement, parameters in sent]
    return ["\n".join(str(cell) for row in found for cell in row) for found in rows]


def analyze(session: Session) -> None:
    """As autovacuum does on PostgreSQL; nobody does it on SQLite."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("ANALYZE audit_event"))


def test_a_busy_day_of_looking_is_not_read_through(session: Session) -> None:
    """28,800 events a day that are nobody's tries cost half a second here once, and the first page with it."""
    looks = [
        {"at": NOW, "actor_kind": "account", "action": "patient_seen", "object_kind": kind, "object_id": 1}
        for kind in ("account", "appointment")
    ]
    session.execute(sa.insert(AuditEvent), looks * 2000)
    session.commit()
    analyze(session)
    found = plans(session)
    assert len(found) == 5
    assert all("ix_audit_event_action_at" in plan for plan in found), found
    assert not any("ix_audit_event_object_kind_object_id" in plan for plan in found), found
