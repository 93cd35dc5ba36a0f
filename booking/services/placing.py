"""The offer with the resources that each time would be given at this moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from booking.core.scheduling.allocation import Placement, SlotRequest, allocate
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.local_time import day_span
from booking.core.scheduling.slots import Slot, SlotQuery, every_busy_window, every_slot
from booking.queries.catalogue import catalogue
from booking.queries.reservations import busy_by_lane
from booking.services.availability import FIRST_WINDOW_DAYS


def placed_slots(session: Session, queries: Sequence[SlotQuery], *, count: int | None = None) -> list[Placement]:
    """The slots of the queries, one query for each service, by start; each with the resources it would be given now.

    The queries share their dates and their now. `count` asks for the earliest so many: it is looked for in windows
    that grow, and the search stops as soon as it has enough. Two statements for each window.
    """
    if count is None:
        return _placed(session, queries)
    clinic = catalogue(session)
    found: list[Placement] = []
    for window in _growing(queries):
        found = _placed(session, window, count)
        if len(found) == count and found[-1].slot.starts < _first_end(clinic, window):
            break
    return found


def _growing(queries: Sequence[SlotQuery]) -> Iterator[Sequence[SlotQuery]]:
    """The queries with windows that grow, the last of them the whole one."""
    days = FIRST_WINDOW_DAYS
    while any((query.last_on - query.first_on).days >= days for query in queries):
        yield [_first_days(query, days) for query in queries]
        days *= 4
    yield queries


def _first_end(clinic: Catalogue, window: Sequence[SlotQuery]) -> int:
    """The UTC minute at which the window ends where midnight comes first: up to it, no location has more times."""
    return min(day_span(query.last_on, place.tz)[1] for query in window for place in clinic.locations.values())


def _first_days(query: SlotQuery, days: int) -> SlotQuery:
    return replace(query, last_on=min(query.last_on, query.first_on + timedelta(days=days - 1)))


def _placed(session: Session, queries: Sequence[SlotQuery], count: int | None = None) -> list[Placement]:
    clinic = catalogue(session)
    starts, ends, resource_ids = every_busy_window(clinic, queries)
    if not resource_ids:
        return []
    busy = busy_by_lane(session, resource_ids, (starts, ends), now=queries[0].now)
    asked = {query.service_id: query for query in queries}
    slots = every_slot(clinic, queries, busy)[:count]
    placed = (allocate(clinic, _request_of(slot, asked[slot.service_id]), busy) for slot in slots)
    return [placement for placement in placed if isinstance(placement, Placement)]


def _request_of(slot: Slot, query: SlotQuery) -> SlotRequest:
    return SlotRequest(
        slot.service_id,
        slot.location_id,
        slot.specialist_id,
        slot.starts,
        query.now,
        query.apply_policies,
        query.is_verified,
        query.patient,
    )
