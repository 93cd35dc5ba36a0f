"""My visits: who may see which, what they say, cancelling until the notice and no longer, the calendar file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Account, Appointment, LinkToken, Patient, Reservation, Service
from tests.factories import make_account, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.mail_links import opened_by_mail
from tests.web.statements import counted
from tests.web.walk import book

ClientAs = Callable[[Account], FlaskClient]


def in_days(days: float) -> dict[str, object]:
    starts_at = utc_now().replace(second=0, microsecond=0) + timedelta(days=days)
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=45)}


def with_patient(session: Session, client_as: ClientAs) -> tuple[Patient, FlaskClient]:
    ana = make_patient(session)
    return ana, client_as(make_account(session, patients=(ana,)))


def status_of(session: Session, visit: Appointment) -> AppointmentStatus:
    session.rollback()
    return session.get_one(Appointment, visit.id, populate_existing=True).status


def test_a_visitor_is_led_to_log_in(client: FlaskClient) -> None:
    assert client.get("/visits/").location == "/account/log-in?next=/visits/"


def test_without_any_visit_the_page_says_so(session: Session, client_as: ClientAs) -> None:
    page = client_as(make_account(session)).get("/visits/").text
    assert "You have no visit booked." in page


def test_coming_visits_stand_before_past_and_cancelled_ones(session: Session, client_as: ClientAs) -> None:
    ana, client = with_patient(session, client_as)
    make_appointment(session, ana, **in_days(5))
    make_appointment(session, ana, **in_days(-5), status=AppointmentStatus.DONE)
    make_appointment(session, ana, **in_days(7), status=AppointmentStatus.CANCELLED)
    page = client.get("/visits/").text
    coming, past = page.split("Past and canceled")
    assert coming.count("visit-card-head") == 1
    assert past.count("visit-card-head") == 2
    assert "Done" in past
    assert "Canceled" in past


def test_somebody_elses_visit_is_missing(session: Session, client_as: ClientAs) -> None:
    _, client = with_patient(session, client_as)
    foreign = make_appointment(session)
    addresses = [f"/visits/{foreign.public_id}{end}" for end in ("", "/cancel", "/cancelled", "/calendar.ics")]
    assert [client.get(address).status_code for address in addresses] == [404] * 4
    assert client.post(addresses[1]).status_code == 404
    assert status_of(session, foreign) is AppointmentStatus.BOOKED


def test_a_visitor_learns_nothing_from_an_address(client: FlaskClient, session: Session) -> None:
    foreign = make_appointment(session)
    known, unknown = client.get(f"/visits/{foreign.public_id}"), client.get(f"/visits/{'y' * 22}")
    assert (known.status_code, unknown.status_code) == (303, 303)
    assert known.location.startswith("/account/log-in?next=")


def test_own_visit_is_told_in_clinic_time_with_its_way_and_preparation(session: Session, client_as: ClientAs) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana)
    page = client.get(f"/visits/{visit.public_id}").text
    assert "Monday 30 November 2026 at 9:00 am, New York (EST)" in page
    assert "Dr Maria Cruz" in page
    assert "12 Main Street" in page
    assert "Bring a list of your medicines." in page
    assert visit.reference in page


def test_a_mailed_link_shows_the_least(client: FlaskClient, session: Session) -> None:
    visit = make_appointment(session, **in_days(5))
    page = opened_by_mail(client, session, visit).get(f"/visits/{visit.public_id}").text
    assert "12 Main Street" in page
    assert "Cancel this visit" in page
    hidden = ("Alvarez", "Dr Maria Cruz", visit.reference, "First consultation", "medicines", "example.org")
    assert [word for word in hidden if word in page] == []


def test_a_mailed_link_opens_one_visit_and_only_for_a_while(client: FlaskClient, session: Session) -> None:
    visit, other = make_appointment(session, **in_days(5)), make_appointment(session, **in_days(6))
    opened_by_mail(client, session, visit)
    assert client.get(f"/visits/{other.public_id}").status_code == 303
    session.execute(sa.update(LinkToken).values(expires_at=utc_now()))
    session.commit()
    assert client.get(f"/visits/{visit.public_id}").status_code == 303


def test_a_guest_sees_and_cancels_what_was_booked_in_this_browser(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    session.execute(sa.update(Service).values(cancel_notice_minutes=0))
    clinic_changed(session)
    visit_id = book(client)
    assert "Ana Alvarez" in client.get(f"/visits/{visit_id}").text
    assert app.test_client().get(f"/visits/{visit_id}").status_code == 303
    assert client.post(f"/visits/{visit_id}/cancel").location == f"/visits/{visit_id}/cancelled"


def test_cancelling_frees_the_time_keeps_the_reason_and_offers_another(session: Session, client_as: ClientAs) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana, **in_days(5))
    done = client.post(f"/visits/{visit.public_id}/cancel", data={"reason": "pat-lt"}, follow_redirects=True)
    assert "Your visit is canceled" in done.text
    assert 'href="/book/first-consultation/times"' in done.text
    assert status_of(session, visit) is AppointmentStatus.CANCELLED
    assert session.get_one(Appointment, visit.id).cancel_reason_code == "pat-lt"
    assert session.scalars(sa.select(Reservation).where(Reservation.appointment_id == visit.id)).all() == []


def test_no_reason_has_to_be_given(session: Session, client_as: ClientAs) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana, **in_days(5))
    client.post(f"/visits/{visit.public_id}/cancel")
    assert status_of(session, visit) is AppointmentStatus.CANCELLED
    assert session.get_one(Appointment, visit.id).cancel_reason_code == "pat-cpp"


def test_an_unknown_reason_is_refused_and_nothing_is_cancelled(session: Session, client_as: ClientAs) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana, **in_days(5))
    assert client.post(f"/visits/{visit.public_id}/cancel", data={"reason": "prov"}).status_code == 422
    assert status_of(session, visit) is AppointmentStatus.BOOKED


def test_asking_to_cancel_changes_nothing(session: Session, client_as: ClientAs) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana, **in_days(5))
    page = client.get(f"/visits/{visit.public_id}/cancel").text
    assert "Cancel this appointment?" in page
    assert status_of(session, visit) is AppointmentStatus.BOOKED


def test_cancelling_twice_shows_the_same_page(session: Session, client_as: ClientAs) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana, **in_days(5))
    first = client.post(f"/visits/{visit.public_id}/cancel")
    second = client.post(f"/visits/{visit.public_id}/cancel")
    assert first.location == second.location


def test_past_the_notice_the_page_says_when_it_was_and_whom_to_call(session: Session, client_as: ClientAs) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana, **in_days(0.5))
    page = client.get(f"/visits/{visit.public_id}").text
    assert "It is too late to cancel online: that was possible until" in page
    assert "tel:5550101" in page
    late = client.post(f"/visits/{visit.public_id}/cancel")
    assert late.status_code == 422
    assert "It is too late to cancel online" in late.text
    assert status_of(session, visit) is AppointmentStatus.BOOKED


@pytest.mark.parametrize("status", [AppointmentStatus.ARRIVED, AppointmentStatus.DONE, AppointmentStatus.NO_SHOW])
def test_a_visit_that_has_begun_or_is_over_cannot_be_cancelled(
    session: Session, client_as: ClientAs, status: AppointmentStatus
) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana, **in_days(5), status=status)
    page = client.post(f"/visits/{visit.public_id}/cancel")
    assert page.status_code == 422
    assert "This visit cannot be canceled any more" in page.text


@pytest.mark.parametrize(
    ("status", "is_linked"), [(AppointmentStatus.DONE, True), (AppointmentStatus.CANCELLED, False)]
)
def test_the_forms_of_a_visit_are_found_when_it_is_over(
    session: Session, client_as: ClientAs, status: AppointmentStatus, is_linked: bool
) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana, **in_days(-5), status=status)
    address = f"/visits/{visit.public_id}"
    assert (f'href="{address}/forms/"' in client.get(address).text) is is_linked


def test_the_page_of_a_cancelled_visit_is_for_cancelled_ones(session: Session, client_as: ClientAs) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana, **in_days(5))
    assert client.get(f"/visits/{visit.public_id}/cancelled").location == f"/visits/{visit.public_id}"


def test_the_calendar_file_is_neutral_and_says_the_instant(session: Session, client_as: ClientAs) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana)
    answer = client.get(f"/visits/{visit.public_id}/calendar.ics")
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert answer.mimetype == "text/calendar"
    assert event.decoded("dtstart") == visit.starts_at
    assert str(event["summary"]) == "Appointment"
    words = ("Pain", "Cruz", "Alvarez", "consultation", visit.reference)
    assert [word for word in words if word in answer.text] == []


def test_the_calendar_file_of_a_cancelled_visit_takes_it_out(session: Session, client_as: ClientAs) -> None:
    ana, client = with_patient(session, client_as)
    visit = make_appointment(session, ana, **in_days(5))
    client.post(f"/visits/{visit.public_id}/cancel")
    text = client.get(f"/visits/{visit.public_id}/calendar.ics").text
    assert "METHOD:CANCEL" in text
    assert "SEQUENCE:1" in text


STATEMENTS_OF_MY_VISITS = 5
"""Session, patients of the account, revision of the clinic for the page, visits; one more on a first page."""


def test_my_visits_ask_the_same_few_questions_however_many_there_are(
    app: Flask, session: Session, client_as: ClientAs
) -> None:
    ana, client = with_patient(session, client_as)
    make_appointment(session, ana, **in_days(5))
    client.get("/visits/")
    with counted(app) as one:
        client.get("/visits/")
    for days in range(1, 31):
        make_appointment(session, ana, **in_days(-days), status=AppointmentStatus.DONE)
    with counted(app) as many:
        client.get("/visits/")
    assert len(one) == len(many) <= STATEMENTS_OF_MY_VISITS
