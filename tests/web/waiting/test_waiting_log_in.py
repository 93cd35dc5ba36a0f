"""Somebody who waits logs in to type less: what was wished comes along, and not what was joined with already."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account, Patient
from booking.services.passwords import hash_password
from tests.factories import make_account, make_patient
from tests.web.waiting.test_waiting import WAIT, WANTED, WHO, checked, join, say_who

PASSWORD = "blue lamp 47 river"


@pytest.fixture
def ana(session: Session) -> Patient:
    return make_patient(session)


@pytest.fixture
def account(session: Session, ana: Patient) -> Account:
    return make_account(session, patients=(ana,), password_hash=hash_password(PASSWORD))


def test_wishes_stay_typed_over_the_log_in_that_types_less(client: FlaskClient, account: Account, ana: Patient) -> None:
    join(client)
    asked = client.post(WHO, data={"go": "log-in", "nonce": "x"})
    assert asked.location == f"/account/log-in?next={WAIT}"
    client.post("/account/log-in", data={"email": account.email, "password": PASSWORD, "next": WAIT})
    page = client.get(WAIT).text
    assert checked(page) >= {("days", "0"), ("days", "3"), ("parts", "morning"), ("people", "dr-cruz")}
    assert f'value="{WANTED["last_day"]}"' in page
    join(client, for_whom=ana.public_id, days=["4"])
    assert ("days", "4") in checked(client.get(WAIT).text), "what was joined with, not what was typed before"


def test_what_a_guest_joined_with_fills_no_form_after_a_later_log_in(client: FlaskClient, account: Account) -> None:
    join(client)
    say_who(client)
    client.post("/account/log-in", data={"email": account.email, "password": PASSWORD})
    assert ("days", "3") not in checked(client.get(WAIT).text)
