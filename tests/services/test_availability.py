"""What is offered from the database: one engine, a constant number of statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.slots import SlotQuery
from booking.models import Clinic, WeeklyHours
from booking.queries import reservations
from booking.services.availability import first_slots, nearest_slots, offered_slots, patient_calendar, soonest_slots
from booking.services.clinic import new_revision
from booking.services.placing import placed_slots
from tests.factories import MONDAY, NEXT_MONDAY_9, NOW, make_appointment, make_patient
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
from tests.services.visit_cast import change

NEXT_MONDAY = date(2026, 11, 30)
ONE_DAY = SlotQuery(FIRST_CONSULTATION, frozenset({NORTHSIDE}), frozenset({DR_CRUZ}), NEXT_MONDAY, NEXT_MONDAY, NOW)
STATEMENTS = 1


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


@pytest.mark.sqlite_only  # PostgreSQL gives minutes as numbers.
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


def test_a_clinic_that_was_changed_after_this_process_read_it_is_read_again(session: Session) -> None:
    assert offered_slots(session, ONE_DAY)
    session.execute(sa.delete(WeeklyHours).where(WeeklyHours.resource_id == DR_CRUZ))
    session.execute(sa.update(Clinic).values(revision=new_revision()))
    session.commit()

    with counted_statements(session) as sent:
        assert offered_slots(session, ONE_DAY) == []

    assert len(sent) > STATEMENTS


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


def test_a_visit_that_is_to_be_moved_takes_no_time_away(session: Session) -> None:
    appointment = make_appointment(session)
    nine = to_minutes(NEXT_MONDAY_9)

    assert nine not in starts_of(offered_slots(session, ONE_DAY))
    without = {"without_appointment": appointment.id}
    assert starts_of(offered_slots(session, ONE_DAY, **without))[0] == nine
    assert starts_of(soonest_slots(session, ONE_DAY, **without))[0] == nine
    assert starts_of(first_slots(session, ONE_DAY, count=1, **without)) == [nine]


def test_the_time_kept_for_the_undo_of_a_visit_is_free_for_that_visit(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment)
    nine = to_minutes(NEXT_MONDAY_9)

    assert nine not in starts_of(offered_slots(session, ONE_DAY))
    assert nine in starts_of(offered_slots(session, ONE_DAY, without_appointment=appointment.id))


def test_a_patients_calendar_has_all_their_times_and_the_dates_of_the_service(session: Session) -> None:
    ana = make_patient(session)
    day = timedelta(days=1)
    moved = make_appointment(session, ana, starts_at=NEXT_MONDAY_9)
    make_appointment(session, ana, starts_at=NEXT_MONDAY_9 + day, service_id=FOLLOW_UP)
    make_appointment(session, ana, starts_at=NEXT_MONDAY_9 - 30 * day, status=AppointmentStatus.DONE)
    make_appointment(session, ana, starts_at=NEXT_MONDAY_9 + 2 * day, status=AppointmentStatus.CANCELLED)
    make_appointment(session, ana, starts_at=NEXT_MONDAY_9 + 3 * day, status=AppointmentStatus.NO_SHOW)
    make_appointment(session, starts_at=NEXT_MONDAY_9 + 4 * day)

    whole = patient_calendar(session, patient_id=ana.id, service_id=FIRST_CONSULTATION)
    of_late = patient_calendar(
        session, patient_id=ana.id, service_id=FIRST_CONSULTATION, without_appointment=moved.id, since=NOW
    )

    nine = to_minutes(NEXT_MONDAY_9)
    assert whole.busy == tuple((nine + n * 1440, nine + n * 1440 + 45) for n in (-30, 0, 1))
    assert whole.visit_dates == (NEXT_MONDAY - 30 * day, NEXT_MONDAY)
    assert (of_late.busy, of_late.visit_dates) == (((nine + 1440, nine + 1485),), ())


def test_a_known_patient_is_offered_nothing_beside_their_own_visits(session: Session) -> None:
    ana = make_patient(session)
    make_appointment(session, ana, specialist_id=DR_ADEYEMI)
    calendar = patient_calendar(session, patient_id=ana.id, service_id=FIRST_CONSULTATION)

    assert to_minutes(NEXT_MONDAY_9) in starts_of(offered_slots(session, ONE_DAY))
    known = offered_slots(session, replace(ONE_DAY, patient=calendar))
    assert known[0].starts_at == NEXT_MONDAY_9 + timedelta(minutes=45)


def test_nearest_slots_leave_other_wanted_times_alone(session: Session) -> None:
    nine = to_minutes(NEXT_MONDAY_9)
    request = SlotRequest(FOLLOW_UP, NORTHSIDE, DR_CRUZ, nine, NOW)

    nearest = nearest_slots(session, request, now=NOW, taken={(DR_CRUZ, 0): [(nine, nine + 60)]})

    assert starts_of(list(nearest)) == [nine + 60, nine + 75, nine + 90]
