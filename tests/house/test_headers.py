"""Security headers on the answer of every route and of every failure (OWASP ASVS 5.0 3.4, 14.3.2)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.models import Account
from booking.web.access_table import ROWS, Row
from booking.web.security_headers import HSTS, PERMISSIONS
from tests.house.cast import World
from tests.house.driving import GET_ROWS, Driver, row_id

# Headers do not come from a database, so one of the two is enough.
pytestmark = pytest.mark.sqlite_only

CHARSETS = ("text/calendar; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8")
SAME_ON_ALL = {
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture
def driver(app: Flask, session: Session, client_as: Callable[[Account], FlaskClient]) -> Driver:
    return Driver(app, World(session), client_as)


def check(answer: TestResponse) -> None:
    """Raise AssertionError when a header is missing or says too much."""
    headers = answer.headers
    assert {name: headers.get(name) for name in SAME_ON_ALL} == SAME_ON_ALL
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors" in policy
    assert "object-src 'none'" in policy or "sandbox" in policy
    assert headers["X-Frame-Options"] in {"DENY", "SAMEORIGIN"}
    assert re.fullmatch("[0-9a-f]{16}", headers["X-Request-ID"])
    assert "script-src 'self'" in policy or "script-src" not in policy
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in policy or "sandbox" in policy
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert headers["Content-Type"] in {"text/html; charset=utf-8", *CHARSETS} or not answer.mimetype.startswith("text/")
    assert "Server" not in headers
    assert "X-Powered-By" not in headers
    is_file = answer.request.path.startswith("/static/") and answer.status_code == 200
    assert ("no-store" in headers["Cache-Control"]) is not is_file


@pytest.mark.parametrize("row", GET_ROWS, ids=row_id)
def test_every_page_carries_them(driver: Driver, row: Row) -> None:
    check(driver.send(row, driver.anyone_in(row), driver.values(row)))


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_a_visitor_gets_them_whatever_the_answer(driver: Driver, row: Row) -> None:
    check(driver.send(row, "visitor", driver.values(row)))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/no-such-page", 404),
        ("GET", "/visits/short", 404),
        ("DELETE", "/account/log-in", 405),
        ("GET", "/l/unknown", 410),
        ("GET", "/static/missing.css", 404),
        ("GET", "/static/", 404),
        ("GET", "/static/css/", 404),
        ("GET", "/static/../wsgi.py", 404),
    ],
)
def test_failures_carry_them(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    check(answer)


def test_too_large_a_form_and_a_forbidden_page_carry_them(driver: Driver) -> None:
    large = driver.client("visitor").post("/account/log-in", data={"email": "x" * 400_000})
    assert large.status_code == 413
    check(large)
    fields = {f"field-{number}": "x" for number in range(500)}
    many = driver.client("visitor").post("/account/log-in", data=fields, content_type="multipart/form-data")
    assert many.status_code == 413
    forbidden = driver.client("fay").get("/visits/")
    assert forbidden.status_code == 403
    check(forbidden)


def test_a_bug_carries_them_and_tells_nothing(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise ZeroDivisionError("the secret of the bug")

    monkeypatch.setitem(app.view_functions, "operation.healthz", broken)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = client.get("/healthz")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    check(answer)


def test_over_tls_browsers_are_told_to_stay_there(client: FlaskClient) -> None:
    assert client.get("/healthz", base_url="https://localhost:8000").headers["Strict-Transport-Security"] == HSTS
    assert "Strict-Transport-Security" not in client.get("/healthz").headers


def test_an_address_with_a_token_reaches_nobody_as_a_referrer(driver: Driver) -> None:
    row = next(row for row in GET_ROWS if row.endpoint == "links.open_link")
    assert driver.send(row, "visitor", driver.values(row)).headers["Referrer-Policy"] == "no-referrer"
    assert driver.client("visitor").get("/l/unknown").headers["Referrer-Policy"] == "no-referrer"
