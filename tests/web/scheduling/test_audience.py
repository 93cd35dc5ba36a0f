"""Services for patients with an account, and those that are arranged on the phone: who sees what, and the way there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.scheduling.clinic import Audience
from booking.models import Account, Service
from booking.web.scheduling.slot_choice import FORMAT
from tests.factories import make_account, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.scheduling.rows import appointments
from tests.web.walk import check_form, hold, present_hold, slots

ClientAs = Callable[[Account], FlaskClient]
TIMES = "/book/follow-up/times"
LOGGED_IN = "/account/log-in?next=/book/follow-up/times"


@pytest.fixture
def verified(session: Session) -> None:
    """Follow-ups are for patients with an account."""
    session.get_one(Service, 2).audience = Audience.VERIFIED
    clinic_changed(session)


@pytest.fixture
def arranged(session: Session) -> None:
    """Follow-ups are arranged on the phone."""
    session.get_one(Service, 2).contact_to_book = True
    clinic_changed(session)


def test_visitors_are_led_to_log_in_and_back(client: FlaskClient, verified: None) -> None:
    page = client.get("/book/").text
    assert f'href="{LOGGED_IN}"' in page
    assert "Log in to book this" in page
    page = client.get(TIMES)
    assert page.status_code == 200
    assert slots(page) == []
    assert f'href="{LOGGED_IN}"' in page.text


def test_a_patient_with_an_account_books_it(session: Session, client_as: ClientAs, verified: None) -> None:
    client = client_as(make_account(session, patients=(make_patient(session),)))
    assert "Log in to book this" not in client.get("/book/").text
    hold(client, slots(client.get(TIMES))[0])
    client.post("/book/details", data={"reason": "", **present_hold(client)})
    assert client.post("/book/check", data=check_form(client)).location.startswith("/book/confirmed/")
    assert [visit.service_id for visit in appointments(session)] == [2]


def test_a_visitor_who_presses_a_button_of_somebody_elses_page_is_refused(
    session: Session, client: FlaskClient, client_as: ClientAs, verified: None
) -> None:
    slot = slots(client_as(make_account(session)).get(TIMES))[0]
    answer = hold(client, slot)
    assert answer.status_code == 422
    assert "This kind of visit is for patients with an account. Please log in first." in answer.text


def test_what_is_arranged_on_the_phone_says_so_with_the_number(
    session: Session, client: FlaskClient, client_as: ClientAs, arranged: None
) -> None:
    for one in (client, client_as(make_account(session))):
        listed = one.get("/book/").text
        assert "Please call us to book:" in listed
        assert f'href="{TIMES}"' not in listed
        page = one.get(TIMES)
        assert "Please call us to book this" in page.text
        assert "tel:5550100" in page.text
        assert slots(page) == []


def test_a_time_of_it_is_refused_to_patients(client: FlaskClient, session: Session) -> None:
    slot = slots(client.get(TIMES))[0]
    session.get_one(Service, 2).contact_to_book = True
    clinic_changed(session)
    answer = hold(client, slot)
    assert answer.status_code == 422
    assert "This kind of visit is arranged on the phone. Please call us." in answer.text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"min_gap_days": 90}, "Between two visits of this kind there must be 90 days."),
        ({"min_gap_days": 1}, "The next visit of this kind can be on the following day at the earliest."),
        ({"visit_limit_count": 1, "visit_limit_days": 90}, "There can be one visit of this kind in 90 days."),
    ],
)
def test_rules_about_other_visits_are_said_when_the_patient_is_known(
    session: Session, client_as: ClientAs, values: dict[str, int], words: str
) -> None:
    ana = make_patient(session)
    client = client_as(make_account(session, patients=(ana,)))
    slot = slots(client.get(TIMES))[-1]
    starts_at = slot.rpartition("~")[2]
    for name, value in values.items():
        setattr(session.get_one(Service, 2), name, value)
    clinic_changed(session)
    at = datetime.strptime(starts_at, FORMAT).replace(tzinfo=UTC) - timedelta(hours=1)
    make_appointment(session, ana, service_id=2, starts_at=at, ends_at=at + timedelta(minutes=30))
    answer = hold(client, slot)
    assert answer.status_code == 422
    assert words in answer.text
    assert slot not in slots(client.get(f"{TIMES}?from={at.date()}"))
