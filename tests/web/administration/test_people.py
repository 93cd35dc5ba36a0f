"""Who works here, in the browser: asked in, limited to a location, shut out, and what is said about each mistake."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import Account, LinkAction
from booking.services.links import mint_link
from booking.services.transaction import transaction
from tests.factories import make_account
from tests.web.administration.admin_cast import ClientAs, fay, fields_of, send, words

pytestmark = pytest.mark.sqlite_only

GIL = {"name": "Gil Green", "email": "gil@clinic.example", "role": "scheduler", "locations": ["lakeview"]}
PASSWORD = "nine quiet lamps glow"


@pytest.fixture
def admin(session: Session, client_as: ClientAs) -> FlaskClient:
    return fay(session, client_as)


def account_of(session: Session, email: str) -> Account:
    session.rollback()
    return session.scalars(sa.select(Account).where(Account.email_key == email)).one()


def token_of(session: Session, account_id: int) -> str:
    session.rollback()
    now = utc_now()
    with transaction(session):
        return mint_link(
            session, action=LinkAction.JOIN_STAFF, now=now, expires_at=now + timedelta(hours=1), account_id=account_id
        )


def test_from_the_invitation_to_the_first_log_in(app: Flask, session: Session, admin: FlaskClient) -> None:
    assert send(admin, "/admin/people/invite", **GIL).status_code == 303
    text = words(admin.get("/admin/people").text)
    assert "An invitation is on its way to gil@clinic.example." in text
    assert "Gil Green Invited Scheduler · Lakeview · gil@clinic.example" in text
    gil, client = account_of(session, "gil@clinic.example"), app.test_client()
    opened = client.get(f"/l/{token_of(session, gil.id)}")
    assert opened.location == "/account/join"
    assert "Choose your password" in client.get("/account/join").text
    assert client.post("/account/join", data={"password": "short"}).status_code == 422
    assert client.post("/account/join", data={"password": "gil@clinic.example"}).status_code == 422
    done = client.post("/account/join", data={"password": PASSWORD})
    assert (done.status_code, done.location) == (303, "/account/log-in")
    assert client.get("/account/join").status_code == 410
    answer = client.post("/account/log-in", data={"email": "gil@clinic.example", "password": PASSWORD})
    assert answer.status_code == 303


def test_a_dead_invitation_says_so(session: Session, client: FlaskClient) -> None:
    account = make_account(session, Role.SCHEDULER, email_verified_at=None, is_active=False)
    client.get(f"/l/{token_of(session, account.id)}")
    answer = client.post("/account/join", data={"password": PASSWORD})
    assert answer.status_code == 410


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Enter the name"),
        ({"email": "gil"}, "Enter an e-mail address like name@example.com"),
        ({"role": "specialist"}, "Choose the calendar of this specialist"),
        ({"role": "nurse", "resource": "dr-cruz"}, "This calendar belongs to somebody with another role"),
    ],
)
def test_mistakes_are_said_at_their_fields(admin: FlaskClient, changes: dict[str, Any], sentence: str) -> None:
    page = send(admin, "/admin/people/invite", **{**GIL, **changes})
    assert page.status_code == 422
    assert sentence in page.text
    assert fields_of(page)["locations"] == ["lakeview"]


def test_an_address_that_is_known_is_said(session: Session, admin: FlaskClient) -> None:
    make_account(session, email="gil@clinic.example", email_key="gil@clinic.example")
    page = send(admin, "/admin/people/invite", **GIL)
    assert (page.status_code, "There is already an account with this address" in page.text) == (422, True)


def test_a_scheduler_is_limited_to_a_location_and_logged_out(
    session: Session, admin: FlaskClient, client_as: ClientAs
) -> None:
    dora = make_account(session, Role.SCHEDULER, name="Dora")
    path, desk = f"/admin/people/{dora.public_id}", client_as(dora)
    assert send(admin, path, locations=["northside"]).status_code == 303
    assert desk.get("/desk/").location.startswith("/account/log-in")
    assert fields_of(admin.get(path))["locations"] == ["northside"]


def test_the_last_administrator_is_told(session: Session, admin: FlaskClient) -> None:
    session.rollback()
    public_id = session.scalars(sa.select(Account.public_id).where(Account.role == Role.ADMINISTRATOR)).one()
    path = f"/admin/people/{public_id}"
    page = send(admin, path, role="scheduler")
    assert (page.status_code, "This is the last administrator who can log in." in page.text) == (422, True)
    assert admin.post(f"{path}/disable").location == path
    assert "This is the last administrator who can log in." in admin.get(path).text


def test_accounts_are_shut_and_opened_again(session: Session, admin: FlaskClient) -> None:
    path = f"/admin/people/{make_account(session, Role.NURSE, name='Kim', resource_id=7).public_id}"
    assert admin.post(f"{path}/disable").status_code == 303
    assert "Kim can no longer log in." in admin.get("/admin/people").text
    assert "This account cannot log in." in admin.get(path).text
    assert admin.post(f"{path}/enable").status_code == 303
    assert "Kim can log in again." in admin.get("/admin/people").text


def test_somebody_is_asked_in_again(session: Session, admin: FlaskClient) -> None:
    account = make_account(session, Role.SCHEDULER, email_verified_at=None)
    assert admin.post(f"/admin/people/{account.public_id}/invite-again").status_code == 303
    assert f"A new invitation is on its way to {account.email}." in admin.get("/admin/people").text
