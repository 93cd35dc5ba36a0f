"""Every request that changes something needs a form token of the same browser session, and GET changes nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account
from booking.services.passwords import hash_password
from booking.web.access_table import Row
from tests.factories import make_account
from tests.house.cast import World
from tests.house.driving import CHANGING_ROWS, GET_ROWS, Driver, row_id, rule_of
from tests.house.stored import stored

# Form tokens are compared before any database is asked, so one of the two is enough.
pytestmark = pytest.mark.sqlite_only

TYPED = {"note": 'the left knee & "more"', "given_name": "Ana", "password": "blue lamp 47 river", "csrf_token": "stale"}


@pytest.fixture
def with_tokens(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    return app


@pytest.fixture
def driver(with_tokens: Flask, session: Session, client_as: Callable[[Account], FlaskClient]) -> Driver:
    return Driver(with_tokens, World(session), client_as)


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return html.unescape(found.group(1))


# The colours of the pages are nobody's data; a page that only shows the choice shall not begin a session for its token.
WITH_TOKEN = tuple(row for row in CHANGING_ROWS if row.endpoint != "preferences.theme")


@pytest.mark.parametrize("row", WITH_TOKEN, ids=row_id)
def test_without_a_token_nothing_happens_and_what_was_typed_is_kept(driver: Driver, session: Session, row: Row) -> None:
    values, name = driver.values(row), driver.anyone_in(row)
    before = stored(session)
    for typed in ({}, TYPED):
        answer = driver.send(row, name, values, data=typed)
        assert answer.status_code == 400
    page = html.unescape(answer.text)
    assert TYPED["note"] in page
    assert 'name="given_name" value="Ana"' in page
    assert TYPED["password"] not in page
    assert stored(session) == before


@pytest.mark.parametrize("row", WITH_TOKEN, ids=row_id)
def test_the_token_of_another_browser_is_refused(driver: Driver, row: Row) -> None:
    other = token_of(driver.client("visitor").get("/account/log-in").text)
    answer = driver.send(row, driver.anyone_in(row), driver.values(row), data={"csrf_token": other})
    assert answer.status_code == 400


@pytest.mark.parametrize("row", CHANGING_ROWS, ids=row_id)
def test_another_site_is_refused_before_the_token_is_looked_at(driver: Driver, row: Row) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = driver.send(row, driver.anyone_in(row), driver.values(row), headers=headers)
        assert answer.status_code == 403


@pytest.mark.parametrize("origin", ["http://[", "//", "\xff", "http://localhost:8000.evil.example", "localhost:8000"])
def test_an_origin_that_cannot_be_read_is_another_site(driver: Driver, origin: str) -> None:
    answer = driver.client("visitor").post("/account/log-in", headers={"Origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize("row", CHANGING_ROWS, ids=row_id)
def test_what_changes_something_cannot_be_got(driver: Driver, row: Row) -> None:
    has_page = any(page.endpoint == row.endpoint for page in GET_ROWS)
    shares_address = "GET" in methods_at(driver.app, rule_of(driver.app, row).rule)
    answer = driver.client(driver.anyone_in(row)).get(driver.url(row, driver.values(row)))
    assert (answer.status_code == 405) == (not has_page and not shares_address)


def methods_at(app: Flask, address: str) -> set[str]:
    return {method for rule in app.url_map.iter_rules() if rule.rule == address for method in rule.methods or ()}


@pytest.mark.parametrize("row", GET_ROWS, ids=row_id)
def test_looking_changes_nothing(driver: Driver, session: Session, row: Row) -> None:
    values, name = driver.values(row), driver.anyone_in(row)
    before = stored(session)
    driver.send(row, name, values)
    assert stored(session) == before


def test_the_page_of_a_stale_form_sends_it_again(driver: Driver) -> None:
    browser = driver.client("visitor")
    typed = {"email": "ana@example.org", "password": "blue lamp 47 river", "next": "/visits/"}
    stale = browser.post("/account/log-in", data=typed)
    assert stale.status_code == 400
    again = browser.post("/account/log-in", data={**typed, "password": "", "csrf_token": token_of(stale.text)})
    assert again.status_code == 422
    assert 'value="ana@example.org"' in again.text
    assert "Enter your password" in again.text


def test_the_token_changes_at_login(driver: Driver, session: Session) -> None:
    password = "blue lamp 47 river"
    account = make_account(session, password_hash=hash_password(password))
    browser = driver.client("visitor")
    before = token_of(browser.get("/account/log-in").text)
    typed = {"email": account.email, "password": password, "csrf_token": before}
    assert browser.post("/account/log-in", data=typed).status_code == 303
    after = browser.get("/account/")
    assert browser.post("/account/log-out", data={"csrf_token": before}).status_code == 400
    assert browser.post("/account/log-out", data={"csrf_token": token_of(after.text)}).status_code == 303
