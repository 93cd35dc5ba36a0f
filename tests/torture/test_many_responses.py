"""20,000 responses: the list of the day, the page before a visit and its trends ask as many statements as with a few,
and no statement of theirs walks through the responses of other people."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.questionnaires.instruments import score_of
from booking.core.questionnaires.library import SHIPPED
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Answer, Appointment, QuestionnaireResponse, ResponseStatus, new_public_id
from booking.queries.appointments import Visit
from booking.queries.catalogue import catalogue
from booking.services.before_visit import BeforeVisit, read_before_visit
from booking.services.my_day import read_day
from booking.services.questionnaires import sealed_score, sealed_value
from tests.factories import NEXT_MONDAY_9, NOW, make_account, make_appointment, make_patient
from tests.services.forms_cast import ACTIVITY, ENJOYMENT, PAIN, PEG, counted, fill_peg, send, visit_of

pytestmark = [pytest.mark.torture, pytest.mark.on_demand]

RESPONSES, AT_ONCE, PATIENTS = 20_000, 2_000, 400
FAR = 1_000_000
"""Ids far from those that the database gives next."""
LONGEST = 1.0
"""Seconds for any of the pages; it takes a hundredth of that."""


@pytest.fixture
def cruz(session: Session) -> Actor:
    account = make_account(session, Role.SPECIALIST, resource_id=1)
    return Actor(account.id, Role.SPECIALIST, resource_id=1)


def many(session: Session, count: int) -> None:
    """So many sent PEG forms of some hundred people, each for a visit of its own long ago."""
    people = [make_patient(session).id for _ in range(PATIENTS)]
    ids = iter(range(FAR, FAR + count))
    while chunk := list(islice(ids, AT_ONCE)):
        session.execute(sa.insert(Appointment), [_visit(number, people) for number in chunk])
        responses = [_response(session, number, people) for number in chunk]
        session.execute(sa.insert(QuestionnaireResponse), responses)
        session.execute(sa.insert(Answer), [row for number in chunk for row in _answers(session, number)])
        session.commit()


def _visit(number: int, people: list[int]) -> dict[str, object]:
    starts_at = NOW - timedelta(days=30, minutes=number)
    return {
        "id": number, "public_id": new_public_id(), "reference": f"M{number:07d}",
        "patient_id": people[number % PATIENTS], "service_id": 1, "location_id": 1, "specialist_id": 1,
        "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=45), "status": AppointmentStatus.DONE,
        "booked_for_other": False, "booked_at": starts_at, "version": 1, "sequence": 0,
    }  # fmt: skip


def _response(session: Session, number: int, people: list[int]) -> dict[str, object]:
    public_id, form = new_public_id(), SHIPPED.latest(PEG)
    score = score_of(form, {PAIN: number % 11, ENJOYMENT: 5, ACTIVITY: 5})
    return {
        "id": number, "public_id": public_id, "appointment_id": number, "patient_id": people[number % PATIENTS],
        "questionnaire": PEG, "form_version": form.version, "status": ResponseStatus.COMPLETED,
        "started_at": NOW, "completed_at": NOW - timedelta(days=30, minutes=number), "flag_count": 0,
        "score_sealed": sealed_score(session, public_id, score),
    }  # fmt: skip


def _answers(session: Session, number: int) -> Iterator[dict[str, object]]:
    for link_id, value in ((PAIN, number % 11), (ENJOYMENT, 5), (ACTIVITY, 5)):
        key = new_public_id()
        sealed = sealed_value(session, key, value)
        yield {
            "row_key": key, "response_id": number, "link_id": link_id, "value_sealed": sealed,
            "version": 1, "saved_at": NOW,
        }  # fmt: skip


def told_visit(session: Session, *, weeks: int, patient_id: int | None = None) -> Visit:
    """A visit with Dr Cruz for which the PEG was sent."""
    at = NEXT_MONDAY_9 + timedelta(weeks=weeks)
    overrides = {"patient_id": patient_id} if patient_id else {}
    visit = visit_of(session, make_appointment(session, starts_at=at, **overrides).id)
    ana = Actor(None, Role.PATIENT, frozenset({visit.patient_id}))
    fill_peg(session, ana, visit, 6, 5, 4)
    send(session, ana, visit)
    return visit


def read(session: Session, cruz: Actor, visit: Visit) -> tuple[BeforeVisit, int, float]:
    """The page's content, its statements and its seconds."""
    begun = time.perf_counter()
    with counted(session) as statements:
        found = read_before_visit(session, actor=cruz, visit=visit, now=NOW)
    return found, len(statements), time.perf_counter() - begun


def of_day(session: Session, cruz: Actor, visit: Visit) -> tuple[int, int, float]:
    """Visits of that day, statements, seconds."""
    clinic, begun = catalogue(session), time.perf_counter()
    since = visit.starts_at - timedelta(hours=9)
    with counted(session) as statements:
        lines = read_day(session, clinic, actor=cruz, since=since, until=since + timedelta(days=1), now=NOW)
    return len(lines), len(statements), time.perf_counter() - begun


def test_twenty_thousand_responses_change_neither_statements_nor_the_wait(session: Session, cruz: Actor) -> None:
    few = told_visit(session, weeks=0)
    page_before, day_before = read(session, cruz, few), of_day(session, cruz, few)
    many(session, RESPONSES)
    busiest = session.scalar(sa.select(sa.func.max(QuestionnaireResponse.patient_id)))
    full = told_visit(session, weeks=1, patient_id=busiest)
    page, day = read(session, cruz, full), of_day(session, cruz, full)
    assert [len(trend.points) for trend in page[0].trends] == [RESPONSES // PATIENTS + 1]
    assert (page[1], day[1]) == (page_before[1], day_before[1])
    assert (day_before[0], day[0]) == (1, 1)
    assert max(page[2], day[2]) < LONGEST
