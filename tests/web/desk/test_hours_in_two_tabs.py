"""Forms of calendars that are open twice, entries that are there twice, and series that change from one day on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import BlockKind, Closure, HoursException, WeeklyHours
from tests.factories import NEXT_MONDAY_9, make_appointment
from tests.web.desk import calendar_cast
from tests.web.desk.calendar_cast import HOUR, WEEK_HOURS, all_blocks, choice, leave, path, save, send, week_of_leave
from tests.web.desk.desk_cast import ClientAs, dora, visits, words

# Pages do not know which database they come from; the services are tried on both.
pytestmark = pytest.mark.sqlite_only

CHANGED = "Somebody has changed these hours meanwhile."
MONDAY = {"first_on": "30 Nov", "first_time": "10", "last_on": "30 Nov", "last_time": "12", "kind": "leave"}


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    calendar_cast.freeze_calendars(monkeypatch)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


def week_ends(session: Session) -> set[int]:
    session.rollback()
    wanted = sa.select(WeeklyHours.ends_minute).where(WeeklyHours.resource_id == 1, WeeklyHours.valid_from.is_not(None))
    return set(session.scalars(wanted))


def test_weekly_hours_are_not_saved_over_those_of_another_tab(session: Session, desk: FlaskClient) -> None:
    url = f"{path(session)}/hours"
    first, second = desk.get(url).text, desk.get(url).text
    sent = {"first_on": "30 Nov", **dict.fromkeys(WEEK_HOURS, "9-18")}
    assert send(desk, url, page=first, **sent).status_code == 303
    stale = send(desk, url, page=second, **{**sent, **dict.fromkeys(WEEK_HOURS, "9-19")})
    assert stale.status_code == 409
    assert CHANGED in words(stale.text)
    assert 'value="9-19"' in stale.text
    assert week_ends(session) == {18 * 60}
    again = send(desk, url, page=stale.text, **{**sent, **dict.fromkeys(WEEK_HOURS, "9-19")})
    assert again.status_code == 303
    assert week_ends(session) == {19 * 60}


def test_a_stale_form_is_told_before_the_visits_in_its_way(session: Session, desk: FlaskClient) -> None:
    make_appointment(session)
    url = f"{path(session)}/hours"
    page = desk.get(url).text
    send(desk, url, first_on="30 Nov", **dict.fromkeys(WEEK_HOURS, "9-18"))
    stale = send(desk, url, page=page, first_on="30 Nov", mon="14-15")
    assert stale.status_code == 409
    assert "Monday: 9:00 am – 12:00 pm, 1:00 pm – 5:00 pm" in words(stale.text)


def test_another_date_is_not_saved_over_that_of_another_tab(session: Session, desk: FlaskClient) -> None:
    url = f"{path(session)}/date"
    page = desk.get(url).text
    send(desk, url, first_on="30 Nov", what="hours", hours="9-11")
    stale = send(desk, url, page=page, first_on="30 Nov", what="away")
    assert (stale.status_code, CHANGED in words(stale.text)) == (409, True)
    assert "9:00 am – 11:00 am" in words(stale.text)
    session.rollback()
    assert session.scalars(sa.select(HoursException.ends_minute).where(HoursException.resource_id == 1)).all() == [660]


def test_a_block_is_not_saved_over_that_of_another_tab(session: Session, desk: FlaskClient) -> None:
    url = f"{path(session)}/blocks/{week_of_leave(session)}"
    page = desk.get(url).text
    assert send(desk, url, **MONDAY, label="First").status_code == 303
    stale = send(desk, url, page=page, **MONDAY, label="Second")
    assert (stale.status_code, CHANGED in words(stale.text)) == (409, True)
    assert "First: Mon 30 Nov" in words(stale.text)
    assert [block.label for block in all_blocks(session)] == ["First"]


def test_a_removed_block_says_so(session: Session, desk: FlaskClient) -> None:
    url = f"{path(session)}/blocks/{week_of_leave(session)}"
    assert desk.post(f"{url}/remove").status_code == 303
    for answer in (desk.post(f"{url}/remove"), desk.get(f"{url}/remove"), desk.get(url)):
        assert answer.status_code == 404
        assert "It was removed already" in words(answer.text)
        assert path(session) in answer.text


def test_one_of_a_series_changes_alone_unless_all_later_ones_are_chosen(session: Session, desk: FlaskClient) -> None:
    first, second, third = calendar_cast.weekly(session)
    url = f"{path(session)}/blocks/{second}"
    data = {**MONDAY, "first_on": "8 Dec", "last_on": "8 Dec", "label": "Team"}
    answer = send(desk, url, **data, later="yes")
    assert "and all later ones, 2 times" in words(desk.get(answer.location).text)
    blocks = all_blocks(session)
    assert [block.public_id for block in blocks] == [first, second, third]
    moved = [timedelta(), timedelta(days=8, hours=1), timedelta(days=15, hours=1)]
    assert [block.starts_at - NEXT_MONDAY_9 for block in blocks] == moved
    assert [block.label for block in blocks] == ["Leave", "Team", "Team"]
    assert blocks[0].series_key != blocks[1].series_key == blocks[2].series_key
    send(desk, url, **{**data, "label": "Alone"}, later="no")
    assert [block.label for block in all_blocks(session)] == ["Leave", "Alone", "Team"]


def test_visits_in_the_way_of_any_of_the_series_are_shown(session: Session, desk: FlaskClient) -> None:
    first, *_ = calendar_cast.weekly(session)
    visit = make_appointment(session, starts_at=NEXT_MONDAY_9 + 14 * 24 * HOUR + 2 * HOUR)
    url = f"{path(session)}/blocks/{first}"
    preview = send(desk, url, **MONDAY, later="yes")
    assert "1 visit is in the way" in words(preview.text)
    assert save(desk, url, preview, **choice(visit, "keep")).status_code == 303
    assert {block.starts_at.hour for block in all_blocks(session)} == {15}
    assert send(desk, url, **{**MONDAY, "last_on": "8 Dec"}, later="yes").status_code == 422


def test_the_same_leave_twice_is_asked_about(session: Session, desk: FlaskClient) -> None:
    leave(desk, session, label="Holiday")
    preview = leave(desk, session, label="Holiday")
    assert "There is already “Holiday” on these days" in words(preview.text)
    assert len(all_blocks(session)) == 1
    assert save(desk, f"{path(session)}/leave", preview).status_code == 303
    assert {block.kind for block in all_blocks(session)} == {BlockKind.LEAVE}
    assert len(all_blocks(session)) == 2


def test_the_same_closed_day_twice_is_refused_and_an_overlapping_one_asked_about(
    session: Session, desk: FlaskClient
) -> None:
    url = "/desk/calendars/closed"
    data = {"location": "northside", "first_on": "30 Nov", "name": "Repair"}
    assert send(desk, url, **data).status_code == 303
    again = send(desk, url, **data)
    assert again.status_code == 422
    assert "These days are closed already." in words(again.text)
    longer = send(desk, url, **data, last_on="1 Dec")
    assert "There is already “Repair” on these days" in words(longer.text)
    session.rollback()
    assert session.scalars(sa.select(Closure.ends_on).where(Closure.name == "Repair")).all() == [date(2026, 11, 30)]


def test_what_is_closed_is_named_where_it_is_missing(desk: FlaskClient) -> None:
    assert "Choose what is closed" in words(send(desk, "/desk/calendars/closed", first_on="30 Nov", name="X").text)


def test_the_page_of_visits_repeats_the_hours(session: Session, desk: FlaskClient) -> None:
    make_appointment(session)
    preview = send(desk, f"{path(session)}/hours", first_on="30 Nov", mon="", tue="10-12")
    assert "1 visit is in the way" in words(preview.text)
    assert "Monday Closed Tuesday 10:00 am – 12:00 pm" in words(preview.text)


@pytest.mark.parametrize(("value", "way"), [("cancel", "undo-cancel"), ("move", "undo-change")])
def test_what_a_leave_has_done_to_a_visit_is_not_undone(
    session: Session, desk: FlaskClient, value: str, way: str
) -> None:
    visit = make_appointment(session)
    preview = leave(desk, session)
    chosen = calendar_cast.options(preview.text)[0] if value == "move" else value
    save(desk, f"{path(session)}/leave", preview, **choice(visit, chosen))
    [after] = visits(session)
    url = f"/desk/visits/{after.public_id}"
    session.rollback()
    assert way not in desk.get(url).text
    refused = desk.post(f"{url}/{way}")
    assert refused.status_code == 422
    assert "the earlier time is closed then" in words(refused.text)


def test_a_block_cannot_be_moved_into_the_hour_that_is_missing(session: Session, desk: FlaskClient) -> None:
    url = f"{path(session)}/blocks/{week_of_leave(session)}"
    missing = {"first_on": "14.3.2027", "first_time": "2:00", "last_on": "14.3.2027", "last_time": "3:00"}
    assert send(desk, url, **{**MONDAY, **missing}).status_code == 422
