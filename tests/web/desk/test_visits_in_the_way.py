"""Visits in the way of a change: listed before it is saved, each with a choice, and saved with it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.scheduling.lifecycle import AppointmentStatus as S
from booking.models import Message, Reservation, Task, WeeklyHours
from booking.web.desk import change_flow
from tests.factories import MONDAY, NEXT_MONDAY_9, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed
from tests.web.desk.calendar_cast import (
    HOUR,
    all_blocks,
    choice,
    freeze_calendars,
    leave,
    options,
    path,
    save,
    send,
    week_of_leave,
)
from tests.web.desk.desk_cast import ClientAs, dora, eli, nonce_in, visits, words

# Pages do not know which database they come from; the services are tried on both.
pytestmark = pytest.mark.sqlite_only


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze_calendars(monkeypatch)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


def test_visits_in_the_way_are_listed_and_nothing_is_saved(session: Session, desk: FlaskClient) -> None:
    visit = make_appointment(session, make_patient(session, given_name="Ana", family_name="Álvarez", email=None))
    preview = leave(desk, session)
    text = words(preview.text)
    assert "1 visit is in the way" in text
    assert "Monday 30 November 2026 at 9:00 am Ana Álvarez" in text
    assert "First consultation · Dr Maria Cruz · It lies in the closed time" in text
    assert "no e-mail: call after moving or canceling, 555-0142" in text
    assert "Move to Tue 1 Dec at 9:00 am" in text
    assert "Move to Mon 30 Nov at 9:00 am with Dr Ola Adeyemi" in text
    assert options(preview.text)[-3:] == ["call", "keep", "cancel"]
    assert all_blocks(session) == []
    assert visits(session)[0].version == visit.version


def test_a_visit_is_moved_to_the_time_that_is_chosen(session: Session, desk: FlaskClient) -> None:
    visit = make_appointment(session)
    preview, url = leave(desk, session), f"{path(session)}/leave"
    answer = save(desk, url, preview, **choice(visit, options(preview.text)[0]))
    assert "1 visit moved." in words(desk.get(answer.location).text)
    assert visits(session)[0].starts_at != NEXT_MONDAY_9
    assert "changed" in {kind.value for kind in session.scalars(sa.select(Message.kind))}


@pytest.mark.parametrize(
    ("value", "said", "status"),
    [
        ("keep", "1 visit stays.", S.BOOKED),
        ("call", "1 patient to call.", S.BOOKED),
        ("cancel", "1 visit canceled.", S.CANCELLED),
        ("nonsense", "1 patient to call.", S.BOOKED),
    ],
)
def test_other_choices(session: Session, desk: FlaskClient, value: str, said: str, status: S) -> None:
    visit = make_appointment(session)
    answer = save(desk, f"{path(session)}/leave", leave(desk, session), **choice(visit, value))
    assert said in words(desk.get(answer.location).text)
    assert visits(session)[0].status is status


def test_a_call_is_on_the_list_with_its_reason(session: Session, desk: FlaskClient) -> None:
    visit = make_appointment(session)
    save(desk, f"{path(session)}/leave", leave(desk, session), **choice(visit, "call"))
    assert "Call the patient: the calendar has changed" in words(desk.get("/desk/day/2026-11-30").text)


def test_the_reason_for_cancelling_is_the_chosen_one_or_a_fitting_one(session: Session, desk: FlaskClient) -> None:
    for hours_later, reason in enumerate(("prov-edu", "made-up")):
        make_appointment(session, starts_at=NEXT_MONDAY_9 + (1 + hours_later) * 24 * HOUR)
        day = f"{hours_later + 1}.12."
        preview = leave(desk, session, first_on=day)
        save(desk, f"{path(session)}/leave", preview, all="cancel", reason=reason)
    assert [visit.cancel_reason_code for visit in visits(session)] == ["prov-edu", "prov"]


def test_a_room_is_exchanged_at_the_same_time(session: Session, desk: FlaskClient) -> None:
    make_appointment(session)
    url = f"{path(session, 4)}/leave"
    preview = send(desk, url, first_on="30.11.", kind="repair")
    assert options(preview.text)[0] == "same_time"
    answer = save(desk, url, preview, all="first")
    assert "1 other room." in words(desk.get(answer.location).text)
    session.rollback()
    assert 5 in session.scalars(sa.select(Reservation.resource_id)).all()


def test_one_choice_for_all_moves_where_it_can_and_calls_where_it_cannot(session: Session, desk: FlaskClient) -> None:
    make_appointment(session)
    arrived = make_appointment(session, starts_at=NEXT_MONDAY_9 + HOUR)
    arrived.status = S.ARRIVED
    session.commit()
    answer = save(desk, f"{path(session)}/leave", leave(desk, session), all="first")
    assert "1 visit moved, 1 patient to call." in words(desk.get(answer.location).text)
    assert session.scalar(sa.select(sa.func.count()).select_from(Task)) == 1


def test_an_undecided_visit_is_asked_for_and_the_other_choices_are_kept(session: Session, desk: FlaskClient) -> None:
    first, second = make_appointment(session), make_appointment(session, starts_at=NEXT_MONDAY_9 + HOUR)
    preview = leave(desk, session)
    answer = save(desk, f"{path(session)}/leave", preview, all="made-up", **choice(first, "keep"))
    assert answer.status_code == 422
    assert f'href="#visit-{second.public_id}-0"' in answer.text
    assert f'href="#visit-{first.public_id}-0"' not in answer.text
    assert re.search(r'value="keep" checked', answer.text)
    assert all_blocks(session) == []


def test_a_visit_booked_meanwhile_comes_back_with_the_page(session: Session, desk: FlaskClient) -> None:
    first = make_appointment(session)
    preview, url = leave(desk, session), f"{path(session)}/leave"
    make_appointment(session, starts_at=NEXT_MONDAY_9 + HOUR)
    late = save(desk, url, preview, **choice(first, "keep"))
    assert late.status_code == 409
    assert "Meanwhile a visit was booked or moved into this time." in words(late.text)
    assert late.text.count("hit--new") == 1
    assert all_blocks(session) == []
    assert save(desk, url, late, all="keep").status_code == 303
    assert len(all_blocks(session)) == 1


def test_a_visit_that_comes_between_the_form_and_the_database_is_shown(
    session: Session, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_appointment(session)
    monkeypatch.setattr(change_flow, "hits_of", lambda *_args, **_more: ())
    assert leave(desk, session).status_code == 409
    assert all_blocks(session) == []


def test_back_to_the_form_keeps_what_was_typed(session: Session, desk: FlaskClient) -> None:
    make_appointment(session)
    preview = leave(desk, session, label="Holiday")
    page = send(desk, f"{path(session)}/leave", page=preview.text, step="edit").text
    assert 'value="Holiday"' in page
    assert 'value="30.11."' in page


def test_what_could_not_be_moved_is_named_with_a_way_to_it(session: Session, desk: FlaskClient) -> None:
    visit = make_appointment(session)
    preview = leave(desk, session)
    wanted = next(value for value in options(preview.text) if value.endswith("20261201T1400Z"))
    make_appointment(session, starts_at=NEXT_MONDAY_9 + 24 * HOUR)
    answer = save(desk, f"{path(session)}/leave", preview, **choice(visit, wanted))
    assert answer.status_code == 200
    assert "1 visit stays where it is" in words(answer.text)
    assert "could not be moved: somebody else was quicker" in words(answer.text)
    assert f"/desk/visits/{visit.public_id}" in answer.text
    assert len(all_blocks(session)) == 1


@pytest.mark.parametrize(
    ("resource_id", "value", "said"),
    [
        (1, "cancel", "could not be canceled: the visit has changed meanwhile"),
        (4, "same_time", "no other room, nurse or chair: the visit has changed meanwhile"),
    ],
)
def test_a_choice_that_the_status_does_not_allow_is_named(
    session: Session, desk: FlaskClient, resource_id: int, value: str, said: str
) -> None:
    visit = make_appointment(session)
    visit.status = S.IN_TREATMENT
    session.commit()
    url = f"{path(session, resource_id)}/leave"
    preview = send(desk, url, first_on="30.11.", kind="leave")
    assert said in words(save(desk, url, preview, **choice(visit, value)).text)


def test_a_visit_elsewhere_shows_no_name_and_is_left_to_a_call(session: Session, client_as: ClientAs) -> None:
    session.add(WeeklyHours(resource_id=1, location_id=2, weekday=0, starts_minute=1080, ends_minute=1140))
    clinic_changed(session)
    visit = make_appointment(session, make_patient(session, given_name="Zoë"))
    client, url = eli(session, client_as), f"{path(session)}/leave"
    preview = send(client, url, first_on="30.11.", kind="leave")
    assert "A visit at Northside" in words(preview.text)
    assert "Zoë" not in preview.text
    assert options(preview.text) == ["call", "keep"]
    failed = save(client, url, preview, **choice(visit, "cancel"))
    assert "A visit of another location: could not be canceled: that is not possible" in words(failed.text)
    undecided = save(client, url, send(client, url, first_on="30.11.", kind="leave"))
    assert "Choose what happens to the visit at Northside" in words(undecided.text)


def test_the_same_form_sent_twice_is_one_block(session: Session, desk: FlaskClient) -> None:
    url = f"{path(session)}/leave"
    nonce = nonce_in(desk.get(url).text)
    data: dict[str, Any] = {"nonce": nonce, "first_on": "30.11.", "kind": "leave"}
    assert [desk.post(url, data=data).status_code for _ in range(2)] == [303, 303]
    assert len(all_blocks(session)) == 1


def test_a_changed_block_sent_twice_is_changed_once(session: Session, desk: FlaskClient) -> None:
    url = f"{path(session)}/blocks/{week_of_leave(session)}"
    nonce = nonce_in(desk.get(url).text)
    data = {"first_on": "1 Dec", "first_time": "9", "last_on": "1 Dec", "last_time": "10", "kind": "leave"}
    answers = [desk.post(url, data={"nonce": nonce, **data}).status_code for _ in range(2)]
    assert answers == [303, 303]


def test_a_closed_day_asks_about_its_visits(session: Session, desk: FlaskClient) -> None:
    visit = make_appointment(session)
    url = "/desk/calendars/closed"
    data = {"location": "northside", "first_on": MONDAY.replace(day=30).isoformat(), "name": "Flood"}
    preview = send(desk, url, **data)
    assert "The location would be closed" in words(preview.text)
    answer = save(desk, url, preview, **choice(visit, "keep"))
    assert answer.location == url
