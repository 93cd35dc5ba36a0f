"""Booking for a caller: who, when, read aloud, booked. What was typed is never lost, and nothing is booked twice."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.scheduling.lifecycle import AppointmentStatus as S
from booking.models import Account, AuditEvent, Message, Patient, Service
from booking.services.sealed import open_text
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.desk.desk_cast import SLOT, ClientAs, book, check_urls, dora, eli, freeze, hrefs, nonce_in, visits, words


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


def times_of(client: FlaskClient, patient: Patient, **arguments: str) -> str:
    return client.get("/desk/book", query_string={"patient": patient.public_id, **arguments}).text


def starts_in(page: str) -> list[str]:
    return [parse_qs(urlsplit(url).query)["slot"][0].rpartition("~")[2] for url in check_urls(page)]


def check_url(patient: Patient, slot: str = SLOT) -> str:
    return f"/desk/book/check?patient={patient.public_id}&slot={slot}"


def test_the_first_page_asks_for_whom(desk: FlaskClient) -> None:
    page = desk.get("/desk/book").text
    assert "Book a visit: for whom?" in page
    assert re.search(r'<input[^>]*id="text"[^>]*autofocus', page)


def test_a_match_leads_to_the_next_times_and_has_the_focus(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session, name_key="ana alvarez")
    page = desk.post("/desk/search", data={"text": "alv", "goal": "book"}, follow_redirects=True).text
    assert f'<a href="/desk/book?patient={ana.public_id}" autofocus>' in page


def test_six_times_are_numbered_and_the_first_has_the_focus(session: Session, desk: FlaskClient) -> None:
    page = times_of(desk, make_patient(session))
    assert re.findall(r'data-number="(\d)"', page) == ["1", "2", "3", "4", "5", "6"]
    assert len(re.findall(r'data-number="1" autofocus', page)) == 1
    assert starts_in(page)[:2] == ["20261123T1400Z", "20261123T1415Z"]
    assert "1 9:00 am Monday 23 November 2026 Dr Maria Cruz" in words(page)
    assert "Northside, New York (EST)" in words(page)


def test_later_times_follow_on_and_earlier_ones_lead_back(session: Session, desk: FlaskClient) -> None:
    first = times_of(desk, make_patient(session))
    [later] = hrefs(first, "skip=6")
    second = desk.get(later).text
    assert starts_in(second)[0] > starts_in(first)[-1]
    assert len(set(starts_in(first) + starts_in(second))) == 12
    [earlier] = [link for link in hrefs(second, "/desk/book?patient") if "skip" not in link]
    assert starts_in(desk.get(earlier).text) == starts_in(first)


@pytest.mark.parametrize(("skip", "is_first"), [("-6", True), ("x", True), ("9999", True), ("5", True), ("66", False)])
def test_odd_skips_do_no_harm(session: Session, desk: FlaskClient, skip: str, is_first: bool) -> None:
    ana = make_patient(session)
    page = times_of(desk, ana, skip=skip)
    assert (starts_in(page) == starts_in(times_of(desk, ana))) is is_first
    assert len(starts_in(page)) == 6


def test_the_last_kind_of_visit_is_proposed(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session)
    make_appointment(session, ana, service_id=2, starts_at=NOW - timedelta(days=7), status=S.DONE)
    page = times_of(desk, ana)
    assert "The next times for Follow-up consultation" in words(page)
    assert '<option value="follow-up" selected>' in page


def test_a_service_without_patients_of_its_own_can_be_booked_at_the_desk(session: Session, desk: FlaskClient) -> None:
    page = times_of(desk, make_patient(session), service="phone-call", who="dr-adeyemi", start="12/1")
    assert starts_in(page)[0] == "20261201T1400Z"
    assert "Dr Ola Adeyemi" in words(page)
    assert "Patients could not book this time" not in desk.get(check_urls(page)[0]).text


def test_what_is_booked_already_is_said(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session)
    make_appointment(session, ana)
    assert "Already booked: Monday 30 November 2026 at 9:00 am, Northside" in words(times_of(desk, ana))


@pytest.mark.parametrize("start", ["soon", "31.2.", "1.1.2999"])
def test_a_day_that_makes_no_sense_is_said_and_the_rest_is_kept(
    session: Session, desk: FlaskClient, start: str
) -> None:
    query = {"patient": make_patient(session).public_id, "service": "follow-up", "start": start}
    answer = desk.get("/desk/book", query_string=query)
    assert answer.status_code == 422
    assert "Enter a day like 24 Nov, 11/24, tomorrow or +2w" in answer.text
    assert '<option value="follow-up" selected>' in answer.text
    assert len(starts_in(answer.text)) == 6


@pytest.mark.parametrize(
    "arguments", [{"service": "nothing"}, {"location": "lakeview"}, {"who": "dr-lind"}, {"start": "1.1.2020"}]
)
def test_wishes_that_mean_nothing_here_count_as_not_said(
    session: Session, desk: FlaskClient, arguments: dict[str, str]
) -> None:
    page = times_of(desk, make_patient(session), **arguments)
    assert {urlsplit(url).query.partition("~")[2].partition("~")[0] for url in check_urls(page)} <= {"northside", ""}


def test_when_no_time_is_free_the_page_says_so(session: Session, desk: FlaskClient) -> None:
    page = times_of(desk, make_patient(session), service="first-consultation", who="dr-lind", location="northside")
    assert "Dr Eva Lind" in page
    assert "No time is free in the half year" in page


def test_a_location_without_services_has_nothing_to_book(session: Session, desk: FlaskClient) -> None:
    session.execute(sa.update(Service).values(location_ids=[2]))
    clinic_changed(session)
    answer = desk.get("/desk/book", query_string={"patient": make_patient(session).public_id})
    assert answer.status_code == 422
    assert "No service is given at your locations." in answer.text


@pytest.mark.parametrize("patient", ["AAAAAAAAAAAAAAAAAAAAAA", "1", "\x00", "x" * 300])
def test_an_unknown_patient_is_a_missing_page(desk: FlaskClient, patient: str) -> None:
    assert desk.get("/desk/book", query_string={"patient": patient}).status_code == 404


def test_the_check_page_has_the_sentence_to_read_aloud(session: Session, desk: FlaskClient) -> None:
    page = desk.get(check_url(make_patient(session))).text
    assert "Monday the 30th at 9:00 am with Dr Maria Cruz at Northside" in words(page)
    assert re.search(r"<button[^>]*autofocus[^>]*>Book</button>", page)
    assert "A confirmation and reminders go to ana" in page


def test_booking_leads_to_the_visit_and_writes_to_the_patient(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session)
    answer = book(desk, check_url(ana), needs="wheelchair")
    [visit] = visits(session)
    assert answer.location == f"/desk/visits/{visit.public_id}"
    assert (visit.patient_id, visit.starts_at, visit.specialist_id, visit.status) == (
        ana.id,
        NEXT_MONDAY_9,
        1,
        S.BOOKED,
    )
    needs = open_text(session, "appointment", "needs", visit.public_id, visit.needs_sealed)
    assert needs == '["wheelchair"]'
    assert "Booked: Monday the 30th at 9:00 am with Dr Maria Cruz at Northside." in desk.get(answer.location).text
    assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 3


def test_the_same_form_sent_twice_is_one_visit(session: Session, desk: FlaskClient) -> None:
    url = check_url(make_patient(session))
    nonce = nonce_in(desk.get(url).text)
    first, second = book(desk, url, nonce=nonce), book(desk, url, nonce=nonce)
    assert first.location == second.location
    assert len(visits(session)) == 1


def test_the_same_form_in_another_tab_of_a_fresh_session_value_is_still_one_visit(
    session: Session, desk: FlaskClient
) -> None:
    url = check_url(make_patient(session))
    nonce = nonce_in(desk.get(url).text)
    first = book(desk, url, nonce=nonce)
    with desk.session_transaction() as browser:
        browser.pop("desk_booked")
    second = book(desk, url, nonce=nonce)
    assert first.location == second.location
    assert len(visits(session)) == 1


def test_a_lost_race_offers_the_nearest_times_and_keeps_the_caller(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session)
    url = check_url(ana)
    session.rollback()
    nonce = nonce_in(desk.get(url).text)
    make_appointment(session)
    answer = book(desk, url, nonce=nonce)
    assert answer.status_code == 409
    page = answer.text
    assert "That time has just been taken" in page
    assert "Ana" in page
    again = check_urls(page)
    assert len(again) == 3
    assert all(f"patient={ana.public_id}" in one for one in again)
    assert book(desk, again[0]).status_code == 303


def test_a_patient_is_never_booked_twice_at_one_time(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session)
    make_appointment(session, ana)
    answer = book(desk, check_url(ana, SLOT.replace("dr-cruz", "dr-adeyemi")), override_reason="other")
    assert answer.status_code == 409
    assert "The patient has another visit at that time." in answer.text
    assert "Other times" in answer.text
    assert len(visits(session)) == 1


SOON = SLOT.replace("20261130T1400Z", "20261123T1400Z")


def test_a_time_that_patients_may_not_book_asks_why(session: Session, desk: FlaskClient) -> None:
    url = check_url(make_patient(session), SOON)
    page = desk.get(url).text
    assert "This is sooner than patients may book themselves." in page
    assert "Go on anyway: book" in page
    refused = book(desk, url)
    assert refused.status_code == 422
    assert "Say why it is booked all the same" in refused.text
    assert visits(session) == []


def test_with_a_reason_it_is_booked_and_the_reason_is_recorded(session: Session, desk: FlaskClient) -> None:
    answer = book(desk, check_url(make_patient(session), SOON), override_reason="urgent")
    assert answer.status_code == 303
    session.rollback()
    booked = sa.select(AuditEvent.reason_code).where(AuditEvent.action == "appointment_booked")
    assert session.scalars(booked).all() == ["urgent"]
    assert "(It cannot wait)" in desk.get(answer.location).text


def test_a_taken_lane_is_never_overridden(session: Session, desk: FlaskClient) -> None:
    make_appointment(session, starts_at=NOW + timedelta(hours=1))
    answer = book(desk, check_url(make_patient(session), SOON), override_reason="urgent")
    assert answer.status_code == 409
    assert len(visits(session)) == 1


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        (SLOT.replace("T1400Z", "T1407Z"), "Visits of this kind do not begin at that minute."),
        (SLOT.replace("T1400Z", "T0300Z"), "That is outside the opening hours."),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_its_reason(
    session: Session, desk: FlaskClient, slot: str, said: str
) -> None:
    url = check_url(make_patient(session), slot)
    for answer in (desk.get(url), desk.post(url, data={"nonce": "n", "override_reason": "urgent"})):
        assert answer.status_code == 422
        assert said in answer.text
    assert visits(session) == []


EARLY = SLOT.replace("20261130T1400Z", "20261123T1330Z")


@pytest.mark.parametrize("is_sent", [False, True])
def test_where_no_reason_is_enough_none_is_asked_for(session: Session, desk: FlaskClient, is_sent: bool) -> None:
    url = check_url(make_patient(session), EARLY)
    answer = desk.post(url, data={"nonce": "n"}) if is_sent else desk.get(url)
    assert answer.status_code == 422
    for said in ("This is sooner than patients may book themselves.", "That is outside the opening hours."):
        assert said in answer.text
    assert 'name="override_reason"' not in answer.text
    assert "Other times" in answer.text
    assert visits(session) == []


def test_a_reason_is_not_asked_for_in_vain_while_the_patient_is_elsewhere(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session)
    make_appointment(session, ana, starts_at=NOW + timedelta(hours=1))
    page = desk.get(check_url(ana, SOON.replace("dr-cruz", "dr-adeyemi"))).text
    assert "This is sooner than patients may book themselves." in page
    assert "The patient has another visit at that time." in page
    assert 'name="override_reason"' not in page


@pytest.mark.parametrize("data", [None, {"nonce": "n", "override_reason": "urgent"}])
def test_a_time_that_is_over_is_refused_before_it_is_read_aloud(
    session: Session, desk: FlaskClient, data: dict[str, str] | None
) -> None:
    url = check_url(make_patient(session), SLOT.replace("20261130", "20261116"))
    answer = desk.get(url) if data is None else desk.post(url, data=data)
    assert answer.status_code == 422
    assert "That time is already over." in answer.text
    assert "Read aloud" not in answer.text
    [times] = hrefs(answer.text, "start=2026-11-16")
    assert check_urls(desk.get(times).text)
    assert visits(session) == []


@pytest.mark.parametrize(
    "slot",
    [
        "",
        "x",
        SLOT.replace("northside", "lakeview"),
        SLOT.replace("first-consultation", "nothing"),
        SLOT.replace("dr-cruz", "room-1"),
        "~~~~",
        "a~b~c~d~e",
    ],
)
def test_a_time_of_another_location_or_of_none_leads_back_to_the_times(
    session: Session, desk: FlaskClient, slot: str
) -> None:
    ana = make_patient(session)
    answer = desk.get("/desk/book/check", query_string={"patient": ana.public_id, "slot": slot})
    assert (answer.status_code, answer.location) == (303, f"/desk/book?patient={ana.public_id}")


def test_without_a_caller_the_check_leads_to_the_beginning(desk: FlaskClient) -> None:
    assert desk.get(f"/desk/book/check?slot={SLOT}").location == "/desk/book"
    assert desk.get(f"/desk/book/check?slot={SLOT}&new=gone").location == "/desk/book"


@pytest.mark.parametrize("data", [{}, {"nonce": ""}, {"nonce": "x" * 99}, {"nonce": "n", "override_reason": "made-up"}])
def test_a_form_without_its_secrets_books_nothing(session: Session, desk: FlaskClient, data: dict[str, str]) -> None:
    answer = desk.post(check_url(make_patient(session)), data=data)
    assert answer.status_code == 422
    assert nonce_in(answer.text)
    assert visits(session) == []


def test_the_desk_of_another_location_books_there(session: Session, client_as: ClientAs) -> None:
    client = eli(session, client_as)
    page = times_of(client, make_patient(session))
    assert "Lakeview, Chicago (CST)" in words(page)
    assert book(client, check_urls(page)[5], override_reason="other").status_code == 303
    assert [visit.location_id for visit in visits(session)] == [2]


def test_who_booked_is_recorded(session: Session, desk: FlaskClient) -> None:
    book(desk, check_url(make_patient(session)))
    session.rollback()
    booked = sa.select(AuditEvent.actor_account_id).where(AuditEvent.action == "appointment_booked")
    [account_id] = session.scalars(booked)
    assert session.get_one(Account, account_id).name == "Dora Desk"


def test_a_session_of_a_course_needs_no_specialist_but_a_reason(session: Session, desk: FlaskClient) -> None:
    url = check_url(make_patient(session), "infusion~northside~any~~20261130T1400Z")
    page = desk.get(url).text
    assert "Monday the 30th at 9:00 am at Northside" in words(page)
    assert "This kind of visit belongs to a course that a specialist has opened." in page
    assert book(desk, url, override_reason="specialist_agreed").status_code == 303
    assert [visit.specialist_id for visit in visits(session)] == [None]


def test_other_times_lead_to_the_list_around_the_chosen_one(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session)
    insisted = desk.get(check_url(ana, SLOT.replace("~any~", "~~"))).text
    [link] = hrefs(insisted, "start=2026-11-30")
    assert "who=dr-cruz" in link
    assert starts_in(desk.get(link).text)[0] == "20261130T1400Z"
    [anyone] = hrefs(desk.get(check_url(ana)).text, "start=2026-11-30")
    assert "who=" not in anyone
