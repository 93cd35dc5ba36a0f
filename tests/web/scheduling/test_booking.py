"""From a free time to a booked visit, with every answer that cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Account, Patient
from booking.services.sealed import open_text
from tests.factories import make_appointment, make_patient
from tests.web.scheduling.rows import appointments
from tests.web.walk import PERSON, TIMES, book, check_form, first_slot, give_details, hold, present_hold, slots

ClientAs = Callable[[Account], FlaskClient]


def test_a_guest_books_and_reads_all_about_it(client: FlaskClient, session: Session) -> None:
    visit_id = book(client)
    page = client.get(f"/book/confirmed/{visit_id}").text
    (visit,) = appointments(session)
    assert visit.reference in page
    assert "Your appointment is booked" in page
    assert "Bring a list of your medicines." in page
    assert "Do not stop or change any medicine unless your specialist tells you to." in page
    assert "/calendar.ics" in page
    assert "Make an account" in page


def test_what_was_typed_is_what_is_kept(client: FlaskClient, session: Session) -> None:
    book(client, booked_for_other="y")
    (visit,) = appointments(session)
    patient = session.get_one(Patient, visit.patient_id)
    assert (patient.given_name, patient.family_name, patient.born_on.isoformat()) == ("Ana", "Alvarez", "1980-05-17")
    assert patient.email == "ana@example.org"
    assert visit.booked_for_other
    assert open_text(session, "appointment", "reason", visit.public_id, visit.reason_sealed) == PERSON["reason"]


def test_every_screen_says_what_is_kept_and_until_when(client: FlaskClient) -> None:
    hold(client)
    details = client.get("/book/details").text
    give_details(client)
    check = client.get("/book/check").text
    pattern = r"We are keeping this time for you until \d+:\d\d [ap]m clinic time"
    assert re.search(pattern, details)
    assert re.search(pattern, check)
    assert "Keep it longer" in details


def test_the_check_page_shows_every_answer_with_a_way_to_change_it(client: FlaskClient) -> None:
    hold(client)
    give_details(client)
    page = client.get("/book/check").text
    assert [w for w in ("Ana Alvarez", "17 May 1980", "ana@example.org", "My left hand burns.") if w not in page] == []
    assert "Room for a wheelchair, Low light and quiet" in page
    assert 'href="/book/details#given_name"' in page


def test_one_of_phone_and_email_is_enough(client: FlaskClient, session: Session) -> None:
    book(client, email="", phone="555 0142 77")
    assert len(appointments(session)) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"given_name": " "}, "Enter the first name"),
        ({"family_name": ""}, "Enter the last name"),
        ({"born_on-day": "", "born_on-month": "", "born_on-year": ""}, "Enter the date of birth"),
        ({"born_on-day": "31", "born_on-month": "2"}, "Enter a real date"),
        ({"born_on-year": "2999"}, "The date of birth must be in the past"),
        ({"email": "", "phone": ""}, "Enter a phone number or an e-mail address, so that we can reach you"),
        ({"email": "ana@"}, "Enter an e-mail address like"),
        ({"phone": "soon"}, "Enter a phone number like"),
        ({"given_name": "A\x00na"}, "Use letters, numbers and ordinary signs only"),
        ({"reason": "x" * 1001}, "Please use fewer words"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_is_said_and_the_rest_is_kept(
    client: FlaskClient, changes: dict[str, str], words: str
) -> None:
    hold(client)
    page = give_details(client, **changes)
    assert page.status_code == 422
    assert page.text.count(words) == 2
    assert "<title>Error:" in page.text
    assert 'value="1980"' in client.get("/book/details").text or "born_on-year" in changes


def test_unknown_needs_are_dropped(client: FlaskClient, session: Session) -> None:
    book(client, needs=["wheelchair", "<script>"])
    (visit,) = appointments(session)
    assert open_text(session, "appointment", "needs", visit.public_id, visit.needs_sealed) == '["wheelchair"]'


def test_the_same_form_sent_twice_shows_the_same_visit(client: FlaskClient, session: Session) -> None:
    hold(client)
    give_details(client)
    form = check_form(client)
    first, second = client.post("/book/check", data=form), client.post("/book/check", data=form)
    assert first.location == second.location
    assert len(appointments(session)) == 1


def test_the_page_of_another_tab_books_nothing_but_says_which_time_is_kept_now(
    client: FlaskClient, session: Session
) -> None:
    first, second = slots(client.get(TIMES + "?who=dr-cruz"))[:2]
    hold(client, first)
    give_details(client)
    form = check_form(client)
    hold(client, second)
    assert client.post("/book/check", data=form).location == "/book/check"
    assert appointments(session) == []
    page = client.get("/book/check").text
    kept = re.search(r'class="visit-when".*?<strong>(.*?)</strong>', page)
    assert kept is not None
    assert f"You chose another time meanwhile: {kept[1]}." in page
    client.post("/book/check", data=check_form(client))
    (visit,) = appointments(session)
    assert visit.starts_at.strftime("%Y%m%dT%H%MZ") == second.rpartition("~")[2]
    assert client.post("/book/check", data=form, follow_redirects=True).request.path == "/book/"
    assert len(appointments(session)) == 1


def test_details_of_another_tab_are_kept_and_the_present_time_is_said(client: FlaskClient) -> None:
    first, second = slots(client.get(TIMES + "?who=dr-cruz"))[:2]
    hold(client, first)
    shown = present_hold(client)
    hold(client, second)
    assert give_details(client, **shown).location == "/book/details"
    page = client.get("/book/details").text
    assert "You chose another time meanwhile" in page
    assert 'value="Alvarez"' in page
    assert give_details(client).location == "/book/check"


def test_the_page_of_a_tab_whose_time_was_let_go_books_nothing(client: FlaskClient, session: Session) -> None:
    hold(client)
    give_details(client)
    form = check_form(client)
    client.post("/book/hold/release")
    assert client.post("/book/check", data=form).location == "/book/"
    assert appointments(session) == []


def test_two_submits_that_both_began_before_the_first_answer_lead_to_one_visit(
    client: FlaskClient, session: Session
) -> None:
    hold(client)
    give_details(client)
    form = check_form(client)
    with client.session_transaction() as before:
        kept = dict(before)
    first = client.post("/book/check", data=form)
    with client.session_transaction() as after:
        after.clear()
        after.update(kept)
    second = client.post("/book/check", data=form)
    assert first.location == second.location
    assert len(appointments(session)) == 1


def test_booking_without_a_nonce_shows_the_answers_again(client: FlaskClient, session: Session) -> None:
    hold(client)
    give_details(client)
    assert client.post("/book/check", data={}).location == "/book/check"
    assert appointments(session) == []


@pytest.mark.parametrize("address", ["/book/details", "/book/check", "/book/whom"])
def test_without_a_time_every_screen_leads_to_the_beginning(client: FlaskClient, address: str) -> None:
    assert client.get(address).location == "/book/"


def test_details_without_a_time_are_kept_for_later(client: FlaskClient) -> None:
    assert give_details(client).location == "/book/"
    assert hold(client).location == "/book/check"


def test_booking_without_a_time_leads_to_the_beginning(client: FlaskClient) -> None:
    assert client.post("/book/check", data={"nonce": "n"}, follow_redirects=True).request.path == "/book/"


def test_check_without_details_leads_to_them(client: FlaskClient) -> None:
    hold(client)
    assert client.get("/book/check").location == "/book/details"


def test_a_guest_learns_nothing_about_a_patient_the_clinic_knows(client: FlaskClient, session: Session) -> None:
    known = make_patient(session, given_name="Ana", family_name="Alvarez", email="ana@example.org")
    start = first_slot(client).rpartition("~")[2]
    hold(client)
    give_details(client)
    answer = client.post("/book/check", data=check_form(client))
    assert start
    assert answer.location.startswith("/book/confirmed/")
    assert [visit.patient_id for visit in appointments(session)] != [known.id]
    assert "Alvarez" in client.get(answer.location).text


def test_a_confirmed_page_of_somebody_else_leads_visitors_to_log_in(client: FlaskClient, session: Session) -> None:
    foreign = make_appointment(session, status=AppointmentStatus.BOOKED)
    known = client.get(f"/book/confirmed/{foreign.public_id}")
    unknown = client.get(f"/book/confirmed/{'x' * 22}")
    assert known.status_code == unknown.status_code == 303
    assert known.location.partition("?")[0] == unknown.location.partition("?")[0] == "/account/log-in"
