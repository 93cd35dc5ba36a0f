"""Visits by video or phone: nobody is sent to the clinic's street, on pages, in mails or in calendars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.scheduling.clinic import VisitMode
from booking.models import Account, Appointment, Service
from tests.factories import make_account, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.mail_links import opened_by_mail
from tests.web.walk import book, give_details, hold

ClientAs = Callable[[Account], FlaskClient]

STREET = "12 Main Street"
VIDEO_WORDS = "By video. You join from the page of your visit."
PHONE_WORDS = "By phone, we call you at 555-0142"


@pytest.fixture(params=[(VisitMode.VIDEO, VIDEO_WORDS), (VisitMode.PHONE, PHONE_WORDS)], ids=["video", "phone"])
def words(request: pytest.FixtureRequest, session: Session) -> str:
    """What pages say of the first consultation, which is one of the two here."""
    mode, said = request.param
    session.get_one(Service, 1).mode = mode
    clinic_changed(session)
    return str(said)


def visit_in_a_week(session: Session, phone: str | None = "555-0142") -> tuple[Account, Appointment]:
    ana = make_patient(session, phone=phone)
    starts_at = utc_now().replace(second=0, microsecond=0) + timedelta(days=7)
    visit = make_appointment(session, ana, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=45))
    return make_account(session, patients=(ana,)), visit


def test_pages_of_a_visit_say_how(session: Session, client_as: ClientAs, words: str) -> None:
    account, visit = visit_in_a_week(session)
    client = client_as(account)
    for page in ("/visits/", f"/visits/{visit.public_id}", f"/visits/{visit.public_id}/cancel"):
        text = client.get(page).text
        assert words in text, page
        assert STREET not in text, page
        assert "Where" not in text, page


def test_the_calendar_names_no_place(session: Session, client_as: ClientAs, words: str) -> None:
    account, visit = visit_in_a_week(session)
    assert "LOCATION" not in client_as(account).get(f"/visits/{visit.public_id}/calendar.ics").text


def test_booking_says_how_on_every_screen(client: FlaskClient, words: str) -> None:
    mode_words = "by video" if words == VIDEO_WORDS else "by phone"
    hold(client)
    assert f"· {mode_words}" in client.get("/book/details").text
    give_details(client, phone="555-0142")
    checked = client.get("/book/check").text
    assert words in checked
    assert STREET not in checked
    page = client.get(f"/book/confirmed/{book(client, phone='555-0142')}").text
    assert words in page
    assert STREET not in page


def test_a_mailed_link_does_not_show_the_number(session: Session, client: FlaskClient) -> None:
    session.get_one(Service, 1).mode = VisitMode.PHONE
    clinic_changed(session)
    visit = visit_in_a_week(session)[1]
    opened_by_mail(client, session, visit)
    page = client.get(f"/visits/{visit.public_id}").text
    assert "By phone, we call you" in page
    assert "555-0142" not in page


def test_without_a_number_none_is_named(session: Session, client_as: ClientAs) -> None:
    session.get_one(Service, 1).mode = VisitMode.PHONE
    clinic_changed(session)
    account, visit = visit_in_a_week(session, phone=None)
    page = client_as(account).get(f"/visits/{visit.public_id}").text
    assert "By phone, we call you" in page
    assert "we call you at" not in page
