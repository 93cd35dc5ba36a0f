"""Calendars at the desk: what the list and a calendar say, whose they are, taking blocks away, closed days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Closure, HoursException, Resource, WeeklyHours
from tests.factories import MONDAY
from tests.web.clinic_change import clinic_changed
from tests.web.desk.calendar_cast import (
    WEEK,
    all_blocks,
    freeze_calendars,
    path,
    send,
    week_of_leave,
    weekly,
)
from tests.web.desk.desk_cast import ClientAs, cruz, dora, eli, fay, hrefs, kim, words
from tests.web.statements import counted

MOST_STATEMENTS = 10
NEXT_MONDAY = MONDAY + WEEK


# Pages do not know which database they come from; the services are tried on both.
pytestmark = pytest.mark.sqlite_only


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze_calendars(monkeypatch)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


# --- the list


def test_the_list_says_who_is_there_today_and_who_leaves_next(session: Session, desk: FlaskClient) -> None:
    week_of_leave(session)
    text = words(desk.get("/desk/calendars").text)
    assert "Dr Maria Cruz Northside Today 9:00 am – 12:00 pm, 1:00 pm – 5:00 pm" in text
    assert "Next leave or repair Mon 30 Nov – 4 December 2026" in text
    assert [kind for kind in ("Specialists", "Nurses", "Rooms", "Chairs", "Devices") if kind in text] == [
        "Specialists", "Nurses", "Rooms", "Chairs",
    ]  # fmt: skip


def test_the_list_holds_the_own_locations_alone(session: Session, client_as: ClientAs) -> None:
    text = words(eli(session, client_as).get("/desk/calendars").text)
    assert "Dr Eva Lind" in text
    assert "Dr Maria Cruz" not in text


def test_the_list_says_why_nobody_is_there(session: Session, desk: FlaskClient) -> None:
    session.add(HoursException(resource_id=1, location_id=1, on=MONDAY, starts_minute=None, ends_minute=None))
    clinic_changed(session)
    assert "Dr Maria Cruz Northside Today Not today" in words(desk.get("/desk/calendars").text)
    session.add(Closure(location_id=1, starts_on=MONDAY, ends_on=MONDAY, name="Flood"))
    clinic_changed(session)
    assert "Dr Maria Cruz Northside Today Flood" in words(desk.get("/desk/calendars").text)


def test_who_works_at_two_locations_is_listed_with_both(session: Session, client_as: ClientAs) -> None:
    session.add(WeeklyHours(resource_id=1, location_id=2, weekday=0, starts_minute=1080, ends_minute=1140))
    clinic_changed(session)
    text = words(fay(session, client_as).get("/desk/calendars").text)
    assert "9:00 am – 12:00 pm, 1:00 pm – 5:00 pm (Northside), 6:00 pm – 7:00 pm (Lakeview)" in text


def test_the_number_of_statements_does_not_depend_on_how_much_there_is(session: Session, desk: FlaskClient) -> None:
    for address in ("/desk/calendars", path(session)):
        desk.get(address)
        with counted(desk.application) as before:
            desk.get(address)
        weekly(session)
        with counted(desk.application) as after:
            desk.get(address)
        assert len(after) == len(before) <= MOST_STATEMENTS


# --- one calendar


def test_a_calendar_says_hours_other_dates_and_closed_time(session: Session, desk: FlaskClient) -> None:
    week_of_leave(session, label="Holiday")
    weekly(session, label="Team")
    session.add(HoursException(resource_id=1, location_id=1, on=NEXT_MONDAY, starts_minute=None, ends_minute=None))
    session.add(HoursException(resource_id=1, location_id=1, on=date(2026, 12, 5), starts_minute=600, ends_minute=720))
    session.add(Closure(location_id=None, starts_on=date(2026, 12, 24), ends_on=date(2026, 12, 25), name="Christmas"))
    clinic_changed(session)
    text = words(desk.get(path(session)).text)
    for part in (
        "Dr Maria Cruz Specialist · New York (EST)",
        "Weekly hours Change weekly hours, Northside Now Monday 9:00 am – 12:00 pm, 1:00 pm – 5:00 pm",
        "Saturday Closed",
        "Holiday Leave Mon 30 Nov – 4 December 2026",
        "Team Leave Mon 30 Nov, 9:00 am – 10:00 am; every week until Mon 14 Dec, 3 times",
        "Monday 30 November 2026 Away",
        "Saturday 5 December 2026 10:00 am – 12:00 pm",
        "Thu 24 Dec – 25 December 2026 Closed: Christmas",
    ):
        assert part in text


def test_hours_with_validity_stand_as_stretches_of_days(session: Session, desk: FlaskClient) -> None:
    june, august = date(2027, 6, 1), date(2027, 8, 31)
    for valid in ({"valid_from": june, "valid_to": august}, {"valid_from": date(2027, 10, 1)}):
        session.add(WeeklyHours(resource_id=1, location_id=1, weekday=5, starts_minute=1200, ends_minute=1800, **valid))
    clinic_changed(session)
    text = words(desk.get(path(session)).text)
    assert "Now, until 31 May 2027" in text
    assert "From 1 June 2027 to 31 August 2027" in text
    assert "From 1 October 2027 on" in text
    assert "Saturday 8:00 pm – 6:00 am the next day" in text


def test_the_last_of_a_series_says_so_and_a_midnight_is_one(session: Session, desk: FlaskClient) -> None:
    first, second, _ = weekly(session)
    url = path(session)
    for public_id in (first, second):
        desk.post(f"{url}/blocks/{public_id}/remove", data={})
    assert "the last of its series" in words(desk.get(url).text)
    session.add(WeeklyHours(resource_id=1, location_id=1, weekday=6, starts_minute=1200, ends_minute=1440))
    clinic_changed(session)
    assert "Sunday 8:00 pm – midnight" in words(desk.get(url).text)


def test_a_room_has_no_leave_but_is_closed(session: Session, desk: FlaskClient) -> None:
    text = words(desk.get(path(session, 4)).text)
    assert "Close for days" in text
    assert "Add leave" not in text
    assert "2 visits at a time" in words(desk.get(path(session, 7)).text)


def test_whoever_works_elsewhere_too_reads_those_hours_and_changes_their_own(
    session: Session, desk: FlaskClient
) -> None:
    session.add(WeeklyHours(resource_id=1, location_id=2, weekday=0, starts_minute=1080, ends_minute=1140))
    clinic_changed(session)
    page = desk.get(path(session)).text
    assert "Weekly hours, Lakeview" in words(page)
    assert len(hrefs(page, "/hours?location=")) == 1


def test_hours_can_be_begun_at_another_location(session: Session, client_as: ClientAs) -> None:
    assert len(hrefs(fay(session, client_as).get(path(session)).text, "/hours?location=lakeview")) == 1


@pytest.mark.parametrize("who", [eli, cruz, kim])
def test_a_calendar_of_others_cannot_be_seen(
    session: Session, client_as: ClientAs, who: Callable[[Session, ClientAs], FlaskClient]
) -> None:
    answer = who(session, client_as).get(path(session))
    assert answer.status_code in {403, 404}


def test_what_has_no_hours_yet_is_seen_by_who_works_everywhere(session: Session, client_as: ClientAs) -> None:
    session.execute(sa.delete(WeeklyHours).where(WeeklyHours.resource_id == 1))
    clinic_changed(session)
    url = path(session)
    assert dora(session, client_as).get(url).status_code == 404
    page = fay(session, client_as).get(url)
    assert "No weekly hours here." in words(page.text)


def test_a_retired_resource_has_no_calendar(session: Session, desk: FlaskClient) -> None:
    session.execute(sa.update(Resource).where(Resource.id == 1).values(is_active=False))
    clinic_changed(session)
    assert desk.get(path(session)).status_code == 404
    assert desk.get("/desk/calendars/AAAAAAAAAAAAAAAAAAAAAA").status_code == 404


def test_leave_at_two_locations_is_said_in_days(session: Session, client_as: ClientAs) -> None:
    session.add(WeeklyHours(resource_id=1, location_id=2, weekday=0, starts_minute=1080, ends_minute=1140))
    clinic_changed(session)
    client, url = fay(session, client_as), path(session)
    send(client, f"{url}/leave", first_on="30.11.", last_on="4.12.", kind="leave")
    assert "Leave Mon 30 Nov – 4 December 2026" in words(client.get(url).text)


# --- taking blocks away


def test_a_block_is_removed_after_a_question(session: Session, desk: FlaskClient) -> None:
    public_id, url = week_of_leave(session), path(session)
    asked = desk.get(f"{url}/blocks/{public_id}/remove")
    assert "Remove: Leave Dr Maria Cruz · Mon 30 Nov – 4 December 2026" in words(asked.text)
    assert len(all_blocks(session)) == 1
    answer = desk.post(f"{url}/blocks/{public_id}/remove", follow_redirects=True)
    assert "Removed: Leave, Mon 30 Nov – 4 December 2026." in words(answer.text)
    assert all_blocks(session) == []


def test_a_series_is_removed_from_one_day_on(session: Session, desk: FlaskClient) -> None:
    _, second, _ = weekly(session, label="Team")
    url = f"{path(session)}/blocks/{second}/remove"
    assert "Remove this and all later ones, 2 in all" in words(desk.get(url).text)
    assert "Removed: Team, 2 times." in words(desk.post(url, data={"later": "yes"}, follow_redirects=True).text)
    assert len(all_blocks(session)) == 1


def test_a_block_of_another_calendar_is_missing(session: Session, desk: FlaskClient) -> None:
    public_id = week_of_leave(session, resource_id=2)
    for page in ("", "/remove"):
        assert desk.get(f"{path(session)}/blocks/{public_id}{page}").status_code == 404


# --- closed days


def close(client: FlaskClient, **data: str) -> Any:
    asked = {"nonce": "n", "location": "northside", "first_on": "24.12.", "name": "Flood", **data}
    return client.post("/desk/calendars/closed", data=asked, follow_redirects=True)


def test_days_are_closed_and_opened_again(session: Session, desk: FlaskClient) -> None:
    page = close(desk, last_on="26.12.").text
    assert "Saved: Northside is closed, Thu 24 Dec – 26 December 2026: Flood." in words(page)
    assert "Flood Thu 24 Dec – 26 December 2026 · Northside" in words(page)
    number = session.scalars(sa.select(Closure.id)).one()
    again = desk.post("/desk/calendars/closed/open", data={"closure": str(number)}, follow_redirects=True)
    assert "Open again." in words(again.text)
    session.rollback()
    assert session.scalars(sa.select(Closure)).all() == []


def test_the_whole_clinic_is_closed_by_who_works_everywhere(session: Session, client_as: ClientAs) -> None:
    assert "The whole clinic is closed" in words(close(fay(session, client_as), location="all").text)
    assert close(dora(session, client_as), location="all").status_code == 422
    text = words(dora(session, client_as).get("/desk/calendars/closed").text)
    assert "The whole clinic" in text
    assert "Open again" not in text


@pytest.mark.parametrize("number", ["", "x", "9" * 12])
def test_a_closure_that_is_none_is_not_understood(desk: FlaskClient, number: str) -> None:
    assert desk.post("/desk/calendars/closed/open", data={"closure": number}).status_code == 400
    assert desk.post("/desk/calendars/closed/open", data={"closure": "77"}).status_code == 404


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"first_on": ""}, "Enter the day"),
        ({"name": ""}, "Say why, like Founders' Day"),
        ({"last_on": "20.12."}, "The last day must not be before the first"),
        ({"last_on": "24.12.2028"}, "At most 400 days at once"),
        ({"first_on": "1.11.2026"}, "Choose today or a later day"),
    ],
)
def test_closed_days_that_cannot_be_are_refused(desk: FlaskClient, data: dict[str, str], said: str) -> None:
    answer = close(desk, **data)
    assert answer.status_code == 422
    assert said in words(answer.text)
