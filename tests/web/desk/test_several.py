"""Several visits of one patient at once: found together, read aloud together, booked together or not at all."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.models import Patient, Service
from tests.factories import NEXT_MONDAY_9, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.desk.desk_cast import ClientAs, dora, eli, freeze, hrefs, visits, words

WEEK = timedelta(days=7)
FOLLOW_UP = "follow-up~northside~~dr-cruz~20261130T1400Z"
THREE_WEEKS = {"count": "3", "every": "1", "unit": "weeks"}


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


@pytest.fixture
def ana(session: Session) -> Patient:
    return make_patient(session)


def check_url(patient: Patient, slot: str = FOLLOW_UP, **pattern: str) -> str:
    asked = "&".join(f"{name}={value}" for name, value in {**THREE_WEEKS, **pattern}.items())
    return f"/desk/book/several/check?patient={patient.public_id}&slot={slot}&{asked}"


def sent_by(page: str) -> dict[str, str]:
    """What a browser sends of the page as it stands: hidden inputs and the radio buttons that are checked."""
    sent = {}
    for tag in re.findall(r"<input[^>]*>", page):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if found.get("name", "").startswith(("slot-", "nonce")) and (found["type"] == "hidden" or " checked" in tag):
            sent[found["name"]] = html.unescape(found["value"])
    return sent


def book_all(client: FlaskClient, address: str, page: str = "", **data: str) -> TestResponse:
    return client.post(address, data={**sent_by(page or client.get(address).text), **data})


def starts(session: Session) -> list[Any]:
    return [visit.starts_at for visit in visits(session)]


def test_the_way_begins_at_the_patient_and_at_their_next_times(desk: FlaskClient, ana: Patient) -> None:
    for page in ("/desk/patients/" + ana.public_id, f"/desk/book?patient={ana.public_id}&service=follow-up"):
        [link] = hrefs(desk.get(page).text, "/desk/book/several")
        assert "Book several visits: when is the first?" in words(desk.get(link).text)


def test_the_first_time_leads_to_all_of_them(desk: FlaskClient, ana: Patient) -> None:
    query = {"patient": ana.public_id, "service": "follow-up", "start": "2026-11-30", **THREE_WEEKS}
    page = desk.get("/desk/book/several", query_string=query).text
    assert "3 visits, one a week." in words(page)
    first = hrefs(page, "/desk/book/several/check")[0]
    said = words(desk.get(first).text)
    for day in ("30 November", "7 December", "14 December"):
        assert re.search(rf"Monday {day} 2026 at 9:00 am Dr \w+ \w+ Free", said)


def test_all_are_booked_and_shown_with_the_patient(session: Session, desk: FlaskClient, ana: Patient) -> None:
    answer = book_all(desk, check_url(ana), needs="wheelchair")
    assert answer.location == f"/desk/patients/{ana.public_id}"
    assert starts(session) == [NEXT_MONDAY_9, NEXT_MONDAY_9 + WEEK, NEXT_MONDAY_9 + 2 * WEEK]
    assert "3 visits are booked." in words(desk.get(answer.location).text)


def test_a_new_patient_is_made_with_the_visits(session: Session, desk: FlaskClient) -> None:
    typed = {
        "given_name": "Nora", "family_name": "New", "born_on-day": "2", "born_on-month": "3", "born_on-year": "1970",
        "phone": "555-0199",
    }  # fmt: skip
    times = desk.post("/desk/book/new", data=typed).location
    [link] = hrefs(desk.get(times).text, "/desk/book/several")
    first = hrefs(desk.get(f"{link}&service=follow-up&start=2026-11-30").text, "/several/check")[0]
    answer = book_all(desk, first)
    assert "Nora New" in words(desk.get(answer.location).text)
    assert len(visits(session)) == 4


@pytest.mark.parametrize("is_any", [True, False])
def test_anybody_may_give_the_later_ones(session: Session, desk: FlaskClient, ana: Patient, is_any: bool) -> None:
    make_appointment(session, starts_at=NEXT_MONDAY_9 + WEEK)
    slot = FOLLOW_UP.replace("~~", "~any~") if is_any else FOLLOW_UP
    said = words(desk.get(check_url(ana, slot)).text)
    assert ("Not possible" in said) is not is_any


def test_a_taken_time_has_others_beside_it_and_the_nearest_is_chosen(
    session: Session, desk: FlaskClient, ana: Patient
) -> None:
    make_appointment(session, starts_at=NEXT_MONDAY_9 + WEEK)
    page = desk.get(check_url(ana)).text
    assert "Monday 7 December 2026 at 9:00 am Not possible That time is taken." in words(page)
    assert len(re.findall(r'name="slot-2" type="radio"', page)) == 4
    assert book_all(desk, check_url(ana), page).status_code == 303
    own = [visit for visit in visits(session) if visit.patient_id == ana.id]
    assert len(own) == 3
    assert own[1].starts_at != NEXT_MONDAY_9 + WEEK


def test_a_visit_may_be_left_out(session: Session, desk: FlaskClient, ana: Patient) -> None:
    answer = book_all(desk, check_url(ana), **{"slot-2": "-"})
    assert answer.status_code == 303
    assert starts(session) == [NEXT_MONDAY_9, NEXT_MONDAY_9 + 2 * WEEK]


def test_when_all_are_left_out_nothing_is_booked(session: Session, desk: FlaskClient, ana: Patient) -> None:
    answer = book_all(desk, check_url(ana), **{f"slot-{number}": "-" for number in (1, 2, 3)})
    assert answer.status_code == 422
    assert "Leave at least one visit in." in answer.text
    assert visits(session) == []


def test_lost_races_are_named_one_by_one_and_the_rest_is_kept(
    session: Session, desk: FlaskClient, ana: Patient
) -> None:
    page = desk.get(check_url(ana)).text
    session.rollback()
    for weeks in (1, 2):
        make_appointment(session, starts_at=NEXT_MONDAY_9 + weeks * WEEK)
    answer = book_all(desk, check_url(ana), page, **{"slot-1": "-"})
    assert answer.status_code == 409
    said = words(answer.text)
    for number, day in ((2, "7th"), (3, "14th")):
        at_nine = rf"Visit {number}: Monday[\w ,]* the {day}[\w ,]* at 9:00 am with Dr Maria Cruz at Northside\."
        sentence = rf"{at_nine} That time is taken\."
        assert re.search(sentence, said), said
    assert "9:00 am Left out" in said
    assert len([visit for visit in visits(session) if visit.patient_id == ana.id]) == 0
    assert book_all(desk, check_url(ana), answer.text).status_code == 303
    assert len([visit for visit in visits(session) if visit.patient_id == ana.id]) == 2


def test_where_anybody_will_do_another_specialist_has_the_time(
    session: Session, desk: FlaskClient, ana: Patient
) -> None:
    address = check_url(ana, FOLLOW_UP.replace("~~", "~any~"))
    page = desk.get(address).text
    named = sent_by(page)["slot-1"].split("~")[3]
    session.rollback()
    make_appointment(session, specialist_id={"dr-cruz": 1, "dr-adeyemi": 2}[named])
    answer = book_all(desk, address, page)
    assert answer.status_code == 409
    assert "Visit 1: Monday" in words(answer.text)
    assert re.search(
        r"1\. Monday 30 November 2026 at 9:00 am Dr \w+ \w+ Free in place of Dr \w+ \w+ Visit 2\.", words(answer.text)
    )
    assert sent_by(answer.text)["slot-1"].split("~")[3] != named
    assert sent_by(answer.text)["slot-2"] == sent_by(page)["slot-2"]
    assert book_all(desk, address, answer.text).status_code == 303


def test_another_time_that_was_chosen_is_kept(session: Session, desk: FlaskClient, ana: Patient) -> None:
    other = FOLLOW_UP.replace("T1400Z", "T1600Z")
    answer = book_all(desk, check_url(ana), **{"slot-1": other, "nonce": ""})
    assert answer.status_code == 422
    assert "11:00 am Dr Maria Cruz Free in place of Monday 30 November 2026 at 9:00 am" in words(answer.text)
    assert sent_by(answer.text)["slot-1"] == other


@pytest.mark.parametrize("forged", ["x", FOLLOW_UP.replace("northside", "lakeview")])
def test_a_time_that_the_page_did_not_say_is_the_wished_one(
    session: Session, desk: FlaskClient, ana: Patient, forged: str
) -> None:
    assert book_all(desk, check_url(ana), **{"slot-1": forged}).status_code == 303
    assert starts(session)[0] == NEXT_MONDAY_9


def test_rules_for_patients_ask_once_for_a_reason(session: Session, desk: FlaskClient, ana: Patient) -> None:
    session.execute(sa.update(Service).values(min_gap_days=14))
    clinic_changed(session)
    page = desk.get(check_url(ana)).text
    assert "Visit 2: This is too close to another visit of this kind that the patient has." in words(page)
    assert "Visit 1:" not in words(page)
    refused = book_all(desk, check_url(ana), page)
    assert refused.status_code == 422
    assert "Say why it is booked all the same" in refused.text
    assert visits(session) == []
    assert book_all(desk, check_url(ana), page, override_reason="specialist_agreed").status_code == 303
    assert len(visits(session)) == 3


def test_the_same_form_sent_twice_books_once(session: Session, desk: FlaskClient, ana: Patient) -> None:
    data = sent_by(desk.get(check_url(ana)).text)
    locations = {desk.post(check_url(ana), data=data).location for _ in range(2)}
    assert locations == {f"/desk/patients/{ana.public_id}"}
    with desk.session_transaction() as browser:
        browser.pop("desk_booked")
    assert desk.post(check_url(ana), data=data).status_code == 303
    assert len(visits(session)) == 3


@pytest.mark.parametrize(
    ("every", "unit", "is_read"),
    [("2", "weeks", True), ("90", "days", True), ("12", "weeks", True), ("0", "days", False), ("91", "days", False),
     ("13", "weeks", False), ("two", "weeks", False), ("", "days", False), ("1", "months", True)],
)  # fmt: skip
def test_odd_rows_are_said_to_be(desk: FlaskClient, ana: Patient, every: str, unit: str, is_read: bool) -> None:
    query = {"patient": ana.public_id, "every": every, "unit": unit, "count": "99"}
    answer = desk.get("/desk/book/several", query_string=query)
    assert answer.status_code == (200 if is_read else 422)
    assert ("Enter a number, of at most 90 days" in answer.text) is not is_read
    assert '<option value="4" selected>' in answer.text
    led = desk.get(check_url(ana, every=every, unit=unit))
    assert led.status_code == (200 if is_read else 303)


def test_days_apart_are_said(desk: FlaskClient, ana: Patient) -> None:
    said = words(desk.get(check_url(ana, every="1", unit="days")).text)
    assert "3 visits, one a day" in said
    assert "Wednesday 2 December 2026 at 9:00 am" in said


def test_what_cannot_be_read_leads_back(desk: FlaskClient, ana: Patient) -> None:
    assert desk.get("/desk/book/several").location == "/desk/book"
    assert desk.get(f"/desk/book/several/check?slot={FOLLOW_UP}").location == "/desk/book"
    assert desk.get(check_url(ana, "x")).location == f"/desk/book/several?patient={ana.public_id}"
    over = desk.get(check_url(ana, FOLLOW_UP.replace("20261130", "20261116")))
    assert over.status_code == 422
    assert "That time is already over." in over.text


def test_a_location_of_others_is_not_booked(session: Session, client_as: ClientAs, ana: Patient) -> None:
    client = eli(session, client_as)
    assert client.get(check_url(ana)).status_code == 303
    assert client.post(check_url(ana), data={"nonce": "n"}).status_code == 303
    assert visits(session) == []


def test_without_services_there_is_nothing_to_book(session: Session, desk: FlaskClient, ana: Patient) -> None:
    session.execute(sa.update(Service).values(location_ids=[2]))
    clinic_changed(session)
    answer = desk.get("/desk/book/several", query_string={"patient": ana.public_id})
    assert answer.status_code == 422
    assert "No service is given at your locations." in answer.text
