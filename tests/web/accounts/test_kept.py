"""What was typed when a login ran out: given back to the same person, once they are logged in again."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account, KeptForm, LoginSession
from booking.services.sessions import PATIENT_IDLE
from tests.factories import make_account, make_patient
from tests.web.accounts.conftest import COOKIE, LogIn

OWN_SITE = {"Sec-Fetch-Site": "same-origin"}
DETAILS = {"given_name": "Ana", "reason": "My left hand burns & aches", "needs": ["wheelchair", "low_light"]}
PAGE = "/visits/?year=2026"


def run_out(session: Session) -> None:
    """Nobody uses the login for as long as it may be idle."""
    session.rollback()
    for row in session.scalars(sa.select(LoginSession)):
        row.last_seen_at -= PATIENT_IDLE
    session.commit()


def count(session: Session) -> int:
    session.rollback()
    found = session.scalar(sa.select(sa.func.count(KeptForm.id)))
    session.rollback()
    return found or 0


def hidden(page: str) -> list[tuple[str, str]]:
    """Names and values of the first form of the page's own content that holds what was typed."""
    form = page[page.index('name="kept_form"') :].partition("</form>")[0]
    return [(name, html.unescape(text)) for name, text in re.findall(r'name="([^"]+)" value="([^"]*)"', form)]


@pytest.fixture
def too_late(client: FlaskClient, session: Session, ana: Account, log_in: LogIn) -> FlaskClient:
    """Ana's browser, after it sent a form from a login that had run out."""
    log_in()
    run_out(session)
    answer = client.post("/book/details?x=1", data=DETAILS, headers=OWN_SITE)
    assert answer.location == "/account/log-in?next=/account/kept&why=idle"
    return client


def test_a_form_that_comes_too_late_is_sent_after_the_login(
    too_late: FlaskClient, session: Session, log_in: LogIn
) -> None:
    assert "You were logged out" in too_late.get("/account/log-in?why=idle").text
    assert log_in(next="/account/kept").location == "/account/kept"
    page = too_late.get("/account/kept").text
    assert 'action="/book/details?x=1"' in page
    fields = hidden(page)
    typed = [field for field in fields if field[0] != "kept_form"]
    assert typed == [("given_name", "Ana"), ("reason", "My left hand burns & aches"), ("needs", "wheelchair"),
                     ("needs", "low_light")]  # fmt: skip
    refused = too_late.post("/book/hold", data={"kept_form": fields[0][1], "slot": "none"})
    assert refused.status_code >= 400
    assert count(session) == 1


def test_sent_again_it_is_not_offered_once_more(too_late: FlaskClient, session: Session, log_in: LogIn) -> None:
    log_in()
    fields = dict(hidden(too_late.get("/account/kept").text))
    sent = too_late.post("/book/details", data={"kept_form": fields["kept_form"]}, follow_redirects=True)
    assert sent.status_code == 200
    assert count(session) == 0
    assert "There is nothing that was sent too late" in too_late.get("/account/kept").text


def test_it_can_be_thrown_away(too_late: FlaskClient, session: Session, log_in: LogIn) -> None:
    log_in()
    fields = dict(hidden(too_late.get("/account/kept").text))
    assert too_late.post("/account/kept/forget", data=fields).location == "/visits/"
    assert count(session) == 0


def test_another_person_at_the_same_browser_sees_nothing_of_it(
    too_late: FlaskClient, session: Session, good_hash: str, log_in: LogIn
) -> None:
    ben = make_account(session, patients=(make_patient(session),), password_hash=good_hash)
    log_in(ben.email)
    page = too_late.get("/account/kept").text
    assert "left hand" not in page
    too_late.post("/account/kept/forget", data={"kept_form": session.scalars(sa.select(KeptForm.row_key)).one()})
    assert count(session) == 1


def test_secrets_are_not_kept(client: FlaskClient, session: Session, ana: Account, log_in: LogIn) -> None:
    log_in()
    run_out(session)
    client.post("/book/details", data={"password": "blue lamp", "csrf_token": "x", "note": "y"}, headers=OWN_SITE)
    log_in()
    page = client.get("/account/kept").text
    assert "blue lamp" not in page
    assert 'name="note" value="y"' in page


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/book/details", {}),
        ("/book/details", {"Origin": "null"}),
        ("/account/log-out", OWN_SITE),
        ("/account/kept/take", OWN_SITE),
        ("/no/such/page", OWN_SITE),
    ],
    ids=["from nowhere", "from a mailed link", "no work", "a script's question", "nowhere"],
)
def test_nothing_else_is_kept(
    client: FlaskClient, session: Session, ana: Account, log_in: LogIn, path: str, headers: dict[str, str]
) -> None:
    log_in()
    run_out(session)
    client.post(path, data=DETAILS, headers=headers)
    assert count(session) == 0


def test_a_login_that_somebody_ended_keeps_nothing(
    app: Flask, client: FlaskClient, session: Session, ana: Account, log_in: LogIn
) -> None:
    """Only time leaves a login that may still say whose it was: whoever logs out leaves nothing behind."""
    log_in()
    cookie = client.get_cookie(COOKIE)
    assert cookie
    client.post("/account/log-out")
    thief = app.test_client()
    thief.set_cookie(COOKIE, cookie.value)
    thief.post("/book/details", data=DETAILS, headers=OWN_SITE)
    assert count(session) == 0


def test_a_visitor_whose_session_ran_out_keeps_nothing(client: FlaskClient, session: Session) -> None:
    client.get("/account/log-in")
    with client.session_transaction() as kept:
        kept["draft"] = "x"
    run_out(session)
    client.post("/book/details", data=DETAILS, headers=OWN_SITE)
    assert count(session) == 0


def test_too_much_is_not_kept(client: FlaskClient, session: Session, ana: Account, log_in: LogIn) -> None:
    log_in()
    run_out(session)
    answer = client.post("/book/details", data={"reason": "x" * 70_000}, headers=OWN_SITE)
    assert answer.location == "/account/log-in?why=idle"


# --- with scripts ---------------------------------------------------------------------------------------------------


def being_typed(text: str = "half a word", path: str = PAGE, **more: str) -> dict[str, str]:
    return {"path": path, "fields": json.dumps([["/save", "note", text]]), **more}


def taken(client: FlaskClient, path: str = PAGE) -> Any:
    answer = client.post("/account/kept/take", data={"path": path}).json
    return answer["fields"] if answer else None


def test_what_is_being_typed_comes_back_once(client: FlaskClient, ana: Account, log_in: LogIn) -> None:
    log_in()
    assert client.post("/account/keep", data=being_typed()).json == {"kept": True}
    assert taken(client, "/other") == []
    assert taken(client) == [["/save", "note", "half a word"]]
    assert taken(client) == []


def test_the_end_of_an_idle_page_ends_the_login(
    client: FlaskClient, session: Session, ana: Account, log_in: LogIn
) -> None:
    log_in()
    answer = client.post("/account/keep", data=being_typed(end="1"))
    assert answer.json == {"kept": True}
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    late = client.post("/account/keep", data=being_typed("in a second window", "/b"), headers=OWN_SITE)
    assert late.json == {"kept": True}
    assert client.get("/account/").status_code == 303
    log_in()
    assert taken(client)
    assert taken(client, "/b") == [["/save", "note", "in a second window"]]


@pytest.mark.parametrize("fields", ["", "[", "3", "[1]", '[["a", "b"]]', "[]", '{"a": 1}', "[[1, 2, 3, 4]]"])
def test_what_no_script_of_ours_sends_is_not_kept(
    client: FlaskClient, ana: Account, log_in: LogIn, fields: str
) -> None:
    log_in()
    assert client.post("/account/keep", data={"path": PAGE, "fields": fields}).json == {"kept": False}


def test_only_paths_of_ours_are_kept(client: FlaskClient, ana: Account, log_in: LogIn) -> None:
    log_in()
    for path in ("//evil.example", "https://evil.example", ""):
        assert client.post("/account/keep", data=being_typed(path=path)).json == {"kept": False}


# --- how long it lasts ------------------------------------------------------------------------------------------------


def test_a_page_can_ask_without_keeping_the_login_alive(
    client: FlaskClient, session: Session, ana: Account, log_in: LogIn
) -> None:
    log_in()
    session.rollback()
    stored = session.scalars(sa.select(LoginSession)).one()
    stored.last_seen_at -= timedelta(minutes=10)
    session.commit()
    for _ in range(2):
        told = client.get("/account/time-left").json
        assert told
        assert 1195 <= told["seconds"] <= 1200
        assert told["who"] == ana.public_id
    assert 'data-seconds="1800"' in client.get("/account/").text, "a page is use, and says so at once"
    told = client.post("/account/stay").json
    assert told
    assert told["seconds"] == 1800


def test_staying_counts_at_once(client: FlaskClient, session: Session, ana: Account, log_in: LogIn) -> None:
    log_in()
    session.rollback()
    before = session.scalars(sa.select(LoginSession.last_seen_at)).one()
    session.rollback()
    client.post("/account/stay")
    assert session.scalars(sa.select(LoginSession.last_seen_at)).one() > before


def test_pages_of_visitors_have_no_log_off(client: FlaskClient) -> None:
    assert "logoff" not in client.get("/account/log-in").text
    assert client.get("/account/time-left").json == {"seconds": 0, "who": "", "token": ""}


def test_a_script_learns_that_the_login_is_over(
    client: FlaskClient, session: Session, ana: Account, log_in: LogIn
) -> None:
    """And leaves the cookie, with which what is typed in the page can still be kept."""
    log_in()
    run_out(session)
    for answer in (client.get("/account/time-left"), client.post("/account/stay", headers=OWN_SITE)):
        assert answer.json == {"seconds": 0, "who": "", "token": ""}
        assert "Set-Cookie" not in answer.headers
    assert client.post("/account/keep", data=being_typed(), headers=OWN_SITE).json == {"kept": True}
    assert f"{COOKIE}=;" in client.get("/").headers["Set-Cookie"]
