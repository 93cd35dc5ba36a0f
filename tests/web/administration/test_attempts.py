"""The page of refused tries: it says what to do and names no patient; the first page has a mark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.attempts import Worry
from booking.core.clock import utc_now
from booking.models import Account
from booking.services import audit
from booking.services.transaction import transaction
from booking.web.administration.attempts import WORRY
from tests.factories import make_account, make_patient
from tests.web.administration.admin_cast import fay, words
from tests.web.statements import counted

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def admin(session: Session, client_as: Callable[[Account], FlaskClient]) -> FlaskClient:
    return fay(session, client_as)


def guess(app: Flask, session: Session, account: Account, times: int = 1) -> None:
    email = account.email
    session.rollback()
    for _ in range(times):
        app.test_client().post("/account/log-in", data={"email": email, "password": "not the one"})


def test_every_worry_has_advice() -> None:
    assert set(WORRY) == set(Worry)


def test_a_quiet_day_has_no_mark(admin: FlaskClient) -> None:
    assert "Somebody may be trying to get in" not in admin.get("/admin/").text
    assert "Nothing looks like an attack" in admin.get("/admin/attempts").text


def test_an_account_that_is_guessed_at_is_shown_without_the_patients_name(
    app: Flask, session: Session, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], limits_factor=1))
    monkeypatch.setattr("booking.services.logging_in.is_password", lambda _stored, _password: False)
    patient = make_patient(session, family_name="Zyxwander")
    ana = make_account(session, patients=(patient,), name="Ana Zyxwander")
    guess(app, session, ana, 11)
    page = words(admin.get("/admin/attempts?span=hour").text)
    assert "Zyxwander" not in page
    assert "A patient See who" in page
    assert "Slowed: next try in 6 minutes" in page
    assert "Somebody guesses at an account until they are slowed down." in page
    assert "Somebody may be trying to get in" in admin.get("/admin/").text


def test_only_the_span_counts_and_another_word_for_it_is_a_day(session: Session, admin: FlaskClient) -> None:
    dora = make_account(session, Role.SCHEDULER, name="Dora Ashby")
    with transaction(session):
        for _ in range(3):
            at = utc_now() - timedelta(hours=30)
            audit.record(session, Actor(), "log_in_refused", "account", dora.id, now=at, reason_code="second_step")
    for span in ("day", "ages"):
        assert "Dora Ashby" not in admin.get(f"/admin/attempts?span={span}").text
    week = words(admin.get("/admin/attempts?span=week").text)
    assert "Dora Ashby" in week
    assert "Somebody gave a right password" in week


def test_the_page_sends_the_same_statements_whatever_there_is(app: Flask, session: Session, admin: FlaskClient) -> None:
    def sent() -> int:
        admin.get("/admin/attempts")
        with counted(app) as statements:
            admin.get("/admin/attempts")
        return len(statements)

    before = sent()
    for _ in range(12):
        guess(app, session, make_account(session))
    assert sent() == before
