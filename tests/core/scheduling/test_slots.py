"""What is offered, by tables: hours, reservations, grid, rules, dates, places and people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from booking.core.scheduling.clinic import Audience, Catalogue, Need, Policy
from booking.core.scheduling.intervals import Span
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.slots import Slot, SlotQuery, busy_window, every_busy_window, every_slot, find_slots
from tests.core.scheduling.clinics import (
    BERLIN,
    DR_CRUZ,
    DR_DIAZ,
    HERE,
    LONG_BEFORE,
    MONDAY,
    THERE,
    VISIT,
    at,
    away,
    clinic,
    hours,
    location,
    resource,
    segment,
    service,
)

TUESDAY = MONDAY + timedelta(days=1)
Busy = dict[tuple[int, int], list[Span]]


def query(**overrides: Any) -> SlotQuery:
    """Any time on Monday, asked long before."""
    given: dict[str, Any] = {
        "service_id": VISIT,
        "location_ids": None,
        "specialist_ids": None,
        "first_on": MONDAY,
        "last_on": MONDAY,
        "now": LONG_BEFORE,
    }
    return SlotQuery(**{**given, **overrides})


def walls(catalogue: Catalogue, busy: Busy | None = None, tz_name: str = BERLIN, **overrides: Any) -> str:
    """The wall-clock times on offer, in one line."""
    slots = find_slots(catalogue, query(**overrides), busy or {})
    return " ".join(slot.starts_at.astimezone(ZoneInfo(tz_name)).strftime("%H:%M") for slot in slots)


def reserved(starts: str, ends: str, who: int = DR_CRUZ, lane: int = 0) -> Busy:
    """A reservation on Monday, given in Berlin's summer time."""
    return {(who, lane): [(at(f"2026-10-05T{starts}") - 120, at(f"2026-10-05T{ends}") - 120)]}


ALL_MORNING = "09:00 09:30 10:00 10:30 11:00 11:30"


@pytest.mark.parametrize(
    ("busy", "expected"),
    [
        pytest.param({}, ALL_MORNING, id="nothing"),
        pytest.param(reserved("10:00", "10:30"), "09:00 09:30 10:30 11:00 11:30", id="equal, neighbours touch"),
        pytest.param(reserved("10:10", "10:20"), "09:00 09:30 10:30 11:00 11:30", id="inside"),
        pytest.param(reserved("09:45", "10:15"), "09:00 10:30 11:00 11:30", id="over an edge"),
        pytest.param(reserved("08:00", "13:00"), "", id="around"),
        pytest.param(reserved("12:00", "13:00"), ALL_MORNING, id="touching the end"),
        pytest.param(reserved("10:00", "10:30", who=DR_DIAZ), ALL_MORNING, id="of somebody else"),
        pytest.param(reserved("10:00", "10:30", lane=1), ALL_MORNING, id="in an extra lane"),
    ],
)
def test_reservations_take_time(busy: Busy, expected: str) -> None:
    assert walls(clinic(), busy) == expected


@pytest.mark.parametrize(
    ("visit", "busy", "expected"),
    [
        pytest.param(
            service(buffer_after_minutes=15), {}, ALL_MORNING, id="buffers may hang over the edges of the hours"
        ),
        pytest.param(
            service(buffer_before_minutes=10, buffer_after_minutes=15),
            reserved("10:00", "10:30"),
            "09:00 11:00 11:30",
            id="buffers keep away from reservations",
        ),
        pytest.param(
            service(buffer_after_minutes=30), reserved("10:00", "10:30"), "09:00 10:30 11:00 11:30", id="just fits"
        ),
        pytest.param(service(segment(180, Need())), {}, "09:00", id="as long as the span"),
        pytest.param(service(segment(181, Need())), {}, "", id="longer than the span"),
        pytest.param(service(segment(20, Need()), grid_minutes=50), {}, "09:10 10:00 10:50 11:40", id="from midnight"),
        pytest.param(service(is_active=False), {}, "", id="retired"),
        pytest.param(service(location_ids=frozenset({THERE})), {}, "", id="given elsewhere"),
        pytest.param(service(specialist_ids=frozenset({DR_DIAZ})), {}, "", id="given by another"),
        pytest.param(service(policy=Policy(audience=Audience.STAFF)), {}, "", id="for staff to book"),
    ],
)
def test_services(visit: Any, busy: Busy, expected: str) -> None:
    assert walls(clinic(visit), busy) == expected


def test_an_unknown_service_has_no_slots() -> None:
    assert (walls(clinic(), service_id=99), busy_window(clinic(), query(service_id=99))) == ("", (0, 0, ()))


def test_a_visit_may_not_bridge_two_spans() -> None:
    split = resource(weekly_hours=hours((540, 600), (610, 700)))
    assert walls(clinic(service(segment(90, Need()), grid_minutes=10), [split])) == "10:10"


def test_a_visit_may_cross_from_one_touching_span_into_the_next() -> None:
    touching = resource(weekly_hours=hours((540, 600), (600, 660)))
    assert walls(clinic(service(segment(120, Need())), [touching])) == "09:00"


@pytest.mark.parametrize(
    ("now", "overrides", "expected"),
    [
        pytest.param("08:00", {}, "10:00 10:30 11:00 11:30", id="exactly now + notice is offered"),
        pytest.param("08:01", {}, "10:30 11:00 11:30", id="a minute later it is not"),
        pytest.param("10:00", {"apply_policies": False}, "10:00 10:30 11:00 11:30", id="staff: from now on"),
        pytest.param("10:01", {"apply_policies": False}, "10:30 11:00 11:30", id="staff: nothing in the past"),
        pytest.param("12:00", {}, "", id="the day is over"),
    ],
)
def test_notice(now: str, overrides: dict[str, Any], expected: str) -> None:
    patient_rules = clinic(service(policy=Policy(book_notice=timedelta(hours=2), horizon_days=0)))
    at_now = datetime.fromisoformat(f"2026-10-05T{now}:00+02:00")
    assert walls(patient_rules, now=at_now, **overrides) == expected


@pytest.mark.parametrize(
    ("horizon", "staff", "days"),
    [(0, False, 1), (2, False, 3), (2, True, 6)],
    ids=["today only", "two days after today", "staff"],
)
def test_the_horizon_ends_with_a_local_date(horizon: int, staff: bool, days: int) -> None:
    limited = clinic(service(policy=Policy(book_notice=timedelta(0), horizon_days=horizon)))
    asked = query(
        now=datetime(2026, 10, 4, 23, tzinfo=UTC), last_on=date(2026, 10, 10), apply_policies=not staff
    )  # In Berlin it is Monday already.
    found = find_slots(limited, asked, {})
    assert len({slot.starts_at.date() for slot in found}) == days


def test_the_window_is_about_the_local_dates_of_the_starts() -> None:
    night = resource(weekly_hours=hours((1380, 1440 + 120), weekdays=[0]))
    long = service(segment(60, Need()))
    monday, tuesday = walls(clinic(long, [night])), walls(clinic(long, [night]), first_on=TUESDAY, last_on=TUESDAY)
    assert (monday, tuesday) == ("23:00 23:30", "00:00 00:30 01:00")


def test_a_visit_may_start_on_the_last_date_and_run_into_the_next_days_hours() -> None:
    nights = resource(weekly_hours=hours((1380, 1440), (0, 120)))
    assert walls(clinic(service(segment(150, Need())), [nights])) == "23:00 23:30"


@pytest.mark.parametrize(
    ("tz_name", "on", "expected"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "01:30 03:00 03:30"),
        ("Europe/Berlin", date(2026, 10, 25), "01:30 02:00 02:30 02:00 02:30 03:00 03:30"),
        ("Australia/Lord_Howe", date(2026, 4, 5), "01:30 01:30 02:00 02:30 03:00 03:30"),
        ("Australia/Lord_Howe", date(2026, 10, 4), "01:30 02:30 03:00 03:30"),
        ("Asia/Kathmandu", date(2026, 10, 4), "01:30 02:00 02:30 03:00 03:30"),
    ],
)
def test_changes_of_clocks(tz_name: str, on: date, expected: str) -> None:
    early = resource(weekly_hours=(), exceptions=(away(on, (90, 240)),))
    somewhere = clinic(resources=[early], locations=[location(tz_name=tz_name)])
    assert walls(somewhere, tz_name=tz_name, first_on=on, last_on=on) == expected


@pytest.mark.parametrize("week", ["2026-03-23", "2026-10-19"])
def test_moving_a_week_across_a_change_keeps_the_wall_clock(week: str) -> None:
    on = date.fromisoformat(week)
    after = on + timedelta(days=7)
    assert walls(clinic(), first_on=on, last_on=on) == walls(clinic(), first_on=after, last_on=after) == ALL_MORNING


TWO_PLACES = clinic(
    resources=[
        resource(DR_CRUZ, weekly_hours=hours((540, 600))),
        resource(DR_DIAZ, weekly_hours=hours((540, 570)) + hours((540, 570), location_id=THERE)),
    ],
    locations=[location(HERE), location(THERE, "Europe/London")],
)


def rows(**overrides: Any) -> list[tuple[int, int, int | None]]:
    """(minutes after seven UTC, location, specialist)."""
    found = find_slots(TWO_PLACES, query(**overrides), {})
    return [(slot.starts - at("2026-10-05T07:00"), slot.location_id, slot.specialist_id) for slot in found]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        pytest.param(
            {}, [(0, HERE, DR_CRUZ), (0, HERE, DR_DIAZ), (30, HERE, DR_CRUZ), (60, THERE, DR_DIAZ)], id="any and any"
        ),
        pytest.param({"location_ids": frozenset({THERE})}, [(60, THERE, DR_DIAZ)], id="one location"),
        pytest.param({"specialist_ids": frozenset({DR_CRUZ})}, [(0, HERE, DR_CRUZ), (30, HERE, DR_CRUZ)], id="one"),
        pytest.param({"specialist_ids": frozenset()}, [], id="no specialist will do"),
    ],
)
def test_rows_are_sorted_by_start_location_and_specialist(overrides: dict[str, Any], expected: Any) -> None:
    assert rows(**overrides) == expected


def test_a_slot_is_the_bare_visit() -> None:
    (first, *_) = find_slots(clinic(service(buffer_before_minutes=10)), query(), {})
    assert first == Slot(at("2026-10-05T07:00"), at("2026-10-05T07:30"), VISIT, HERE, DR_CRUZ)
    assert (first.starts_at, first.ends_at - first.starts_at) == (
        datetime(2026, 10, 5, 7, tzinfo=UTC),
        timedelta(minutes=30),
    )


NURSE_VISIT = clinic(service(segment(60, Need("nurse"))), [resource(), resource(21, "nurse")])


def test_a_service_without_specialist_has_slots_without_one() -> None:
    assert {slot.specialist_id for slot in find_slots(NURSE_VISIT, query(), {})} == {None}


def test_a_specialist_asked_for_in_vain_finds_nothing() -> None:
    asked = query(specialist_ids=frozenset({DR_CRUZ}))
    assert (find_slots(NURSE_VISIT, asked, {}), busy_window(NURSE_VISIT, asked)) == ([], (0, 0, ()))


def test_pools_are_shared_by_specialists_and_people_in_two_pools_count_once() -> None:
    visit = service(segment(60, Need(), Need("a")), segment(30, Need("b"), offset=30))
    both = resource(21, "a", "b")
    helper = resource(22, "b", weekly_hours=hours((540, 660)))
    assert walls(clinic(visit, [resource(), resource(DR_DIAZ), both, helper])) == "09:00 09:00 09:30 09:30 10:00 10:00"


def test_the_specialist_cannot_be_the_second_person_too() -> None:
    visit = service(segment(30, Need(), Need("doctor")))
    doctors = [resource(id_, pools=frozenset({"doctor"})) for id_ in (DR_CRUZ, DR_DIAZ)]
    assert (walls(clinic(visit, doctors[:1])), len(walls(clinic(visit, doctors)).split())) == ("", 12)


def test_the_busy_window_covers_days_buffers_and_late_visits() -> None:
    visit = service(buffer_before_minutes=10, buffer_after_minutes=20)
    assert busy_window(clinic(visit), query()) == (at("2026-10-04T21:50"), at("2026-10-05T22:50"), (DR_CRUZ,))


def test_the_busy_window_names_only_those_who_work_there() -> None:
    people = [resource(), resource(21, "nurse"), resource(22, "nurse", weekly_hours=hours((0, 60), location_id=THERE))]
    visit = service(segment(30, Need(), Need("nurse")))
    assert busy_window(clinic(visit, people), query())[2] == (DR_CRUZ, 21)


def test_the_busy_window_of_past_dates_is_empty() -> None:
    asked = query(now=datetime(2027, 1, 1, tzinfo=UTC))
    assert (busy_window(clinic(), asked), find_slots(clinic(), asked, {})) == ((0, 0, ()), [])


def test_a_window_that_ends_before_it_begins_has_no_slots() -> None:
    assert find_slots(clinic(), replace(query(), last_on=MONDAY - timedelta(days=1)), {}) == []


def several() -> tuple[Catalogue, list[SlotQuery]]:
    """Two services with one specialist, a third that is retired, and a query for each of them."""
    visits = {
        1: service(),
        2: service(id=2, grid_minutes=60, buffer_after_minutes=10),
        3: service(id=3, is_active=False),
    }
    catalogue = replace(clinic(), services=visits)
    return catalogue, [query(service_id=id_) for id_ in visits]


def test_every_slot_of_several_services_comes_once_and_in_order() -> None:
    catalogue, queries = several()
    slots = every_slot(catalogue, [*queries, queries[0]], {})
    assert slots == sorted(find_slots(catalogue, queries[0], {}) + find_slots(catalogue, queries[1], {}))


def test_the_window_of_several_queries_holds_those_of_each() -> None:
    catalogue, queries = several()
    starts, ends, ids = busy_window(catalogue, queries[0])
    assert every_busy_window(catalogue, queries) == (starts, ends + 10, ids)


def test_the_window_of_queries_without_an_answer_is_empty() -> None:
    catalogue, queries = several()
    assert every_busy_window(catalogue, queries[2:]) == (0, 0, ())


def test_a_patient_who_is_busy_all_day_is_offered_nothing() -> None:
    whole_day = PatientCalendar(((at("2026-10-04T00:00"), at("2026-10-07T00:00")),))
    assert find_slots(clinic(), query(patient=whole_day), {}) == []
