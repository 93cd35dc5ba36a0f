"""How many statements each search sends, written down: the same with 20 specialists, 60 days and 300 past visits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.slots import SlotQuery
from booking.services.availability import (
    first_slots,
    nearest_slots,
    offered_slots,
    patient_calendar,
    soonest_slots,
)
from booking.services.explaining import explain_slots
from booking.services.placing import placed_slots
from tests.crowd import grow
from tests.factories import MONDAY, NEXT_MONDAY_9, NOW, make_patient
from tests.services.cast import DR_ADEYEMI, DR_CRUZ, FIRST_CONSULTATION, FOLLOW_UP, INFUSION, NORTHSIDE, PHONE_CALL
from tests.services.statements import counted_statements

ONE_DAY = SlotQuery(FIRST_CONSULTATION, None, None, MONDAY + timedelta(days=7), MONDAY + timedelta(days=7), NOW)
SIXTY_DAYS = replace(ONE_DAY, first_on=MONDAY, last_on=MONDAY + timedelta(days=60))
WANTED = SlotRequest(FIRST_CONSULTATION, NORTHSIDE, None, to_minutes(NEXT_MONDAY_9), NOW)

EXPECTED = {
    "offered": 1,
    "offered to certain specialists": 1,
    "offered, several pools": 1,
    "soonest": 1,
    "first three": 1,
    "first after a date": 1,
    "first fifty of the whole clinic, placed": 3,
    "nearest alternatives": 2,
    "explained": 3,
    "a patient's own calendar": 2,
}
"""The busy spans with the revision of the clinic; a search that needs the clinic before asks its revision first, and an
explanation also what they are taken for."""

Search = Callable[[SlotQuery], object]


def searches(session: Session, patient_id: int) -> dict[str, Search]:
    """Every search, as a function of the days that it is about."""

    def later(query: SlotQuery) -> SlotQuery:
        return replace(query, first_on=query.first_on + timedelta(days=3), last_on=query.last_on + timedelta(days=30))

    def all_services(query: SlotQuery) -> list[SlotQuery]:
        return [replace(query, service_id=id_) for id_ in (FIRST_CONSULTATION, FOLLOW_UP, PHONE_CALL, INFUSION)]

    two = frozenset({DR_CRUZ, DR_ADEYEMI})
    desk = {"apply_policies": False}
    return {
        "offered": lambda query: offered_slots(session, query),
        "offered to certain specialists": lambda query: offered_slots(session, replace(query, specialist_ids=two)),
        "offered, several pools": lambda query: offered_slots(session, replace(query, service_id=INFUSION, **desk)),
        "soonest": lambda query: soonest_slots(session, query),
        "first three": lambda query: first_slots(session, query, count=3),
        "first after a date": lambda query: first_slots(session, later(query), count=1),
        "first fifty of the whole clinic, placed": lambda query: placed_slots(session, all_services(query), count=50),
        "nearest alternatives": lambda _query: nearest_slots(session, WANTED, now=NOW),
        "explained": lambda query: explain_slots(session, query),
        "a patient's own calendar": lambda _query: patient_calendar(
            session, patient_id=patient_id, service_id=FIRST_CONSULTATION
        ),
    }


def counted(session: Session, searched: dict[str, Search], query: SlotQuery) -> dict[str, int]:
    """The number of statements of each search, which must find something."""
    numbers = {}
    for name, search in searched.items():
        with counted_statements(session) as sent:
            found = search(query)
        assert found, name
        numbers[name] = len(sent)
    return numbers


def test_each_search_sends_the_same_few_statements_whatever_there_is(session: Session) -> None:
    ana = make_patient(session)
    searched = searches(session, ana.id)
    offered_slots(session, ONE_DAY)
    small = counted(session, searched, ONE_DAY)

    grow(session, ana, now=NOW, busy_at=NEXT_MONDAY_9)
    offered_slots(session, ONE_DAY)

    assert counted(session, searched, ONE_DAY) == small == EXPECTED
    assert counted(session, searched, SIXTY_DAYS) == EXPECTED
