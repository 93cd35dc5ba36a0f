"""Sessions of the browser: what must not end a login."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account
from booking.services.sessions import OpenSession
from booking.web.sessions import ServerSession
from tests.factories import make_account, make_patient


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
