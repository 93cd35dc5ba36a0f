"""Patients at the desk: finding one without a name in an address, and the page of one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.scheduling.lifecycle import AppointmentStatus as S
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.web.desk.desk_cast import ClientAs, dora, freeze, words


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


def search(client: FlaskClient, text: str, goal: str = "patients") -> str:
    return client.post("/desk/search", data={"text": text, "goal": goal}, follow_redirects=True).text


def test_a_search_shows_birth_date_phone_and_next_visit(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session, given_name="Ana", family_name="Álvarez", name_key="ana alvarez")
    make_appointment(session, ana)
    page = search(desk, "alv")
    assert "Álvarez, Ana 17 May 1980 555-0142 Monday 30 November 2026 at 9:00 am, Northside" in words(page)
    assert f'href="/desk/patients/{ana.public_id}" autofocus' in page


def test_no_name_stands_in_an_address(session: Session, desk: FlaskClient) -> None:
    answer = desk.post("/desk/search", data={"text": "Álvarez", "goal": "patients"})
    assert (answer.status_code, answer.location) == (303, "/desk/patients?found=1")
    assert desk.get("/desk/patients?q=lvarez").text.count("lvarez") == 0


def test_a_search_begins_anew_from_the_header(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session, name_key="ana alvarez")
    search(desk, "alv")
    assert ana.public_id not in desk.get("/desk/patients").text


@pytest.mark.parametrize("text", ["nobody", "<script>"])
def test_whom_nothing_fits_is_said(desk: FlaskClient, text: str) -> None:
    page = search(desk, text)
    assert "No patient fits" in page
    assert "<script>" not in page


@pytest.mark.parametrize("goal", ["patients", "book"])
@pytest.mark.parametrize("text", ["a", "%", "a b"])
def test_whoever_types_too_little_is_told_to_type_more(desk: FlaskClient, text: str, goal: str) -> None:
    page = search(desk, text, goal)
    assert "Type at least 2 letters." in page
    assert "No patient fits" not in page


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_search_finds_nothing(session: Session, desk: FlaskClient, text: str) -> None:
    ana = make_patient(session)
    page = search(desk, text)
    assert ana.public_id not in page
    assert "No patient fits" not in page


@pytest.mark.parametrize("text", ["x" * 101, "ana\x00", "a\nb"])
def test_what_cannot_be_looked_for_is_refused(desk: FlaskClient, text: str) -> None:
    answer = desk.post("/desk/search", data={"text": text, "goal": "book"})
    assert answer.status_code == 422
    assert "Error:" in answer.text


def test_a_search_for_an_unknown_goal_is_one_for_patients(desk: FlaskClient) -> None:
    assert desk.post("/desk/search", data={"text": "x", "goal": "//evil"}).location == "/desk/patients?found=1"


def test_more_than_can_be_shown_is_said(session: Session, desk: FlaskClient) -> None:
    for number in range(21):
        make_patient(session, name_key=f"ana alvarez{number}")
    page = search(desk, "alv")
    assert "20 patients, and more: type more of the name" in words(page)


def test_the_page_of_a_patient_shows_what_is_coming_and_what_was(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(
        session, given_name="Ana", family_name="Álvarez", born_on=date(1962, 2, 3), phone=None, email=None
    )
    make_appointment(session, ana)
    make_appointment(session, ana, starts_at=NOW - timedelta(days=7), status=S.DONE)
    make_appointment(session, ana, starts_at=NEXT_MONDAY_9 + timedelta(days=1), status=S.CANCELLED)
    text = words(desk.get(f"/desk/patients/{ana.public_id}").text)
    coming, _, past = text.partition("Past and canceled")
    assert "Date of birth 3 February 1962 Phone none E-mail none: messages cannot be sent" in coming
    assert "Coming Monday 30 November 2026 at 9:00 am" in coming
    assert "Tuesday 1 December 2026 at 9:00 am" in past
    assert "Monday 16 November 2026 at 8:00 am" in past


def test_a_visit_elsewhere_shows_when_and_where_and_no_more(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session)
    visit = make_appointment(session, ana, location_id=2, specialist_id=3, status=S.ARRIVED)
    page = desk.get(f"/desk/patients/{ana.public_id}").text
    assert visit.public_id not in page
    assert "Monday 30 November 2026 at 8:00 am at another location: Lakeview" in words(page)
    assert "Dr Eva Lind" not in page


def test_somebody_without_visits_has_a_page(session: Session, desk: FlaskClient) -> None:
    text = words(desk.get(f"/desk/patients/{make_patient(session).public_id}").text)
    assert "No visit is booked." in text
    assert "No earlier visit." in text


@pytest.mark.parametrize("path", ["/desk/patients/AAAAAAAAAAAAAAAAAAAAAA", "/desk/patients/1", "/desk/patients/x'--"])
def test_an_unknown_patient_is_a_missing_page(desk: FlaskClient, path: str) -> None:
    assert desk.get(path).status_code == 404
