"""Sessions of the browser: what must not end a login."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account
from tests.factories import make_account, make_patient


def test_a_missing_static_file_does_not_end_the_login(
    session: Session, client_as: Callable[[Account], FlaskClient]
) -> None:
    client = client_as(make_account(session, patients=(make_patient(session),)))
    missing = client.get("/static/vendor/patient-before-the-release.css")
    assert missing.status_code == 404
    assert "Set-Cookie" not in missing.headers
    assert client.get("/visits/").status_code == 200
