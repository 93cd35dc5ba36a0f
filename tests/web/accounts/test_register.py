"""Registering in the browser: what is asked, what is refused, what is told."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind
from booking.models import Account, LinkAction, Message
from tests.web.accounts.conftest import GOOD, LogIn, Mint

ANA = {
    "given_name": "Ana", "family_name": "Alvarez", "born_on-day": "17", "born_on-month": "5", "born_on-year": "1980",
    "email": "ana@example.org", "phone": "", "password": GOOD, "nonce": "n1",
}  # fmt: skip


def kinds(session: Session) -> list[MessageKind]:
    session.rollback()
    return list(session.scalars(sa.select(Message.kind).order_by(Message.id)))


def test_from_registering_to_the_first_login(client: FlaskClient, session: Session, mint: Mint, log_in: LogIn) -> None:
    answer = client.post("/account/register", data=ANA)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/registered")
    assert "ana@example.org" in client.get("/account/registered").text
    account = session.scalars(sa.select(Account)).one()
    assert log_in().headers["Location"] == "/account/registered", "an unconfirmed address gets a new link"
    assert kinds(session) == [MessageKind.VERIFY_ADDRESS] * 2
    opened = client.get(f"/l/{mint(LinkAction.VERIFY_ADDRESS, account_id=account.id)}")
    assert (opened.status_code, opened.headers["Location"]) == (303, "/account/verify")
    assert "Confirm my address" in client.get("/account/verify").text
    session.refresh(account)
    assert account.email_verified_at is None, "looking confirms nothing"
    session.rollback()
    done = client.post("/account/verify")
    assert (done.status_code, done.headers["Location"]) == (303, "/account/log-in")
    assert "is confirmed" in client.get("/account/log-in").text
    assert client.post("/account/verify").status_code == 410
    assert log_in().headers["Location"] == "/visits/"
    assert "ana@example.org" in client.get("/account/").text


def test_a_known_address_gets_the_same_answer(client: FlaskClient, session: Session, ana: Account) -> None:
    known = client.post("/account/register", data=ANA)
    known_page = client.get("/account/registered")
    other = {**ANA, "email": "new@example.org", "nonce": "n2"}
    new = client.post("/account/register", data=other)
    new_page = client.get("/account/registered")
    assert (known.status_code, known.data, known.headers["Location"]) == (
        new.status_code, new.data, new.headers["Location"],
    )  # fmt: skip
    assert known_page.data == new_page.data.replace(b"new@example.org", b"ana@example.org")
    assert kinds(session) == [MessageKind.ACCOUNT_EXISTS, MessageKind.VERIFY_ADDRESS]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("given_name", "", "Enter your first name"),
        ("family_name", "x" * 101, "Use 100 characters or fewer"),
        ("given_name", "Ana\x00", "ordinary signs only"),
        ("given_name", "Ana\r\nBcc: x", "ordinary signs only"),
        ("family_name", "\u202etxet", "ordinary signs only"),
        ("born_on-year", "80", "4 numbers"),
        ("born_on-year", "2999", "must be in the past"),
        ("born_on-year", "1870", "Check the year of birth"),
        ("born_on-day", "31", "Enter a real date"),
        ("born_on-month", "²", "Enter a real date"),
        ("email", "", "Enter your e-mail address"),
        ("email", "ana", "like name@example.com"),
        ("email", "ana@localhost", "like name@example.com"),
        ("email", "ana@example.org\r\nBcc: b@example.org", "like name@example.com"),
        ("email", "a" * 250 + "@example.org", "too long"),
        ("phone", "call me", "Enter a phone number"),
        ("phone", "5" * 41, "too long"),
        ("password", "", "Choose a password"),
        ("password", "short", "12 characters or more"),
        ("password", "x" * 129, "128 characters or fewer"),
        ("password", "password1234", "often used"),
        ("password", "ana alvarez 80", "more than your name"),
        ("password", "devilmaycry4", "data leak"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(
    client: FlaskClient, session: Session, name: str, value: str, sentence: str
) -> None:
    leap = {"born_on-month": "2"} if (name, value) == ("born_on-day", "31") else {}
    answer = client.post("/account/register", data={**ANA, **leap, name: value})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "<title>Error:" in re.sub(r"\s+", " ", answer.text)
    assert GOOD not in answer.text
    assert (name == "given_name") or 'value="Ana"' in answer.text
    assert session.scalars(sa.select(Account)).all() == []


def test_a_phone_number_in_any_usual_form_is_kept(client: FlaskClient, session: Session) -> None:
    answer = client.post("/account/register", data={**ANA, "phone": " +1 (555) 010-0142 ext 7 "})
    assert answer.status_code == 303


def test_every_field_helps_to_fill_it_in(client: FlaskClient) -> None:
    page = client.get("/account/register").text
    for name in ("given-name", "family-name", "bday-day", "email", "tel", "new-password"):
        assert f'autocomplete="{name}"' in page
    assert "onpaste" not in page
