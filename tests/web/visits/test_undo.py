"""A cancelling is taken back for some minutes, by whoever may cancel; and another time is offered before it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, Hold, LinkAction, Reservation, Service
from tests.factories import make_account, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.mail_links import a_free_start, opened_by_mail
from tests.web.visits.test_visits import ClientAs, in_days, status_of
from tests.web.walk import slots

BY_MAIL, BY_LOGIN = "mail", "login"


@pytest.fixture(params=[BY_MAIL, BY_LOGIN])
def door(
    request: pytest.FixtureRequest, client: FlaskClient, client_as: ClientAs, session: Session
) -> tuple[FlaskClient, Appointment]:
    """Both ways to the one page: a link that cancels, and the patient's account."""
    ana = make_patient(session)
    visit = make_appointment(session, ana, starts_at=a_free_start())
    if request.param == BY_LOGIN:
        return client_as(make_account(session, patients=(ana,))), visit
    return opened_by_mail(client, session, visit, LinkAction.CANCEL_VISIT), visit


def test_one_press_and_the_visit_stands_again(session: Session, door: tuple[FlaskClient, Appointment]) -> None:
    client, visit = door
    page = client.get(f"/visits/{visit.public_id}/cancel").text
    assert "Change instead?" in page
    assert f'href="/visits/{visit.public_id}/change"' in page
    page = client.post(f"/visits/{visit.public_id}/cancel", follow_redirects=True).text
    assert "We keep the time for you until" in page
    assert status_of(session, visit) is AppointmentStatus.CANCELLED
    session.rollback()
    done = client.post(f"/visits/{visit.public_id}/undo-cancel", follow_redirects=True)
    assert "Your visit stands again, at the same time." in done.text
    assert status_of(session, visit) is AppointmentStatus.BOOKED
    session.rollback()
    assert client.post(f"/visits/{visit.public_id}/undo-cancel").status_code == 303, "twice is once"


def test_after_ten_minutes_it_is_too_late(session: Session, door: tuple[FlaskClient, Appointment]) -> None:
    client, visit = door
    client.post(f"/visits/{visit.public_id}/cancel")
    session.rollback()
    session.refresh(visit)
    assert visit.cancelled_at is not None
    visit.cancelled_at -= timedelta(minutes=11)
    session.execute(sa.update(Hold).values(created_at=visit.cancelled_at))
    session.commit()
    assert "Undo" not in client.get(f"/visits/{visit.public_id}/cancelled").text
    late = client.post(f"/visits/{visit.public_id}/undo-cancel", follow_redirects=True)
    assert "That cannot be taken back any more." in late.text
    assert status_of(session, visit) is AppointmentStatus.CANCELLED


def test_only_who_may_cancel_takes_it_back(client: FlaskClient, session: Session) -> None:
    visit = make_appointment(session, **in_days(5))
    opened_by_mail(client, session, visit, LinkAction.CANCEL_VISIT)
    client.post(f"/visits/{visit.public_id}/cancel")
    other = opened_by_mail(client.application.test_client(), session, visit, LinkAction.CONFIRM_VISIT)
    assert "Undo" not in other.get(f"/visits/{visit.public_id}/cancelled").text
    assert other.post(f"/visits/{visit.public_id}/undo-cancel").location.startswith("/account/log-in")


def test_another_time_is_offered_while_it_is_not_too_late_for_that(client_as: ClientAs, session: Session) -> None:
    session.execute(sa.update(Service).values(cancel_notice_minutes=6 * 24 * 60, change_notice_minutes=60))
    clinic_changed(session)
    ana = make_patient(session)
    visit = make_appointment(session, ana, **in_days(5))
    client = client_as(make_account(session, patients=(ana,)))
    refused = client.get(f"/visits/{visit.public_id}/cancel")
    assert refused.status_code == 422
    assert "You can still choose another time here." in refused.text
    session.rollback()
    session.execute(sa.update(Service).values(change_notice_minutes=6 * 24 * 60, cancel_notice_minutes=0))
    clinic_changed(session)
    page = client.get(f"/visits/{visit.public_id}/cancel").text
    assert "Would another time be better? Call us at" in page


def test_a_time_that_is_gone_is_said_with_the_nearest_ones(
    session: Session, door: tuple[FlaskClient, Appointment]
) -> None:
    client, visit = door
    visit_id, starts_at = visit.public_id, visit.starts_at
    client.post(f"/visits/{visit_id}/cancel")
    session.rollback()
    session.execute(sa.delete(Reservation))
    make_appointment(session, starts_at=starts_at)
    lost = client.post(f"/visits/{visit_id}/undo-cancel")
    assert lost.status_code == 409
    assert "The time has been taken" in lost.text
    by_mail = client.get(f"/visits/{visit_id}").text.find("Show everything") > 0
    assert len(slots(lost)) == (0 if by_mail else 3), "a mailed link does not say which service it was"
    assert status_of(session, visit) is AppointmentStatus.CANCELLED
