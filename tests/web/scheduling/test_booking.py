"""From a free time to a booked visit, with everything that can go wrong on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Account, Appointment, Hold, Patient, Reservation
from booking.services.sealed import open_text
from tests.factories import make_account, make_appointment, make_patient
from tests.web.walk import PERSON, TIMES, book, first_slot, give_details, hold, nonce, slots

ClientAs = Callable[[Account], FlaskClient]


def appointments(session: Session) -> list[Appointment]:
    session.rollback()
    return list(session.scalars(sa.select(Appointment).order_by(Appointment.id)))


def let_holds_end(session: Session) -> None:
    session.execute(sa.update(Hold).values(expires_at=utc_now() - timedelta(minutes=1)))
    session.commit()


def forget_holds(session: Session) -> None:
    session.execute(sa.delete(Reservation).where(Reservation.hold_id.is_not(None)))
    session.execute(sa.delete(Hold))
    session.commit()


def test_a_guest_books_and_reads_all_about_it(client: FlaskClient, session: Session) -> None:
    visit_id = book(client)
    page = client.get(f"/book/confirmed/{visit_id}").text
    (visit,) = appointments(session)
    assert visit.reference in page
    assert "Your appointment is booked" in page
    assert "Bring a list of your medicines." in page
    assert "Do not stop or change any medicine unless your specialist tells you to." in page
    assert "/calendar.ics" in page
    assert "Create an account" in page


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
    form = {"nonce": nonce(client)}
    first, second = client.post("/book/check", data=form), client.post("/book/check", data=form)
    assert first.location == second.location
    assert len(appointments(session)) == 1


def test_two_submits_that_both_began_before_the_first_answer_lead_to_one_visit(
    client: FlaskClient, session: Session
) -> None:
    hold(client)
    give_details(client)
    form = {"nonce": nonce(client)}
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


@pytest.mark.parametrize(
    "slot",
    [
        "",
        "~~~~",
        "nothing~northside~any~dr-cruz~20261130T1400Z",
        "infusion~northside~any~dr-cruz~20261130T1400Z",
        "first-consultation~moon~any~dr-cruz~20261130T1400Z",
        "first-consultation~northside~any~dr-nobody~20261130T1400Z",
        "first-consultation~northside~any~dr-cruz~tomorrow",
        "first-consultation~northside~any~dr-cruz~00010101T0000Z",
        "first-consultation~northside~any~dr-cruz~99991231T2359Z",
        "a~b~c~d~e~f",
    ],
)
def test_a_time_that_no_button_says_is_unknown(client: FlaskClient, slot: str) -> None:
    page = client.post("/book/hold", data={"slot": slot})
    assert page.status_code == 404
    assert "We do not know that time" in page.text


@pytest.mark.parametrize(
    ("slot", "words"),
    [
        ("first-consultation~northside~any~dr-cruz~20201130T1400Z", "That time is already over."),
        ("first-consultation~northside~any~dr-cruz~21001130T1400Z", "That day is too far ahead"),
        ("first-consultation~northside~~room-1~20201130T1400Z", "That specialist does not offer this kind of visit."),
    ],
)
def test_a_time_against_the_rules_is_refused_in_words(client: FlaskClient, slot: str, words: str) -> None:
    page = client.post("/book/hold", data={"slot": slot})
    assert page.status_code == 422
    assert words in page.text


def test_a_specialist_of_another_location_is_never_free_there(client: FlaskClient) -> None:
    start = first_slot(client, TIMES + "?where=northside").rpartition("~")[2]
    page = client.post("/book/hold", data={"slot": f"first-consultation~northside~~dr-lind~{start}"})
    assert page.status_code == 422
    assert "Nobody is there for this kind of visit at that time." in page.text


def test_a_lost_race_offers_three_times_and_keeps_what_was_typed(app: Flask, client: FlaskClient) -> None:
    slot = slots(client.get(TIMES + "?who=dr-cruz"))[8]
    hold(client)
    give_details(client)
    hold(app.test_client(), slot)
    lost = hold(client, slot)
    assert lost.status_code == 409
    assert len(slots(lost)) == 3
    assert "All that you typed is kept." in lost.text
    again = hold(client, slots(lost)[0])
    assert again.location == "/book/check"


def test_with_any_specialist_another_one_is_named_when_the_one_shown_was_taken(app: Flask, client: FlaskClient) -> None:
    slot = first_slot(client, TIMES + "?where=northside")
    hold(app.test_client(), slot)
    answer = hold(client, slot)
    page = client.get(answer.location).text
    assert answer.status_code == 303
    assert "has just been taken at that time" in page


def test_the_own_hold_does_not_hide_its_time(app: Flask, client: FlaskClient) -> None:
    slot = first_slot(client, TIMES + "?who=dr-cruz")
    hold(client, slot)
    assert slot in slots(client.get(TIMES + "?who=dr-cruz"))
    assert slot not in slots(app.test_client().get(TIMES + "?who=dr-cruz"))


def test_an_ended_hold_is_said_and_its_time_is_taken_again_when_free(client: FlaskClient, session: Session) -> None:
    hold(client)
    give_details(client)
    let_holds_end(session)
    page = client.get("/book/check").text
    assert "We could not keep this time any longer" in page
    client.post("/book/check", data={"nonce": nonce(client)})
    assert len(appointments(session)) == 1


def test_a_hold_whose_row_is_gone_is_taken_again_when_free(client: FlaskClient, session: Session) -> None:
    hold(client)
    give_details(client)
    forget_holds(session)
    answer = client.post("/book/check", data={"nonce": nonce(client)})
    assert answer.location.startswith("/book/confirmed/")
    assert len(appointments(session)) == 1


def test_an_ended_hold_whose_time_was_taken_offers_three_others(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    slot = first_slot(client, TIMES + "?who=dr-cruz")
    hold(client, slot)
    give_details(client)
    let_holds_end(session)
    hold(app.test_client(), slot)
    lost = client.post("/book/check", data={"nonce": nonce(client)})
    assert lost.status_code == 409
    assert len(slots(lost)) == 3
    assert "We could not keep that time, and it has been taken" in lost.text
    assert 'value="Alvarez"' in client.get("/book/details").text


def test_a_time_is_kept_longer_twice_and_what_was_typed_stays(client: FlaskClient) -> None:
    hold(client)
    typed = {**PERSON, "born_on-day": ""}
    first = client.post("/book/hold/extend?screen=details", data=typed)
    assert first.location == "/book/details"
    assert 'value="Alvarez"' in client.get("/book/details").text
    client.post("/book/hold/extend?screen=check")
    page = client.get("/book/details").text
    assert "This was the last time we can do that." in page
    assert "Keep it longer" not in page
    third = client.post("/book/hold/extend?screen=check")
    assert third.status_code == 422
    assert "We cannot keep the time any longer" in third.text


def test_a_hold_that_ended_cannot_be_kept_longer(client: FlaskClient, session: Session) -> None:
    hold(client)
    let_holds_end(session)
    page = client.post("/book/hold/extend?screen=nowhere")
    assert page.status_code == 409
    assert len(slots(page)) == 3


def test_keeping_longer_without_a_hold_is_a_clear_page(client: FlaskClient) -> None:
    assert client.post("/book/hold/extend").status_code == 404


def test_back_lets_the_time_go_and_keeps_what_was_typed(app: Flask, client: FlaskClient, session: Session) -> None:
    slot = first_slot(client, TIMES + "?who=dr-cruz")
    hold(client, slot)
    back = client.post("/book/hold/release", data=PERSON)
    assert back.location.startswith(TIMES)
    assert "who=dr-cruz" in back.location
    assert slot in slots(app.test_client().get(TIMES + "?who=dr-cruz"))
    assert hold(client).location == "/book/check"


def test_back_without_a_hold_leads_to_the_beginning(client: FlaskClient) -> None:
    assert client.post("/book/hold/release").location == "/book/"


def test_a_patient_of_an_account_is_not_asked_again(client_as: ClientAs, session: Session) -> None:
    ana = make_patient(session)
    client = client_as(make_account(session, patients=(ana,)))
    assert hold(client).location == "/book/details"
    page = client.get("/book/details").text
    assert f"This visit is for Ana {ana.family_name}." in page
    assert "given_name" not in page
    client.post("/book/details", data={"reason": "", "needs": []})
    client.post("/book/check", data={"nonce": nonce(client)})
    assert [visit.patient_id for visit in appointments(session)] == [ana.id]


def test_an_account_of_several_patients_is_asked_for_whom(client_as: ClientAs, session: Session) -> None:
    ana, ida = make_patient(session), make_patient(session, given_name="Ida")
    client = client_as(make_account(session, patients=(ana, ida)))
    assert hold(client).location == "/book/whom"
    assert client.get("/book/details").location == "/book/whom"
    assert client.get("/book/check").location == "/book/whom"
    assert client.post("/book/whom", data={}).status_code == 422
    client.post("/book/whom", data={"whom": ida.public_id})
    assert f"Ida {ida.family_name}" in client.get("/book/whom").text
    client.post("/book/details", data={"reason": ""})
    client.post("/book/check", data={"nonce": nonce(client)})
    assert [visit.patient_id for visit in appointments(session)] == [ida.id]


def test_nobody_books_for_a_patient_of_somebody_else(client_as: ClientAs, session: Session) -> None:
    ana, ben = make_patient(session), make_patient(session, given_name="Ben")
    client = client_as(make_account(session, patients=(ana,)))
    hold(client)
    assert client.post("/book/whom", data={"whom": ben.public_id}).status_code == 422


def test_an_account_books_for_somebody_new_and_may_act_for_them(client_as: ClientAs, session: Session) -> None:
    ana = make_patient(session)
    client = client_as(make_account(session, patients=(ana,)))
    hold(client)
    assert client.post("/book/whom", data={"whom": "new"}).location == "/book/details"
    assert "This visit is for somebody new." in client.get("/book/details").text
    give_details(client, given_name="Noa")
    answer = client.post("/book/check", data={"nonce": nonce(client)})
    assert "Noa Alvarez" in client.get(answer.location).text
    assert "Noa" in client.get("/visits/").text


def test_a_new_account_finds_its_own_name_and_address_filled_in(client_as: ClientAs, session: Session) -> None:
    client = client_as(make_account(session, name="Ana Maria Alvarez", email="ana.maria@example.org"))
    hold(client)
    page = client.get("/book/details").text
    assert 'value="Ana Maria"' in page
    assert 'value="ana.maria@example.org"' in page
    assert client.get("/book/whom").location == "/book/details"


def test_the_draft_and_the_hold_outlive_a_login(app: Flask, client: FlaskClient, session: Session) -> None:
    ana = make_patient(session)
    account = make_account(session, patients=(ana,))
    hold(client)
    give_details(client)
    log_in(app, client, account)
    assert client.get("/book/check").location == "/book/whom"
    client.post("/book/whom", data={"whom": "new"})
    page = client.get("/book/check").text
    assert "Ana Alvarez" in page
    assert "We are keeping this time for you until" in page


def log_in(app: Flask, client: FlaskClient, account: Account) -> None:
    """What the log-in page does with the session once the password was right."""
    cookie = client.get_cookie("respite_session", domain="localhost")
    with app.test_request_context(headers={"Cookie": f"respite_session={cookie.value}"}):  # type: ignore[union-attr]
        from booking.web import access

        browser = access.server_session()
        browser.log_in(account.id)
        client.set_cookie("respite_session", browser.token, domain="localhost")
        app.session_interface.save_session(app, browser, app.response_class())


def test_a_patient_with_another_visit_at_that_time_is_told_so(client_as: ClientAs, session: Session) -> None:
    ana = make_patient(session)
    client = client_as(make_account(session, patients=(ana,)))
    first, second = first_slot(client, TIMES + "?who=dr-cruz"), ""
    hold(client, first)
    client.post("/book/details", data={"reason": ""})
    client.post("/book/check", data={"nonce": nonce(client)})
    second = first.replace("dr-cruz", "dr-adeyemi")
    hold(client, second)
    client.post("/book/details", data={"reason": ""})
    busy = client.post("/book/check", data={"nonce": nonce(client)})
    assert busy.status_code == 409
    assert "There is already a visit at that time" in busy.text


def test_a_guest_learns_nothing_about_a_patient_the_clinic_knows(client: FlaskClient, session: Session) -> None:
    known = make_patient(session, given_name="Ana", family_name="Alvarez", email="ana@example.org")
    start = first_slot(client).rpartition("~")[2]
    hold(client)
    give_details(client)
    answer = client.post("/book/check", data={"nonce": nonce(client)})
    assert start
    assert answer.location.startswith("/book/confirmed/")
    assert [visit.patient_id for visit in appointments(session)] != [known.id]
    assert "Alvarez" in client.get(answer.location).text


def test_staff_do_not_book_through_the_patients_pages(client_as: ClientAs, session: Session) -> None:
    from booking.core.actor import Role

    assert client_as(make_account(session, Role.SCHEDULER)).get("/book/").status_code == 403


def test_a_confirmed_page_of_somebody_else_leads_visitors_to_log_in(client: FlaskClient, session: Session) -> None:
    foreign = make_appointment(session, status=AppointmentStatus.BOOKED)
    known = client.get(f"/book/confirmed/{foreign.public_id}")
    unknown = client.get(f"/book/confirmed/{'x' * 22}")
    assert known.status_code == unknown.status_code == 303
    assert known.location.partition("?")[0] == unknown.location.partition("?")[0] == "/account/log-in"
