"""The engine against the brute-force oracle on random small clinics, and what must hold for every offered slot."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings

from booking.core.scheduling.allocation import Allocation, Placement, SlotRequest, allocate, query_for
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.intervals import Span, overlaps
from booking.core.scheduling.local_time import grid_runs, grid_starts
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.slots import Slot, SlotQuery, busy_window, find_slots
from booking.core.scheduling.wishes import ANY
from tests.core.scheduling.clinics import VISIT
from tests.core.scheduling.oracle import brute_force
from tests.core.scheduling.strategies import Case, cases

BusyLists = dict[tuple[int, int], list[Span]]
# `TORTURE=long pytest tests/core/scheduling` takes some minutes and is for after a change of the engine.
EXAMPLES = 6000 if os.environ.get("TORTURE") == "long" else 120
random_clinics = settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))


def request_for(slot: Slot, query: SlotQuery, *, any_specialist: bool = False) -> SlotRequest:
    specialist_id = None if any_specialist else slot.specialist_id
    return SlotRequest(
        slot.service_id,
        slot.location_id,
        specialist_id,
        slot.starts,
        query.now,
        query.apply_policies,
        query.is_verified,
        query.patient,
    )


def reserve(busy: BusyLists, rows: tuple[Allocation, ...]) -> BusyLists:
    """The reservations with those rows added; the guard is played by an assertion."""
    taken = {lane: list(spans) for lane, spans in busy.items()}
    for row in rows:
        lane = taken.setdefault((row.resource_id, row.lane), [])
        assert not any(overlaps(span, (row.starts, row.ends)) for span in lane)
        lane.append((row.starts, row.ends))
        lane.sort()
    return taken


def starts_on_grid(catalogue: Catalogue, query: SlotQuery, location_id: int) -> list[int]:
    """Every grid time of the query's dates, offered or not, now and then one that is off the grid."""
    grid = catalogue.services[query.service_id].grid_minutes
    runs = grid_runs(query.first_on, query.last_on, catalogue.locations[location_id].tz, grid)
    on_grid = grid_starts([(runs[0][0], runs[-1][1])], runs, grid)
    return sorted(on_grid + [starts + 1 for starts in on_grid[::7]])


def accepted(catalogue: Catalogue, query: SlotQuery, busy: BusyLists) -> set[tuple[int, int]]:
    """(start, location) of everything that `allocate` accepts with any specialist."""
    return {
        (starts, location_id)
        for location_id in catalogue.locations
        for starts in starts_on_grid(catalogue, query, location_id)
        if isinstance(
            allocate(
                catalogue,
                request_for(Slot(starts, starts, query.service_id, location_id, None), query),
                busy,
            ),
            Placement,
        )
    }


@random_clinics
@given(cases())
def test_the_engine_offers_exactly_what_the_oracle_does(case: Case) -> None:
    catalogue, query, busy = case
    offered = [(s.starts, s.location_id, s.specialist_id) for s in find_slots(catalogue, query, busy)]
    assert offered == brute_force(catalogue, query, busy)


@random_clinics
@given(cases())
def test_what_is_offered_is_accepted_and_nothing_else(case: Case) -> None:
    catalogue, query, busy = case
    anything = replace(query, wishes=ANY)
    offered = {(slot.starts, slot.location_id) for slot in find_slots(catalogue, anything, busy)}
    assert accepted(catalogue, anything, busy) == offered


def placed(case: Case, slot: Slot, *, any_specialist: bool = False) -> Placement:
    """Exactly this slot as it would be booked; with any specialist, whoever is given."""
    catalogue, query, busy = case
    placement = allocate(catalogue, request_for(slot, query, any_specialist=any_specialist), busy)
    assert isinstance(placement, Placement)
    assert any_specialist or placement.slot == slot
    return placement


def release(busy: BusyLists, rows: tuple[Allocation, ...]) -> BusyLists:
    """The reservations without those rows."""
    gone = {(row.resource_id, row.lane, row.starts, row.ends) for row in rows}
    return {
        (id_, lane): [span for span in spans if (id_, lane, *span) not in gone] for (id_, lane), spans in busy.items()
    }


@random_clinics
@given(cases())
def test_booking_an_offered_slot_offers_nothing_new_and_cancelling_it_restores_the_offer(case: Case) -> None:
    catalogue, query, busy = case
    offered = find_slots(catalogue, query, busy)
    for slot in offered[::5]:
        rows = placed(case, slot).allocations
        taken = reserve(busy, rows)
        assert set(find_slots(catalogue, query, taken)) <= set(offered)
        assert find_slots(catalogue, query, release(taken, rows)) == offered


@random_clinics
@given(cases())
def test_every_segment_gets_the_lanes_that_it_needs_and_no_lane_that_is_not_there(case: Case) -> None:
    catalogue, query, busy = case
    for slot in find_slots(catalogue, query, busy)[::5]:
        rows = placed(case, slot).allocations
        assert all(0 <= row.lane < catalogue.resources[row.resource_id].lanes for row in rows)
        for minute in range(catalogue.services[VISIT].occupied_minutes):
            assert missing_lanes(case, slot, rows, minute) == Counter()


def missing_lanes(case: Case, slot: Slot, rows: tuple[Allocation, ...], minute: int) -> Counter[str]:
    """What the segments need in that minute of the visit and no resource gives, by pool; "" is the specialist.

    A resource may be in several pools, so it is enough when the reserved lanes of those who could serve suffice for
    each pool, and all reserved lanes for all of them.
    """
    catalogue, at_minute = case[0], slot.starts + minute
    needed: Counter[str] = Counter()
    for part in catalogue.services[VISIT].segments:
        for need in part.needs if part.offset_minutes <= minute < part.ends else ():
            needed[need.pool or ""] += need.lanes
    # The chosen specialist is one person, who is as many lanes at once as the segments side by side ask for.
    given = [catalogue.resources[row.resource_id] for row in rows if row.starts <= at_minute < row.ends]
    serving = Counter({pool: sum(pool in r.pools for r in given) for pool in needed})
    serving[""] = sum(r.id == slot.specialist_id for r in given)
    everything = Counter({"all": needed.total()}) - Counter({"all": len(given)})
    return (needed - serving) + everything


@random_clinics
@given(cases())
def test_an_offered_visit_meets_nothing_that_the_patient_has_already(case: Case) -> None:
    catalogue, query, busy = case
    own = query.patient.busy if query.patient else ()
    assert not any(
        overlaps((slot.starts, slot.ends), span) for slot in find_slots(catalogue, query, busy) for span in own
    )


@random_clinics
@given(cases())
def test_who_has_booked_is_offered_only_what_may_be_booked_as_well(case: Case) -> None:
    catalogue, query, busy = case
    query = replace(query, apply_policies=True)
    for slot in find_slots(catalogue, query, busy)[::7]:
        on = slot.starts_at.astimezone(catalogue.locations[slot.location_id].tz).date()
        own = query.patient or PatientCalendar()
        after = PatientCalendar((*own.busy, (slot.starts, slot.ends)), (*own.visit_dates, on))
        left = find_slots(catalogue, replace(query, patient=after), busy)
        assert set(left) < set(find_slots(catalogue, query, busy))
        assert not any(overlaps((one.starts, one.ends), (slot.starts, slot.ends)) for one in left)


def booked_up(case: Case, visits: int) -> BusyLists:
    """The reservations after so many visits, or as many as there is room for, each in the middle of what is left."""
    catalogue, query, busy = case
    for _ in range(visits):
        if offered := find_slots(catalogue, query, busy):
            chosen = placed((catalogue, query, busy), offered[len(offered) // 2], any_specialist=True)
            busy = reserve(busy, chosen.allocations)
    return busy


@random_clinics
@given(cases())
def test_booking_visit_after_visit_never_overlaps(case: Case) -> None:
    lanes = booked_up(case, 6).values()
    assert not any(overlaps(one, other) for lane in lanes for one, other in pairwise(lane))


def only_inside(busy: BusyLists, window: tuple[int, int, tuple[int, ...]]) -> BusyLists:
    starts, ends, ids = window
    return {
        (id_, lane): [span for span in spans if overlaps(span, (starts, ends))]
        for (id_, lane), spans in busy.items()
        if id_ in ids
    }


@random_clinics
@given(cases())
def test_the_busy_window_holds_all_that_matters(case: Case) -> None:
    catalogue, query, busy = case
    fetched = only_inside(busy, busy_window(catalogue, query))
    assert find_slots(catalogue, query, fetched) == find_slots(catalogue, query, busy)


@random_clinics
@given(cases())
def test_the_busy_window_of_one_start_gives_the_same_placement(case: Case) -> None:
    catalogue, query, busy = case
    requests = [request_for(slot, query, any_specialist=True) for slot in find_slots(catalogue, query, busy)[::7]]
    fetched = [only_inside(busy, busy_window(catalogue, query_for(catalogue, request))) for request in requests]
    assert [allocate(catalogue, request, known) for request, known in zip(requests, fetched, strict=True)] == [
        allocate(catalogue, request, busy) for request in requests
    ]


@random_clinics
@given(cases())
def test_a_longer_window_only_adds_dates(case: Case) -> None:
    catalogue, query, busy = case
    longer = replace(query, last_on=query.last_on + timedelta(days=1))
    slots = find_slots(catalogue, query, busy)
    assert set(slots) <= set(find_slots(catalogue, longer, busy))
