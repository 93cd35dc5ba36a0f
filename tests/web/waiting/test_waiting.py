"""Waiting for a time: joining from the list of times or for an earlier time, seeing, changing, leaving."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.clock import utc_now
from booking.core.day_parts import DayPart
from booking.core.scheduling.clinic import Audience
from booking.models import Account, LinkAction, Location, Patient, Resource, Service, WaitingEntry, WaitingState
from booking.queries.waiting import wish_of
from tests.factories import make_account, make_appointment, make_offer, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.mail_links import BORN, NEW_YORK, mailed_link
from tests.web.walk import PERSON, TIMES, book, give_details, hold

ClientAs = Callable[[Account], FlaskClient]
WAIT = "/book/first-consultation/wait"
WHO = "/book/wait/details"
TODAY = utc_now().date()
WANTED: dict[str, Any] = {
    "days": ["0", "3"],
    "parts": ["morning"],
    "people": ["dr-cruz"],
    "places": ["northside"],
    "first_day": (TODAY + timedelta(days=2)).isoformat(),
    "last_day": (TODAY + timedelta(days=30)).isoformat(),
    "notice": "180",
}


@pytest.fixture
def ana(session: Session) -> Patient:
    return make_patient(session)


@pytest.fixture
def home(session: Session, client_as: ClientAs, ana: Patient) -> FlaskClient:
    """Ana, logged in."""
    return client_as(make_account(session, patients=(ana,)))


def entries(session: Session) -> list[WaitingEntry]:
    session.rollback()
    return list(session.scalars(sa.select(WaitingEntry).order_by(WaitingEntry.id)))


def patients(session: Session) -> list[Patient]:
    session.rollback()
    return list(session.scalars(sa.select(Patient)))


def join(client: FlaskClient, **changes: Any) -> TestResponse:
    return client.post(WAIT, data={**WANTED, **changes})


def nonce(page: str) -> str:
    return re.search(r'name="nonce"[^>]*value="([^"]+)"', page)[1]  # type: ignore[index]


def say_who(client: FlaskClient, **changes: Any) -> TestResponse:
    return client.post(WHO, data={**PERSON, "nonce": nonce(client.get(WHO).text), **changes})


def checked(page: str) -> set[tuple[str, str]]:
    return set(re.findall(r'name="([a-z_]+)" type="(?:checkbox|radio)" value="([^"]*)" checked', page))


def a_start() -> datetime:
    return utc_now().replace(minute=0, second=0, microsecond=0) + timedelta(days=20)


def test_a_known_patient_joins_on_one_page(session: Session, home: FlaskClient, ana: Patient) -> None:
    answer = join(home)
    [kept] = entries(session)
    assert answer.location == f"/waiting/{kept.public_id}"
    assert kept.patient_id == ana.id
    wish = wish_of(kept)
    assert (wish.weekdays, wish.day_parts, wish.specialist_ids, wish.location_ids, wish.notice) == (
        {0, 3}, {DayPart.MORNING}, {1}, {1}, timedelta(hours=3)
    )  # fmt: skip
    page = home.get(answer.location).text
    assert "We write to you when a suitable time comes free." in page
    assert "It is kept for you for 2 office hours." in page
    assert "Monday, Thursday" in page
    assert "3 hours before the visit or earlier" in page


def test_the_form_is_filled_as_the_filters_are(client: FlaskClient) -> None:
    client.post(
        "/book/first-consultation/wishes",
        data={"who": "dr-cruz", "part": "evening", "where": "lakeview", "weekdays": ["4"]},
    )
    assert f'href="{WAIT}"' in client.get(TIMES).text
    page = client.get(WAIT).text
    assert {("days", "4"), ("parts", "evening"), ("people", "dr-cruz"), ("places", "lakeview")} <= checked(page)


def test_a_language_and_steps_become_people_and_places(session: Session, client: FlaskClient) -> None:
    session.get_one(Resource, 3).languages = ["en", "es"]
    session.get_one(Location, 1).is_step_free = False
    clinic_changed(session)
    open_wishes = {"who": "", "part": "", "where": ""}
    client.post("/book/first-consultation/wishes", data={**open_wishes, "language": "es", "step_free": "y"})
    ticked = checked(client.get(WAIT).text)
    assert {one for one in ticked if one[0] != "notice"} == {("people", "dr-lind"), ("places", "lakeview")}


def test_a_service_that_ends_while_the_form_is_open_is_said(session: Session, home: FlaskClient, ana: Patient) -> None:
    visit = make_appointment(session, ana, starts_at=a_start())
    session.get_one(Service, 1).is_active = False
    clinic_changed(session)
    answer = home.post(f"/visits/{visit.public_id}/wait", data=WANTED)
    assert answer.status_code == 422
    assert "This kind of visit is not offered any more." in answer.text


def test_a_wish_of_the_address_goes_along(client: FlaskClient) -> None:
    assert f'href="{WAIT}?who=dr-cruz"' in client.get(TIMES + "?who=dr-cruz").text
    assert ("people", "dr-cruz") in checked(client.get(WAIT + "?who=dr-cruz").text)


def test_joining_twice_changes_the_wishes(session: Session, home: FlaskClient) -> None:
    join(home)
    page = home.get(WAIT).text
    assert {("days", "0"), ("days", "3"), ("notice", "180")} <= checked(page)
    join(home, days=[], parts=[], people=[], places=[], notice="4320")
    [kept] = entries(session)
    assert (kept.weekdays, kept.notice_minutes) == ([], 4320)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"last_day": ""}, "last_day", "Enter the last day"),
        ({"first_day": ""}, "first_day", "Enter the first day"),
        ({"first_day": "soon"}, "first_day", "Enter a date like 2026-11-24"),
        ({"last_day": (TODAY - timedelta(days=3)).isoformat()}, "last_day", "That day is over"),
        ({"last_day": (TODAY + timedelta(days=1)).isoformat()}, "last_day", "must not be before the first"),
        ({"last_day": (TODAY + timedelta(days=400)).isoformat()}, "last_day", "within a year"),
        ({"notice": ""}, "notice-0", "Choose how long before the visit"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_everything_stays_typed(
    session: Session, home: FlaskClient, changes: dict[str, str], field: str, sentence: str
) -> None:
    answer = join(home, **changes)
    assert answer.status_code == 422
    assert re.search(rf'href="#{field}">[^<]*{sentence}', answer.text)
    assert {("days", "3"), ("parts", "morning"), ("people", "dr-cruz")} <= checked(answer.text)
    assert entries(session) == []


def test_first_days_of_the_past_are_today(session: Session, home: FlaskClient) -> None:
    join(home, first_day=(TODAY - timedelta(days=9)).isoformat())
    [kept] = entries(session)
    assert kept.first_on >= TODAY - timedelta(days=1)


def test_an_account_of_several_says_who_waits(session: Session, client_as: ClientAs, ana: Patient) -> None:
    child = make_patient(session, given_name="Carla")
    home = client_as(make_account(session, patients=(ana, child)))
    unsaid = join(home)
    assert unsaid.status_code == 422
    assert "Choose who is waiting" in unsaid.text
    join(home, for_whom=child.public_id)
    assert [kept.patient_id for kept in entries(session)] == [child.id]
    assert "First consultation for Carla" in home.get("/visits/").text


def test_somebody_new_is_asked_who_they_are_and_the_account_acts_for_them(
    session: Session, home: FlaskClient, ana: Patient
) -> None:
    answer = join(home, for_whom="new")
    assert answer.location == WHO
    answer = say_who(home, given_name="Carla")
    [kept] = entries(session)
    assert kept.patient_id != ana.id
    assert "For Carla Alvarez" in home.get(answer.location).text
    assert home.get("/visits/").text.count("First consultation for Carla") == 1


def test_a_guest_joins_sees_it_and_leaves(session: Session, client: FlaskClient) -> None:
    answer = join(client)
    assert answer.location == WHO
    page = client.get(WHO).text
    assert "You need no account." in page
    assert "Monday, Thursday" in page
    joined = say_who(client)
    [kept] = entries(session)
    assert joined.location == f"/waiting/{kept.public_id}"
    assert "You are on the waiting list" in client.get(joined.location).text
    client.post(f"{joined.location}/leave")
    assert [one.state for one in entries(session)] == [WaitingState.LEFT]


def test_a_guest_without_an_address_is_called(client: FlaskClient) -> None:
    join(client)
    joined = say_who(client, email="", phone="555 0142")
    assert "so we call you when a suitable time comes free" in client.get(joined.location).text


def test_details_are_asked_once_for_waiting_and_booking(client: FlaskClient) -> None:
    hold(client)
    give_details(client)
    client.post("/book/hold/release", data={"hold": ""})
    join(client)
    assert 'value="Alvarez"' in client.get(WHO).text
    say_who(client, family_name="Alvarado")
    hold(client)
    page = client.get("/book/details").text
    assert 'value="Alvarado"' in page
    assert "My left hand burns." in page


def test_bad_details_are_said_and_stay_typed(session: Session, client: FlaskClient) -> None:
    join(client)
    answer = say_who(client, email="", phone="")
    assert answer.status_code == 422
    assert "Enter a phone number or an e-mail address" in answer.text
    assert 'value="Alvarez"' in answer.text
    assert (entries(session), patients(session)) == ([], [])


def test_a_form_sent_twice_makes_one_patient_and_one_entry(session: Session, client: FlaskClient) -> None:
    join(client)
    same = nonce(client.get(WHO).text)
    first, again = say_who(client, nonce=same), say_who(client, nonce=same)
    assert first.location == again.location
    assert (len(entries(session)), len(patients(session))) == (1, 1)


def test_without_a_wish_there_is_nobody_to_ask(client: FlaskClient) -> None:
    assert client.get(WHO).location == "/book/"
    assert client.post(WHO, data=PERSON).location == "/book/"


def test_a_wish_that_makes_no_sense_any_more_is_asked_anew(client: FlaskClient) -> None:
    join(client)
    with client.session_transaction() as kept:
        kept["waiting"] = {**kept["waiting"], "typed": {}}
    assert client.get(WHO).location == "/book/"


def test_a_service_that_patients_do_not_book_cannot_be_waited_for(
    session: Session, client: FlaskClient, home: FlaskClient
) -> None:
    assert client.get("/book/infusion/wait").status_code == 404
    session.get_one(Service, 1).audience = Audience.VERIFIED
    clinic_changed(session)
    assert client.get(WAIT).location == TIMES
    assert join(client).location == TIMES
    assert home.get(WAIT).status_code == 200


def test_an_entry_is_nobody_elses(
    session: Session, home: FlaskClient, client: FlaskClient, client_as: ClientAs
) -> None:
    place = join(home).location
    ben = client_as(make_account(session, patients=(make_patient(session),)))
    for path in ("", "/change"):
        assert ben.get(place + path).status_code == 404
        assert client.get(place + path).location.startswith("/account/log-in")
    for path in ("/change", "/leave", "/join-again"):
        assert ben.post(place + path).status_code == 404
        assert client.post(place + path).location.startswith("/account/log-in")
    assert [kept.state for kept in entries(session)] == [WaitingState.WAITING]


def test_wishes_are_changed_and_the_place_is_kept(session: Session, home: FlaskClient) -> None:
    place = join(home).location
    since = entries(session)[0].created_at
    page = home.get(f"{place}/change").text
    assert {("days", "0"), ("people", "dr-cruz")} <= checked(page)
    assert home.post(f"{place}/change", data={**WANTED, "notice": "x"}).status_code == 422
    assert home.post(f"{place}/change", data={**WANTED, "days": ["2"]}).location == place
    [kept] = entries(session)
    assert (kept.weekdays, kept.created_at) == ([2], since)
    assert "Your place on the list is kept" in home.get(place).text


def test_a_guest_changes_their_wishes_too(session: Session, client: FlaskClient) -> None:
    join(client)
    place = say_who(client).location
    assert client.post(f"{place}/change", data={**WANTED, "days": ["2"]}).location == place
    assert entries(session)[0].weekdays == [2]


def test_a_service_that_is_gone_meanwhile_is_said(session: Session, home: FlaskClient) -> None:
    place = join(home).location
    session.get_one(Service, 1).is_active = False
    clinic_changed(session)
    answer = home.post(f"{place}/change", data={**WANTED})
    assert answer.status_code == 422
    assert "not offered any more" in answer.text


def test_leaving_can_be_taken_back_for_some_minutes(session: Session, home: FlaskClient) -> None:
    place = join(home).location
    since = entries(session)[0].created_at
    assert home.post(f"{place}/leave").location == place
    page = home.get(place).text
    assert "You are not on the waiting list any more" in page
    assert "Waiting for a time" not in home.get("/visits/").text
    assert home.get(f"{place}/change").location == place
    assert home.post(f"{place}/join-again").location == place
    [kept] = entries(session)
    assert (kept.state, kept.created_at, kept.ended_at) == (WaitingState.WAITING, since, None)


def test_after_some_minutes_it_is_a_new_wait(session: Session, home: FlaskClient) -> None:
    place = join(home).location
    home.post(f"{place}/leave")
    session.execute(sa.update(WaitingEntry).values(ended_at=utc_now() - timedelta(hours=1)))
    session.commit()
    assert "Join again" not in home.get(place).text
    assert home.post(f"{place}/join-again").location == WAIT


def test_my_visits_show_what_is_waited_for_and_what_is_offered(
    session: Session, home: FlaskClient, ana: Patient
) -> None:
    make_offer(session, ana, starts_at=a_start(), made_at=utc_now(), expires_at=utc_now() + timedelta(hours=2))
    [kept] = entries(session)
    page = home.get("/visits/").text
    assert "Waiting for a time" in page
    assert "See the time and answer" in page
    assert re.search(r'href="/offers/\w', home.get(f"/waiting/{kept.public_id}").text)


def test_an_earlier_time_for_a_visit(session: Session, home: FlaskClient, ana: Patient) -> None:
    visit = make_appointment(session, ana, starts_at=a_start())
    address = f"/visits/{visit.public_id}/wait"
    assert address in home.get(f"/visits/{visit.public_id}").text
    page = home.get(address).text
    assert ("people", "dr-cruz") in checked(page)
    assert re.search(rf'name="last_day"[^>]* value="{visit.starts_at.astimezone(NEW_YORK).date()}"', page)
    assert home.post(address, data={**WANTED, "last_day": "soon"}).status_code == 422
    answer = home.post(address, data=WANTED)
    [kept] = entries(session)
    assert kept.appointment_id == visit.id
    assert "stays until you say yes to another time" in home.get(answer.location).text
    assert "Instead of" in home.get("/visits/").text
    assert {("days", "0"), ("days", "3")} <= checked(home.get(address).text)


def test_a_visit_that_is_over_gets_no_earlier_time(session: Session, home: FlaskClient, ana: Patient) -> None:
    visit = make_appointment(session, ana, starts_at=a_start() - timedelta(days=40))
    assert home.get(f"/visits/{visit.public_id}/wait").location == f"/visits/{visit.public_id}"


def test_a_guest_asks_for_an_earlier_time_in_the_browser_that_booked(session: Session, client: FlaskClient) -> None:
    public_id = book(client)
    answer = client.post(f"/visits/{public_id}/wait", data=WANTED)
    assert "You are on the waiting list" in client.get(answer.location).text
    assert len(entries(session)) == 1


def test_whoever_comes_by_a_mailed_link_gives_the_date_of_birth_first(
    session: Session, client: FlaskClient, ana: Patient
) -> None:
    visit = make_appointment(session, ana, starts_at=a_start())
    client.get(mailed_link(session, visit, LinkAction.CHANGE_VISIT))
    address = f"/visits/{visit.public_id}/wait"
    assert "birth" in client.get(client.get(address).location).text
    client.post(client.get(address).location, data=BORN)
    answer = client.post(address, data=WANTED)
    assert "You are on the waiting list" in client.get(answer.location).text


def test_an_entry_for_an_opened_visit_is_not_shown_before_the_date_of_birth_is_given(
    session: Session, home: FlaskClient, client: FlaskClient, ana: Patient
) -> None:
    visit = make_appointment(session, ana, starts_at=a_start())
    place = home.post(f"/visits/{visit.public_id}/wait", data=WANTED).location
    client.get(mailed_link(session, visit, LinkAction.OPEN_VISIT))
    assert "Dr Maria Cruz" not in client.get(place, follow_redirects=True).text
    assert client.post(f"{place}/leave").status_code == 303
    assert entries(session)[0].state is WaitingState.WAITING


@pytest.mark.parametrize("state", [WaitingState.PLACED, WaitingState.EXPIRED])
def test_a_wait_that_has_ended_says_so(session: Session, home: FlaskClient, state: WaitingState) -> None:
    place = join(home).location
    session.execute(sa.update(WaitingEntry).values(state=state, live_key=None, ended_at=utc_now()))
    session.commit()
    page = home.get(place).text
    words = "You have a time" if state is WaitingState.PLACED else "The wait has ended"
    assert words in page
    assert home.post(f"{place}/change", data=WANTED).location == place
