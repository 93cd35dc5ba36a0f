"""A session ends when it should, whoever still holds its cookie."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account, LinkAction, LoginSession
from booking.services.sessions import ABSOLUTE, PATIENT_IDLE, STAFF_IDLE
from tests.web.accounts.conftest import COOKIE, OTHER, LogIn, Mint


@pytest.fixture
def copied(client: FlaskClient, app: Flask, ana: Account, log_in: LogIn) -> FlaskClient:
    """Another browser with Ana's cookie."""
    log_in()
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie(COOKIE, cookie.value)
    assert thief.get("/account/").status_code == 200
    return thief


def move_back(session: Session, column: str, by: timedelta) -> None:
    session.rollback()
    stored = session.scalars(sa.select(LoginSession)).one()
    setattr(stored, column, getattr(stored, column) - by)
    session.commit()


def test_a_copied_cookie_opens_nothing_after_logging_out(client: FlaskClient, copied: FlaskClient) -> None:
    client.post("/account/log-out")
    assert copied.get("/account/").status_code == 303


def test_a_copied_cookie_opens_nothing_after_a_new_password(
    app: Flask, copied: FlaskClient, ana: Account, mint: Mint
) -> None:
    elsewhere = app.test_client()
    elsewhere.get(f"/l/{mint(LinkAction.RESET_PASSWORD, account_id=ana.id)}")
    assert elsewhere.post("/account/reset", data={"password": OTHER}).status_code == 303
    assert copied.get("/account/").status_code == 303


def test_a_closed_account_is_out_at_once(session: Session, copied: FlaskClient, ana: Account) -> None:
    ana.is_active = False
    session.commit()
    assert copied.get("/account/").status_code == 303


def test_an_idle_session_ends(session: Session, client: FlaskClient, ana: Account, log_in: LogIn) -> None:
    log_in()
    move_back(session, "last_seen_at", PATIENT_IDLE - timedelta(seconds=30))
    assert client.get("/account/").status_code == 200, "it was used in time, which counts from now on"
    move_back(session, "last_seen_at", PATIENT_IDLE)
    assert client.get("/account/").status_code == 303


def test_staff_are_idle_sooner(session: Session, client: FlaskClient, dora: Account, log_in: LogIn) -> None:
    log_in(dora.email)
    move_back(session, "last_seen_at", STAFF_IDLE)
    assert client.get("/account/").status_code == 303


def test_no_session_lasts_longer_than_its_day(
    session: Session, client: FlaskClient, ana: Account, log_in: LogIn
) -> None:
    log_in()
    move_back(session, "expires_at", ABSOLUTE)
    assert client.get("/account/").status_code == 303


@pytest.mark.parametrize("cookie", ["x", "x" * 99, "x" * 3000, "'; DROP TABLE login_session; --"])
def test_an_invented_cookie_is_a_visitor_and_is_taken_away(client: FlaskClient, cookie: str) -> None:
    client.set_cookie(COOKIE, cookie)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert f"{COOKIE}=;" in answer.headers["Set-Cookie"]


def test_the_cookie_is_for_this_site_and_no_script(client: FlaskClient, ana: Account, log_in: LogIn) -> None:
    cookie = log_in().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
