"""The administrators' page of the log with its filters, and the patients' page of who looked at their data."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.models import Account, AuditEvent, Patient
from booking.models.base import new_public_id
from booking.services import audit
from booking.services.audit_reads import Seen, record_looks
from booking.services.merging import merge_patients, undo_merge
from booking.services.transaction import transaction
from booking.web.audit import words
from booking.web.audit.views import SHOWN
from tests.factories import make_account, make_appointment, make_patient
from tests.web.statements import counted

ClientAs = Callable[[Account], FlaskClient]


@pytest.fixture
def ana(session: Session) -> Patient:
    return make_patient(session, family_name="Alvarez")


@pytest.fixture
def dora(session: Session) -> Account:
    return make_account(session, Role.SCHEDULER, name="Dora Ashby", location_ids=(1,))


@pytest.fixture
def cruz(session: Session) -> Account:
    return make_account(session, Role.SPECIALIST, name="Dr Maria Cruz", resource_id=1)


@pytest.fixture
def fay(session: Session, client_as: ClientAs) -> FlaskClient:
    return client_as(make_account(session, Role.ADMINISTRATOR, name="Fay"))


def note(
    session: Session, account: Account, action: str, patient: Patient | None = None, *, at: datetime | None = None
) -> None:
    session.rollback()
    actor = Actor(account.id, account.role, network="192.0.2.0/24")
    patient_id = patient.id if patient else None
    with transaction(session):
        audit.record(session, actor, action, "patient_page", patient_id, now=at or utc_now(), patient_id=patient_id)


def rows(page: str) -> list[str]:
    """Each row of the table as text."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in body.split("</tr>") if "<td" in row]


def test_an_event_is_a_sentence_with_time_patient_and_network(
    session: Session, fay: FlaskClient, dora: Account, ana: Patient
) -> None:
    note(session, dora, "patient_seen", ana)
    [row] = rows(fay.get("/admin/log").text)
    assert "Dora Ashby looked at the patient's page" in row.replace("&#39;", "'")
    assert "Ana Alvarez" in row
    assert "192.0.2.0/24" in row


def test_who_logs_in_is_named_and_who_is_refused_is_nobody_yet(
    session: Session, fay: FlaskClient, dora: Account
) -> None:
    session.rollback()
    with transaction(session):
        for action in ("logged_in", "log_in_refused"):
            audit.record(session, Actor(None, None), action, "account", dora.id, now=utc_now())
    refused, entered = rows(fay.get("/admin/log").text)
    assert "Dora Ashby logged in" in entered
    assert "Somebody without a login tried to log in" in refused


def test_reading_the_log_is_in_the_log(fay: FlaskClient) -> None:
    fay.get("/admin/log")
    [row] = rows(fay.get("/admin/log").text)
    assert "Fay read this log" in row


@pytest.mark.parametrize("query", [
    "who={cruz}", "what=refused", "since=2026-11-20&until=2026-11-20", "patient={ben}"
])  # fmt: skip
def test_each_filter_leaves_what_fits(
    session: Session, fay: FlaskClient, dora: Account, cruz: Account, ana: Patient, query: str
) -> None:
    ben = make_patient(session, given_name="Ben")
    for action in ("patient_seen", "appointment_booked"):
        note(session, dora, action, ana)
    note(session, cruz, "access_refused", ben, at=datetime.fromisoformat("2026-11-21T04:30:00+00:00"))
    [row] = rows(fay.get(f"/admin/log?{query.format(cruz=cruz.public_id, ben=ben.public_id)}").text)
    assert "Dr Maria Cruz was refused a page Refused" in row


def test_filters_that_cannot_be_read_are_told(fay: FlaskClient, ana: Patient) -> None:
    assert fay.get("/admin/log?since=yesterday").status_code == 422
    assert fay.get("/admin/log?who=nobody").status_code == 422
    assert fay.get(f"/admin/log?patient={new_public_id()}").status_code == 404
    assert fay.get("/admin/log?before=1e9").status_code == 404
    assert "Nothing of that kind" in fay.get(f"/admin/log?patient={ana.public_id}").text
    assert fay.get("/admin/log?who=system&what=changed").status_code == 200


def test_the_pages_of_the_log_follow_each_other(session: Session, fay: FlaskClient, dora: Account) -> None:
    actor = Actor(dora.id, Role.SCHEDULER)
    looks = [Seen("day_seen", "list", number, None) for number in range(SHOWN + 5)]
    record_looks(session, actor, looks, now=utc_now())
    first = fay.get("/admin/log?what=seen")
    older = re.search(r'href="([^"]*before=[^"]*)"', first.text)
    assert older
    second = fay.get(older[1].replace("&amp;", "&"))
    assert (len(rows(first.text)), len(rows(second.text))) == (SHOWN, 5)
    assert "what=seen" in older[1]


def test_a_long_log_takes_as_few_statements_as_a_short_one(
    app: Flask, session: Session, fay: FlaskClient, dora: Account, ana: Patient
) -> None:
    note(session, dora, "patient_seen", ana)
    fay.get("/admin/log")
    with counted(app) as short:
        fay.get("/admin/log")
    for number in range(20):
        note(session, dora, "patient_seen", make_patient(session, given_name=f"P{number}"))
    with counted(app) as long:
        fay.get("/admin/log")
    assert len(long) == len(short)


@pytest.fixture
def home(session: Session, client_as: ClientAs, ana: Patient) -> FlaskClient:
    return client_as(make_account(session, patients=(ana,), name="Ana Alvarez"))


def test_a_patient_sees_who_looked_by_name_where_they_know_them(
    session: Session, home: FlaskClient, dora: Account, cruz: Account, ana: Patient
) -> None:
    note(session, dora, "patient_seen", ana)
    note(session, cruz, "response_read", ana)
    page = " ".join(re.sub(r"<[^>]+>", " ", home.get("/account/who-looked").text).split())
    assert "The reception looked at your details and your visits" in page
    assert "Dr Maria Cruz read your answers to a form" in page
    assert "Dora" not in page


def test_a_patient_sees_nothing_of_others_and_not_what_they_did_themself(
    session: Session, home: FlaskClient, dora: Account, ana: Patient
) -> None:
    note(session, dora, "patient_seen", make_patient(session, given_name="Ben"))
    own = session.scalars(sa.select(Account).where(Account.role == Role.PATIENT)).one()
    note(session, own, "visit_seen", ana)
    note(session, dora, "access_refused", ana)
    assert "Nobody else has looked at it yet." in home.get("/account/who-looked").text


def test_looks_at_a_record_count_as_looks_at_the_one_it_became_part_of_and_no_longer_once_they_part(
    session: Session, home: FlaskClient, fay: FlaskClient, dora: Account, ana: Patient
) -> None:
    double, log, now = make_patient(session, given_name="Anna"), f"/admin/log?patient={ana.public_id}", utc_now()
    desk = Actor(dora.id, Role.SCHEDULER, location_ids=frozenset({1}))
    note(session, dora, "waiting_left", double)

    ids = {"kept_id": ana.id, "merged_id": double.id}
    merge = merge_patients(session, actor=desk, reason_code="booked_twice", now=now, **ids)
    assert "left the waiting list" in home.get("/account/who-looked").text
    assert "left the waiting list" in str(rows(fay.get(log).text))

    undo_merge(session, actor=desk, public_id=merge, now=now)
    assert "left the waiting list" not in home.get("/account/who-looked").text
    assert "left the waiting list" not in str(rows(fay.get(log).text))


def test_who_acts_for_several_sees_about_whom(
    session: Session, client_as: ClientAs, dora: Account, ana: Patient
) -> None:
    ben = make_patient(session, given_name="Ben")
    note(session, dora, "patient_seen", ben)
    page = client_as(make_account(session, patients=(ana, ben))).get("/account/who-looked").text
    assert "about Ben" in page


def test_the_account_page_leads_there(home: FlaskClient) -> None:
    assert "/account/who-looked" in home.get("/account/").text


def test_the_patients_page_leads_administrators_to_the_log(
    session: Session, client_as: ClientAs, fay: FlaskClient, dora: Account, ana: Patient
) -> None:
    assert f"/admin/log?patient={ana.public_id}" in fay.get(f"/desk/patients/{ana.public_id}").text
    assert "/admin/log" not in client_as(dora).get(f"/desk/patients/{ana.public_id}").text


def test_every_action_that_the_program_writes_has_its_words(session: Session, fay: FlaskClient, ana: Patient) -> None:
    make_appointment(session, ana, starts_at=utc_now() + timedelta(days=3))
    written = set(session.scalars(sa.select(AuditEvent.action)))
    assert written <= words.WORDS.keys()
    assert all(set(group) <= words.WORDS.keys() for _, group in words.KINDS.values())
    assert fay.get("/admin/log").status_code == 200
