"""How many statements each page sends, written down: the same with 20 specialists, full days and 300 past visits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import Account, Patient
from tests.crowd import grow
from tests.factories import make_account, make_appointment, make_patient
from tests.web import walk
from tests.web.statements import counted

ClientAs = Callable[[Account], FlaskClient]

EXPECTED = {
    "times": 5,
    "times of a later week": 5,
    "check": 5,
    "my visits": 5,
    "visit": 8,
    "desk, day": 8,
    "desk, day as a list": 8,
    "desk, times": 9,
    "desk, no times": 16,
    "desk, move": 8,
    "desk, several": 8,
    "desk, why": 10,
    "desk, visit": 13,
    "desk, patient": 7,
}
"""Of all pages: session (with the locations of staff), revision of the clinic for the page; of those that search: the
busy spans with the revision, for each window of the search; on pages
of the staff how much is to be done. A page without any time has looked through all windows
of half a year and explains the first week. Where somebody reads about a patient: whether that look stands in
the audit log already."""

MOST = {"times": 6, "desk, day": 8, "my visits": 6}
"""The goals of the three pages that are opened most."""


@pytest.fixture
def at() -> datetime:
    """A weekday at 10:00 in New York, some weeks from now."""
    on = utc_now() + timedelta(days=21)
    on += timedelta(days=(7 - on.weekday()) % 7)
    return on.replace(hour=15, minute=0, second=0, microsecond=0)


@pytest.fixture
def ana(session: Session) -> Patient:
    return make_patient(session)


@pytest.fixture
def pages(session: Session, client_as: ClientAs, ana: Patient, at: datetime) -> dict[str, Callable[[], str]]:
    """Each page as a function that asks for it; all of them are about Ana, who has a visit at `at`."""
    visit = make_appointment(session, ana, starts_at=at).public_id
    booker = client_as(make_account(session, patients=(ana,)))
    walk.hold(booker)
    walk.give_details(booker)
    home = client_as(make_account(session, patients=(ana,)))
    desk = client_as(make_account(session, Role.SCHEDULER, location_ids=(1,)))
    asked = {
        "times": (home, walk.TIMES),
        "times of a later week": (home, f"{walk.TIMES}?from={at.date()}"),
        "check": (booker, "/book/check"),
        "my visits": (home, "/visits/"),
        "visit": (home, f"/visits/{visit}"),
        "desk, day": (desk, f"/desk/day/{at.date()}"),
        "desk, day as a list": (desk, f"/desk/day/{at.date()}?view=list"),
        "desk, times": (desk, f"/desk/book?patient={ana.public_id}"),
        "desk, no times": (desk, f"/desk/book?patient={ana.public_id}&who=dr-lind"),
        "desk, move": (desk, f"/desk/visits/{visit}/change"),
        "desk, several": (desk, f"/desk/book/several?patient={ana.public_id}"),
        "desk, why": (desk, f"/desk/book/why?patient={ana.public_id}&start={at.date()}&days=31&whom=patients"),
        "desk, visit": (desk, f"/desk/visits/{visit}"),
        "desk, patient": (desk, f"/desk/patients/{ana.public_id}"),
    }

    def page(client: FlaskClient, address: str) -> Callable[[], str]:
        def opened() -> str:
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.status, answer.location)
            return answer.text

        return opened

    return {name: page(*way) for name, way in asked.items()}


def statements(app: Flask, pages: dict[str, Callable[[], str]]) -> dict[str, int]:
    """The number of statements of each page once it has been opened before."""
    numbers = {}
    for name, opened in pages.items():
        opened()
        with counted(app) as sent:
            opened()
        numbers[name] = len(sent)
    return numbers


def test_each_page_sends_the_same_few_statements_whatever_there_is(
    app: Flask, session: Session, pages: dict[str, Callable[[], str]], ana: Patient, at: datetime
) -> None:
    small = statements(app, pages)

    session.rollback()
    grow(session, ana, now=utc_now(), busy_at=at)

    assert statements(app, pages) == small == EXPECTED
    assert {name: number for name, number in EXPECTED.items() if number > MOST.get(name, number)} == {}
