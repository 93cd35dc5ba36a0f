"""From a booking without a login to an account that shows it, as a browser goes."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.models import Account, Appointment, LinkAction, Patient
from tests.factories import make_appointment, make_patient
from tests.web.accounts.conftest import GOOD, LogIn, Mint
from tests.web.walk import PERSON, book

REGISTRATION = {
    **{name: PERSON[name] for name in ("given_name", "family_name", "born_on-day", "born_on-month", "born_on-year")},
    "email": PERSON["email"], "phone": "", "password": GOOD, "nonce": "n1",
}  # fmt: skip


def confirm_and_log_in(client: FlaskClient, session: Session, mint: Mint, log_in: LogIn) -> None:
    session.rollback()
    account_id = session.scalar(sa.select(Account.id))
    assert account_id is not None
    client.get(f"/l/{mint(LinkAction.VERIFY_ADDRESS, account_id=account_id)}")
    assert client.post("/account/verify").status_code == 303
    assert log_in().headers["Location"] == "/visits/"


def test_the_visit_is_under_my_visits(client: FlaskClient, session: Session, mint: Mint, log_in: LogIn) -> None:
    visit_id = book(client)
    assert f"/account/register?visit={visit_id}" in client.get(f"/book/confirmed/{visit_id}").text
    client.post("/account/register", data=REGISTRATION)
    confirm_and_log_in(client, session, mint, log_in)
    assert visit_id in client.get("/visits/").text
    assert len(session.scalars(sa.select(Patient)).all()) == 1


def test_it_is_there_on_another_device_too(app: Flask, session: Session, mint: Mint, client: FlaskClient) -> None:
    visit_id = book(client)
    client.post("/account/register", data=REGISTRATION)
    phone = app.test_client()

    def log_in() -> object:
        return phone.post("/account/log-in", data={"email": PERSON["email"], "password": GOOD})

    confirm_and_log_in(phone, session, mint, log_in)  # type: ignore[arg-type]
    assert visit_id in phone.get("/visits/").text


def test_another_birth_date_shows_nothing(client: FlaskClient, session: Session, mint: Mint, log_in: LogIn) -> None:
    visit_id = book(client)
    client.post("/account/register", data={**REGISTRATION, "born_on-day": "18"})
    confirm_and_log_in(client, session, mint, log_in)
    assert visit_id not in client.get("/visits/").text


def test_another_browser_shows_nothing(app: Flask, session: Session, mint: Mint, client: FlaskClient) -> None:
    visit_id = book(client)
    other = app.test_client()
    other.post("/account/register", data=REGISTRATION)

    def log_in() -> object:
        return other.post("/account/log-in", data={"email": PERSON["email"], "password": GOOD})

    confirm_and_log_in(other, session, mint, log_in)  # type: ignore[arg-type]
    assert visit_id not in other.get("/visits/").text


def test_a_mailed_link_to_the_visit_is_not_enough(
    client: FlaskClient, session: Session, mint: Mint, log_in: LogIn
) -> None:
    visit = _guest_visit(session)
    client.get(f"/l/{mint(LinkAction.OPEN_VISIT, appointment_id=visit.id)}")
    assert client.get(f"/visits/{visit.public_id}").status_code == 200
    assert 'value="Ana"' not in client.get(f"/account/register?visit={visit.public_id}").text
    client.post("/account/register", data=REGISTRATION)
    confirm_and_log_in(client, session, mint, log_in)
    assert visit.public_id not in client.get("/visits/").text


def _guest_visit(session: Session) -> Appointment:
    names = {"given_name": PERSON["given_name"], "family_name": PERSON["family_name"]}
    guest = make_patient(session, email=PERSON["email"], **names)
    return make_appointment(session, guest, starts_at=_in_a_week(), ends_at=_in_a_week() + timedelta(minutes=45))


def _in_a_week() -> datetime:
    return utc_now().replace(minute=0, second=0, microsecond=0) + timedelta(days=7)


def test_what_was_typed_to_book_need_not_be_typed_again(client: FlaskClient) -> None:
    visit_id = book(client, phone="555-0142")
    page = client.get(f"/account/register?visit={visit_id}").text
    for value in ("Ana", "Alvarez", "17", "5", "1980", "ana@example.org", "555-0142"):
        assert f'value="{value}"' in page


def test_what_is_typed_now_holds(client: FlaskClient) -> None:
    visit_id = book(client)
    page = client.post(f"/account/register?visit={visit_id}", data={**REGISTRATION, "given_name": "", "email": "x"})
    assert page.status_code == 422
    assert 'value="Ana"' not in page.text
    assert "ana@example.org" not in page.text


def test_a_visit_booked_for_somebody_else_fills_in_nothing(client: FlaskClient) -> None:
    visit_id = book(client, booked_for_other="y")
    assert 'value="Alvarez"' not in client.get(f"/account/register?visit={visit_id}").text


def test_another_browser_is_told_nothing_about_the_guest(app: Flask, client: FlaskClient) -> None:
    visit_id = book(client)
    assert "Alvarez" not in app.test_client().get(f"/account/register?visit={visit_id}").text
