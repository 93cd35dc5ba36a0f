"""The engine against the brute-force oracle on random small clinics, and what must hold for every offered slot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings

from booking.core.scheduling.allocation import Allocation, Placement, SlotRequest, allocate, query_for
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.intervals import Span, overlaps
from booking.core.scheduling.local_time import grid_runs, grid_starts
from booking.core.scheduling.slots import Slot, SlotQuery, busy_window, find_slots
from tests.core.scheduling.oracle import brute_force
from tests.core.scheduling.strategies import Case, cases

BusyLists = dict[tuple[int, int], list[Span]]
random_clinics = settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))


def request_for(slot: Slot, query: SlotQuery, *, any_specialist: bool = False) -> SlotRequest:
    specialist_id = None if any_specialist else slot.specialist_id
    return SlotRequest(slot.service_id, slot.location_id, specialist_id, slot.starts, query.now, query.apply_policies)


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
                SlotRequest(query.service_id, location_id, None, starts, query.now, query.apply_policies),
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
    offered = {(slot.starts, slot.location_id) for slot in find_slots(catalogue, query, busy)}
    assert accepted(catalogue, query, busy) == offered


def after_booking(case: Case, slot: Slot, *, any_specialist: bool = False) -> BusyLists:
    """The reservations after this slot is placed; exactly this slot, unless any specialist will do."""
    catalogue, query, busy = case
    placement = allocate(catalogue, request_for(slot, query, any_specialist=any_specialist), busy)
    assert isinstance(placement, Placement)
    assert any_specialist or placement.slot == slot
    return reserve(busy, placement.allocations)


@random_clinics
@given(cases())
def test_booking_an_offered_slot_offers_nothing_new_and_releasing_it_restores_the_offer(case: Case) -> None:
    catalogue, query, busy = case
    offered = find_slots(catalogue, query, busy)
    assert all(set(find_slots(catalogue, query, after_booking(case, slot))) <= set(offered) for slot in offered[::5])
    assert find_slots(catalogue, query, busy) == offered


def booked_up(case: Case, visits: int) -> BusyLists:
    """The reservations after so many visits, or as many as there is room for, each in the middle of what is left."""
    catalogue, query, busy = case
    for _ in range(visits):
        if offered := find_slots(catalogue, query, busy):
            busy = after_booking((catalogue, query, busy), offered[len(offered) // 2], any_specialist=True)
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
