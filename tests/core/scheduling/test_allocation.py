"""One exact slot: the rows to reserve, chosen fairly, or every reason against it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from booking.core.scheduling.allocation import Allocation, Placement, Refused, SlotRequest, allocate, query_for
from booking.core.scheduling.clinic import Audience, Catalogue, Closure, Need, Policy
from booking.core.scheduling.intervals import Span
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.rules import Refusal
from booking.core.scheduling.slots import Slot, SlotQuery
from tests.core.scheduling.clinics import (
    DR_CRUZ,
    DR_DIAZ,
    HERE,
    LONG_BEFORE,
    MONDAY,
    VISIT,
    at,
    clinic,
    hours,
    resource,
    segment,
    service,
)

NINE = at("2026-10-05T07:00")
Busy = dict[tuple[int, int], list[Span]]


def request(**overrides: Any) -> SlotRequest:
    """Nine o'clock on Monday with anybody, asked long before."""
    given: dict[str, Any] = {"specialist_id": None, "starts": NINE, "now": LONG_BEFORE}
    return SlotRequest(**{"service_id": VISIT, "location_id": HERE, **given, **overrides})


def outcome(catalogue: Catalogue, busy: Busy | None = None, **overrides: Any) -> Placement | Refused:
    return allocate(catalogue, request(**overrides), busy or {})


def codes(catalogue: Catalogue, busy: Busy | None = None, **overrides: Any) -> list[str]:
    refused = outcome(catalogue, busy, **overrides)
    assert isinstance(refused, Refused)
    return [refusal.code for refusal in refused.refusals]


def placed(catalogue: Catalogue, busy: Busy | None = None, **overrides: Any) -> list[tuple[int, int, int, int]]:
    """(resource, lane, from, to) in minutes after nine."""
    placement = outcome(catalogue, busy, **overrides)
    assert isinstance(placement, Placement)
    return [(a.resource_id, a.lane, a.starts - NINE, a.ends - NINE) for a in placement.allocations]


def test_a_placement_names_the_bare_visit_and_the_rows_with_buffers() -> None:
    buffered = clinic(service(buffer_before_minutes=5, buffer_after_minutes=10))
    assert outcome(buffered) == Placement(
        Slot(NINE, NINE + 30, VISIT, HERE, DR_CRUZ), (Allocation(DR_CRUZ, 0, NINE - 5, NINE + 40),)
    )


TWO = clinic(resources=[resource(DR_CRUZ), resource(DR_DIAZ)])


@pytest.mark.parametrize(
    ("busy", "overrides", "chosen"),
    [
        pytest.param({}, {}, DR_CRUZ, id="ties by id"),
        pytest.param({(DR_CRUZ, 0): [(NINE + 60, NINE + 90)]}, {}, DR_DIAZ, id="least loaded that day"),
        pytest.param({(DR_CRUZ, 0): [(NINE + 1500, NINE + 1530)]}, {}, DR_CRUZ, id="other days do not count"),
        pytest.param(
            {(DR_CRUZ, 0): [(NINE + 60, NINE + 90)]}, {"specialist_id": DR_CRUZ}, DR_CRUZ, id="whoever was asked for"
        ),
        pytest.param(
            {(DR_CRUZ, 0): [(NINE, NINE + 30)], (DR_DIAZ, 0): [(NINE + 60, NINE + 180)]}, {}, DR_DIAZ, id="who is free"
        ),
    ],
)
def test_the_specialist_is_chosen_fairly(busy: Busy, overrides: dict[str, Any], chosen: int) -> None:
    assert [row[0] for row in placed(TWO, busy, **overrides)] == [chosen]


INFUSION = service(
    segment(10, Need("nurse", 2)), segment(30, Need("chair"), Need("nurse"), offset=10), buffer_after_minutes=5
)
INFUSION_CLINIC = clinic(
    INFUSION,
    [resource(21, "nurse", lanes=3), resource(31, "chair"), resource(32, "chair")],
)


@pytest.mark.parametrize(
    ("busy", "expected"),
    [
        pytest.param({}, [(21, 0, 0, 45), (21, 1, 0, 15), (31, 0, 10, 45)], id="same lane through all segments"),
        pytest.param(
            {(21, 0): [(NINE + 30, NINE + 60)], (21, 2): [(NINE, NINE + 10)]},
            [(21, 0, 0, 15), (21, 1, 0, 45), (31, 0, 10, 45)],
            id="a lane that is free for long enough",
        ),
        pytest.param(
            {(31, 0): [(NINE + 100, NINE + 130)], (21, 0): [(NINE + 100, NINE + 130)]},
            [(21, 1, 0, 45), (21, 2, 0, 15), (32, 0, 10, 45)],
            id="least loaded lane and chair",
        ),
        pytest.param(
            {
                (21, 0): [(NINE - 10, NINE + 1)],
                (21, 1): [(NINE + 100, NINE + 130)],
                (21, 2): [(NINE + 100, NINE + 130)],
            },
            [(21, 1, 0, 45), (21, 2, 0, 15), (31, 0, 10, 45)],
            id="a lane that is free from the first minute",
        ),
    ],
)
def test_pools_and_lanes_are_chosen_fairly(busy: Busy, expected: list[tuple[int, int, int, int]]) -> None:
    assert placed(INFUSION_CLINIC, busy) == expected


def test_a_slot_without_specialist_names_none() -> None:
    placement = outcome(INFUSION_CLINIC)
    assert isinstance(placement, Placement)
    assert placement.slot.specialist_id is None


CLOSED = (Closure(HERE, MONDAY, MONDAY, "Holiday"),)


@pytest.mark.parametrize(
    ("catalogue", "busy", "overrides", "expected"),
    [
        pytest.param(clinic(), {(DR_CRUZ, 0): [(NINE, NINE + 1)]}, {}, ["taken"], id="taken"),
        pytest.param(clinic(), {}, {"starts": NINE + 180}, ["outside_hours"], id="outside hours"),
        pytest.param(clinic(closures=CLOSED), {}, {}, ["closed"], id="closed"),
        pytest.param(clinic(), {}, {"service_id": 99}, ["service_not_offered"], id="unknown service"),
        pytest.param(clinic(service(is_active=False)), {}, {}, ["service_not_offered"], id="retired service"),
        pytest.param(clinic(), {}, {"location_id": 99}, ["not_given_here"], id="unknown location"),
        pytest.param(
            clinic(service(location_ids=frozenset({2}))), {}, {}, ["not_given_here"], id="not given at the location"
        ),
        pytest.param(
            clinic(), {}, {"specialist_id": DR_DIAZ}, ["specialist_not_for_service"], id="not a specialist for it"
        ),
        pytest.param(clinic(service(specialist_ids=frozenset())), {}, {}, ["no_specialist"], id="nobody gives it"),
        pytest.param(
            INFUSION_CLINIC, {}, {"specialist_id": 21}, ["specialist_not_for_service"], id="needs no specialist"
        ),
        pytest.param(clinic(), {}, {"starts": NINE + 10}, ["off_grid"], id="off the grid"),
        pytest.param(
            clinic(service(policy=Policy(Audience.VERIFIED, horizon_days=1000, contact_to_book=True))),
            {},
            {},
            ["verified_only", "contact_only"],
            id="not for this patient",
        ),
        pytest.param(
            clinic(),
            {},
            {"patient": PatientCalendar(((NINE + 29, NINE + 60),)), "apply_policies": False},
            ["patient_busy"],
            id="the patient is elsewhere, whoever books",
        ),
        pytest.param(
            clinic(), {}, {"now": datetime(2026, 10, 6, tzinfo=UTC), "apply_policies": False}, ["in_past"], id="past"
        ),
        pytest.param(
            clinic(service(policy=Policy(Audience.STAFF, timedelta(days=400), 0))),
            {(DR_CRUZ, 0): [(NINE, NINE + 30)]},
            {"starts": NINE + 10},
            ["staff_only", "too_soon", "beyond_horizon", "off_grid", "taken"],
            id="every reason at once",
        ),
    ],
)
def test_refusals(catalogue: Catalogue, busy: Busy, overrides: dict[str, Any], expected: list[str]) -> None:
    assert codes(catalogue, busy, **overrides) == expected


def test_a_closed_day_is_named() -> None:
    assert outcome(clinic(closures=CLOSED)) == Refused((Refusal("closed", {"name": "Holiday"}),))


def test_what_is_booked_is_taken_and_what_is_released_is_free_again() -> None:
    free = placed(clinic())
    busy = {(DR_CRUZ, 0): [(NINE, NINE + 30)]}
    assert (codes(clinic(), busy), placed(clinic())) == (["taken"], free)


def test_the_query_of_a_request_is_its_local_date() -> None:
    night = resource(weekly_hours=hours((0, 1440)))
    asked = request(starts=at("2026-10-04T22:00"), specialist_id=DR_CRUZ)
    assert query_for(clinic(resources=[night]), asked) == SlotQuery(
        VISIT, frozenset({HERE}), frozenset({DR_CRUZ}), MONDAY, MONDAY, LONG_BEFORE
    )


def test_the_query_of_a_request_is_of_the_same_patient() -> None:
    own = PatientCalendar(visit_dates=(MONDAY,))
    query = query_for(clinic(), request(patient=own, is_verified=True, apply_policies=False))
    assert (query.patient, query.is_verified, query.apply_policies) == (own, True, False)


def test_a_verified_patient_is_placed() -> None:
    catalogue = clinic(service(policy=Policy(Audience.VERIFIED, horizon_days=1000)))
    assert isinstance(allocate(catalogue, request(is_verified=True), {}), Placement)


def test_turnover_keeps_the_resources_and_lets_the_patient_go() -> None:
    visit = service(segment(30, Need()), segment(15, Need(), offset=30, with_patient=False))
    placement = allocate(clinic(visit), request(), {})
    assert isinstance(placement, Placement)
    assert (placement.slot.ends, [row.ends for row in placement.allocations]) == (NINE + 30, [NINE + 45])


def test_the_query_of_a_request_for_anybody_asks_for_anybody() -> None:
    assert query_for(clinic(), request()).specialist_ids is None
