"""Headers of pages, errors, redirects, static files, and of the pages around mails."""

import pytest
from flask import Flask, redirect
from flask.testing import FlaskClient

from booking.web import security_headers


@pytest.fixture
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    static = tmp_path_factory.mktemp("static")
    (static / "a.css").write_text("a{}")
    app = Flask(__name__, static_folder=str(static), static_url_path="/static")
    app.add_url_rule("/page", "page", lambda: "page")
    app.add_url_rule("/go", "go", lambda: redirect("/page"))
    app.add_url_rule("/mail", "mail", security_headers.shows_mail(lambda: "mail"))
    app.add_url_rule("/inbox", "inbox", security_headers.frames_mail(lambda: "inbox"))
    app.add_url_rule("/link", "link", security_headers.opened_from_mail(lambda: "link"))
    security_headers.init_app(app)
    return app.test_client()


@pytest.mark.parametrize("path", ["/page", "/go", "/nowhere", "/static/missing.css"])
def test_every_answer_is_guarded_and_kept_nowhere(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == security_headers.PAGE_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "publickey-credentials-get=(self)" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_the_policy_of_pages_allows_nothing_inline_and_no_other_host() -> None:
    assert "unsafe" not in security_headers.PAGE_POLICY
    assert "//" not in security_headers.PAGE_POLICY
    assert security_headers.PAGE_POLICY.startswith("default-src 'none'; ")


def test_static_files_may_be_kept(client: FlaskClient) -> None:
    assert client.get("/static/a.css", buffered=True).headers.get("Cache-Control") != "no-store"


def test_a_shown_mail_is_put_in_a_sandbox(client: FlaskClient) -> None:
    headers = client.get("/mail").headers
    policy = headers["Content-Security-Policy"]
    assert policy == security_headers.MAIL_POLICY
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "sandbox" in policy


def test_only_the_page_around_a_mail_may_hold_a_frame(client: FlaskClient) -> None:
    assert client.get("/inbox").headers["Content-Security-Policy"].endswith("; frame-src 'self'")
    assert "frame-src" not in client.get("/page").headers["Content-Security-Policy"]


def test_an_address_with_a_token_reaches_nobody(client: FlaskClient) -> None:
    assert client.get("/link").headers["Referrer-Policy"] == "no-referrer"


def test_the_browser_is_told_to_stay_encrypted_where_it_is(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/page").headers
    assert (
        client.get("/page", base_url="https://localhost").headers["Strict-Transport-Security"] == security_headers.HSTS
    )
