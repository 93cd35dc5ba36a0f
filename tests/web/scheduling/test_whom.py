"""Booking with an account: for oneself, for others, for somebody new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.models import Account
from booking.web import access
from tests.factories import make_account, make_appointment, make_patient
from tests.web.scheduling.rows import appointments
from tests.web.walk import TIMES, check_form, first_slot, give_details, hold, present_hold, slots

ClientAs = Callable[[Account], FlaskClient]


def test_a_patient_of_an_account_is_not_asked_again(client_as: ClientAs, session: Session) -> None:
    ana = make_patient(session)
    client = client_as(make_account(session, patients=(ana,)))
    assert hold(client).location == "/book/details"
    page = client.get("/book/details").text
    assert f"This visit is for Ana {ana.family_name}." in page
    assert "given_name" not in page
    client.post("/book/details", data={"reason": "", "needs": [], **present_hold(client)})
    client.post("/book/check", data=check_form(client))
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
    client.post("/book/details", data={"reason": "", **present_hold(client)})
    client.post("/book/check", data=check_form(client))
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
    answer = client.post("/book/check", data=check_form(client))
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
        browser = access.server_session()
        browser.log_in(account.id)
        client.set_cookie("respite_session", browser.token, domain="localhost")
        app.session_interface.save_session(app, browser, app.response_class())


def test_a_patient_with_another_visit_at_that_time_is_told_so(client_as: ClientAs, session: Session) -> None:
    ana = make_patient(session)
    client = client_as(make_account(session, patients=(ana,)))
    first = first_slot(client, TIMES + "?who=dr-cruz")
    hold(client, first)
    client.post("/book/details", data={"reason": "", **present_hold(client)})
    client.post("/book/check", data=check_form(client))
    second = first.replace("dr-cruz", "dr-adeyemi")
    assert second not in slots(client.get(TIMES + "?who=dr-adeyemi"))
    busy = hold(client, second)
    assert busy.status_code == 409
    assert "There is already a visit at that time" in busy.text


def test_of_several_patients_only_the_one_who_comes_can_be_busy(client_as: ClientAs, session: Session) -> None:
    ana = make_patient(session)
    ben = make_patient(session, given_name="Ben", family_name="Alvarez")
    client = client_as(make_account(session, patients=(ana, ben)))
    first = first_slot(client, TIMES + "?who=dr-cruz")
    make_appointment(session, ana, starts_at=_start_of(first))
    second = first.replace("dr-cruz", "dr-adeyemi")
    assert second in slots(client.get(TIMES + "?who=dr-adeyemi")), "nobody knows yet who comes"
    ana_id, ben_id = ana.public_id, ben.public_id
    session.rollback()
    assert hold(client, second).location == "/book/whom"
    client.post("/book/whom", data={"whom": ana_id})
    client.post("/book/details", data={"reason": "", **present_hold(client)})
    busy = client.post("/book/check", data=check_form(client))
    assert busy.status_code == 409
    assert second not in slots(client.get(TIMES + "?who=dr-adeyemi")), "now it is known"
    client.post("/book/whom", data={"whom": ben_id})
    assert "Ben Alvarez" in client.get("/book/check").text
    done = client.post("/book/check", data=check_form(client))
    assert "Ben Alvarez" in client.get(done.location).text


def _start_of(slot: str) -> datetime:
    return datetime.strptime(slot.rpartition("~")[2], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)


def test_what_was_typed_is_kept_when_somebody_goes_to_log_in(client: FlaskClient) -> None:
    hold(client)
    answer = give_details(client, go="log-in", given_name="")
    assert answer.location == "/account/log-in?next=/book/details"
    assert 'value="Alvarez"' in client.get("/book/details").text


def test_staff_do_not_book_through_the_patients_pages(client_as: ClientAs, session: Session) -> None:
    assert client_as(make_account(session, Role.SCHEDULER)).get("/book/").status_code == 403
