"""What can be offered: reads the clinic and its busy spans, and lets the engine answer. Nothing is written here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.scheduling.allocation import Placement, SlotRequest, allocate, query_for
from booking.core.scheduling.choosing import soonest_of, three_nearest
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.slots import Slot, SlotQuery, busy_window, find_slots
from booking.queries.catalogue import catalogue
from booking.queries.reservations import BusyLanes, busy_by_lane

FIRST_WINDOW_DAYS = 7
NEAR_DAYS = (3, 21, 120)


def offered_slots(session: Session, query: SlotQuery, *, owner: str = "") -> list[Slot]:
    """One slot for each start, specialist and location, sorted in that order. A hold of `owner` takes no time away.

    Two statements, whatever is asked, once the clinic has been read.
    """
    clinic = catalogue(session)
    return find_slots(clinic, query, busy_for(session, clinic, query, owner=owner))


def soonest_slots(session: Session, query: SlotQuery, *, owner: str = "") -> list[Slot]:
    """One slot for each start and location, with the specialist who would be given: for people who take anyone."""
    clinic = catalogue(session)
    busy = busy_for(session, clinic, query, owner=owner)
    return soonest_of(find_slots(clinic, query, busy), clinic, busy)


def first_slots(session: Session, query: SlotQuery, *, count: int, owner: str = "") -> list[Slot]:
    """The earliest `count` slots of `soonest_slots`. Looks in windows that grow, and stops as soon as it has enough."""
    days = FIRST_WINDOW_DAYS
    while True:
        last_on = min(query.last_on, query.first_on + timedelta(days=days - 1))
        found = soonest_slots(session, replace(query, last_on=last_on), owner=owner)
        if len(found) >= count or last_on == query.last_on:
            return found[:count]
        days *= 4


def placed_slots(session: Session, query: SlotQuery, *, owner: str = "") -> list[Placement]:
    """The offered slots with the resources that each would be given at this moment."""
    clinic = catalogue(session)
    busy = busy_for(session, clinic, query, owner=owner)
    placed = (allocate(clinic, _request_of(slot, query), busy) for slot in find_slots(clinic, query, busy))
    return [placement for placement in placed if isinstance(placement, Placement)]


def _request_of(slot: Slot, query: SlotQuery) -> SlotRequest:
    return SlotRequest(
        slot.service_id, slot.location_id, slot.specialist_id, slot.starts, query.now, query.apply_policies
    )


def busy_for(session: Session, clinic: Catalogue, query: SlotQuery, *, owner: str = "") -> BusyLanes:
    """The busy spans that the engine must know for this query; nothing is asked when nothing can be offered."""
    starts, ends, resource_ids = busy_window(clinic, query)
    if not resource_ids:
        return {}
    return busy_by_lane(session, resource_ids, (starts, ends), now=query.now, owner=owner)


def nearest_slots(session: Session, request: SlotRequest, *, now: datetime, owner: str = "") -> tuple[Slot, ...]:
    """Up to three free times, nearest to the request's first: what is offered to a person whose time was taken."""
    clinic = catalogue(session)
    if request.location_id not in clinic.locations:
        return ()
    query = replace(query_for(clinic, request), now=now)
    nearest: tuple[Slot, ...] = ()
    for days in NEAR_DAYS:
        around = replace(query, first_on=_days_from(query.first_on, -days), last_on=_days_from(query.last_on, days))
        nearest = three_nearest(offered_slots(session, around, owner=owner), request.starts)
        if len(nearest) == 3:
            break
    return nearest


def _days_from(on: date, days: int) -> date:
    return on + timedelta(days=days)
