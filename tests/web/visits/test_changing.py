"""Another time for a visit: what is offered, moving it, its refusals, taking it back; by login, by mail, as a guest."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.scheduling.clinic import Audience
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AppointmentTime, Hold, LinkAction, Patient, Reservation, Service
from tests.factories import make_account, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.mail_links import a_free_start, opened_by_mail
from tests.web.statements import counted
from tests.web.visits.test_visits import ClientAs, in_days
from tests.web.walk import book, slots

Door = tuple[FlaskClient, Appointment]

LOGIN, MAIL = "login", "mail"


@pytest.fixture(params=[LOGIN, MAIL])
def door(request: pytest.FixtureRequest, client: FlaskClient, client_as: ClientAs, session: Session) -> Door:
    """The visit, and both ways to its pages."""
    return _by_mail(client, session) if request.param == MAIL else _by_login(client_as, session)


def _by_login(client_as: ClientAs, session: Session) -> Door:
    ana = make_patient(session)
    visit = make_appointment(session, ana, starts_at=a_free_start())
    client = client_as(make_account(session, patients=(ana,)))
    return client, now_at(session, visit)


def _by_mail(client: FlaskClient, session: Session) -> Door:
    visit = make_appointment(session, starts_at=a_free_start())
    opened_by_mail(client, session, visit, LinkAction.CHANGE_VISIT)
    return client, now_at(session, visit)


def check_form(client: FlaskClient, visit_id: str, slot: str) -> dict[str, str]:
    """Press the time; the hidden fields of the page that asks once more."""
    client.post(f"/visits/{visit_id}/change", data={"slot": slot})
    page = client.get(f"/visits/{visit_id}/change/check").text
    found = {name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', page) for name in ("nonce", "slot", "version")}
    return {name: html.unescape(match[1]) for name, match in found.items() if match}


def move(client: FlaskClient, visit_id: str, slot: str | None = None, **changes: Any) -> Any:
    """The whole way to another time, the first one unless said otherwise."""
    slot = slot or slots(client.get(f"/visits/{visit_id}/change"))[0]
    return client.post(f"/visits/{visit_id}/change/check", data={**check_form(client, visit_id, slot), **changes})


def now_at(session: Session, visit: Appointment) -> Appointment:
    """The visit as it is now, as plain values: reading them later begins no transaction."""
    session.rollback()
    found = session.get_one(Appointment, visit.id, populate_existing=True)
    session.expunge(found)
    session.rollback()
    return found


def test_a_visit_is_moved_and_said_once_more_before_and_after(session: Session, door: Door) -> None:
    client, visit = door
    before, visit_id = visit.starts_at, visit.public_id
    page = client.get(f"/visits/{visit_id}/change")
    assert "Keep my current time" in page.text
    assert "You can choose another time here until" in page.text
    slot = slots(page)[-1]
    assert client.post(f"/visits/{visit_id}/change", data={"slot": slot}).location.endswith("/change/check")
    assert "Move your visit?" in client.get(f"/visits/{visit_id}/change/check").text
    assert now_at(session, visit).starts_at == before
    done = move(client, visit_id, slot)
    assert done.location == f"/visits/{visit_id}/changed"
    assert "Your visit is moved" in client.get(done.location).text
    moved = now_at(session, visit)
    assert moved.starts_at.strftime("%Y%m%dT%H%MZ") == slot.rpartition("~")[2]
    assert (moved.specialist_id, moved.version, moved.sequence) == (1, 2, 1)


def test_the_same_form_sent_twice_moves_once(session: Session, door: Door) -> None:
    client, visit = door
    form = check_form(client, visit.public_id, slots(client.get(f"/visits/{visit.public_id}/change"))[-1])
    address = f"/visits/{visit.public_id}/change/check"
    first, second = client.post(address, data=form), client.post(address, data=form)
    assert first.location == second.location == f"/visits/{visit.public_id}/changed"
    assert now_at(session, visit).version == 2


def test_a_mailed_link_shows_neither_service_nor_specialist_on_the_whole_way(
    client: FlaskClient, session: Session
) -> None:
    _, visit = _by_mail(client, session)
    visit_id = visit.public_id
    pages = [client.get(f"/visits/{visit_id}/change?who={who}").text for who in ("", "any", "dr-adeyemi")]
    slot = slots(client.get(f"/visits/{visit_id}/change?who=any"))[-1]
    client.post(f"/visits/{visit_id}/change", data={"slot": slot})
    pages.append(client.get(f"/visits/{visit_id}/change/check").text)
    pages.append(client.get(move(client, visit_id, slot).location).text)
    hidden = ("consultation", "Cruz", "Adeyemi", "cruz", "adeyemi", "Alvarez", visit.reference, "medicines")
    assert [word for word in hidden for page in pages if word in page] == []
    assert "The same specialist" in pages[0]


def test_the_same_specialist_is_shown_first_and_others_can_be(session: Session, client_as: ClientAs) -> None:
    client, visit = _by_login(client_as, session)
    address = f"/visits/{visit.public_id}/change"
    assert {value.split("~")[3] for value in slots(client.get(address))} == {"dr-cruz"}
    assert {value.split("~")[3] for value in slots(client.get(f"{address}?who=dr-adeyemi"))} == {"dr-adeyemi"}
    assert {value.split("~")[2] for value in slots(client.get(f"{address}?who=any"))} == {"any"}
    moved = move(client, visit.public_id, slots(client.get(f"{address}?who=dr-adeyemi"))[0])
    assert moved.status_code == 303
    assert now_at(session, visit).specialist_id == 2


def test_check_names_another_place_and_another_specialist(session: Session, client_as: ClientAs) -> None:
    client, visit = _by_login(client_as, session)
    slot = slots(client.get(f"/visits/{visit.public_id}/change?who=dr-lind"))[0]
    client.post(f"/visits/{visit.public_id}/change", data={"slot": slot})
    page = client.get(f"/visits/{visit.public_id}/change/check").text
    assert "This time is at Lakeview, your present one at Northside." in page
    assert "This time is with Dr Eva Lind, your present one with Dr Maria Cruz." in page


def test_its_own_time_is_no_other_time_but_does_not_block(session: Session, client_as: ClientAs) -> None:
    client, visit = _by_login(client_as, session)
    here = visit.starts_at.strftime("%Y%m%dT%H%MZ")
    overlapping = (visit.starts_at + timedelta(minutes=15)).strftime("%Y%m%dT%H%MZ")
    for who in ("", "any"):
        starts = {slot.rpartition("~")[2] for slot in slots(client.get(_week_of(visit, who)))}
        assert here not in starts
        assert overlapping in starts
    others = {slot.rpartition("~")[2] for slot in slots(client.get(_week_of(visit, "dr-adeyemi")))}
    assert here in others


def _week_of(visit: Appointment, who: str) -> str:
    return f"/visits/{visit.public_id}/change?who={who}&from={visit.starts_at.date()}"


def test_the_patients_other_visits_are_not_offered(session: Session, client_as: ClientAs) -> None:
    client, visit = _by_login(client_as, session)
    other = slots(client.get(_week_of(visit, "dr-adeyemi")))[-1]
    starts_at = visit.starts_at + timedelta(hours=3)
    make_appointment(session, _patient_of(session, visit), starts_at=starts_at, specialist_id=2, location_id=1)
    starts = {slot.rpartition("~")[2] for slot in slots(client.get(_week_of(visit, "")))}
    assert other
    assert starts_at.strftime("%Y%m%dT%H%MZ") not in starts


def _patient_of(session: Session, visit: Appointment) -> Patient:
    return session.get_one(Patient, visit.patient_id)


def test_a_guest_moves_what_was_booked_in_this_browser(client: FlaskClient, session: Session) -> None:
    visit_id = book(client)
    assert move(client, visit_id).location == f"/visits/{visit_id}/changed"
    page = client.get(f"/visits/{visit_id}/changed").text
    assert "Undo: back to my old time" in page
    assert "Ana Alvarez" in page


def test_a_time_that_is_taken_meanwhile_leads_to_the_nearest_ones(session: Session, door: Door) -> None:
    client, visit = door
    page = slots(client.get(f"/visits/{visit.public_id}/change"))
    form = check_form(client, visit.public_id, page[-1])
    starts_at = _start_of(page[-1])
    make_appointment(session, starts_at=starts_at)
    answer = client.post(f"/visits/{visit.public_id}/change/check", data=form)
    assert answer.status_code == 409
    assert "That time has just been taken" in answer.text
    assert len(slots(answer)) == 3
    assert "Keep my current time" in answer.text
    assert now_at(session, visit).version == 1
    assert move(client, visit.public_id, slots(answer)[0]).status_code == 303


def _start_of(slot: str) -> datetime:
    return datetime.strptime(slot.rpartition("~")[2], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)


def test_a_time_at_which_the_patient_got_another_visit_is_refused(session: Session, door: Door) -> None:
    client, visit = door
    slot = slots(client.get(f"/visits/{visit.public_id}/change"))[-1]
    form = check_form(client, visit.public_id, slot)
    make_appointment(session, _patient_of(session, visit), starts_at=_start_of(slot), status=AppointmentStatus.ARRIVED)
    answer = client.post(f"/visits/{visit.public_id}/change/check", data=form)
    assert answer.status_code == 409
    assert "There is already another visit at that time." in answer.text


def test_too_late_is_a_page_with_the_phone_number(session: Session, door: Door) -> None:
    client, visit = door
    form = check_form(client, visit.public_id, slots(client.get(f"/visits/{visit.public_id}/change"))[-1])
    session.execute(sa.update(Service).values(change_notice_minutes=60 * 24 * 60))
    clinic_changed(session)
    answers = [client.get(f"/visits/{visit.public_id}/{end}") for end in ("change", "change/check")]
    answers.append(client.post(f"/visits/{visit.public_id}/change/check", data=form))
    for answer in answers:
        assert answer.status_code == 422
        assert "It is too late to change the time online" in answer.text
        assert "tel:5550101" in answer.text
    assert now_at(session, visit).version == 1


def test_a_visit_that_is_over_or_not_for_patients_to_move_says_so(session: Session, client_as: ClientAs) -> None:
    ana = make_patient(session)
    client = client_as(make_account(session, patients=(ana,)))
    over = now_at(session, make_appointment(session, ana, **in_days(-3), status=AppointmentStatus.DONE))
    assert client.get(f"/visits/{over.public_id}/change").location == f"/visits/{over.public_id}"
    treatment = make_appointment(session, ana, starts_at=a_free_start(), service_id=2)
    session.execute(sa.update(Service).where(Service.id == 2).values(audience=Audience.STAFF))
    clinic_changed(session)
    assert "cannot be changed online" in client.get(f"/visits/{treatment.public_id}/change").text


def test_a_visit_that_was_changed_meanwhile_is_not_moved(session: Session, door: Door) -> None:
    client, visit = door
    page = slots(client.get(f"/visits/{visit.public_id}/change"))
    form = check_form(client, visit.public_id, page[-1])
    move(client, visit.public_id, page[-2])
    late = client.post(f"/visits/{visit.public_id}/change/check", data=form, follow_redirects=True)
    assert "This visit was changed meanwhile, so it was not moved." in late.text
    assert now_at(session, visit).version == 2


@pytest.mark.parametrize("slot", ["", "x", "a~b~c", "northside~any~soon", "follow-up~northside~any~~20261130T1400Z"])
def test_what_no_button_says_leads_back_to_the_list(session: Session, door: Door, slot: str) -> None:
    client, visit = door
    assert client.post(f"/visits/{visit.public_id}/change", data={"slot": slot}).location.endswith("/change")
    answer = client.post(f"/visits/{visit.public_id}/change/check", data={"slot": slot})
    assert answer.location == f"/visits/{visit.public_id}/change/check"
    assert client.get(answer.location).location == f"/visits/{visit.public_id}/change"


def test_the_present_time_as_the_new_one_is_no_change(session: Session, client_as: ClientAs) -> None:
    client, visit = _by_login(client_as, session)
    slot = f"first-consultation~northside~~dr-cruz~{visit.starts_at:%Y%m%dT%H%MZ}"
    client.post(f"/visits/{visit.public_id}/change", data={"slot": slot})
    assert client.get(f"/visits/{visit.public_id}/change/check").location == f"/visits/{visit.public_id}/change"
    form = {**check_form(client, visit.public_id, slots(client.get(_week_of(visit, "")))[0]), "slot": slot}
    answer = client.post(f"/visits/{visit.public_id}/change/check", data=form)
    assert answer.status_code == 422
    assert "That is the time that the visit has already." in answer.text


def test_somebody_elses_visit_is_missing(client: FlaskClient, session: Session, client_as: ClientAs) -> None:
    visit = now_at(session, make_appointment(session, **in_days(5)))
    foreign = client_as(make_account(session, patients=(make_patient(session),)))
    pages = [f"/visits/{visit.public_id}/{end}" for end in ("change", "change/check", "changed")]
    posts = [f"/visits/{visit.public_id}/{end}" for end in ("change", "change/check", "undo-change")]
    assert [foreign.get(page).status_code for page in pages] == [404] * 3
    assert [foreign.post(page).status_code for page in posts] == [404] * 3
    assert {client.get(page).location.partition("?")[0] for page in pages} == {"/account/log-in"}
    assert now_at(session, visit).version == 1


def test_one_press_and_the_visit_is_back(session: Session, door: Door) -> None:
    client, visit = door
    before, address = visit.starts_at, f"/visits/{visit.public_id}/undo-change"
    assert "Undo: back to my old time" in client.get(move(client, visit.public_id).location).text
    done = client.post(address, follow_redirects=True)
    assert "Your visit is back at its old time." in done.text
    assert now_at(session, visit).starts_at == before
    assert client.post(address).status_code == 303, "twice is once"
    assert client.get(f"/visits/{visit.public_id}/changed").location == f"/visits/{visit.public_id}"


def test_an_old_time_that_is_gone_is_said_with_the_nearest_ones(session: Session, door: Door) -> None:
    client, visit = door
    before = visit.starts_at
    slot = slots(client.get(f"/visits/{visit.public_id}/change"))[-1]
    move(client, visit.public_id, slot)
    session.rollback()
    session.execute(sa.delete(Reservation).where(Reservation.hold_id.is_not(None)))
    session.execute(sa.delete(Hold))
    make_appointment(session, starts_at=before)
    answer = client.post(f"/visits/{visit.public_id}/undo-change")
    assert answer.status_code == 409
    assert "Your old time has been taken" in answer.text
    assert len(slots(answer)) >= 2
    assert now_at(session, visit).starts_at == _start_of(slot)


def test_after_ten_minutes_there_is_no_way_back(session: Session, door: Door) -> None:
    client, visit = door
    page = move(client, visit.public_id).location
    session.rollback()
    for row in session.scalars(sa.select(AppointmentTime)):
        row.replaced_at -= timedelta(minutes=11)
    session.commit()
    assert "Undo" not in client.get(page).text
    late = client.post(f"/visits/{visit.public_id}/undo-change", follow_redirects=True)
    assert "That cannot be taken back any more." in late.text


def test_a_visit_that_was_never_moved_has_no_such_page(session: Session, door: Door) -> None:
    client, visit = door
    assert client.get(f"/visits/{visit.public_id}/changed").location == f"/visits/{visit.public_id}"


def test_the_calendar_file_follows_the_visit(session: Session, client_as: ClientAs) -> None:
    client, visit = _by_login(client_as, session)
    address = f"/visits/{visit.public_id}/calendar.ics"
    (before,) = Calendar.from_ical(client.get(address).data).walk("VEVENT")
    move(client, visit.public_id)
    (after,) = Calendar.from_ical(client.get(address).data).walk("VEVENT")
    assert before["uid"] == after["uid"]
    assert int(after["sequence"]) == int(before["sequence"]) + 1
    assert after.decoded("dtstart") == now_at(session, visit).starts_at
    assert after.decoded("dtstamp") > utc_now() - timedelta(minutes=1)


STATEMENTS_OF_THE_PAGE = 9


def test_the_page_asks_the_database_the_same_few_questions_whatever_there_is(
    app: Flask, session: Session, client_as: ClientAs
) -> None:
    client, visit = _by_login(client_as, session)
    address = f"/visits/{visit.public_id}/change?from={visit.starts_at.date()}"
    client.get(address)
    with counted(app) as before:
        client.get(address)
    for days in range(1, 31):
        make_appointment(session, **in_days(-days), status=AppointmentStatus.DONE)
    with counted(app) as after:
        client.get(address)
    assert len(before) == len(after) <= STATEMENTS_OF_THE_PAGE
