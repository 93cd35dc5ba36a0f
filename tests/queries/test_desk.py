"""The day of a location and the search for a patient: what is found, for whom, and with how many statements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.people import name_key, phone_key
from booking.core.questionnaires.sections import Completion
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import (
    Block,
    HoursException,
    Patient,
    QuestionnaireResponse,
    Reservation,
    ResponseStatus,
    Task,
    TaskState,
)
from booking.queries.appointments import visit_for
from booking.queries.catalogue import catalogue
from booking.queries.desk import LocationDay, hours_on, location_day
from booking.queries.desk_patients import (
    last_visit_kind,
    patient_or_none,
    patients_alike,
    patients_matching,
)
from booking.queries.desk_visit import visit_facts
from booking.queries.tasks import open_tasks
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import CHAIR, DORA, DR_CRUZ, DR_LIND, LAKEVIEW, NORTHSIDE, ROOM_1, book
from tests.services.cast import hold as hold_time
from tests.web.clinic_change import clinic_changed

MONDAY = date(2026, 11, 30)
MOST_STATEMENTS = 8


def day_of(session: Session, on: date = MONDAY, location_id: int = NORTHSIDE) -> LocationDay:
    clinic = catalogue(session)
    return location_day(session, clinic, clinic.locations[location_id], on)


@pytest.fixture
def statements(session: Session) -> Iterator[list[str]]:
    """What is sent to the database."""
    sent: list[str] = []
    engine = session.get_bind().engine

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


def at(hour: int, minute: int = 0) -> datetime:
    """A time of next Monday in New York."""
    return NEXT_MONDAY_9 + timedelta(hours=hour - 9, minutes=minute)


def test_the_day_holds_who_comes_when_to_whom_and_where(session: Session) -> None:
    ana = make_patient(session, given_name="Ana", family_name="Álvarez", phone="555-0142")
    appointment = make_appointment(session, ana)

    [found] = day_of(session).visits

    assert (found.visit.public_id, found.visit.starts_at) == (appointment.public_id, NEXT_MONDAY_9)
    assert (found.given_name, found.family_name, found.phone) == ("Ana", "Álvarez", "555-0142")
    assert (found.born_on, found.resource_ids) == (date(1980, 5, 17), (DR_CRUZ, ROOM_1))
    assert (found.forms.asked, found.forms.sent, found.forms.completion) == (2, 0, Completion.NOT_STARTED)


def test_forms_that_were_sent_are_counted(session: Session) -> None:
    appointment = make_appointment(session)
    for code, status in (("peg", ResponseStatus.COMPLETED), ("intake-short", ResponseStatus.IN_PROGRESS)):
        session.add(
            QuestionnaireResponse(
                appointment_id=appointment.id, patient_id=appointment.patient_id, questionnaire=code, form_version="1",
                status=status, started_at=NOW,
            )
        )  # fmt: skip
    session.commit()

    [found] = day_of(session).visits
    assert (found.forms.asked, found.forms.begun, found.forms.sent) == (2, 2, 1)


def test_visits_of_other_days_places_and_mistakes_are_left_out(session: Session) -> None:
    make_appointment(session, starts_at=NEXT_MONDAY_9 - timedelta(days=1))
    make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(days=1))
    make_appointment(session, status=AppointmentStatus.ENTERED_IN_ERROR)
    make_appointment(session, location_id=LAKEVIEW, specialist_id=DR_LIND, status=AppointmentStatus.CANCELLED)
    cancelled = make_appointment(session, status=AppointmentStatus.CANCELLED)

    assert [v.visit.public_id for v in day_of(session).visits] == [cancelled.public_id]


@pytest.mark.parametrize(("location_id", "hours"), [(NORTHSIDE, 5), (LAKEVIEW, 6)])
def test_the_day_begins_at_the_midnight_of_the_location(session: Session, location_id: int, hours: int) -> None:
    midnight = datetime(2026, 11, 30, hours, tzinfo=NOW.tzinfo)
    late = make_appointment(session, location_id=location_id, starts_at=midnight + timedelta(hours=23, minutes=45))
    early = make_appointment(session, location_id=location_id, starts_at=midnight)
    make_appointment(session, location_id=location_id, starts_at=midnight - timedelta(hours=2))

    assert [v.visit.id for v in day_of(session, location_id=location_id).visits] == [early.id, late.id]


def test_hours_are_those_of_the_engine_and_people_elsewhere_are_not_here(session: Session) -> None:
    session.add(HoursException(resource_id=2, location_id=NORTHSIDE, on=MONDAY, starts_minute=None, ends_minute=None))
    clinic_changed(session)

    day = day_of(session)
    minutes = [(starts - day.span[0], ends - day.span[0]) for starts, ends in day.open_spans[DR_CRUZ]]
    assert minutes == [(540, 720), (780, 1020)]
    assert day.open_spans[2] == ()
    assert DR_LIND not in day.open_spans


def test_nobody_is_there_on_a_sunday(session: Session) -> None:
    clinic = catalogue(session)
    assert hours_on(clinic, clinic.resources[DR_CRUZ], clinic.locations[NORTHSIDE], date(2026, 11, 29)) == ()


def test_blocks_of_the_day_are_shown_and_those_of_others_not(session: Session) -> None:
    for resource_id, hour in ((DR_CRUZ, 10), (DR_LIND, 10), (DR_CRUZ, 60)):
        session.add(Block(resource_id=resource_id, starts_at=at(hour), ends_at=at(hour + 1), label="Meeting"))
    session.commit()

    [block] = day_of(session).blocks
    assert (block.resource_id, block.starts_at, block.label) == (DR_CRUZ, at(10), "Meeting")


def test_a_full_day_takes_no_more_statements_than_an_empty_one(session: Session, statements: list[str]) -> None:
    def ask() -> int:
        statements.clear()
        day_of(session)
        open_tasks(session, actor=AT_NORTHSIDE)
        return len(statements)

    day_of(session)
    empty = ask()
    session.rollback()
    for quarter in range(12):
        make_appointment(session, starts_at=at(9, quarter * 60))

    assert ask() == empty <= MOST_STATEMENTS


AT_NORTHSIDE = Actor(1, Role.SCHEDULER, location_ids=frozenset({NORTHSIDE}))


def make_task(session: Session, key: str, **values: object) -> None:
    row = {
        "dedup_key": key,
        "kind": key,
        "role": Role.SCHEDULER,
        "state": TaskState.OPEN,
        "due_at": NOW,
        "created_at": NOW,
    }
    session.add(Task(**{**row, **values}))
    session.commit()


def test_tasks_are_those_that_are_open_for_the_role_at_the_location(session: Session) -> None:
    here, there = (
        make_appointment(session),
        make_appointment(session, location_id=2, status=AppointmentStatus.CANCELLED),
    )
    make_task(session, "later", due_at=NOW + timedelta(days=1))
    make_task(session, "here", appointment_id=here.id, patient_id=here.patient_id)
    make_task(session, "there", appointment_id=there.id)
    make_task(session, "done", state=TaskState.DONE)
    make_task(session, "others", role=Role.SPECIALIST)

    tasks = open_tasks(session, actor=AT_NORTHSIDE)

    assert [task.kind for task in tasks] == ["here", "later"]
    assert (tasks[0].visit_public_id, tasks[1].visit_public_id) == (here.public_id, None)
    assert tasks[0].patient_name is not None


def person(session: Session, given: str, family: str, **values: object) -> Patient:
    phone = values.get("phone", "555-0142")
    keys = {"name_key": name_key(given, family), "phone_key": phone_key(phone)}  # type: ignore[arg-type]
    return make_patient(session, given_name=given, family_name=family, **{**keys, "phone": phone, **values})


@pytest.fixture
def people(session: Session) -> None:
    person(session, "José", "Núñez", born_on=date(1980, 5, 17), phone="+1 (904) 555-0142")
    person(session, "Renée", "Álvarez", born_on=date(1962, 2, 3), phone="555-0199")
    person(session, "Alvaro", "Brown", born_on=date(1980, 6, 5), phone=None)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("nunez", ["Núñez"]), ("NÚÑEZ", ["Núñez"]), ("une", ["Núñez"]), ("jose nun", ["Núñez"]),
        ("nun jose", ["Núñez"]), ("alv", ["Álvarez", "Brown"]), ("0142", ["Núñez"]),
        ("555-0142", ["Núñez"]), ("(904) 555 0142", ["Núñez"]),
        ("+44 850 555 0142", []), ("0044 555 0199", ["Álvarez"]), ("17.5.1980", ["Núñez"]), ("5/17/1980", ["Núñez"]),
        ("1980-05-17", ["Núñez"]), ("17 May 1980", ["Núñez"]), ("alv 3.2.1962", ["Álvarez"]), ("alv 0199", ["Álvarez"]),
        ("6/5/1980", ["Brown"]), ("5/6/1980", ["Brown"]), ("brown 17.5.1980", []), ("nobody", []),
        ("", []), ("a", []), ("%", []), ("__", []), ("\x00", []), ("\x00nunez", ["Núñez"]), ("x" * 5000, []),
    ],
)  # fmt: skip
def test_patients_are_found_by_what_a_caller_says(session: Session, people: None, text: str, names: list[str]) -> None:
    found = patients_matching(session, text, 10, now=NOW)
    assert sorted(match.patient.family_name for match in found) == sorted(names)


@pytest.mark.parametrize("written", ["O'Brien", "O’Brien", "OBrien"])
@pytest.mark.parametrize("text", ["obrien", "o'brien", "O’BRIEN", "o brien", "brien"])
def test_an_apostrophe_hides_nobody(session: Session, written: str, text: str) -> None:
    person(session, "Siobhan", written)
    assert [match.patient.family_name for match in patients_matching(session, text, 10, now=NOW)] == [written]


@pytest.mark.parametrize("written", ["Smith-Jones", "Smith Jones"])
@pytest.mark.parametrize("text", ["smithjones", "smith jones", "Smith-Jones", "jones", "hjo"])
def test_a_hyphen_hides_nobody(session: Session, written: str, text: str) -> None:
    person(session, "Ann", written)
    assert [match.patient.family_name for match in patients_matching(session, text, 10, now=NOW)] == [written]


@pytest.mark.parametrize("text", ["0199", "9045550199", "(904) 555-0199 ext 3"])
def test_an_extension_hides_nobody(session: Session, text: str) -> None:
    person(session, "Ann", "Lee", phone="(904) 555-0199 ext 3")
    assert [match.patient.family_name for match in patients_matching(session, text, 10, now=NOW)] == ["Lee"]


def test_names_that_begin_so_come_first_and_no_more_than_asked_for(session: Session) -> None:
    for given, family in (("Bea", "Malva"), ("Zoe", "Alvarez"), ("Alva", "Xi")):
        person(session, given, family)

    assert [m.patient.name for m in patients_matching(session, "alv", 10, now=NOW)] == [
        "Alva Xi",
        "Zoe Alvarez",
        "Bea Malva",
    ]
    assert len(patients_matching(session, "alv", 2, now=NOW)) == 2


@pytest.mark.parametrize("text", ["{}", " {} ", "{:.4}-{:.4}"])
def test_a_reference_that_is_read_out_finds_its_patient(session: Session, text: str) -> None:
    appointment = make_appointment(session, reference="ABCDABCD")

    found = patients_matching(session, text.format("ABCDABCD", "ABCD").lower(), 10, now=NOW)
    assert [match.patient.id for match in found] == [appointment.patient_id]


def test_the_next_visit_is_shown_and_neither_a_past_nor_a_cancelled_one(session: Session) -> None:
    ana = person(session, "Ana", "Alvarez")
    make_appointment(session, ana, starts_at=NOW - timedelta(days=7), status=AppointmentStatus.DONE)
    make_appointment(session, ana, starts_at=NOW + timedelta(days=1), status=AppointmentStatus.CANCELLED)
    make_appointment(session, ana, starts_at=NOW + timedelta(days=8))
    make_appointment(session, ana)

    [match] = patients_matching(session, "alvarez", 10, now=NOW)
    assert (match.next_starts_at, match.next_location_id) == (NEXT_MONDAY_9, NORTHSIDE)


def test_somebody_without_a_visit_is_found_too(session: Session, people: None) -> None:
    [match] = patients_matching(session, "nunez", 10, now=NOW)
    assert match.next_starts_at is None


def test_a_patient_is_read_by_the_public_id(session: Session) -> None:
    ana = person(session, "Ana", "Alvarez")
    found = patient_or_none(session, ana.public_id)
    assert found is not None
    assert (found.id, found.name, found.phone) == (ana.id, "Ana Alvarez", "555-0142")
    assert patient_or_none(session, "A" * 22) is None


def test_people_with_the_same_birth_date_and_a_similar_name_are_perhaps_the_same(
    session: Session, people: None
) -> None:
    def alike(given: str, family: str, born_on: date) -> list[str]:
        found = patients_alike(session, given_name=given, family_name=family, born_on=born_on)
        return [one.name for one in found]

    assert alike("Jose", "Nunes", date(1980, 5, 17)) == ["José Núñez"]
    assert alike("Jose", "Nunez", date(1980, 5, 18)) == []
    assert alike("Walter", "Kim", date(1980, 5, 17)) == []


def test_the_last_visit_says_what_to_propose(session: Session) -> None:
    ana = make_patient(session)
    make_appointment(session, ana, service_id=1)
    make_appointment(session, ana, service_id=2, starts_at=NEXT_MONDAY_9 + timedelta(days=1))
    make_appointment(session, ana, service_id=3, location_id=2, starts_at=NEXT_MONDAY_9 + timedelta(days=2))

    assert last_visit_kind(session, patient_id=ana.id, location_ids=frozenset({1})) == (2, 1)
    assert last_visit_kind(session, patient_id=ana.id, location_ids=None) == (3, 2)
    assert last_visit_kind(session, patient_id=make_patient(session).id, location_ids=None) is None


def test_a_visit_tells_its_messages_and_who_did_what(session: Session) -> None:
    booked = book(session, hold_time(session))

    visit = visit_for(session, DORA, booked.public_id)
    assert visit is not None
    facts = visit_facts(session, visit)

    assert [message.kind.value for message in facts.messages] == ["booked", "reminder_3d", "reminder_1d"]
    assert [(entry.action, entry.actor_kind, entry.actor_name) for entry in facts.history] == [
        ("appointment_booked", "visitor", None)
    ]
    assert facts.resource_ids == (DR_CRUZ, ROOM_1)
    assert facts.patient.email == "ana@example.org"


def test_what_takes_no_specialist_still_takes_its_chair(session: Session) -> None:
    appointment = make_appointment(session, service_id=4, specialist_id=None, status=AppointmentStatus.ARRIVED)
    times = {"starts_at": at(9), "ends_at": at(10), "appointment_id": appointment.id}
    session.add(Reservation(resource_id=CHAIR, lane=0, **times))
    session.commit()

    [found] = day_of(session).visits
    assert found.resource_ids == (CHAIR,)
