"""What a patient wishes for: kept by a POST, applied by the engine, remembered, forgotten; an address wins."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.scheduling.clinic import VisitMode
from booking.models import Account, Location, Resource, Service
from booking.services.sessions import begin_session
from tests.factories import make_account, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.walk import TIMES, hold, slots

ClientAs = Callable[[Account], FlaskClient]
WISHES = "/book/first-consultation/wishes"
OPEN: dict[str, Any] = {"who": "", "part": "", "where": "", "language": ""}


def keep(client: FlaskClient, **wishes: Any) -> Any:
    return client.post(WISHES, data={**OPEN, **wishes})


def wished(client: FlaskClient, **wishes: Any) -> str:
    """The page of times after these wishes were kept."""
    answer = keep(client, **wishes)
    assert (answer.status_code, answer.location) == (303, TIMES)
    return client.get(answer.location).text


def days_with_times(page: str) -> set[date]:
    days = re.findall(r'id="day-([0-9-]+)"(.*?)</section>', page, re.DOTALL)
    return {date.fromisoformat(on) for on, text in days if 'class="slot"' in text}


def specialists(page: str) -> set[str]:
    return {html.unescape(value).split("~")[3] for value in re.findall(r'name="slot" value="([^"]+)"', page)}


def places(page: str) -> set[str]:
    return {html.unescape(value).split("~")[1] for value in re.findall(r'name="slot" value="([^"]+)"', page)}


@pytest.fixture
def spanish(session: Session) -> None:
    """Dr Lind speaks Spanish too; Northside has steps."""
    session.get_one(Resource, 3).languages = ["en", "es"]
    session.get_one(Location, 1).is_step_free = False
    clinic_changed(session)


def test_weekdays(client: FlaskClient) -> None:
    page = wished(client, weekdays=["0", "2"])
    assert {on.weekday() for on in days_with_times(page)} <= {0, 2}
    assert days_with_times(page)
    assert "Monday, Wednesday" in page


def test_the_time_of_day(client: FlaskClient) -> None:
    page = wished(client, part="afternoon", where="northside")
    assert set(re.findall(r'class="slot-time">\d+:\d\d (am|pm)', page)) == {"pm"}


def test_one_of_several_specialists_is_taken_as_shown(client: FlaskClient) -> None:
    page = wished(client, among=["dr-lind", "dr-adeyemi"])
    assert specialists(page) == {"dr-lind", "dr-adeyemi"}
    assert "any" not in {html.unescape(v).split("~")[2] for v in re.findall(r'name="slot" value="([^"]+)"', page)}


def test_a_certain_specialist_wins_over_several(client: FlaskClient) -> None:
    assert specialists(wished(client, who="dr-cruz", among=["dr-lind", "dr-adeyemi"])) == {"dr-cruz"}


@pytest.mark.usefixtures("spanish")
def test_a_language_is_kept_to_when_the_time_is_taken(client: FlaskClient) -> None:
    page = wished(client, language="es")
    assert specialists(page) == {"dr-lind"}
    assert "~any~" not in page
    assert "language" not in re.sub(r"<form.*?</form>", "", page, flags=re.DOTALL)
    hold(client)
    answer = client.post("/book/hold/release", data={"hold": ""})
    assert "who=" not in answer.location


@pytest.mark.usefixtures("spanish")
def test_without_steps(client: FlaskClient) -> None:
    page = wished(client, step_free="y")
    assert places(page) == {"lakeview"}
    assert "without steps" in page


def test_what_leaves_no_choice_is_not_asked(client: FlaskClient) -> None:
    page = client.get(TIMES).text
    assert 'name="language"' not in page
    assert 'name="step_free"' not in page


def test_not_before_a_day_is_the_first_day_shown(client: FlaskClient) -> None:
    first = utc_now().date() + timedelta(days=20)
    page = wished(client, not_before=first.isoformat())
    assert min(days_with_times(page)) >= first
    assert "soonest-title" in page
    assert "Earlier week" not in page


@pytest.mark.parametrize("typed", ["soon", "2026-02-30", "2199-01-01"])
def test_a_day_that_cannot_be_is_said_at_the_field_and_stays_typed(client: FlaskClient, typed: str) -> None:
    answer = keep(client, not_before=typed, weekdays=["1"])
    assert answer.status_code == 422
    assert 'href="#not_before"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert re.search(r'value="1" checked', answer.text)
    assert not re.search(r'name="weekdays"[^>]* checked', client.get(TIMES).text)


def test_a_day_past_the_horizon_of_another_service_leaves_no_time_there(client: FlaskClient, session: Session) -> None:
    keep(client, not_before=(utc_now().date() + timedelta(days=40)).isoformat())
    session.get_one(Service, 2).horizon_days = 10
    clinic_changed(session)
    page = client.get("/book/follow-up/times").text
    assert "There is no such time free until" in page
    assert "Show all times" in page


def test_the_week_that_was_shown_stays(client: FlaskClient) -> None:
    day = (utc_now().date() + timedelta(days=14)).isoformat()
    assert keep(client, part="morning", **{"from": day}).location == f"{TIMES}?from={day}"
    later = (utc_now().date() + timedelta(days=20)).isoformat()
    assert keep(client, not_before=later, **{"from": day}).location == TIMES


def test_an_address_wins_and_is_repeated_by_its_links(client: FlaskClient) -> None:
    keep(client, who="dr-lind", part="morning")
    page = client.get(TIMES + "?who=dr-cruz").text
    assert specialists(page) == {"dr-cruz"}
    [later] = re.findall(r'href="([^"]+)" rel="next"', page)
    assert "who=dr-cruz" in later
    assert "part" not in later


def test_an_empty_wish_in_an_address_wins_too(client: FlaskClient) -> None:
    keep(client, who="dr-lind")
    assert len(specialists(client.get(TIMES + "?who=").text)) > 1


def test_a_guests_wishes_outlast_the_login(client: FlaskClient, session: Session) -> None:
    keep(client, where="lakeview")
    assert places(client.get("/book/follow-up/times").text) == {"lakeview"}
    with client.session_transaction() as kept:
        data = dict(kept)
    token = begin_session(session, account_id=make_account(session).id, data=data, now=utc_now())
    client.set_cookie("respite_session", token, domain="localhost")
    assert places(client.get(TIMES).text) == {"lakeview"}


def test_an_account_remembers_on_every_device(session: Session, client_as: ClientAs) -> None:
    account = make_account(session, patients=(make_patient(session),))
    keep(client_as(account), where="lakeview")
    assert places(client_as(account).get(TIMES).text) == {"lakeview"}
    assert places(client_as(make_account(session)).get(TIMES).text) == {"lakeview", "northside"}


@pytest.mark.parametrize("has_account", [True, False])
def test_forgetting_shows_everything_again(
    client: FlaskClient, session: Session, client_as: ClientAs, has_account: bool
) -> None:
    if has_account:
        client = client_as(make_account(session))
    assert "Forget my choices" not in client.get(TIMES).text
    assert "Forget my choices" in wished(client, where="lakeview")
    answer = client.post(f"{WISHES}/forget")
    assert answer.location == TIMES
    page = client.get(TIMES)
    assert len(places(page.text)) == 2
    assert "Forget my choices" not in page.text


def test_what_a_service_does_not_ask_stays_remembered(client: FlaskClient, session: Session) -> None:
    keep(client, where="lakeview")
    service = session.get_one(Service, 2)
    service.location_ids = [1]
    clinic_changed(session)
    client.post("/book/follow-up/wishes", data={"who": "", "part": "morning"})
    assert places(client.get(TIMES).text) == {"lakeview"}


def test_the_wishes_of_a_service_that_nobody_knows_are_not_kept(client: FlaskClient) -> None:
    assert client.post("/book/surgery/wishes", data=OPEN).status_code == 404
    assert client.post("/book/surgery/wishes/forget").status_code == 404


def test_visits_by_video_alone(client: FlaskClient, session: Session) -> None:
    assert "By video" not in client.get("/book/").text
    session.get_one(Service, 2).mode = VisitMode.VIDEO
    clinic_changed(session)
    assert "First consultation" in client.get("/book/").text
    answer = client.post("/book/mode", data={"mode": "video"})
    page = client.get(answer.location).text
    assert "Follow-up consultation" in page
    assert "First consultation" not in page
    assert re.search(r'value="video" aria-pressed="true"', page)
    client.post("/book/mode", data={"mode": ""})
    assert "First consultation" in client.get("/book/").text


def test_wishes_are_counted_by_the_engine_so_that_the_first_free_week_fits_them(client: FlaskClient) -> None:
    page = client.get(TIMES)
    assert slots(page)
    saturday = wished(client, weekdays=["5"])
    assert "There is no such time free until" in saturday
    assert "Show all times" in saturday
