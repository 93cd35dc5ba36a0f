"""Will you come? One press says so; whoever needs something else finds it there."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Account, Appointment, AuditEvent, LinkAction, Patient, Service, Task
from tests.factories import make_account
from tests.web.clinic_change import clinic_changed
from tests.web.mail_links import opened_by_mail
from tests.web.mailed.test_links_to_visits import now_of
from tests.web.visits.test_visits import ClientAs


def confirm_url(visit: Appointment) -> str:
    return f"/visits/{visit.public_id}/confirm"


def test_one_press_and_a_second_changes_nothing(client: FlaskClient, session: Session, visit: Appointment) -> None:
    opened_by_mail(client, session, visit, LinkAction.CONFIRM_VISIT)
    assert "Will you come?" in client.get(confirm_url(visit)).text
    done = client.post(confirm_url(visit), follow_redirects=True)
    assert "Thank you, we expect you" in done.text
    first = now_of(session, visit).confirmed_at
    session.rollback()
    assert first is not None
    client.post(confirm_url(visit))
    assert now_of(session, visit).confirmed_at == first
    assert session.scalars(sa.select(AuditEvent.action)).all() == ["appointment_confirmed"]


def test_the_page_leads_to_another_time_and_not_to_cancelling(
    client: FlaskClient, session: Session, visit: Appointment
) -> None:
    page = opened_by_mail(client, session, visit, LinkAction.CONFIRM_VISIT).get(confirm_url(visit)).text
    assert f'href="/visits/{visit.public_id}/change"' in page
    assert "/cancel" not in page
    assert "To cancel, use the link for canceling in our e-mail about this visit, or call us at" in page
    page = opened_by_mail(client, session, visit).get(confirm_url(visit)).text
    assert f'href="/visits/{visit.public_id}/cancel"' in page


def test_too_late_to_change_is_not_offered(client: FlaskClient, session: Session, visit: Appointment) -> None:
    session.execute(sa.update(Service).values(change_notice_minutes=6 * 24 * 60))
    clinic_changed(session)
    page = opened_by_mail(client, session, visit, LinkAction.CONFIRM_VISIT).get(confirm_url(visit)).text
    assert "/change" not in page


def test_a_call_is_asked_for_once(client: FlaskClient, session: Session, visit: Appointment) -> None:
    opened_by_mail(client, session, visit, LinkAction.CONFIRM_VISIT)
    for _ in range(2):
        answer = client.post(f"/visits/{visit.public_id}/call-me", follow_redirects=True)
        assert "We will call you" in answer.text
        assert "Will you come?" in answer.text
    session.rollback()
    [task] = session.scalars(sa.select(Task)).all()
    assert (task.kind, task.reason_code) == ("call_patient", "asked_for_help")
    assert (task.appointment_id, task.patient_id) == (visit.id, visit.patient_id)


def test_nobody_is_promised_a_call_without_a_number(client: FlaskClient, session: Session, visit: Appointment) -> None:
    session.execute(sa.update(Patient).values(phone=None))
    session.commit()
    page = opened_by_mail(client, session, visit, LinkAction.CONFIRM_VISIT).get(confirm_url(visit)).text
    assert "Please call me" not in page
    assert "let us call you" not in page
    assert "555-0101" in page
    answer = client.post(f"/visits/{visit.public_id}/call-me", follow_redirects=True).text
    assert "We have no phone number of you, so we cannot call. Please call us at" in answer
    assert "We will call you" not in answer
    session.rollback()
    assert session.scalars(sa.select(Task)).all() == []


@pytest.mark.parametrize("status", [AppointmentStatus.DONE, AppointmentStatus.CANCELLED])
def test_nobody_calls_about_a_visit_that_is_over(
    client: FlaskClient, session: Session, visit: Appointment, status: AppointmentStatus
) -> None:
    opened_by_mail(client, session, visit)
    visit.status = status
    session.commit()
    answer = client.post(f"/visits/{visit.public_id}/call-me", follow_redirects=True).text
    assert "This visit is over or canceled, so we do not call about it. Please call us at" in answer
    session.rollback()
    assert session.scalars(sa.select(Task)).all() == []


def test_a_call_about_a_cancelled_visit_leads_back_to_it(
    client: FlaskClient, session: Session, visit: Appointment
) -> None:
    opened_by_mail(client, session, visit, LinkAction.CONFIRM_VISIT)
    visit.status = AppointmentStatus.CANCELLED
    session.commit()
    assert client.post(f"/visits/{visit.public_id}/call-me").location == f"/visits/{visit.public_id}"
    assert client.get(confirm_url(visit)).location == f"/visits/{visit.public_id}"
    assert client.post(confirm_url(visit)).location == f"/visits/{visit.public_id}"
    assert now_of(session, visit).confirmed_at is None


def test_a_login_confirms_too_and_sees_what_it_is(client_as: ClientAs, session: Session, visit: Appointment) -> None:
    account: Account = make_account(session, patients=(session.get_one(Patient, visit.patient_id),))
    client = client_as(account)
    page = client.get(confirm_url(visit)).text
    assert "First consultation" in page
    assert "Dr Maria Cruz" in page
    assert client.post(confirm_url(visit)).status_code == 303
    assert now_of(session, visit).confirmed_at is not None
