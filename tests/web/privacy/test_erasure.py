"""Asking to be erased, and deciding about it, in the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.models import Account, Patient, Task
from tests.factories import make_account, make_appointment, make_patient

LogIn = Callable[[Account], FlaskClient]


@pytest.fixture
def patient(session: Session) -> Patient:
    return make_patient(session, given_name="Ana", email="ana@example.org")


@pytest.fixture
def home(session: Session, client_as: LogIn, patient: Patient) -> FlaskClient:
    return client_as(make_account(session, patients=(patient,)))


@pytest.fixture
def office(session: Session, client_as: LogIn) -> FlaskClient:
    return client_as(make_account(session, Role.ADMINISTRATOR))


def address_of(session: Session, patient: Patient) -> str | None:
    session.rollback()
    return session.scalars(sa.select(Patient.email).where(Patient.id == patient.id)).one()


def test_the_whole_way_from_the_request_to_the_end(
    session: Session, home: FlaskClient, office: FlaskClient, patient: Patient
) -> None:
    page = f"/account/data/{patient.public_id}/erase"
    request = f"/desk/erasure/{patient.public_id}"
    assert "Ask to erase" in home.get(page).text
    assert office.get(request).status_code == 404

    asked = home.post(page, follow_redirects=True)
    assert "We have your request" in asked.text
    assert "Ask to erase" not in home.get(page).text

    assert request in office.get("/desk/", follow_redirects=True).text
    assert "there is none" in office.get(request).text
    done = office.post(f"{request}/erase", follow_redirects=True)
    assert "The person and the record are erased" in done.text
    assert address_of(session, patient) is None


def test_visits_ahead_are_named_as_the_reason_why_not(
    session: Session, home: FlaskClient, office: FlaskClient, patient: Patient
) -> None:
    make_appointment(session, patient)
    home.post(f"/account/data/{patient.public_id}/erase")

    refused = office.post(f"/desk/erasure/{patient.public_id}/erase")

    assert refused.status_code == 422
    assert "Cancel the visits ahead first" in refused.text
    assert address_of(session, patient) == "ana@example.org"


def test_keeping_asks_for_a_reason(session: Session, home: FlaskClient, office: FlaskClient, patient: Patient) -> None:
    home.post(f"/account/data/{patient.public_id}/erase")
    keep = f"/desk/erasure/{patient.public_id}/keep"

    assert "Choose a reason" in office.post(keep).text
    closed = office.post(keep, data={"reason": "taken_back"}, follow_redirects=True)

    assert "The request is closed" in closed.text
    session.rollback()
    assert session.scalars(sa.select(Task.outcome_code)).one() == "taken_back"


def test_a_record_that_must_be_kept_says_so(
    session: Session, home: FlaskClient, office: FlaskClient, patient: Patient
) -> None:
    make_appointment(session, patient, status="done")
    home.post(f"/account/data/{patient.public_id}/erase")

    assert "goes then by itself" in office.get(f"/desk/erasure/{patient.public_id}").text
    done = office.post(f"/desk/erasure/{patient.public_id}/erase", follow_redirects=True)

    assert "The record goes on its day" in done.text
