"""The date of birth opens the whole visit in this browser; guessing it is slow."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent, LinkAction, LinkToken
from tests.web.mail_links import BORN, mailed_link, opened_by_mail

_FRESH = re.compile(r'name="csrf_token"[^>]*')
WRONG = {**BORN, "born_on-year": "1981"}


@pytest.fixture
def strict(app: Flask) -> None:
    """The limits of a clinic, not those of the tests."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], limits_factor=1)


def prove_url(visit: Appointment) -> str:
    return f"/visits/{visit.public_id}/birth-date"


def test_it_opens_the_whole_visit_in_this_browser_and_no_other(
    app: Flask, client: FlaskClient, session: Session, visit: Appointment
) -> None:
    opened_by_mail(client, session, visit)
    answer = client.post(prove_url(visit), data=BORN)
    assert (answer.status_code, answer.location) == (303, f"/visits/{visit.public_id}")
    page = client.get(f"/visits/{visit.public_id}").text
    for word in ("First consultation", "Dr Maria Cruz", visit.reference, "Alvarez", "Answer your questions"):
        assert word in page
    other = opened_by_mail(app.test_client(), session, visit)
    assert visit.reference not in other.get(f"/visits/{visit.public_id}").text
    assert session.scalars(sa.select(AuditEvent.action)).all() == ["birth_date_given"]


def test_it_opens_no_longer_than_the_link(client: FlaskClient, session: Session, visit: Appointment) -> None:
    opened_by_mail(client, session, visit, is_proven=True)
    session.execute(sa.update(LinkToken).values(expires_at=utc_now()))
    session.commit()
    assert client.get(f"/visits/{visit.public_id}").status_code == 303


def test_it_lets_a_link_do_no_more_than_before(client: FlaskClient, session: Session, visit: Appointment) -> None:
    opened_by_mail(client, session, visit, LinkAction.CONFIRM_VISIT, is_proven=True)
    assert "/cancel" not in client.get(f"/visits/{visit.public_id}").text
    assert client.post(f"/visits/{visit.public_id}/cancel").status_code == 403


@pytest.mark.usefixtures("strict")
def test_a_wrong_one_gets_the_same_answer_each_time_and_soon_none(
    client: FlaskClient, session: Session, visit: Appointment
) -> None:
    opened_by_mail(client, session, visit)
    answers = [client.post(prove_url(visit), data=WRONG) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "This is not the date of birth that we have." in answers[0].text
    assert len({_FRESH.sub("", answer.text) for answer in answers[:5]}) == 1
    assert client.post(prove_url(visit), data=BORN).status_code == 429, "the right one waits as well"
    assert visit.reference not in client.get(f"/visits/{visit.public_id}").text
    session.rollback()
    told = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert sorted(told) == ["birth_date_refused"] * 5 + ["tries_slowed"]


@pytest.mark.usefixtures("strict")
def test_a_new_link_is_no_new_start_for_guessing(app: Flask, session: Session, visit: Appointment) -> None:
    for _ in range(5):
        browser = opened_by_mail(app.test_client(), session, visit)
        assert browser.post(prove_url(visit), data=WRONG).status_code == 422
    browser = opened_by_mail(app.test_client(), session, visit)
    assert browser.post(prove_url(visit), data=BORN).status_code == 429


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("typed", [{}, {**BORN, "born_on-day": "32"}, {**BORN, "born_on-year": "3000"}])
def test_what_is_no_date_of_birth_costs_no_try(
    client: FlaskClient, session: Session, visit: Appointment, typed: dict[str, str]
) -> None:
    opened_by_mail(client, session, visit)
    for _ in range(7):
        assert client.post(prove_url(visit), data=typed).status_code == 422


def test_without_a_link_there_is_nothing_to_prove(client: FlaskClient, visit: Appointment) -> None:
    known, unknown = (client.post(f"/visits/{one}/birth-date", data=BORN) for one in (visit.public_id, "A" * 22))
    assert known.location.startswith("/account/log-in")
    assert unknown.location.startswith("/account/log-in")


def test_whoever_wanted_the_questions_gets_there(client: FlaskClient, session: Session, visit: Appointment) -> None:
    opened_by_mail(client, session, visit)
    wanted = f"/visits/{visit.public_id}/forms/"
    asked = client.get(wanted)
    assert asked.location == f"/visits/{visit.public_id}/birth-date?next={wanted}"
    assert "One question for your privacy" in client.get(asked.location).text
    assert client.post(asked.location, data=BORN).location == wanted
    assert client.get(wanted).status_code == 200
    assert client.get(asked.location).location == wanted, "nobody is asked twice"


@pytest.mark.parametrize("wanted", ["//evil.example", "/account/", "https://evil.example/visits/", "/visits/other"])
def test_it_leads_nowhere_else(client: FlaskClient, session: Session, visit: Appointment, wanted: str) -> None:
    opened_by_mail(client, session, visit)
    answer = client.post(prove_url(visit), query_string={"next": wanted}, data=BORN)
    assert answer.location == f"/visits/{visit.public_id}"


def test_the_page_after_booking_is_for_whoever_booked(
    client: FlaskClient, session: Session, visit: Appointment
) -> None:
    opened_by_mail(client, session, visit)
    page = f"/book/confirmed/{visit.public_id}"
    assert client.get(page).location == f"/visits/{visit.public_id}/birth-date?next={page}"


def test_a_visit_that_is_over_asks_as_well(client: FlaskClient, session: Session, visit: Appointment) -> None:
    link = mailed_link(session, visit)
    visit.status = AppointmentStatus.CANCELLED
    session.commit()
    page = client.get(link, follow_redirects=True).text
    assert "Book again" in page
    assert "First consultation" not in page
