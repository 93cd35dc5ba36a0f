"""The offer with its resources: several services at once, the next few without reading on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from booking.core.scheduling.slots import SlotQuery
from booking.services.availability import offered_slots
from booking.services.placing import placed_slots
from tests.factories import MONDAY, NOW
from tests.services.cast import DR_CRUZ, FIRST_CONSULTATION, FOLLOW_UP, NORTHSIDE, ROOM_1
from tests.services.statements import counted_statements

LAST = MONDAY + timedelta(days=40)
CONSULTATIONS = [SlotQuery(id_, None, None, MONDAY, LAST, NOW) for id_ in (FIRST_CONSULTATION, FOLLOW_UP)]


def test_placed_slots_say_which_room_is_given(session: Session) -> None:
    query = SlotQuery(FIRST_CONSULTATION, frozenset({NORTHSIDE}), frozenset({DR_CRUZ}), MONDAY, LAST, NOW)
    placed = placed_slots(session, [query])

    assert [p.slot for p in placed] == offered_slots(session, query)
    assert [a.resource_id for a in placed[0].allocations] == [DR_CRUZ, ROOM_1]


def test_several_services_are_one_list_by_time(session: Session) -> None:
    expected = sorted(slot for query in CONSULTATIONS for slot in offered_slots(session, query))
    with counted_statements(session) as sent:
        placed = placed_slots(session, CONSULTATIONS)

    assert [p.slot for p in placed] == expected
    assert len(sent) == 2


def test_the_next_few_are_the_first_of_all_and_reading_stops_with_them(session: Session) -> None:
    everything = placed_slots(session, CONSULTATIONS)
    with counted_statements(session) as sent:
        few = placed_slots(session, CONSULTATIONS, count=5)

    assert few == everything[:5]
    assert len(sent) == 3
    assert placed_slots(session, CONSULTATIONS, count=len(everything) + 1) == everything


def test_nothing_is_placed_where_nothing_is_offered(session: Session) -> None:
    assert placed_slots(session, [replace(CONSULTATIONS[0], service_id=99)]) == []
    assert placed_slots(session, [], count=3) == []
