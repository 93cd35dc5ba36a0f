"""What administrators change asks for a fresh log-in, keeps what was typed, and asks once in a while, not each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import Account, AppKey, AuditEvent, LoginSession
from booking.queries.credentials import factors_of
from booking.web.access_table import ADMINISTRATORS, ROWS
from tests.factories import make_account, make_patient
from tests.services.factors_cast import mails, with_app
from tests.web.administration.admin_cast import fay, fields_of, stored, words

pytestmark = pytest.mark.sqlite_only

ClientAs = Callable[[Account], FlaskClient]
CONFIRM = "/account/confirm"
NOT_ASKED = {
    "administration.move_service": "the order of services harms nobody, and is pressed again and again",
    "administration.new_form_version": "begins a draft that nobody is given; publishing it asks",
    "administration.preview_form": "shows how a draft would go on, and keeps nothing",
    "privacy.keep": "changes nothing, and takes no right away",
}
"""Acts of administrators alone that go without a fresh log-in, and why."""


@pytest.fixture
def admin(session: Session, client_as: ClientAs) -> FlaskClient:
    return fay(session, client_as)


def leave_it_open(session: Session, minutes: int = 11) -> None:
    """The log-in was so many minutes ago; its session was used since."""
    session.rollback()
    session.execute(sa.update(LoginSession).values(authenticated_at=utc_now() - timedelta(minutes=minutes)))
    session.commit()


def test_every_act_of_administrators_alone_asks_or_says_why_not(app: Flask) -> None:
    acts = {row.endpoint for row in ROWS if row.method == "POST" and row.who == ADMINISTRATORS}
    asked = {endpoint for endpoint in acts if hasattr(app.view_functions[endpoint], "asks_who")}
    assert acts - asked == set(NOT_ASKED)


def test_a_form_on_an_unlocked_computer_is_kept_and_not_saved(session: Session, admin: FlaskClient) -> None:
    sent = {**fields_of(admin.get("/admin/clinic")), "phone": "555-0199", "emergency_number": "112"}
    leave_it_open(session)
    assert admin.get("/admin/clinic").status_code == 200, "looking is not asked for"
    assert admin.post("/admin/clinic", data=sent).headers["Location"] == CONFIRM
    assert stored(session)["clinic"]["phone"] == "555-0100"
    leave_it_open(session, minutes=0)
    kept = admin.get("/account/confirmed").text
    assert 'action="/admin/clinic"' in kept
    assert 'name="phone" value="555-0199"' in kept
    assert admin.post("/admin/clinic", data=sent).headers["Location"] == "/admin/"
    assert stored(session)["clinic"]["phone"] == "555-0199"


def test_one_proof_lasts_as_long_as_the_settings_say(
    app: Flask, session: Session, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = replace(app.config["SETTINGS"], fresh_login=timedelta(minutes=30))
    monkeypatch.setitem(app.config, "SETTINGS", longer)
    sent = fields_of(admin.get("/admin/clinic"))
    for minutes, leads_to in ((29, "/admin/"), (31, CONFIRM)):
        leave_it_open(session, minutes)
        assert admin.post("/admin/clinic", data=sent).headers["Location"] == leads_to


def test_nobody_is_erased_on_an_unlocked_computer(session: Session, admin: FlaskClient, client_as: ClientAs) -> None:
    patient = make_patient(session)
    client_as(make_account(session, patients=(patient,))).post(f"/account/data/{patient.public_id}/erase")
    leave_it_open(session)
    assert admin.post(f"/desk/erasure/{patient.public_id}/erase").headers["Location"] == CONFIRM
    session.refresh(patient)
    assert patient.email is not None


def test_nobody_is_let_in_to_a_patient_on_an_unlocked_computer(session: Session, client_as: ClientAs) -> None:
    patient = make_patient(session)
    dora = client_as(make_account(session, Role.SCHEDULER))
    leave_it_open(session)
    sent = {"email": "thief@example.org"}
    assert dora.post(f"/desk/patients/{patient.public_id}/helpers", data=sent).headers["Location"] == CONFIRM


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.PATIENT])
def test_lost_second_steps_are_taken_away_with_a_reason(session: Session, admin: FlaskClient, role: Role) -> None:
    patient = make_patient(session)
    account = make_account(session, role, patients=(patient,) if role is Role.PATIENT else (), name="Dora Ashby")
    with_app(session, account)
    page = f"/admin/accounts/{account.public_id}/second-steps"
    before = f"/desk/patients/{patient.public_id}" if role is Role.PATIENT else f"/admin/people/{account.public_id}"
    assert page in admin.get(before).text
    assert "Be sure who is asking" in admin.get(page).text
    assert admin.post(page).status_code == 422
    leave_it_open(session)
    assert admin.post(page, data={"reason": "lost"}).headers["Location"] == CONFIRM
    assert factors_of(session, account.id).has_app
    leave_it_open(session, minutes=0)
    assert admin.post(page, data={"reason": "lost"}).headers["Location"] == before
    session.rollback()
    assert session.scalars(sa.select(AppKey)).all() == []
    reasons = sa.select(AuditEvent.reason_code).where(AuditEvent.action == "second_factors_reset")
    assert session.scalars(reasons).all() == ["lost"]
    assert mails(session)[-1].value == "log_in_changed"
    assert "there is nothing to take away" in words(admin.get(page).text)


def test_the_own_second_steps_and_those_of_a_carer(session: Session, client_as: ClientAs) -> None:
    own = make_account(session, Role.ADMINISTRATOR)
    carer = make_account(session, name="Cora")
    client = client_as(own)
    assert client.get(f"/admin/accounts/{own.public_id}/second-steps").status_code == 404
    assert "second-steps" not in client.get(f"/admin/people/{own.public_id}").text
    assert 'href="/admin/"' in client.get(f"/admin/accounts/{carer.public_id}/second-steps").text
