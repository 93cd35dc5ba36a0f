"""Choosing among what is free: the least loaded first, the nearest in time. Ties go to the lower id, always."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from booking.core.scheduling.clinic import Catalogue, Resource
from booking.core.scheduling.intervals import Span
from booking.core.scheduling.local_time import day_span, local_date_of
from booking.core.scheduling.resources import BusyByLane, lanes_of
from booking.core.scheduling.slots import Slot


def lane_load(busy: Sequence[Span], day: Span) -> int:
    """Minutes reserved by the spans that start within `day`; a span over midnight counts where it starts."""
    first, last = bisect_left(busy, (day[0],)), bisect_left(busy, (day[1],))
    return sum([ends - starts for starts, ends in busy[first:last]])


def load(resource: Resource, busy: BusyByLane, day: Span) -> int:
    """Reserved minutes of all lanes of `resource` on one day, given as its span of UTC minutes."""
    return sum(lane_load(lane, day) for lane in lanes_of(resource, busy))


def by_load(candidates: Sequence[Resource], busy: BusyByLane, day: Span) -> list[Resource]:
    """`candidates` from the least to the most loaded on that day, ties by id."""
    if len(candidates) == 1:
        return list(candidates)
    return sorted(candidates, key=lambda resource: (load(resource, busy, day), resource.id))


def soonest_of(slots: Sequence[Slot], catalogue: Catalogue, busy: BusyByLane) -> list[Slot]:
    """One slot for each start and location: for people who take any specialist. Order is kept.

    The specialist is the one `allocate` would choose: least loaded on the local date of the start, ties by id.
    `slots` are sorted as `find_slots` gives them, `busy` is what they were found with.
    """
    days: dict[int, Span] = {}
    loads: dict[tuple[int, Span], int] = {}

    def rank(slot: Slot) -> tuple[int, int]:
        if slot.specialist_id is None:
            return (0, 0)
        day = days.get(slot.location_id, (0, 0))
        # Slots come by time, so nearly all of them fall on the day of the one before.
        if not day[0] <= slot.starts < day[1]:
            tz = catalogue.locations[slot.location_id].tz
            day = days[slot.location_id] = day_span(local_date_of(slot.starts, tz), tz)
        key = (slot.specialist_id, day)
        if key not in loads:
            loads[key] = load(catalogue.resources[slot.specialist_id], busy, day)
        return loads[key], slot.specialist_id

    return [min(same, key=rank) for _, same in groupby(slots, key=attrgetter("starts", "location_id"))]


def three_nearest(slots: Iterable[Slot], starts: int) -> tuple[Slot, ...]:
    """Up to three slots at different times, nearest to the UTC minute `starts` first; the earlier one on a tie."""
    nearest: dict[int, Slot] = {}
    for slot in sorted(slots, key=lambda slot: (abs(slot.starts - starts), slot)):
        nearest.setdefault(slot.starts, slot)
    return tuple(nearest.values())[:3]
