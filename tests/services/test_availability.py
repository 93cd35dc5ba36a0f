"""What is offered from the database: one engine, a constant number of statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy.orm import Session

from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.slots import SlotQuery
from booking.queries import reservations
from booking.services.availability import first_slots, nearest_slots, offered_slots, soonest_slots
from booking.services.placing import placed_slots
from tests.factories import MONDAY, NEXT_MONDAY_9, NOW, make_appointment
from tests.services.cast import (
    CHAIR,
    DR_ADEYEMI,
    DR_CRUZ,
    FIRST_CONSULTATION,
    FOLLOW_UP,
    INFUSION,
    LAKEVIEW,
    NORTHSIDE,
    NURSE,
    OTHER_VISITOR,
    VISITOR,
    hold,
)
from tests.services.statements import counted_statements

NEXT_MONDAY = date(2026, 11, 30)
ONE_DAY = SlotQuery(FIRST_CONSULTATION, frozenset({NORTHSIDE}), frozenset({DR_CRUZ}), NEXT_MONDAY, NEXT_MONDAY, NOW)
STATEMENTS = 2


def starts_of(slots: list) -> list[int]:
    return [slot.starts for slot in slots]


def test_a_free_day_is_offered_on_the_grid_within_hours(session: Session) -> None:
    slots = offered_slots(session, ONE_DAY)

    # 9-12 leaves ten starts for 45 minutes, 13-17 leaves fourteen.
    assert len(slots) == 24
    assert slots[0].starts_at == NEXT_MONDAY_9
    assert slots[-1].ends_at == NEXT_MONDAY_9 + timedelta(hours=8)


def test_a_booked_visit_takes_its_times_away(session: Session) -> None:
    make_appointment(session)

    assert offered_slots(session, ONE_DAY)[0].starts_at == NEXT_MONDAY_9 + timedelta(minutes=45)


def test_a_resource_that_is_busy_elsewhere_counts_in_its_own_lane(session: Session) -> None:
    """The nurse has two lanes: one infusion leaves the other lane, but the only chair is taken."""
    query = SlotQuery(INFUSION, None, None, NEXT_MONDAY, NEXT_MONDAY, NOW, apply_policies=False)
    nine = to_minutes(NEXT_MONDAY_9)
    [placed] = [p for p in placed_slots(session, [query]) if p.slot.starts == nine]

    assert [a.resource_id for a in placed.allocations] == [DR_CRUZ, NURSE, CHAIR]


def test_lanes_are_read_apart(session: Session) -> None:
    make_appointment(session, specialist_id=NURSE)
    appointment = make_appointment(session, specialist_id=DR_ADEYEMI, starts_at=NEXT_MONDAY_9 + timedelta(hours=1))
    times = {"starts_at": NEXT_MONDAY_9, "ends_at": NEXT_MONDAY_9 + timedelta(minutes=30)}
    session.add(reservations.Reservation(resource_id=NURSE, lane=1, appointment_id=appointment.id, **times))
    session.commit()
    nine = to_minutes(NEXT_MONDAY_9)

    busy = reservations.busy_by_lane(session, [NURSE, CHAIR], (nine - 60, nine + 60), now=NOW)

    assert busy == {(NURSE, 0): [(nine, nine + 45)], (NURSE, 1): [(nine, nine + 30)]}


def test_parts_of_minutes_are_taken_whole(session: Session) -> None:
    make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(seconds=30))
    nine = to_minutes(NEXT_MONDAY_9)

    busy = reservations.busy_by_lane(session, [DR_CRUZ], (nine, nine + 60), now=NOW)

    assert busy == {(DR_CRUZ, 0): [(nine, nine + 46)]}


def test_the_memory_for_texts_has_an_end(session: Session, monkeypatch) -> None:
    monkeypatch.setattr(reservations, "KEPT_TEXTS", 1)
    monkeypatch.setattr(reservations, "_start_of", reservations._MinutesOfText(to_minutes))
    make_appointment(session)
    make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(hours=1))

    offered_slots(session, ONE_DAY)

    assert len(reservations._start_of) == 1


def test_a_hold_takes_the_time_from_others_and_not_from_its_owner(session: Session) -> None:
    hold(session, VISITOR)
    nine = to_minutes(NEXT_MONDAY_9)

    assert nine not in starts_of(offered_slots(session, ONE_DAY))
    assert nine not in starts_of(offered_slots(session, ONE_DAY, owner=OTHER_VISITOR.owner))
    assert nine in starts_of(offered_slots(session, ONE_DAY, owner=VISITOR.owner))


def test_an_ended_hold_takes_nothing(session: Session) -> None:
    held = hold(session, VISITOR)

    just_before = offered_slots(session, replace(ONE_DAY, now=held.expires_at - timedelta(seconds=1)))
    at_its_end = offered_slots(session, replace(ONE_DAY, now=held.expires_at))

    assert held.starts_at not in [s.starts_at for s in just_before]
    assert held.starts_at in [s.starts_at for s in at_its_end]


def test_soonest_slots_name_one_specialist_for_each_start(session: Session) -> None:
    make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(hours=5))
    anyone = replace(ONE_DAY, specialist_ids=None)

    soonest = soonest_slots(session, anyone)

    assert len(starts_of(soonest)) == len(set(starts_of(offered_slots(session, anyone))))
    assert soonest[0].specialist_id == DR_ADEYEMI


def test_first_slots_stop_early_and_go_on_when_they_must(session: Session) -> None:
    offered_slots(session, ONE_DAY)
    query = replace(ONE_DAY, first_on=MONDAY, last_on=MONDAY + timedelta(days=60))
    with counted_statements(session) as sent:
        near = first_slots(session, query, count=3)

    assert [s.starts_at.hour for s in near] == [15, 15, 15]
    assert len(sent) == STATEMENTS
    assert len(first_slots(session, query, count=100_000)) == len(offered_slots(session, query))


def test_nothing_is_asked_of_the_database_when_nothing_can_be_offered(session: Session) -> None:
    offered_slots(session, ONE_DAY)
    with counted_statements(session) as sent:
        assert offered_slots(session, replace(ONE_DAY, service_id=99)) == []
        assert offered_slots(session, replace(ONE_DAY, last_on=MONDAY - timedelta(days=1))) == []

    assert not [statement for statement in sent if "reservation" in statement]


def test_offered_slots_cost_the_same_number_of_statements_whatever_is_asked(session: Session) -> None:
    make_appointment(session)
    make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(hours=1))
    offered_slots(session, ONE_DAY)
    wide = SlotQuery(FOLLOW_UP, None, None, MONDAY, MONDAY + timedelta(days=60), NOW)

    with counted_statements(session) as for_a_day:
        offered_slots(session, ONE_DAY)
    with counted_statements(session) as for_all:
        assert len(offered_slots(session, wide)) > 1000

    assert len(for_a_day) == len(for_all) == STATEMENTS


def test_nearest_slots_are_the_three_next_to_the_time(session: Session) -> None:
    make_appointment(session)
    request = SlotRequest(FIRST_CONSULTATION, NORTHSIDE, DR_CRUZ, to_minutes(NEXT_MONDAY_9), NOW)

    nearest = nearest_slots(session, request, now=NOW)

    assert [s.starts_at - NEXT_MONDAY_9 for s in nearest] == [timedelta(minutes=m) for m in (45, 60, 75)]


def test_nearest_slots_look_further_when_the_days_around_are_full(session: Session) -> None:
    request = SlotRequest(FIRST_CONSULTATION, LAKEVIEW, None, to_minutes(NEXT_MONDAY_9), NOW)
    far = replace(request, starts=request.starts + 60 * 24 * 75)

    nearest = nearest_slots(session, far, now=NOW)

    assert [s.starts_at.date() for s in nearest] == [date(2027, 1, 22)] * 3


def test_there_are_no_nearest_slots_at_an_unknown_location(session: Session) -> None:
    request = SlotRequest(FIRST_CONSULTATION, 99, None, to_minutes(NEXT_MONDAY_9), NOW)

    assert nearest_slots(session, request, now=NOW) == ()


def test_there_are_no_nearest_slots_of_an_unknown_service(session: Session) -> None:
    request = SlotRequest(99, NORTHSIDE, None, to_minutes(NEXT_MONDAY_9), NOW)

    assert nearest_slots(session, request, now=NOW) == ()
