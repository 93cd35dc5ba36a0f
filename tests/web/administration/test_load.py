"""Pasting a whole clinic file: mistakes by line, what would change and for whom, and loading what was looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.clinic_file.differences import How
from booking.models import Account, AuditEvent
from booking.web.administration.load_views import HOW, HOW_TONE
from tests.factories import NEXT_MONDAY_9, make_appointment
from tests.web.administration.admin_cast import fay, send, stored, words

pytestmark = pytest.mark.sqlite_only
PAGE = "/admin/clinic-file/load"


@pytest.fixture
def admin(session: Session, client_as: Callable[[Account], FlaskClient]) -> FlaskClient:
    return fay(session, client_as)


@pytest.fixture
def text(admin: FlaskClient) -> str:
    """The present clinic."""
    return admin.get("/admin/clinic-file").text


def seen(page: TestResponse) -> str:
    return page.text.split('name="seen" value="')[1].split('"')[0]


def load(admin: FlaskClient, text: str, **more: str) -> TestResponse:
    """Look, then load."""
    page = admin.post(PAGE, data={"text": text})
    return admin.post(PAGE, data={"text": text, "seen": seen(page), "step": "load", **more})


def test_every_difference_has_words() -> None:
    assert set(HOW) == set(HOW_TONE) == set(How)


def test_the_present_file_changes_nothing(admin: FlaskClient, text: str) -> None:
    page = words(admin.post(PAGE, data={"text": text.replace("\n", "\r\n")}).text)
    assert "Nothing: the file says what the clinic is already." in page
    assert "Load it" not in page


def test_mistakes_are_told_by_line_and_the_text_is_kept(admin: FlaskClient, text: str) -> None:
    wrong = text.replace('kind = "specialist"', 'kind = "specailist"', 1)
    line = wrong.splitlines().index('kind = "specailist"') + 1
    page = admin.post(PAGE, data={"text": wrong})
    assert page.status_code == 422
    assert f"Line {line}, resources[0].kind : specailist is not one of" in words(page.text)
    assert "Did you mean specialist?" in page.text
    assert "specailist&#34;" in page.text
    assert admin.post(PAGE, data={"text": "[["}).status_code == 422
    many = admin.post(PAGE, data={"text": "[[locations]]\n" * 100})
    assert "603 mistakes; nothing is loaded" in many.text
    assert many.text.count("<li>Line") < 201
    assert "and more" in many.text
    assert "Paste the clinic file" in admin.post(PAGE, data={"text": " "}).text


def test_what_would_change_is_shown_and_then_loaded(session: Session, admin: FlaskClient, text: str) -> None:
    visit = make_appointment(session, starts_at=NEXT_MONDAY_9)
    changed = text.replace('name = "Dr Maria Cruz"', 'name = "Dr Maria Cruz"\nactive = false').replace(
        'phone = "555-0100"', 'phone = "555-0111"'
    )
    page = admin.post(PAGE, data={"text": changed})
    read = words(page.text)
    assert "Dr Maria Cruz Not offered any more" in read
    assert "1 visit is booked." in read
    assert stored(session)["clinic"]["phone"] == "555-0100"
    done = admin.post(PAGE, data={"text": changed, "seen": seen(page), "step": "load"})
    assert (done.status_code, done.headers["Location"]) == (303, "/admin/")
    assert stored(session)["clinic"]["phone"] == "555-0111"
    event = session.execute(sa.select(AuditEvent).where(AuditEvent.action == "clinic_loaded")).scalar_one()
    assert (event.actor_kind, event.object_kind) == ("administrator", "clinic")
    session.refresh(visit)
    assert visit.status.value == "booked"


def test_visits_that_would_be_outside_the_hours_are_named(session: Session, admin: FlaskClient, text: str) -> None:
    visit = make_appointment(session, starts_at=NEXT_MONDAY_9)
    page = admin.post(PAGE, data={"text": text.replace('"09:00-12:00"', '"10:00-12:00"')})
    assert "1 visit would be outside the hours" in page.text
    assert f"/desk/visits/{visit.public_id}" in page.text


def test_what_was_changed_in_the_browser_is_not_undone_unsaid(session: Session, admin: FlaskClient, text: str) -> None:
    assert load(admin, text.replace("555-0100", "555-0111")).status_code == 303
    send(admin, "/admin/locations/lakeview", phone="555-0177")
    page = admin.post(PAGE, data={"text": text})
    assert "would undo this: Lakeview" in words(page.text)
    refused = load(admin, text)
    assert refused.status_code == 409
    assert "Say first that the changes made in the browser shall be undone." in refused.text
    assert load(admin, text, undo_changes="y").status_code == 303
    assert stored(session)["locations"][1]["phone"] == "555-0102"


@pytest.mark.parametrize("number", ["", "none", "7" * 10])
def test_another_clinic_than_the_one_looked_at_is_looked_at_again(
    session: Session, admin: FlaskClient, text: str, number: str
) -> None:
    changed = text.replace("555-0100", "555-0111")
    page = admin.post(PAGE, data={"text": changed, "seen": number, "step": "load"})
    assert page.status_code == 409
    assert "Somebody has changed the clinic meanwhile." in page.text
    assert stored(session)["clinic"]["phone"] == "555-0100"


def test_a_block_that_meets_a_visit_is_refused_with_its_name(session: Session, admin: FlaskClient, text: str) -> None:
    make_appointment(session, starts_at=NEXT_MONDAY_9)
    block = '\n[[blocks]]\nresource = "dr-cruz"\nfrom = 2026-11-30T14:00:00Z\nto = 2026-11-30T16:00:00Z\n'
    page = admin.post(PAGE, data={"text": text + block})
    assert page.status_code == 422
    assert "A block of Dr Maria Cruz that begins at 2026-11-30 14:00+00:00 meets a visit." in words(page.text)
    late = admin.post(PAGE, data={"text": text + block, "seen": "1", "step": "load"})
    assert late.status_code in {409, 422}


def test_back_to_the_text_keeps_it(admin: FlaskClient) -> None:
    page = admin.post(PAGE, data={"text": "half of it", "step": "edit"})
    assert (page.status_code, "half of it</textarea>" in page.text) == (200, True)
