"""Sessions of the browser: what must not end a login."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.extensions import db
from booking.models import Account, ProvenBy
from booking.services import sessions
from booking.services.sessions import FRESH, OpenSession
from booking.web import access
from booking.web.application import create_app
from booking.web.desk import caller
from booking.web.questionnaires import here
from booking.web.sessions import BY_ENTRY, ServerSession
from tests.databases import Database
from tests.factories import make_account, make_patient
from tests.settings import settings_for


def test_a_missing_static_file_does_not_end_the_login(
    session: Session, client_as: Callable[[Account], FlaskClient]
) -> None:
    client = client_as(make_account(session, patients=(make_patient(session),)))
    missing = client.get("/static/vendor/patient-before-the-release.css")
    assert missing.status_code == 404
    assert "Set-Cookie" not in missing.headers
    assert client.get("/visits/").status_code == 200


def test_two_first_requests_of_one_login_have_one_owner() -> None:
    """Else a double click on the first thing that is booked would be two forms."""
    login = OpenSession(1, None, None)
    first, second, other = (ServerSession(login, token).owner for token in ("one", "one", "other"))
    assert first == second
    assert len({first, other, "one"}) == 3


def test_collections_that_requests_add_to_are_merged_by_entry() -> None:
    """The names are repeated there, where nothing of the pages may be imported."""
    used = {
        access.BOOKED, access.BOOKED_LOGGED_IN, access.JOINED, access.OPENED_LINKS, access.PROVEN, caller.BOOKED,
        caller.DESCRIBED, here.WRITTEN, "_flashes",
    }  # fmt: skip
    assert used == BY_ENTRY


def test_two_pages_that_open_links_at_once_both_stay_open(app: Flask, session: Session, client: FlaskClient) -> None:
    """Interleaved by hand: the second request begins before the first has written, and ends after it."""
    with client.session_transaction() as kept:
        kept[access.OPENED_LINKS] = [1]
    with client.session_transaction() as slow:
        with client.session_transaction() as quick:
            quick[access.OPENED_LINKS] = [1, 2]
        slow[access.OPENED_LINKS] = [1, 3]
    with client.session_transaction() as kept:
        assert kept[access.OPENED_LINKS] == [1, 2, 3]


def test_a_late_answer_does_not_put_an_old_cookie_back(session: Session, client: FlaskClient) -> None:
    with client.session_transaction() as kept:
        kept["draft"] = "x"
    assert "Set-Cookie" not in client.get("/account/log-in").headers


def test_over_tls_the_cookie_is_bound_to_host_and_path(database: Database, tmp_path: Path) -> None:
    """OWASP ASVS 5.0 3.3.1 to 3.3.4; without an end, so that it goes with the browser."""
    settings = replace(settings_for(database.url, tmp_path), base_url="https://clinic.example")
    app = create_app(settings)
    answer = app.test_client().get("/account/log-in", base_url="https://clinic.example")
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    cookie, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert cookie.startswith("__Host-session=")
    assert len(cookie.removeprefix("__Host-session=")) == 43
    assert set(attributes) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


def test_a_proof_renews_the_cookie_and_the_freshness(app: Flask, session: Session) -> None:
    account = make_account(session)
    token = sessions.begin_session(session, account_id=account.id, data={}, now=utc_now() - FRESH)
    with app.test_request_context():
        stale = ServerSession(sessions.open_session(db.session(), token=token, now=utc_now()), token)
        assert not stale.is_fresh()
        stale.note_proven(ProvenBy.PASSKEY)
        fresh = ServerSession(sessions.open_session(db.session(), token=stale.token, now=utc_now()), stale.token)
        assert fresh.is_fresh()
        assert sessions.open_session(db.session(), token=token, now=utc_now()) is None
