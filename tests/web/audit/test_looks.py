"""Who looked at what is written down: once per look, for refusals too, and answers are not shown without it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.models import Account, Appointment, AuditEvent, Patient
from booking.models.base import new_public_id
from booking.services import audit_reads
from booking.services.audit_reads import Refusal, Seen, record_looks, record_refusal
from booking.web import audited
from tests.factories import NOW, make_account, make_appointment, make_patient
from tests.services.forms_cast import fill_peg, send, visit_of

ClientAs = Callable[[Account], FlaskClient]
LOOKS = ("visit_seen", "patient_seen", "answers_seen", "day_seen", "access_refused")


@pytest.fixture
def ana(session: Session) -> Patient:
    return make_patient(session)


@pytest.fixture
def visit(session: Session, ana: Patient) -> Appointment:
    return make_appointment(
        session, ana, starts_at=utc_now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    )


@pytest.fixture
def dora(session: Session) -> Account:
    return make_account(session, Role.SCHEDULER, location_ids=(1,))


def looks(session: Session) -> list[AuditEvent]:
    session.rollback()
    return list(session.scalars(sa.select(AuditEvent).where(AuditEvent.action.in_(LOOKS)).order_by(AuditEvent.seq)))


def test_a_visit_that_staff_open_is_one_event_however_often(
    session: Session, client_as: ClientAs, dora: Account, visit: Appointment
) -> None:
    desk = client_as(dora)
    for path in ("", "/change", ""):
        desk.get(f"/desk/visits/{visit.public_id}{path}")
    [seen, patient] = looks(session)
    assert (seen.action, seen.object_kind, seen.object_id) == ("visit_seen", "visit_page", visit.id)
    assert (seen.patient_id, seen.actor_account_id, seen.actor_kind) == (visit.patient_id, dora.id, "scheduler")
    assert (seen.network, len(seen.session_ref or "")) == ("127.0.0.0/24", 12)
    assert patient.action == "patient_seen"


def test_a_look_after_some_minutes_is_another_one(session: Session, dora: Account) -> None:
    actor, seen = Actor(dora.id, Role.SCHEDULER), [Seen("patient_seen", "patient_page", 7, 7)]
    for minutes in (0, 14, 20):
        record_looks(session, actor, seen, now=NOW + timedelta(minutes=minutes))
    assert [event.at for event in looks(session)] == [NOW, NOW + timedelta(minutes=20)]


def test_the_day_is_written_down_with_place_and_date(session: Session, client_as: ClientAs, dora: Account) -> None:
    desk = client_as(dora)
    for on in ("2026-11-30", "2026-12-01", "2026-11-30"):
        desk.get(f"/desk/day/{on}")
    assert [(event.object_id, event.reason_code, event.patient_id) for event in looks(session)] == [
        (1, "2026-11-30", None), (1, "2026-12-01", None)
    ]  # fmt: skip


def test_a_patient_who_reads_their_answers_is_written_down_without_their_network(
    session: Session, client_as: ClientAs, ana: Patient, visit: Appointment
) -> None:
    account = make_account(session, patients=(ana,))
    sent_form(session, account, ana, visit)
    assert client_as(account).get(f"/visits/{visit.public_id}/forms/peg/copy").status_code == 200
    [seen] = looks(session)
    assert (seen.action, seen.patient_id, seen.actor_kind) == ("answers_seen", ana.id, "patient")
    assert (seen.network or "").startswith("~")


def sent_form(session: Session, account: Account, ana: Patient, visit: Appointment) -> None:
    actor, found = Actor(account.id, Role.PATIENT, frozenset({ana.id})), visit_of(session, visit.id)
    fill_peg(session, actor, found, 4, 5, 6)
    send(session, actor, found)


@pytest.fixture
def broken_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_named: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(audited, "record_looks", refuse)
    monkeypatch.setattr(audited, "record_refusal", refuse)


@pytest.mark.usefixtures("broken_log")
def test_answers_that_cannot_be_written_down_are_not_shown(
    session: Session, client_as: ClientAs, ana: Patient, visit: Appointment
) -> None:
    account = make_account(session, patients=(ana,))
    sent_form(session, account, ana, visit)
    answer = client_as(account).get(f"/visits/{visit.public_id}/forms/peg/copy")
    assert answer.status_code == 503
    assert "PEG" not in answer.text


@pytest.mark.usefixtures("broken_log")
def test_the_desk_works_on_while_looks_cannot_be_written_down(
    client_as: ClientAs, dora: Account, visit: Appointment, caplog: pytest.LogCaptureFixture
) -> None:
    assert client_as(dora).get(f"/desk/visits/{visit.public_id}").status_code == 200
    assert "could not be written down" in caplog.text


def test_whoever_tries_the_visit_of_another_is_written_down(
    session: Session, client_as: ClientAs, visit: Appointment
) -> None:
    ben = make_account(session, patients=(make_patient(session, given_name="Ben"),))
    missing = new_public_id()
    for public_id in (visit.public_id, missing):
        assert client_as(ben).get(f"/visits/{public_id}").status_code == 404
    [foreign, nothing] = looks(session)
    assert (foreign.object_kind, foreign.object_id, foreign.patient_id) == ("visit_page", visit.id, visit.patient_id)
    assert (nothing.object_kind, nothing.object_id, nothing.reason_code) == ("nowhere", None, "visits.visit")


def test_a_role_that_may_not_is_written_down_and_a_missing_file_is_not(
    session: Session, client_as: ClientAs, ana: Patient
) -> None:
    browser = client_as(make_account(session, patients=(ana,)))
    assert browser.get("/desk/waiting").status_code == 403
    assert browser.get("/static/missing.css").status_code == 404
    assert browser.get("/no-such-page").status_code == 404
    assert [event.reason_code for event in looks(session)] == ["desk.waiting"]


def test_a_flood_of_refusals_ends_in_the_log(session: Session, monkeypatch: pytest.MonkeyPatch, dora: Account) -> None:
    monkeypatch.setattr(audit_reads, "MOST_REFUSALS", 3)
    for second in range(5):
        now = NOW + timedelta(seconds=second)
        record_refusal(session, Actor(dora.id, Role.SCHEDULER), Refusal("desk.visit", "x"), now=now)
    assert len(looks(session)) == 3
