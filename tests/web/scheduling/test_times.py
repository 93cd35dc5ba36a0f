"""The list of times: the soonest first, one week, its filters, and how much it asks of the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.models import Account, Closure, Resource, Service, WeeklyHours
from tests.factories import make_account, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.statements import counted
from tests.web.walk import TIMES, slots


def close_everything(session: Session, days: int) -> None:
    today = utc_now().date()
    session.add(Closure(location_id=None, starts_on=today, ends_on=today + timedelta(days=days), name="Winter break"))
    clinic_changed(session)


def test_the_soonest_time_is_the_first_of_the_list(client: FlaskClient) -> None:
    values = slots(client.get(TIMES))
    assert values[0] == values[1]
    starts = [value.rpartition("~")[2] for value in values[1:]]
    assert starts[0] == min(starts)


def test_every_time_has_a_complete_name_and_the_clinic_time_is_named(client: FlaskClient) -> None:
    page = client.get(TIMES + "?where=northside").text
    assert re.search(r'class="slot-time">9:00 am<span class="govuk-visually-hidden">, \w+day \d+ \w+, with', page)
    assert "Times are in clinic time: New York (E" in page


def test_two_locations_are_told_apart_with_their_own_clocks(client: FlaskClient) -> None:
    page = client.get(TIMES).text
    assert re.search(r"Northside: New York \(E[SD]T\)", page)
    assert re.search(r"Lakeview: Chicago \(C[SD]T\)", page)
    assert '<h4 class="slot-place">Lakeview</h4>' in page


def test_a_long_day_stands_open_with_its_first_times_and_counts_the_others(client: FlaskClient) -> None:
    page = client.get(TIMES + "?where=northside").text
    [day] = [one for one in page.split('<section class="slot-day"')[1:] if 'class="more-times"' in one][:1]
    shown, closed = day.split('<details class="more-times">')
    count = int(re.search(r'slot-count">(\d+) times', shown)[1])  # type: ignore[index]
    assert shown.count('class="slot"') == 6
    assert closed.count('class="slot"') == count - 6
    assert re.search(rf"<summary>{count - 6} more times on \w+day \d+ \w+</summary>", closed)


def test_each_of_two_locations_shows_its_first_times(client: FlaskClient) -> None:
    page = client.get(TIMES).text
    [day] = [one for one in page.split('<section class="slot-day"')[1:] if 'class="more-times"' in one][:1]
    places = day.split('<details class="more-times">')[0].split('class="slot-place"')[1:]
    assert [place.count('class="slot"') for place in places] == [4, 4]


def test_a_day_with_few_more_times_shows_them_all(client: FlaskClient) -> None:
    page = client.get(TIMES + "?where=lakeview&part=morning").text
    days = [one for one in page.split('<section class="slot-day"')[1:] if 'class="slot"' in one]
    assert {day.count('class="slot"') for day in days[1:]} == {10}
    assert "1 time on" not in page


def test_the_first_week_has_no_earlier_one_and_a_later_one(client: FlaskClient) -> None:
    page = client.get(TIMES).text
    assert "Earlier week" not in page
    assert "Later week" in page


def test_a_later_week_leads_back_and_shows_no_soonest_card(client: FlaskClient) -> None:
    later = re.search(r'href="([^"]+)" rel="next"', client.get(TIMES).text)[1]  # type: ignore[index]
    page = client.get(later.replace("&amp;", "&")).text
    assert "Earlier week" in page
    assert "soonest-title" not in page


def test_the_last_week_has_no_later_one(client: FlaskClient) -> None:
    page = client.get(TIMES, query_string={"from": "2199-01-01"}).text
    assert "Later week" not in page


def test_the_page_opens_at_the_first_week_with_a_free_time(client: FlaskClient, session: Session) -> None:
    close_everything(session, days=16)
    page = client.get(TIMES)
    assert slots(page)[0] == slots(page)[1]
    assert "Earlier week" not in page.text


def test_an_empty_week_names_its_closure_and_leads_to_the_next_free_time(client: FlaskClient, session: Session) -> None:
    close_everything(session, days=16)
    page = client.get(TIMES, query_string={"from": utc_now().date().isoformat()})
    assert slots(page) == []
    jump = re.search(r'href="([^"]+)">Go to the next free time', page.text)[1]  # type: ignore[index]
    assert slots(client.get(jump.replace("&amp;", "&")))


def test_without_any_time_until_the_horizon_the_page_says_so(client: FlaskClient, session: Session) -> None:
    close_everything(session, days=200)
    page = client.get(TIMES + "?part=evening").text
    assert "There is no such time free until" in page
    assert "Show all times" in page
    assert "Later week" not in page


def test_a_closed_day_says_why(client: FlaskClient, session: Session) -> None:
    on = utc_now().date() + timedelta(days=8)
    session.add(Closure(location_id=None, starts_on=on, ends_on=on, name="Founders' day"))
    clinic_changed(session)
    page = client.get(TIMES, query_string={"from": (on - timedelta(days=1)).isoformat()}).text
    assert "Closed: Founders&#39; day" in page


@pytest.mark.parametrize(
    ("part", "hours"), [("morning", range(12)), ("afternoon", range(12, 17)), ("evening", range(17, 24))]
)
def test_the_time_of_day_is_by_the_clock_of_the_clinic(client: FlaskClient, part: str, hours: range) -> None:
    page = client.get(TIMES, query_string={"part": part, "where": "northside"}).text
    shown = {
        int(hour) % 12 + (12 if half == "pm" else 0)
        for hour, half in re.findall(r'class="slot-time">(\d+):\d\d (am|pm)', page)
    }
    assert shown <= set(hours)


def test_one_specialist_alone_is_shown_when_asked_for(client: FlaskClient) -> None:
    values = slots(client.get(TIMES + "?who=dr-adeyemi"))
    assert {value.split("~")[2:4] == ["", "dr-adeyemi"] for value in values} == {True}


@pytest.mark.parametrize(
    "query", ["who=nobody", "where=moon", "part=midnight", "from=yesterday", "from=0001-01-01", "from=9999-12-31"]
)
def test_a_wish_that_cannot_be_read_is_no_wish(client: FlaskClient, query: str) -> None:
    assert client.get(f"{TIMES}?{query}").status_code == 200


@pytest.mark.parametrize("code", ["unknown", "phone-call", "infusion", "first-consultation%00"])
def test_a_service_that_is_unknown_or_not_for_everyone_has_no_times(client: FlaskClient, code: str) -> None:
    page = client.get(f"/book/{code}/times")
    assert page.status_code == 404
    assert "We do not offer that kind of visit here" in page.text


def test_only_what_everyone_may_book_is_offered(client: FlaskClient) -> None:
    page = client.get("/book/").text
    assert "First consultation" in page
    assert "Treatment session" not in page.replace("Treatment sessions are", "")


def test_a_clinic_without_bookable_services_says_to_call(client: FlaskClient, session: Session) -> None:
    session.query(Service).update({Service.is_active: False})
    clinic_changed(session)
    assert "Nothing can be booked online just now" in client.get("/book/").text


STATEMENTS_OF_THE_PAGE = 6
"""Session, patients of the account, revision of the clinic for the page, visits of the patient, revision and busy spans
for the engine."""


def test_the_page_asks_the_database_the_same_few_questions_whatever_there_is(
    app: Flask, session: Session, client_as: Callable[[Account], FlaskClient]
) -> None:
    patient = make_patient(session)
    client = client_as(make_account(session, patients=(patient,)))
    client.get(TIMES)
    with counted(app) as before:
        client.get(TIMES)
    make_more(session)
    client.get(TIMES)
    with counted(app) as after:
        client.get(TIMES)
    assert len(before) == len(after) <= STATEMENTS_OF_THE_PAGE


STATEMENTS_OF_AN_EMPTY_WEEK = 6
"""One search of all days more, for the next free time."""


@pytest.mark.parametrize("query", ["", "?part=evening", "?from=2000-01-01&part=evening"])
def test_an_empty_week_asks_once_more_for_the_next_free_time(app: Flask, session: Session, query: str) -> None:
    block_the_next_days(session, 9)
    client = app.test_client()
    client.get(TIMES)
    with counted(app) as found:
        page = client.get(TIMES + query)
    assert page.status_code == 200
    assert len(found) <= STATEMENTS_OF_AN_EMPTY_WEEK


def test_an_account_sees_an_empty_week_for_no_more(
    app: Flask, session: Session, client_as: Callable[[Account], FlaskClient]
) -> None:
    block_the_next_days(session, 9)
    client = client_as(make_account(session, patients=(make_patient(session),)))
    client.get(TIMES)
    with counted(app) as found:
        page = client.get(TIMES, query_string={"from": utc_now().date().isoformat()})
    assert "The next free time is" in page.text
    assert len(found) <= STATEMENTS_OF_AN_EMPTY_WEEK + 2, "whom the account acts for, and that patient's visits"


def block_the_next_days(session: Session, days: int) -> None:
    """Nobody has time before that."""
    session.query(Service).update({Service.book_notice_minutes: days * 24 * 60})
    clinic_changed(session)


def make_more(session: Session) -> None:
    """Twenty more specialists, and fifty visits of the past weeks."""
    for number in range(100, 120):
        values = {"code": f"dr-{number}", "kind": "specialist", "name": f"Dr {number}"}
        session.add(Resource(id=number, lanes=1, pools=[], languages=["en"], **values))
        session.flush()
        session.add(
            WeeklyHours(resource_id=number, location_id=1, weekday=number % 5, starts_minute=540, ends_minute=720)
        )
    for days in range(1, 51):
        make_appointment(session, starts_at=utc_now().replace(second=0, microsecond=0) - timedelta(days=days))
    clinic_changed(session)
