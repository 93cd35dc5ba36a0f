"""People who log in with a password, and links as they would be mailed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import Account, LinkAction
from booking.services.links import mint_link
from booking.services.passwords import hash_password
from booking.services.transaction import transaction
from tests.factories import make_account, make_patient

GOOD, OTHER = "blue lamp 47 river", "seven quiet harbours"
COOKIE = "respite_session"

LogIn = Callable[..., TestResponse]
Mint = Callable[..., str]


@pytest.fixture(scope="session")
def good_hash() -> str:
    """Hashed once: it takes a tenth of a second."""
    return hash_password(GOOD)


@pytest.fixture
def ana(session: Session, good_hash: str) -> Account:
    return make_account(
        session,
        patients=(make_patient(session),),
        email="ana@example.org",
        email_key="ana@example.org",
        name="Ana Alvarez",
        password_hash=good_hash,
    )


@pytest.fixture
def dora(session: Session, good_hash: str) -> Account:
    return make_account(
        session, Role.SCHEDULER, email="dora@example.org", email_key="dora@example.org", password_hash=good_hash
    )


@pytest.fixture
def log_in(client: FlaskClient) -> LogIn:
    def send(email: str = "ana@example.org", password: str = GOOD, **more: str) -> TestResponse:
        return client.post("/account/log-in", data={"email": email, "password": password, **more})

    return send


@pytest.fixture
def mint(session: Session) -> Mint:
    def make(action: LinkAction, *, minutes: int = 10, **about: int) -> str:
        now = utc_now()
        with transaction(session):
            return mint_link(session, action=action, now=now, expires_at=now + timedelta(minutes=minutes), **about)

    return make
