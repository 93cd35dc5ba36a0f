"""The waiting list at the desk: seeing who waits and why in that order, adding, taking off, answering for a caller."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.day_parts import DayPart
from booking.models import Location, OfferState, Patient, Service, WaitingEntry, WaitingOffer, WaitingState
from booking.queries.waiting import wish_of
from booking.services.appointments import cancel
from booking.web.desk import waiting as waiting_page
from tests.factories import NOW, make_appointment, make_patient
from tests.services.cast import DR_CRUZ, DR_LIND, LAKEVIEW, NORTHSIDE, acting_for
from tests.services.waiting_cast import MONDAY_9, frees, offered, waits
from tests.web.clinic_change import clinic_changed
from tests.web.desk.desk_cast import ClientAs, dora, eli, freeze, visits, words
from tests.web.statements import counted

LIST = "/desk/waiting"
FORM = {
    "service": "first-consultation", "visit": "", "location": "", "who": "", "first_day": "today", "last_day": "+6w",
    "notice": "1440",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)
    at(monkeypatch, NOW)


def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(waiting_page, "utc_now", lambda: now)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


def named(session: Session, name: str) -> Patient:
    return make_patient(session, family_name=name)


def add(client: FlaskClient, patient: Patient, **said: str | list[str]) -> str:
    """Send the form; what the page that follows says."""
    answer = client.post(f"/desk/patients/{patient.public_id}/wait", data={**FORM, **said}, follow_redirects=True)
    return words(answer.text)


def entries(session: Session) -> list[WaitingEntry]:
    session.rollback()
    return list(session.scalars(sa.select(WaitingEntry).order_by(WaitingEntry.id)))


def test_an_empty_list_says_so(desk: FlaskClient) -> None:
    said = words(desk.get(LIST).text)

    assert "Nobody waits for a time." in said
    assert "No time is being offered." in said
    assert "None that is not open for all." in said


def test_the_list_explains_its_order(session: Session, desk: FlaskClient) -> None:
    visit = make_appointment(session, named(session, "Third"), starts_at=MONDAY_9 + timedelta(days=7))
    waits(session, session.get_one(Patient, visit.patient_id), visit=visit)
    waits(session, named(session, "Second"), since=NOW)
    waits(session, named(session, "First"), since=NOW, priority=1)

    said = words(desk.get(LIST).text)

    assert said.index("Ana First") < said.index("Ana Second") < said.index("Ana Third")
    assert "asked first · no visit yet · since today" in said
    assert "wants an earlier time · waits for 10 days" in said


def test_the_list_says_what_was_wished_for(session: Session, desk: FlaskClient) -> None:
    waits(
        session, weekdays=frozenset({0, 2}), day_parts=frozenset({DayPart.EVENING, DayPart.MORNING}),
        specialist_ids=frozenset({DR_CRUZ}), location_ids=frozenset({NORTHSIDE}),
    )  # fmt: skip

    assert (
        "Monday, Wednesday · Mornings, Evenings · Dr Maria Cruz · Northside · "
        "Mon 23 Nov to Wed 23 Dec · must know 24 hours before"
    ) in words(desk.get(LIST).text)


def test_offers_not_taken_are_counted(session: Session, desk: FlaskClient) -> None:
    waiting = waits(session)
    session.add(
        WaitingOffer(
            entry_id=waiting.id, service_id=1, location_id=1, starts_at=NOW, ends_at=MONDAY_9,
            state=OfferState.DECLINED, made_at=NOW, expires_at=NOW, why={},
        )
    )  # fmt: skip
    session.commit()

    assert "1 offer not taken lately" in words(desk.get(LIST).text)


def test_offers_and_freed_times_are_shown_with_their_ends(session: Session, desk: FlaskClient) -> None:
    patient = make_patient(session, family_name="Asked", email=None)
    old = make_appointment(session, patient, starts_at=MONDAY_9 + timedelta(days=7))
    waits(session, patient, visit=old)
    frees(session)
    offered(session)

    said = words(desk.get(LIST).text)

    assert "Monday 30 November 2026 at 9:00 am, New York (EST) · First consultation · Dr Maria Cruz · Northside" in said
    assert "in place of Monday 7 December 2026 at 9:00 am, New York (EST)" in said
    assert "kept until Monday 23 November 2026 at 11:00 am, New York (EST)" in said
    assert "no e-mail address, please call: 555-0142" in said
    assert "is being asked now" in said
    assert "until 9:45 am · Dr Maria Cruz · Northside a visit was canceled" in said


def test_the_old_time_is_told_by_the_clock_of_its_own_place(session: Session, desk: FlaskClient) -> None:
    patient = make_patient(session)
    old = make_appointment(session, patient, starts_at=MONDAY_9 + timedelta(days=7, hours=2))
    waits(session, patient, visit=old)
    old.location_id, old.specialist_id = LAKEVIEW, DR_LIND
    session.commit()
    frees(session)
    offered(session)

    assert "in place of Monday 7 December 2026 at 10:00 am, Chicago (CST)" in words(desk.get(LIST).text)


def test_one_clock_needs_no_name(session: Session, desk: FlaskClient) -> None:
    session.execute(sa.update(Location).values(tz_name="America/New_York"))
    clinic_changed(session)
    waits(session)
    frees(session)
    offered(session)

    said = words(desk.get(LIST).text)
    assert "kept until Monday 23 November 2026 at 11:00 am" in said
    assert "EST" not in said


def test_a_time_that_may_be_taken_back_says_so(session: Session, desk: FlaskClient) -> None:
    patient = make_patient(session)
    visit = make_appointment(session, patient)
    cancel(session, actor=acting_for(patient), public_id=visit.public_id, reason_code=None, note=None, now=NOW)

    assert "offered from 8:10 am, New York (EST), until then it may be taken back" in words(desk.get(LIST).text)


def test_other_locations_see_nothing_of_it(session: Session, client_as: ClientAs) -> None:
    waits(session, named(session, "Hidden"), location_ids=frozenset({NORTHSIDE}))
    frees(session)
    offered(session)

    said = words(eli(session, client_as).get(LIST).text)

    assert "Hidden" not in said
    assert "Northside" not in said


def test_adding_keeps_what_was_said(session: Session, desk: FlaskClient) -> None:
    patient = named(session, "New")
    said = add(
        desk, patient, location="northside", who="dr-cruz", weekdays=["0", "4"], parts=["morning"],
        first_day="30 Nov", last_day="2026-12-24", notice="180", is_first="y",
    )  # fmt: skip

    assert "Ana New is on the waiting list." in said
    [entry] = entries(session)
    wish = wish_of(entry)
    assert (wish.location_ids, wish.specialist_ids, wish.weekdays) == ({NORTHSIDE}, {DR_CRUZ}, {0, 4})
    assert (wish.first_on, wish.last_on) == (date(2026, 11, 30), date(2026, 12, 24))
    assert (wish.notice, wish.day_parts, entry.priority) == (timedelta(hours=3), {DayPart.MORNING}, 1)


def test_adding_again_changes_the_wishes(session: Session, desk: FlaskClient) -> None:
    patient = named(session, "Old")
    waits(session, patient, weekdays=frozenset({1}), day_parts=frozenset({DayPart.EVENING}))
    page = desk.get(f"/desk/patients/{patient.public_id}/wait?service=first-consultation").text
    said = add(desk, patient)

    assert 'value="2026-12-23"' in page
    assert page.count(" checked") == 2
    assert "the place is kept" in said
    assert entries(session)[0].weekdays == []


def test_adding_in_place_of_a_visit(session: Session, desk: FlaskClient) -> None:
    visit = make_appointment(session)
    patient = session.get_one(Patient, visit.patient_id)
    page = words(desk.get(f"/desk/patients/{patient.public_id}/wait").text)
    add(desk, patient, visit=visit.public_id)

    assert "Monday 30 November 2026 at 9:00 am, First consultation" in page
    assert entries(session)[0].appointment_id == visit.id


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"first_day": "someday"}, "Enter a day, like 24 Nov, tomorrow or +2w"),
        ({"last_day": ""}, "Enter the last day"),
        ({"first_day": "+9w"}, "The last day lies before the first."),
        ({"last_day": "2028-01-01"}, "The last day is more than a year away."),
        ({"who": "dr-lind"}, "That specialist does not offer"),
    ],
)
def test_what_makes_no_sense_is_said(session: Session, desk: FlaskClient, said: dict[str, str], sentence: str) -> None:
    patient = make_patient(session)
    session.execute(sa.update(Service).values(specialist_ids=[DR_CRUZ]))
    clinic_changed(session)
    answer = desk.post(f"/desk/patients/{patient.public_id}/wait", data={**FORM, **said})

    assert (answer.status_code, entries(session)) == (422, [])
    assert sentence in words(answer.text)


def test_a_visit_of_another_service_is_refused_in_words(session: Session, desk: FlaskClient) -> None:
    visit = make_appointment(session)
    answer = add(desk, session.get_one(Patient, visit.patient_id), visit=visit.public_id, service="follow-up")

    assert "That visit is for another service" in answer


def test_where_nothing_is_offered_nobody_can_wait(session: Session, desk: FlaskClient) -> None:
    session.execute(sa.update(Service).values(is_active=False))
    clinic_changed(session)

    assert desk.get(f"/desk/patients/{make_patient(session).public_id}/wait").status_code == 422


def test_taking_somebody_off_the_list(session: Session, desk: FlaskClient) -> None:
    waiting = waits(session)
    said = words(desk.post(f"{LIST}/{waiting.public_id}/leave", follow_redirects=True).text)

    assert "Taken off the waiting list." in said
    assert entries(session)[0].state is WaitingState.LEFT


def test_entries_of_others_are_not_found(session: Session, client_as: ClientAs) -> None:
    waiting = waits(session, location_ids=frozenset({NORTHSIDE}))

    assert eli(session, client_as).post(f"{LIST}/{waiting.public_id}/leave").status_code == 404


def asked(session: Session) -> WaitingOffer:
    waits(session)
    frees(session)
    [offer] = offered(session)
    return offer


def answer(client: FlaskClient, offer: WaitingOffer, said: str) -> str:
    return words(client.post(f"{LIST}/offers/{offer.public_id}", data={"answer": said}, follow_redirects=True).text)


def test_a_yes_on_the_phone_books_the_time(session: Session, desk: FlaskClient) -> None:
    offer = asked(session)

    assert "Booked." in answer(desk, offer, "yes")
    assert visits(session)[-1].starts_at == MONDAY_9


@pytest.mark.parametrize(("said", "state"), [("no", WaitingState.WAITING), ("stop", WaitingState.LEFT)])
def test_a_no_on_the_phone_asks_the_next(session: Session, desk: FlaskClient, said: str, state: WaitingState) -> None:
    offer = asked(session)

    assert "The time is offered to the next one." in answer(desk, offer, said)
    assert entries(session)[0].state is state
    session.refresh(offer)
    assert offer.state is OfferState.DECLINED


def test_a_yes_that_comes_too_late_is_told(session: Session, desk: FlaskClient) -> None:
    offer = asked(session)
    answer(desk, offer, "stop")

    assert "That time cannot be had any more." in answer(desk, offer, "yes")


def test_no_other_answer_is_understood(session: Session, desk: FlaskClient) -> None:
    offer = asked(session)

    assert desk.post(f"{LIST}/offers/{offer.public_id}", data={"answer": "maybe"}).status_code == 400
    assert desk.post(f"{LIST}/offers/{'x' * 22}", data={"answer": "yes"}).status_code == 404


def test_a_freed_time_of_no_place_in_particular_is_shown(session: Session, desk: FlaskClient) -> None:
    freed = frees(session)
    freed.location_id, freed.resource_id, freed.cause = None, None, "offer"
    session.commit()

    assert "until 9:45 am · Northside it became free" in words(desk.get(LIST).text)


def test_the_way_from_the_patient_to_the_list(session: Session, desk: FlaskClient) -> None:
    patient = make_patient(session)

    assert f"/desk/patients/{patient.public_id}/wait" in desk.get(f"/desk/patients/{patient.public_id}").text
    assert LIST in desk.get("/desk/").text


def test_the_page_costs_the_same_however_many_wait(app: Flask, session: Session, desk: FlaskClient) -> None:
    waits(session)
    frees(session)
    offered(session)
    desk.get(LIST)
    with counted(app) as few:
        desk.get(LIST)
    session.rollback()
    for day in range(1, 4):
        waits(session)
        frees(session, starts_at=MONDAY_9 + timedelta(days=day))
    offered(session)

    with counted(app) as many:
        desk.get(LIST)
    assert len(many) == len(few)


def test_who_seems_to_wait_twice_is_marked(session: Session, desk: FlaskClient) -> None:
    for name in ("twice", "twice", "once"):
        waits(session, make_patient(session, name_key=name))
    assert desk.get(LIST).text.count("same name and birth date as another entry") == 2
