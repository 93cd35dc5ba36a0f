"""Why there are no times: the page names what stands in the way, in words, for the desk and for patients online."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Service
from tests.factories import NEXT_MONDAY_9, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.desk.desk_cast import ClientAs, dora, eli, freeze, hrefs, words

MONDAY = {"service": "first-consultation", "start": "30 Nov", "days": "1"}
CRUZ = {**MONDAY, "who": "dr-cruz"}


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


def why(client: FlaskClient, **arguments: str) -> str:
    return words(client.get("/desk/book/why", query_string=arguments).text)


def test_what_takes_the_time_of_a_specialist_is_named(session: Session, desk: FlaskClient) -> None:
    make_appointment(session)
    page = why(desk, **CRUZ)
    assert "First consultation Northside, New York (EST)" in page
    assert (
        "Mon 30 Nov Dr Maria Cruz Dr Maria Cruz is at Northside 9:00 am – 12:00 pm, 1:00 pm – 5:00 pm. "
        "Visits take 9:00 am – 9:45 am. 21 times are left."
    ) in page


def test_rules_for_patients_count_when_patients_are_meant(desk: FlaskClient) -> None:
    today = {**CRUZ, "start": "today"}
    assert "For the desk, whom notice and horizon do not bind." in why(desk, **today)
    assert "Notice of" not in why(desk, **today)
    page = why(desk, **today, whom="patients")
    assert "For patients who book online." in page
    assert "Notice of 2 hours removes 9:00 am – 10:00 am." in page


def test_what_it_would_be_without_a_rule_is_said(desk: FlaskClient) -> None:
    page = why(desk, service="phone-call", start="30 Nov", days="1", who="dr-cruz", whom="patients")
    assert "Patients cannot book this themselves: the clinic books it. Without this, 28 times would be free." in page


def test_the_visits_of_the_caller_stand_in_their_way(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session)
    make_appointment(session, ana, specialist_id=2, starts_at=NEXT_MONDAY_9 + timedelta(hours=1))
    page = desk.get("/desk/book/why", query_string={**CRUZ, "patient": ana.public_id}).text
    assert "The patient has another visit 10:00 am – 10:45 am." in words(page)
    [back] = hrefs(page, f"/desk/book?patient={ana.public_id}")
    assert desk.get(back).status_code == 200
    assert f'name="patient" value="{ana.public_id}"' in page


def test_without_a_caller_nobody_is_led_back(desk: FlaskClient) -> None:
    assert hrefs(desk.get("/desk/book/why").text, "/desk/book?") == []


def test_days_in_a_row_are_told_once(desk: FlaskClient) -> None:
    page = why(desk, **{**CRUZ, "start": "28 Nov", "days": "7"})
    assert "Sat 28 Nov – Sun 29 Nov Dr Maria Cruz" in page
    assert "Mon 30 Nov – Fri 4 Dec Dr Maria Cruz" in page


@pytest.mark.parametrize("days", ["", "0", "8", "9999", "x"])
def test_odd_numbers_of_days_are_a_week(desk: FlaskClient, days: str) -> None:
    assert "Mon 30 Nov – Fri 4 Dec Dr Maria Cruz" in why(desk, **{**CRUZ, "start": "28 Nov", "days": days})


def test_a_day_that_makes_no_sense_is_said(desk: FlaskClient) -> None:
    answer = desk.get("/desk/book/why", query_string={**CRUZ, "start": "soon"})
    assert answer.status_code == 422
    assert "Enter a day like 24 Nov" in answer.text


def test_another_location_is_not_explained(session: Session, client_as: ClientAs) -> None:
    page = why(eli(session, client_as), **MONDAY, location="northside")
    assert "Lakeview, Chicago (CST)" in page
    assert "Northside" not in page


def test_where_nothing_is_given_there_is_nothing_to_explain(session: Session, desk: FlaskClient) -> None:
    session.execute(sa.update(Service).values(location_ids=[2]))
    clinic_changed(session)
    answer = desk.get("/desk/book/why")
    assert answer.status_code == 422
    assert "No service is given at your locations." in answer.text


def test_the_page_of_times_says_at_once_why_there_are_none(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session)
    query = {"patient": ana.public_id, "service": "first-consultation", "who": "dr-lind", "location": "northside"}
    page = desk.get("/desk/book", query_string=query).text
    assert "Mon 23 Nov – Sun 29 Nov Dr Eva Lind Dr Eva Lind never works at Northside." in words(page)
    [link] = hrefs(page, "/desk/book/why")
    assert "Dr Eva Lind never works at Northside." in words(desk.get(link).text)


def test_the_page_of_times_leads_to_why_there_are_no_earlier_ones(session: Session, desk: FlaskClient) -> None:
    page = desk.get("/desk/book", query_string={"patient": make_patient(session).public_id}).text
    assert len(hrefs(page, "/desk/book/why")) == 1
    assert "Why not earlier?" in page
