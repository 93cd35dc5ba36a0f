"""The least loaded specialist, and the nearest times."""

from __future__ import annotations

import pytest

from booking.core.scheduling.choosing import by_load, lane_load, load, soonest_of, three_nearest
from booking.core.scheduling.intervals import Span
from booking.core.scheduling.slots import Slot
from tests.core.scheduling.clinics import DR_CRUZ, DR_DIAZ, HERE, THERE, VISIT, at, clinic, location, resource

MIDNIGHT = at("2026-10-04T22:00")
DAY = (MIDNIGHT, MIDNIGHT + 1440)
CRUZ, DIAZ = resource(DR_CRUZ), resource(DR_DIAZ)
CLINIC = clinic(resources=[CRUZ, DIAZ], locations=[location(HERE), location(THERE)])


def slot(starts: int, specialist_id: int | None = DR_CRUZ, location_id: int = HERE) -> Slot:
    return Slot(starts, starts + 30, VISIT, location_id, specialist_id)


@pytest.mark.parametrize(
    ("span", "minutes"),
    [
        pytest.param((MIDNIGHT, MIDNIGHT + 30), 30, id="at midnight"),
        pytest.param((MIDNIGHT - 30, MIDNIGHT + 30), 0, id="counts on the day it starts"),
        pytest.param((MIDNIGHT + 1430, MIDNIGHT + 1460), 30, id="over the end"),
        pytest.param((MIDNIGHT + 1440, MIDNIGHT + 1470), 0, id="next day"),
    ],
)
def test_load_counts_minutes_by_the_day_of_their_start(span: Span, minutes: int) -> None:
    assert lane_load([span], DAY) == minutes


def test_load_adds_up_lanes() -> None:
    busy = {(21, 0): [(MIDNIGHT, MIDNIGHT + 30)], (21, 1): [(MIDNIGHT, MIDNIGHT + 20)]}
    assert load(resource(21, "nurse", lanes=2), busy, DAY) == 50


@pytest.mark.parametrize(
    ("busy", "expected"),
    [({}, [DR_CRUZ, DR_DIAZ]), ({(DR_CRUZ, 0): [(MIDNIGHT, MIDNIGHT + 1)]}, [DR_DIAZ, DR_CRUZ])],
    ids=["ties by id", "least loaded first"],
)
def test_people_are_ordered_by_load(busy: dict[tuple[int, int], list[Span]], expected: list[int]) -> None:
    assert [who.id for who in by_load([DIAZ, CRUZ], busy, DAY)] == expected


def test_any_specialist_gives_one_slot_for_each_start_and_location() -> None:
    nine = MIDNIGHT + 540
    tomorrow = nine + 1440
    slots = [
        slot(nine, DR_CRUZ),
        slot(nine, DR_DIAZ),
        slot(nine, DR_DIAZ, THERE),
        slot(nine + 30, DR_CRUZ),
        slot(nine + 30, DR_DIAZ),
        slot(tomorrow, DR_CRUZ),
        slot(tomorrow, DR_DIAZ),
    ]
    busy = {(DR_CRUZ, 0): [(nine - 60, nine)]}
    assert soonest_of(slots, CLINIC, busy) == [slots[1], slots[2], slots[4], slots[5]]


def test_slots_without_specialist_stay_as_they_are() -> None:
    slots = [slot(MIDNIGHT, None), slot(MIDNIGHT + 30, None)]
    assert soonest_of(slots, CLINIC, {}) == slots


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([0, 30, 60, 90, 120], [60, 30, 90], id="the earlier of two as near comes first"),
        pytest.param([90, 120], [90, 120], id="fewer than three"),
        pytest.param([60, 60, 60, 90], [60, 90], id="different times"),
    ],
)
def test_the_three_nearest(offered: list[int], expected: list[int]) -> None:
    slots = [slot(starts, who) for who, starts in enumerate(offered)]
    assert [near.starts for near in three_nearest(slots, 60)] == expected


def test_at_one_time_the_lower_id_is_named() -> None:
    assert three_nearest([slot(60, DR_DIAZ), slot(60, DR_CRUZ)], 60) == (slot(60, DR_CRUZ),)
