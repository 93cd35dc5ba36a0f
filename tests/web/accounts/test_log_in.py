"""Logging in and out: where it leads, what it tells, what it slows, what survives it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.config import Settings
from booking.core.actor import Role
from booking.models import Account
from booking.services.rate_limits import LIMITS, Tried
from tests.factories import make_account
from tests.settings import settings_for
from tests.web.accounts.conftest import COOKIE, GOOD, OTHER, LogIn


def test_staff_come_to_the_desk_and_patients_to_their_visits(
    app: Flask, client: FlaskClient, ana: Account, dora: Account, log_in: LogIn
) -> None:
    assert log_in(ana.email).headers["Location"] == "/visits/"
    assert client.get("/account/log-in").headers["Location"] == "/visits/", "who is logged in need not log in"
    client.post("/account/log-out")
    assert log_in(dora.email).headers["Location"] == "/desk/"


@pytest.mark.parametrize(
    ("wanted", "target"),
    [
        ("/visits/abc?print=1", "/visits/abc?print=1"),
        ("/book/check", "/book/check"),
        ("/desk/", "/visits/"),
        ("//evil.example/", "/visits/"),
        ("/\\evil.example/", "/visits/"),
        ("/visits\\..\\", "/visits/"),
        ("https://evil.example/", "/visits/"),
        ("javascript:alert(1)", "/visits/"),
        ("visits/", "/visits/"),
        ("/\t/evil.example", "/visits/"),
        ("/visits/\r\nSet-Cookie: x=1", "/visits/"),
        ("/\x00", "/visits/"),
        ("/" + "x" * 600, "/visits/"),
        ("", "/visits/"),
    ],
)
def test_it_leads_to_a_page_of_ours_only(ana: Account, log_in: LogIn, wanted: str, target: str) -> None:
    assert log_in(next=wanted).headers["Location"] == target


@pytest.mark.parametrize(
    ("wanted", "target"),
    [
        ("/desk/day/2026-11-23", "/desk/day/2026-11-23"),
        (f"/tasks/{'a' * 22}", f"/tasks/{'a' * 22}"),
        ("/my-day/", "/desk/"),
        ("/", "/desk/"),
        ("/nowhere", "/desk/"),
    ],
)
def test_staff_go_back_to_the_page_they_were_on_when_it_is_theirs(
    dora: Account, log_in: LogIn, wanted: str, target: str
) -> None:
    assert log_in(dora.email, next=wanted).headers["Location"] == target


def test_specialists_come_to_their_day_and_without_a_calendar_to_the_desk(
    session: Session, client: FlaskClient, log_in: LogIn, good_hash: str
) -> None:
    lone = "lone@clinic.example"
    make_account(session, Role.SPECIALIST, email=lone, email_key=lone, password_hash=good_hash)
    assert log_in(lone).headers["Location"] == "/my-day/"
    assert client.get("/my-day/").headers["Location"] == "/desk/"


def test_a_page_behind_the_login_asks_for_it_and_is_come_back_to(
    client: FlaskClient, ana: Account, log_in: LogIn
) -> None:
    asked = client.get("/account/")
    assert asked.headers["Location"] == "/account/log-in?next=/account/"
    page = client.get(asked.headers["Location"]).text
    assert 'name="next" value="/account/"' in page
    assert log_in(next="/account/").headers["Location"] == "/account/"


def test_what_was_posted_without_a_login_is_not_come_back_to(client: FlaskClient) -> None:
    assert client.post("/account/log-out").headers["Location"] == "/account/log-in"


def test_unknown_and_wrong_get_the_same_bytes(
    client: FlaskClient, session: Session, ana: Account, log_in: LogIn
) -> None:
    make_account(session, email="off@example.org", email_key="off@example.org", is_active=False)
    answers = [log_in(), log_in()]
    client.post("/account/log-out")
    client.get("/account/log-in")
    wrong = log_in(password=OTHER)
    unknown = log_in("ben@example.org")
    closed = log_in("off@example.org")
    assert answers[0].status_code == 303
    assert wrong.status_code == unknown.status_code == closed.status_code == 422
    assert "The e-mail address or the password is not right." in wrong.text
    assert anonymous(wrong.text) == anonymous(unknown.text) == anonymous(closed.text)
    assert OTHER not in wrong.text


def anonymous(page: str) -> str:
    page = re.sub(r'name="csrf_token"[^>]*>', "", page)
    page = re.sub(r"[\w-]{86}", "CHALLENGE", page)
    return re.sub(r"(ana|ben|off)@example\.org", "SOMEBODY", page)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("", ""),
        ("ana@example.org", ""),
        ("\x00", GOOD),
        ("ana@example.org\x00", GOOD),
        ("ana@example.org", "\x00" * 12),
        ("ana@example.org", "x" * 1001),
        ("ana@example.org", "x" * 1000),
        ("x" * 100_000 + "@example.org", GOOD),
        ("ana@example.org\r\nX: y", GOOD),
        ("ana@example.org' OR 1=1 --", GOOD),
        ("😀@example.org", GOOD),
    ],
)
def test_whatever_is_typed_is_answered_with_the_form(ana: Account, log_in: LogIn, email: str, password: str) -> None:
    assert log_in(email, password).status_code == 422


def test_what_was_typed_before_survives_and_the_cookie_changes(
    client: FlaskClient, ana: Account, log_in: LogIn
) -> None:
    client.get("/account/log-in")
    with client.session_transaction() as kept:
        kept["draft"] = {"reason": "the left knee"}
        owner = kept.owner  # type: ignore[attr-defined]
    before = client.get_cookie(COOKIE)
    assert log_in().status_code == 303
    after = client.get_cookie(COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value
    with client.session_transaction() as kept:
        assert kept["draft"] == {"reason": "the left knee"}
        assert kept.owner == owner  # type: ignore[attr-defined]
    client.set_cookie(COOKIE, before.value)
    assert client.get("/account/").status_code == 303, "the cookie of before opens nothing"


def test_many_tries_are_slowed_for_known_and_unknown_alike(
    app: Flask, ana: Account, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict: Settings = settings_for(
        app.config["SQLALCHEMY_DATABASE_URI"], app.config["SETTINGS"].data_folder, RATE_LIMIT_FACTOR="1"
    )
    monkeypatch.setitem(app.config, "SETTINGS", strict)
    monkeypatch.setattr("booking.services.logging_in.is_password", lambda _stored, _password: False)
    answers: Callable[[str], list[int]] = lambda email: [  # noqa: E731 - two rows of the same tries.
        log_in(email, OTHER).status_code for _ in range(LIMITS[Tried.LOG_IN].account.capacity + 1)
    ]
    known, unknown = answers("ana@example.org"), answers("nobody@example.org")
    assert known == unknown
    assert (known[0], known[-1]) == (422, 429)
    slowed = log_in(password=OTHER)
    assert int(slowed.headers["Retry-After"]) > 0


def test_logging_out_clears_what_the_browser_kept(client: FlaskClient, ana: Account, log_in: LogIn) -> None:
    log_in()
    answer = client.post("/account/log-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/log-in")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "You are logged out." in client.get("/account/log-in").text
    assert client.get("/account/").status_code == 303


def test_staff_see_their_account_in_the_look_of_the_desk(client: FlaskClient, dora: Account, log_in: LogIn) -> None:
    log_in(dora.email)
    assert "staff-header" in client.get("/account/").text
