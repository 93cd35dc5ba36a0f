"""Two records of one person at the desk: found, compared, joined, taken apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.core.waiting import WaitingWish
from booking.models import Account, Patient, PatientMerge, Reservation
from booking.services.waiting_list import join
from tests.factories import make_account, make_appointment, make_patient
from tests.web.mail_links import a_free_start

ClientAs = Callable[[Account], FlaskClient]


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return client_as(make_account(session, Role.SCHEDULER, location_ids=(1,)))


@pytest.fixture
def two(session: Session) -> tuple[Patient, Patient]:
    names = {"given_name": "Olga", "family_name": "Nagy", "name_key": "olga nagy"}
    return make_patient(session, **names), make_patient(session, **{**names, "name_key": "olga nagi"})


def preview(one: Patient, other: Patient) -> str:
    return f"/desk/patients/{one.public_id}/merge/{other.public_id}"


def test_records_alike_are_shown_and_others_are_looked_for(
    session: Session, desk: FlaskClient, two: tuple[Patient, Patient]
) -> None:
    page = f"/desk/patients/{two[0].public_id}/same"
    assert preview(*two) in desk.get(page).text
    session.rollback()
    other = make_patient(session, family_name="Quick", name_key="ana quick")
    assert other.public_id in desk.post(page, data={"text": "quick"}).text
    assert "Nobody." in desk.post(page, data={"text": "no such person"}).text


def test_joining_and_taking_apart(session: Session, desk: FlaskClient, two: tuple[Patient, Patient]) -> None:
    make_appointment(session, two[1], starts_at=a_free_start())
    assert "This record stays" in desk.get(preview(*two)).text
    assert desk.post(preview(*two), data={}).status_code == 422
    answer = desk.post(preview(*two), data={"reason": "booked_twice"}, follow_redirects=True)
    assert "Take them apart" in answer.text
    assert desk.get(preview(*two)).status_code == 303, "the other record leads to the one that stays"
    assert desk.get(f"/desk/patients/{two[1].public_id}").text.count(two[0].public_id) > 0
    session.rollback()
    merge = session.scalars(sa.select(PatientMerge.public_id)).one()
    answer = desk.post(f"/desk/merges/{merge}/undo", follow_redirects=True)
    assert "apart again" in answer.text
    assert desk.post(f"/desk/merges/{merge}/undo").status_code == 404


def test_what_is_in_the_way_is_named(session: Session, desk: FlaskClient, two: tuple[Patient, Patient]) -> None:
    starts_at, today = a_free_start(), utc_now().date()
    make_appointment(session, two[0], starts_at=starts_at)
    session.execute(sa.update(Reservation).where(Reservation.resource_id == 4).values(resource_id=5))
    session.commit()
    make_appointment(session, two[1], starts_at=starts_at, location_id=2, specialist_id=3)
    for patient in two:
        actor = Actor(None, Role.PATIENT, frozenset({patient.id}))
        wish = WaitingWish(1, today, today + timedelta(days=9))
        join(session, actor=actor, patient_id=patient.id, wish=wish, now=utc_now())
    page = desk.get(preview(*two)).text
    assert "Both have a visit at the same time" in page
    assert "Both wait for: First consultation" in page
    assert "where you do not work" in page
    assert "Join the two records" not in page
    assert desk.post(preview(*two), data={"reason": "booked_twice"}).status_code == 409
