"""Video visits and calls: patients are told how they meet when it is of use, staff can give a visit another room."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.core.scheduling.clinic import VisitMode
from booking.models import Account, Appointment, Patient, Resource, Service
from tests.factories import make_account, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.mail_links import opened_by_mail

ClientAs = Callable[[Account], FlaskClient]

STANDING, OWN = "https://video.example.org/dr-cruz", "https://video.example.org/another?pwd=1"


@pytest.fixture
def ana(session: Session) -> Patient:
    """First consultations are by video here, and Dr Cruz has a room for that."""
    session.get_one(Service, 1).mode = VisitMode.VIDEO
    session.get_one(Resource, 1).video_url = STANDING
    clinic_changed(session)
    return make_patient(session)


def visit_in(session: Session, patient: Patient, minutes: int) -> str:
    starts_at = utc_now().replace(second=0, microsecond=0) + timedelta(minutes=minutes)
    made: Appointment = make_appointment(session, patient, starts_at=starts_at)
    return made.public_id


def by_patient(session: Session, client_as: ClientAs, patient: Patient) -> FlaskClient:
    return client_as(make_account(session, patients=(patient,)))


def by_desk(session: Session, client_as: ClientAs, location_id: int = 1) -> FlaskClient:
    return client_as(make_account(session, Role.SCHEDULER, location_ids=(location_id,)))


def test_the_link_stands_on_the_page_just_before_the_visit_and_nowhere_else(
    session: Session, client_as: ClientAs, ana: Patient
) -> None:
    visit_id, client = visit_in(session, ana, 25), by_patient(session, client_as, ana)
    page = client.get(f"/visits/{visit_id}").text
    assert f'href="{STANDING}" rel="noopener noreferrer"' in page
    others = (
        "/visits/",
        f"/visits/{visit_id}/cancel",
        f"/visits/{visit_id}/change",
        f"/visits/{visit_id}/calendar.ics",
    )
    assert [other for other in others if "video.example.org" in client.get(other).text] == []


def test_before_that_the_page_says_when(session: Session, client_as: ClientAs, ana: Patient) -> None:
    page = by_patient(session, client_as, ana).get(f"/visits/{visit_in(session, ana, 3 * 24 * 60)}").text
    assert "The link will stand here half an hour before the visit: " in page
    assert "video.example.org" not in page


def test_where_there_is_no_room_patients_are_asked_to_call(session: Session, client_as: ClientAs, ana: Patient) -> None:
    session.get_one(Resource, 1).video_url = ""
    clinic_changed(session)
    page = by_patient(session, client_as, ana).get(f"/visits/{visit_in(session, ana, 10)}").text
    assert "please call us, and we tell you how to join" in page


def test_a_mailed_link_shows_it_only_after_the_date_of_birth(
    session: Session, client: FlaskClient, ana: Patient
) -> None:
    visit_id = visit_in(session, ana, 10)
    visit = session.query(Appointment).filter_by(public_id=visit_id).one()
    opened_by_mail(client, session, visit)
    assert "video.example.org" not in client.get(f"/visits/{visit_id}").text
    session.rollback()
    opened_by_mail(client, session, visit, is_proven=True)
    assert STANDING in client.get(f"/visits/{visit_id}").text


def test_the_desk_gives_the_visit_a_link_of_its_own_and_takes_it_away(
    session: Session, client_as: ClientAs, ana: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    visit_id = visit_in(session, ana, 20)
    desk, patient = by_desk(session, client_as), by_patient(session, client_as, ana)
    page = desk.get(f"/desk/visits/{visit_id}").text
    assert STANDING in page
    assert "Dr Maria Cruz’s own room" in page
    assert desk.get(f"/desk/visits/{visit_id}/video").status_code == 200
    kept = desk.post(f"/desk/visits/{visit_id}/video", data={"url": f" {OWN} "})
    assert kept.location == f"/desk/visits/{visit_id}"
    page = desk.get(kept.location).text
    assert OWN in unescape(page)
    assert "of this visit" in page
    assert "Video link given" in page
    assert OWN in unescape(patient.get(f"/visits/{visit_id}").text)
    desk.post(f"/desk/visits/{visit_id}/video", data={"url": ""})
    assert STANDING in patient.get(f"/visits/{visit_id}").text
    assert "example.org" not in caplog.text


@pytest.mark.parametrize(
    "url", ["http://video.example.org", "video.example.org", "https://x y", "https://" + "x" * 600]
)
def test_a_mistake_is_said_at_the_field_and_keeps_what_was_typed(
    session: Session, client_as: ClientAs, ana: Patient, url: str
) -> None:
    visit_id, desk = visit_in(session, ana, 20), by_desk(session, client_as)
    page = desk.post(f"/desk/visits/{visit_id}/video", data={"url": url})
    assert page.status_code == 422
    assert 'href="#url"' in page.text
    assert url in page.text


def test_other_visits_and_other_places_have_no_such_page(session: Session, client_as: ClientAs, ana: Patient) -> None:
    visit_id = visit_in(session, ana, 20)
    assert by_desk(session, client_as, 2).get(f"/desk/visits/{visit_id}/video").status_code == 404
    assert by_desk(session, client_as, 2).post(f"/desk/visits/{visit_id}/video", data={"url": OWN}).status_code == 404
    session.get_one(Service, 1).mode = VisitMode.IN_PERSON
    clinic_changed(session)
    desk = by_desk(session, client_as)
    assert desk.get(f"/desk/visits/{visit_id}/video").location == f"/desk/visits/{visit_id}"
    assert "Video link" not in desk.get(f"/desk/visits/{visit_id}").text


@pytest.mark.parametrize(
    ("phone", "words"),
    [("555-0142", "Is the number wrong? Call us at"), (None, "We have no phone number of you. Please call us")],
)
def test_a_call_says_the_number_and_what_to_do_about_it(
    session: Session, client_as: ClientAs, phone: str | None, words: str
) -> None:
    session.get_one(Service, 1).mode = VisitMode.PHONE
    clinic_changed(session)
    ben = make_patient(session, phone=phone)
    visit_id = visit_in(session, ben, 3 * 24 * 60)
    page = by_patient(session, client_as, ben).get(f"/visits/{visit_id}").text
    assert words in page
    assert ("We call you at 555-0142: " in page) is (phone is not None)
