"""The desk's list of whom to book: from the list into booking, off the list with a reason, and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import Account, Appointment, FollowUp, FollowUpState, new_public_id
from tests.factories import make_account, make_appointment, make_patient

LIST = "/desk/to-book"


@pytest.fixture
def dora(session: Session, client_as: Callable[[Account], FlaskClient]) -> FlaskClient:
    return client_as(make_account(session, Role.SCHEDULER, location_ids=(1,)))


@pytest.fixture
def wanted(session: Session) -> FollowUp:
    """Dr Cruz wanted to see somebody again until yesterday."""
    now = utc_now()
    visit = make_appointment(session, make_patient(session, given_name="Irene"), starts_at=now - timedelta(days=9))
    row = FollowUp(
        public_id=new_public_id(), patient_id=visit.patient_id, appointment_id=visit.id, service_id=2, resource_id=1,
        wanted_by=now.date() - timedelta(days=2), state=FollowUpState.OPEN, created_at=now - timedelta(days=9),
    )  # fmt: skip
    session.add(row)
    session.commit()
    return row


def test_the_list_leads_into_booking_with_all_chosen(dora: FlaskClient, wanted: FollowUp) -> None:
    page = dora.get(LIST).text
    assert "Irene" in page
    assert "overdue" in page
    href = next(part for part in page.split('"') if part.startswith("/desk/book?")).replace("&amp;", "&")
    assert "service=follow-up" in href
    assert "who=dr-cruz" in href
    times = dora.get(href).text
    assert f'name="follow_up" value="{wanted.public_id}"' in times


def test_it_is_taken_off_with_a_reason_and_put_back(session: Session, dora: FlaskClient, wanted: FollowUp) -> None:
    url = f"{LIST}/{wanted.public_id}"
    assert "Choose a reason, then" in dora.post(f"{url}/drop", data={}, follow_redirects=True).text
    assert dora.post(f"{url}/drop", data={"reason": "mood"}).status_code == 400
    page = dora.post(f"{url}/drop", data={"reason": "patient_declined"}, follow_redirects=True).text
    assert "Nobody is waiting to be booked." in page
    assert "Taken off within a day" in page
    assert "overdue" in dora.post(f"{url}/put-back", follow_redirects=True).text


def test_a_visit_booked_another_way_can_be_named(session: Session, dora: FlaskClient, wanted: FollowUp) -> None:
    now = utc_now().replace(second=0, microsecond=0)
    visit = make_appointment(
        session, patient_id=wanted.patient_id, service_id=2, starts_at=now + timedelta(days=3), booked_at=now
    )
    assert "Has since been booked for such a visit" in dora.get(LIST).text
    url = f"{LIST}/{wanted.public_id}/booked"
    assert dora.post(url).status_code == 400
    assert "off the list" in dora.post(url, data={"visit": visit.public_id}, follow_redirects=True).text
    session.rollback()
    assert session.scalars(sa.select(FollowUp.booked_appointment_id)).one() == session.get_one(Appointment, visit.id).id


def test_another_location_sees_nothing_of_it(
    session: Session, client_as: Callable[[Account], FlaskClient], wanted: FollowUp
) -> None:
    eli = client_as(make_account(session, Role.SCHEDULER, location_ids=(2,)))
    assert "Irene" not in eli.get(LIST).text
    assert eli.post(f"{LIST}/{wanted.public_id}/drop", data={"reason": "other"}).status_code == 404
