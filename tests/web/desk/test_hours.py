"""Forms that change calendars take what people type, and say what is wrong with it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.models import Block, BlockKind, HoursException, WeeklyHours
from tests.factories import NEXT_MONDAY_9, NOW
from tests.web.clinic_change import clinic_changed
from tests.web.desk.calendar_cast import (
    HOUR,
    WEEK_HOURS,
    all_blocks,
    freeze_calendars,
    leave,
    path,
    save,
    send,
    week_of_leave,
    weekly,
)
from tests.web.desk.desk_cast import ClientAs, dora, fay, words

# Pages do not know which database they come from; the services are tried on both.
pytestmark = pytest.mark.sqlite_only


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze_calendars(monkeypatch)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


def test_leave_without_visits_in_the_way_is_saved_at_once(session: Session, desk: FlaskClient) -> None:
    answer = leave(desk, session, last_on="4.12.", label="Holiday")
    assert (answer.status_code, answer.location) == (303, path(session))
    assert "Saved: Holiday, Dr Maria Cruz, Mon 30 Nov – 4 December 2026." in words(desk.get(answer.location).text)
    [block] = all_blocks(session)
    assert (block.ends_at - block.starts_at, block.kind) == (timedelta(days=5), BlockKind.LEAVE)


def test_without_a_label_the_kind_is_what_the_board_says(session: Session, desk: FlaskClient) -> None:
    leave(desk, session, kind="repair")
    assert [block.label for block in all_blocks(session)] == ["Repair"]


def test_the_day_shows_the_block(session: Session, desk: FlaskClient) -> None:
    leave(desk, session, label="Holiday")
    assert "Holiday" in words(desk.get("/desk/day/2026-11-30").text)


def test_a_meeting_repeats_every_week_until_a_day(session: Session, desk: FlaskClient) -> None:
    url = f"{path(session)}/block"
    data = {"first_on": "30 Nov", "time": "9-10", "last_on": "14 Dec", "kind": "meeting", "label": "Team"}
    assert "Mon 30 Nov, 9:00 am – 10:00 am and every week until 14 December 2026" in words(
        desk.get(send(desk, url, **data).location).text
    )
    assert [block.starts_at - NEXT_MONDAY_9 for block in all_blocks(session)] == [timedelta(weeks=n) for n in range(3)]


def test_a_block_is_in_the_time_of_the_location_that_is_chosen(session: Session, client_as: ClientAs) -> None:
    session.add(WeeklyHours(resource_id=1, location_id=2, weekday=0, starts_minute=1080, ends_minute=1140))
    clinic_changed(session)
    client, url = fay(session, client_as), f"{path(session)}/block"
    data = {"first_on": "30 Nov", "time": "9-10", "kind": "meeting"}
    assert send(client, url, location="nowhere", **data).status_code == 422
    send(client, url, location="lakeview", **data)
    assert [block.starts_at for block in all_blocks(session)] == [NEXT_MONDAY_9 + HOUR]


def test_a_block_in_the_hour_that_is_missing_is_no_block(session: Session, desk: FlaskClient) -> None:
    data = {"first_on": "14.3.2027", "time": "2-3", "kind": "meeting"}
    assert send(desk, f"{path(session)}/block", **data).status_code == 422


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"first_on": ""}, "Enter the day"),
        ({"first_on": "someday"}, "“someday” is no day we understand."),
        ({"first_on": "2.11.2026"}, "Choose today or a later day"),
        ({"first_on": "2.11.2033"}, "at most three years ahead"),
        ({"time": ""}, "Enter the time, like 9:00-10:00"),
        ({"time": "9-10, 11-12"}, "Enter one span of time, like 9:00-10:00"),
        ({"time": "9-5"}, "“9-5” ends before it begins."),
        ({"time": "9-12, 11-13"}, "11:00-13:00 overlaps with the hours before it"),
        ({"last_on": "24.11.2026"}, "The last day must not be before the first"),
        ({"label": "x" * 90}, "Use 80 characters or fewer"),
        ({"kind": "party"}, "Not a valid choice"),
    ],
)
def test_a_block_that_cannot_be_is_refused_and_kept(
    session: Session, desk: FlaskClient, data: dict[str, str], said: str
) -> None:
    asked = {"first_on": "30 Nov", "time": "9-10", "kind": "meeting", "label": "Team", **data}
    answer = send(desk, f"{path(session)}/block", **asked)
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert f'value="{asked["first_on"]}"' in answer.text
    assert all_blocks(session) == []


def test_leave_that_lasts_years_is_a_slip(session: Session, desk: FlaskClient) -> None:
    assert "At most 400 days at once" in words(leave(desk, session, last_on="4.12.2028").text)
    assert "The last day must not be before the first" in words(leave(desk, session, last_on="29.11.2026").text)


def test_a_form_without_its_nonce_saves_nothing(session: Session, desk: FlaskClient) -> None:
    assert leave(desk, session, nonce="").status_code == 422


def test_a_block_is_changed(session: Session, desk: FlaskClient) -> None:
    url = f"{path(session)}/blocks/{week_of_leave(session)}"
    page = desk.get(url).text
    for value in ("30 November 2026", "0:00", "4 December 2026", "24:00"):
        assert f'value="{value}"' in page
    data = {"first_on": "1 Dec", "first_time": "12", "last_on": "1 Dec", "last_time": "5 pm", "kind": "meeting"}
    send(desk, url, **data)
    [block] = all_blocks(session)
    assert block.starts_at == NEXT_MONDAY_9 + 27 * HOUR
    assert block.ends_at == NEXT_MONDAY_9 + 32 * HOUR


def test_a_block_that_has_begun_keeps_its_first_day(session: Session, desk: FlaskClient) -> None:
    session.add(Block(resource_id=1, starts_at=NOW - 30 * HOUR, ends_at=NOW + HOUR, label="Leave"))
    session.commit()
    url = f"{path(session)}/blocks/{all_blocks(session)[0].public_id}"
    data = {"first_on": "22 Nov", "first_time": "2:00", "last_on": "23 Nov", "last_time": "12", "kind": "leave"}
    assert send(desk, url, **data).status_code == 303
    assert all_blocks(session)[0].ends_at == NOW + 4 * HOUR


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"last_time": "8"}, "The end must be after the beginning"),
        ({"first_time": "noonish"}, "“noonish” is no time we understand."),
        ({"last_time": ""}, "Enter the time"),
        ({"last_on": ""}, "Enter the day"),
    ],
)
def test_a_changed_block_that_cannot_be_is_refused(
    session: Session, desk: FlaskClient, data: dict[str, str], said: str
) -> None:
    url = f"{path(session)}/blocks/{week_of_leave(session)}"
    asked = {"first_on": "1 Dec", "first_time": "9", "last_on": "1 Dec", "last_time": "10", "kind": "leave", **data}
    answer = send(desk, url, **asked)
    assert answer.status_code == 422
    assert said in words(answer.text)


def test_one_of_a_series_leaves_it_when_it_is_changed(session: Session, desk: FlaskClient) -> None:
    first, *_ = weekly(session)
    assert "Change this and all later ones, 3 in all" in words(desk.get(f"{path(session)}/blocks/{first}").text)


# --- weekly hours and single dates


def week(client: FlaskClient, session: Session, **data: str) -> TestResponse:
    url = f"{path(session)}/hours?location=northside"
    return send(client, url, **{"first_on": "7.12.", **WEEK_HOURS, "sat": "", "sun": "", **data})


def test_weekly_hours_are_shown_as_they_are_typed_and_saved_from_a_day_on(session: Session, desk: FlaskClient) -> None:
    assert desk.get(f"{path(session)}/hours").text.count('value="9:00-12:00, 13:00-17:00"') == 5
    answer = week(desk, session, sat="10 am - 2 pm")
    text = words(desk.get(answer.location).text)
    assert "Saved: weekly hours of Dr Maria Cruz from 7 December 2026." in text
    assert "Now, until 6 December 2026" in text
    assert "Saturday 10:00 am – 2:00 pm" in text


def test_what_is_typed_wrong_is_said_at_its_day_and_kept(session: Session, desk: FlaskClient) -> None:
    answer = week(desk, session, tue="nine to five")
    assert answer.status_code == 422
    assert 'id="tue-error"' in answer.text
    assert 'value="nine to five"' in answer.text


def test_hours_planned_for_later_are_named_before_they_go(session: Session, desk: FlaskClient) -> None:
    week(desk, session, first_on="4.1.2027", sat="10-14")
    preview = week(desk, session)
    assert preview.status_code == 200
    assert "Hours that are planned from 4 January 2027 on are replaced too." in words(preview.text)
    assert "Check and save" in words(preview.text)
    assert save(desk, f"{path(session)}/hours?location=northside", preview).status_code == 303


def test_hours_that_claim_one_time_twice_are_refused(session: Session, client_as: ClientAs) -> None:
    client = fay(session, client_as)
    answer = send(client, f"{path(session)}/hours?location=lakeview", first_on="7.12.", **WEEK_HOURS)
    assert answer.status_code == 422
    assert "The hours of Monday overlap with other hours at Lakeview, Northside in the same weeks." in words(
        answer.text
    )


def test_hours_at_a_location_of_others_cannot_be_changed(session: Session, desk: FlaskClient) -> None:
    assert desk.get(f"{path(session)}/hours?location=lakeview").status_code == 404


def test_one_date_is_other_than_the_rest_and_taken_back(session: Session, desk: FlaskClient) -> None:
    url = f"{path(session)}/date?location=northside&on=2026-11-30"
    send(desk, url, first_on="30.11.", what="hours", hours="10-12")
    session.rollback()
    assert [(row.starts_minute, row.ends_minute) for row in session.scalars(sa.select(HoursException))] == [(600, 720)]
    page = desk.get(f"{url}&back=1").text
    assert re.search(r'value="weekly" checked', page)
    assert re.search(r'value="hours" checked', desk.get(url).text)
    answer = send(desk, url, first_on="30.11.", what="weekly")
    assert "Monday 30 November 2026: as in every week" in words(desk.get(answer.location).text)
    session.rollback()
    assert session.scalars(sa.select(HoursException)).all() == []


def test_a_date_on_which_nobody_is_there(session: Session, desk: FlaskClient) -> None:
    url = f"{path(session)}/date"
    send(desk, url, first_on="30.11.", what="away")
    page = desk.get(f"{url}?on=2026-11-30").text
    assert re.search(r'value="away" checked', page)
    assert desk.get(f"{url}?on=whenever").status_code == 200
    refused = send(desk, url, first_on="30.11.", what="hours")
    assert "Enter the hours, or choose that nobody is there" in words(refused.text)
