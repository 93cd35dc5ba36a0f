"""Each mailed link opens its page and lets its reader do that one thing; looking changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.adapters.dates import day_only, time_only
from booking.core.clock import utc_now
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent, LinkAction, LinkToken, Message, Patient, Task
from tests.factories import make_appointment
from tests.web.mail_links import NEW_YORK, mailed_link, opened_by_mail
from tests.web.mailed.conftest import in_days

A = LinkAction
ABOUT_VISITS = (A.OPEN_VISIT, A.CONFIRM_VISIT, A.CHANGE_VISIT, A.CANCEL_VISIT)
PAGES = {A.OPEN_VISIT: "", A.CONFIRM_VISIT: "/confirm", A.CHANGE_VISIT: "/change", A.CANCEL_VISIT: "/cancel"}
MAY = {
    A.OPEN_VISIT: {"/confirm", "/cancel"},
    A.CONFIRM_VISIT: {"/confirm"},
    A.CHANGE_VISIT: set[str](),
    A.CANCEL_VISIT: {"/cancel"},
}


def now_of(session: Session, visit: Appointment) -> Appointment:
    session.rollback()
    return session.get_one(Appointment, visit.id, populate_existing=True)


def everything(session: Session) -> list[object]:
    """All rows that a mail scanner must not change."""
    session.rollback()
    tables = (Appointment, LinkToken, Message, AuditEvent, Task)
    return [session.execute(sa.select(table.__table__)).all() for table in tables]


@pytest.mark.parametrize("action", ABOUT_VISITS)
def test_a_link_leads_to_a_clean_address(
    client: FlaskClient, session: Session, visit: Appointment, action: LinkAction
) -> None:
    link = mailed_link(session, visit, action)
    opened = client.get(link)
    assert (opened.status_code, opened.location) == (303, f"/visits/{visit.public_id}{PAGES[action]}")
    assert opened.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("action", ABOUT_VISITS)
def test_a_scanner_changes_nothing_however_often_it_looks(
    app: Flask, session: Session, visit: Appointment, action: LinkAction
) -> None:
    link = mailed_link(session, visit, action)
    before = everything(session)
    for _ in range(3):
        scanner = app.test_client()
        assert scanner.get(link, follow_redirects=True).status_code == 200
        assert scanner.head(link).status_code == 303
    assert everything(session) == before
    assert app.test_client().get(link).status_code == 303, "the link is as good as before"


@pytest.mark.parametrize("action", ABOUT_VISITS)
@pytest.mark.parametrize("page", ["/confirm", "/cancel"])
def test_a_link_does_only_what_it_is_for(
    client: FlaskClient, session: Session, visit: Appointment, action: LinkAction, page: str
) -> None:
    opened_by_mail(client, session, visit, action)
    shown, posted = (send(f"/visits/{visit.public_id}{page}") for send in (client.get, client.post))
    present = now_of(session, visit)
    if page in MAY[action]:
        assert (shown.status_code, posted.status_code) == (200, 303)
        assert present.confirmed_at is not None or present.status is AppointmentStatus.CANCELLED
    else:
        if page == "/cancel":
            assert (shown.status_code, posted.status_code) == (403, 403)
        else:
            assert shown.location.startswith("/account/log-in")
            assert posted.location.startswith("/account/log-in")
        assert (present.confirmed_at, present.status) == (None, AppointmentStatus.BOOKED)


@pytest.mark.parametrize("is_proven", [True, False])
def test_a_link_to_confirm_says_how_else_the_visit_is_cancelled(
    client: FlaskClient, session: Session, visit: Appointment, is_proven: bool
) -> None:
    opened_by_mail(client, session, visit, A.CONFIRM_VISIT, is_proven=is_proven)
    for page in ("", "/cancel"):
        said = client.get(f"/visits/{visit.public_id}{page}").text
        assert "To cancel, use the link for canceling in our e-mail about this visit, or call us at" in said
        assert "555-0101" in said
        assert f'href="/visits/{visit.public_id}/cancel"' not in said


def test_when_it_is_too_late_to_cancel_only_the_phone_is_named(client: FlaskClient, session: Session) -> None:
    visit = make_appointment(session, starts_at=in_days(0.5))
    opened_by_mail(client, session, visit, A.CONFIRM_VISIT)
    page = client.get(f"/visits/{visit.public_id}").text
    assert "If you cannot come, please call us at" in page
    assert "use the link for canceling" not in page


def test_links_opened_one_after_the_other_add_up(client: FlaskClient, session: Session, visit: Appointment) -> None:
    other = make_appointment(session, starts_at=in_days(6))
    opened_by_mail(client, session, visit, A.CONFIRM_VISIT)
    opened_by_mail(client, session, visit, A.CANCEL_VISIT)
    opened_by_mail(client, session, other, A.CONFIRM_VISIT)
    statuses = [client.get(f"/visits/{visit.public_id}{page}").status_code for page in ("/confirm", "/cancel")]
    assert statuses == [200, 200]
    assert client.get(f"/visits/{other.public_id}/cancel").status_code == 403


@pytest.mark.parametrize("action", ABOUT_VISITS)
def test_a_link_of_a_cancelled_visit_says_so(
    client: FlaskClient, session: Session, visit: Appointment, action: LinkAction
) -> None:
    link = mailed_link(session, visit, action)
    visit.status = AppointmentStatus.CANCELLED
    session.commit()
    page = client.get(link, follow_redirects=True).text
    assert "anceled" in page
    assert 'name="slot"' not in page
    assert "Yes, I will come" not in page


def test_a_link_of_a_moved_visit_shows_the_new_time(client: FlaskClient, session: Session, visit: Appointment) -> None:
    link = mailed_link(session, visit, A.CONFIRM_VISIT)
    visit.starts_at += timedelta(days=1)
    visit.ends_at += timedelta(days=1)
    session.commit()
    page = client.get(link, follow_redirects=True).text
    assert day_only(visit.starts_at, NEW_YORK, "en") in page
    assert time_only(visit.starts_at, NEW_YORK, "en") in page


@pytest.mark.parametrize("address", [None, "ana@new.example"])
def test_a_link_to_an_address_that_was_given_up_is_dead(
    client: FlaskClient, session: Session, visit: Appointment, address: str | None
) -> None:
    """Whoever has the old mailbox opens nothing any more, not even in a browser that is open already."""
    link = mailed_link(session, visit, A.OPEN_VISIT)
    client.get(link)
    assert client.get(f"/visits/{visit.public_id}").status_code == 200
    session.get_one(Patient, visit.patient_id).email = address
    session.commit()
    assert client.get(link).status_code == 410
    assert client.get(f"/visits/{visit.public_id}").location.startswith("/account/log-in")


def test_a_link_that_has_run_out_says_where_to_go(client: FlaskClient, session: Session, visit: Appointment) -> None:
    link = mailed_link(session, visit)
    session.execute(sa.update(LinkToken).values(expires_at=utc_now()))
    session.commit()
    answer = client.get(link)
    assert answer.status_code == 410
    assert "555-0100" in answer.text
    assert visit.public_id not in answer.text


def test_only_the_last_links_are_remembered(client: FlaskClient, session: Session, visit: Appointment) -> None:
    for _ in range(14):
        client.get(mailed_link(session, visit, A.CANCEL_VISIT))
    with client.session_transaction() as kept:
        assert len(kept["opened_links"]) == 12
    assert client.get(f"/visits/{visit.public_id}/cancel").status_code == 200
