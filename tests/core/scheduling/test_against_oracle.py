"""The engine against the brute-force oracle on random small clinics, and what must hold for every offered slot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

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


@random_clinics
@given(cases())
def test_each_offered_slot_can_be_reserved_and_released_again(case: Case) -> None:
    catalogue, query, busy = case
    offered = find_slots(catalogue, query, busy)
    for slot in offered[::5]:
        placement = allocate(catalogue, request_for(slot, query), busy)
        assert isinstance(placement, Placement)
        assert placement.slot == slot
        taken = reserve(busy, placement.allocations)
        assert set(find_slots(catalogue, query, taken)) <= set(offered)
    assert find_slots(catalogue, query, busy) == offered


@random_clinics
@given(cases())
def test_booking_until_nothing_is_left_never_overlaps(case: Case) -> None:
    catalogue, query, busy = case
    for _ in range(6):
        offered = find_slots(catalogue, query, busy)
        if not offered:
            break
        slot = offered[len(offered) // 2]
        placement = allocate(catalogue, request_for(slot, query, any_specialist=True), busy)
        assert isinstance(placement, Placement)
        busy = reserve(busy, placement.allocations)


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
    for slot in find_slots(catalogue, query, busy)[::7]:
        request = request_for(slot, query, any_specialist=True)
        fetched = only_inside(busy, busy_window(catalogue, query_for(catalogue, request)))
        assert allocate(catalogue, request, fetched) == allocate(catalogue, request, busy)


@random_clinics
@given(cases())
def test_a_longer_window_only_adds_dates(case: Case) -> None:
    catalogue, query, busy = case
    longer = replace(query, last_on=query.last_on + timedelta(days=1))
    slots = find_slots(catalogue, query, busy)
    assert set(slots) <= set(find_slots(catalogue, longer, busy))
