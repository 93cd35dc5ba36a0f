"""A session ends when it should, whoever still holds its cookie."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account, LinkAction, LoginSession
from booking.services.sessions import ABSOLUTE, PATIENT_IDLE, SHARED_IDLE, STAFF_IDLE
from tests.web.accounts.conftest import COOKIE, GOOD, OTHER, LogIn, Mint


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


def test_on_a_shared_computer_the_page_says_so_and_the_login_ends_sooner(
    session: Session, client: FlaskClient, ana: Account, log_in: LogIn
) -> None:
    log_in(is_shared="y")
    page = client.get("/account/sessions/").text
    assert "Others use this computer too: log out when you are done." in page
    assert "A computer that others use too" in page
    assert re.search(r'data-seconds="(599|600)"', page)
    move_back(session, "last_seen_at", SHARED_IDLE)
    assert client.get("/account/sessions/").status_code == 303


def test_a_device_is_told_by_names_and_not_by_its_header(
    session: Session, client: FlaskClient, ana: Account, log_in: LogIn
) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
    client.environ_base["HTTP_USER_AGENT"] = agent
    log_in()
    page = client.get("/account/sessions/").text
    assert "Firefox on Linux" in page
    assert "Network 127.0.0.0/24" in page
    assert "Logged in just now" in page
    stored = session.scalars(sa.select(LoginSession)).one()
    assert "127.0.0" not in (stored.network_sealed or "")
    assert agent not in repr({column.name: getattr(stored, column.name) for column in LoginSession.__table__.columns})


@pytest.mark.parametrize(("agent", "words"), [("curl/8", "A browser we do not know"), ("X Android", "Android")])
def test_what_is_not_known_is_said_in_words(
    client: FlaskClient, ana: Account, log_in: LogIn, agent: str, words: str
) -> None:
    client.environ_base["HTTP_USER_AGENT"] = agent
    log_in()
    assert words in client.get("/account/sessions/").text


def test_one_device_is_logged_out_and_then_all(
    session: Session, client: FlaskClient, copied: FlaskClient, app: Flask, ana: Account
) -> None:
    lost = app.test_client()
    lost.post("/account/log-in", data={"email": ana.email, "password": GOOD})
    page = client.get("/account/sessions/").text
    [address] = re.findall(r'action="(/account/sessions/[^/"]{22}/end)"', page)
    assert client.post(address).location == "/account/sessions/"
    assert lost.get("/account/sessions/").status_code == 303
    assert client.post(address).status_code == 404

    answer = client.post("/account/sessions/end")
    assert answer.location == "/account/log-in"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    for browser in (client, copied):
        assert browser.get("/account/sessions/").status_code == 303
