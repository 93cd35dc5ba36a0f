"""The availability engine: every slot that a query may be offered. Computed from values, never stored.

Opening hours as spans of UTC minutes, minus busy spans, intersected across the roles of the visit, bounded by the
rules, cut on the grid. `allocation.py` asks the same functions about one exact start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple

from booking.core.scheduling import patient, resources, rules, wishes
from booking.core.scheduling.clinic import Catalogue, Location, Resource, Service
from booking.core.scheduling.intervals import Span, from_minutes, merge
from booking.core.scheduling.local_time import DAY, GridRun, day_span, grid_runs, grid_starts
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.resources import BusyByLane, Group, Place, Role, RoleWithCandidates
from booking.core.scheduling.wishes import ANY, Wishes


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """What is looked for. `first_on` and `last_on` are local dates of the starts, at each location in its own zone.

    None for locations or specialists means any. `apply_policies` False is for staff: the rules for patients do not
    bind them, but no start is offered before `now`, nor while the patient has another visit.
    `is_verified`: the patient has an account with a verified address. `patient` None: nobody in particular.
    """

    service_id: int
    location_ids: frozenset[int] | None
    specialist_ids: frozenset[int] | None
    first_on: date
    last_on: date
    now: datetime
    apply_policies: bool = True
    is_verified: bool = False
    patient: PatientCalendar | None = None
    wishes: Wishes = ANY


class Slot(NamedTuple):
    """A time that is offered: the bare visit in UTC minutes. A tuple, since a search makes thousands of them."""

    starts: int
    ends: int
    service_id: int
    location_id: int
    specialist_id: int | None

    @property
    def starts_at(self) -> datetime:
        return from_minutes(self.starts)

    @property
    def ends_at(self) -> datetime:
        return from_minutes(self.ends)


_STARTS = itemgetter(0)


def offered_service(catalogue: Catalogue, service_id: int) -> Service | None:
    """The active service of that id, or None."""
    service = catalogue.services.get(service_id)
    return service if service is not None and service.is_active else None


def specialists_asked(
    catalogue: Catalogue, service: Service, specialist_ids: frozenset[int] | None
) -> tuple[Resource | None, ...]:
    """The specialists to try, by id. `(None,)` for a service without one, unless specialists were asked for."""
    if not any(role.pool is None for role in resources.roles_of(service)):
        return () if specialist_ids is not None else (None,)
    able = catalogue.specialists_for(service)
    return tuple(s for s in able if specialist_ids is None or s.id in specialist_ids)


def locations_asked(catalogue: Catalogue, service: Service, location_ids: frozenset[int] | None) -> list[Location]:
    """Locations that give the service and were asked for, by id."""
    given = catalogue.locations_for(service)
    return [place for place in given if location_ids is None or place.id in location_ids]


def candidates_for(
    catalogue: Catalogue, roles: Sequence[Role], specialist: Resource | None
) -> list[RoleWithCandidates]:
    """Each role with the resources that may fill it, by id: the given specialist, or the members of its pool."""
    chosen = () if specialist is None else (specialist,)
    return [(role, chosen if role.pool is None else catalogue.pools.get(role.pool, ())) for role in roles]


def place_for(
    catalogue: Catalogue, service: Service, location: Location, first_on: date, last_on: date, busy: BusyByLane
) -> Place:
    """The location as the engine sees it for starts on these dates; hours are read on to the end of a late visit."""
    last_needed = last_on + timedelta(days=1 + service.occupied_minutes // DAY)
    return Place(
        location,
        catalogue.closures,
        first_on,
        last_needed,
        busy,
        service.buffer_before_minutes,
        service.buffer_after_minutes,
    )


def _dates_to_search(query: SlotQuery, service: Service, location: Location) -> tuple[date, date]:
    """First and last local date on which a start is possible; the last is before the first when there is none."""
    today = query.now.astimezone(location.tz).date()
    limit = rules.last_start_on(service.policy, location, query.now, apply_policies=query.apply_policies)
    return max(query.first_on, today), query.last_on if limit is None else min(query.last_on, limit)


def _starts_to_search(query: SlotQuery, service: Service, location: Location, runs: Sequence[GridRun]) -> list[Span]:
    """The minutes of the runs in which the rules and the patient's calendar let a visit start, as wished."""
    earliest = rules.earliest_start(service.policy, query.now, apply_policies=query.apply_policies)
    within = merge((max(starts, earliest), ends) for starts, ends, _ in runs)
    dates = _dates_to_search(query, service, location)
    if query.patient is not None:
        within = patient.free_starts(query.patient, service.minutes, within)
        if query.apply_policies:
            within = patient.starts_left(service.policy, query.patient, *dates, location.tz, within)
    return wishes.starts_wished(query.wishes, *dates, location.tz, within)


def _places_searched(catalogue: Catalogue, query: SlotQuery, service: Service) -> list[Location]:
    asked = locations_asked(catalogue, service, query.location_ids)
    return [location for location in asked if wishes.suits_place(query.wishes, service, location)]


def _specialists_searched(catalogue: Catalogue, query: SlotQuery, service: Service) -> list[Resource | None]:
    asked = specialists_asked(catalogue, service, query.specialist_ids)
    return [specialist for specialist in asked if wishes.suits_specialist(query.wishes, specialist)]


class _Search:
    """One query at one location. Groups of pools without a specialist are asked once, not once for each specialist."""

    def __init__(self, catalogue: Catalogue, service: Service, place: Place, within: list[Span]) -> None:
        self._catalogue = catalogue
        self._roles = resources.roles_of(service)
        self._place = place
        self._within = within
        self._pooled: dict[tuple[Role, ...], list[Span]] = {}

    def starts_for(self, specialist: Resource | None) -> list[Span]:
        """Starts, not yet cut on the grid, at which every role of the visit with `specialist` can be filled."""
        groups = resources.independent_groups(candidates_for(self._catalogue, self._roles, specialist))
        starts = self._starts_of_pools([group for group in groups if not _has_specialist(group)])
        for group in filter(_has_specialist, groups):
            starts = self._filled(group, starts)
        return starts

    def _starts_of_pools(self, groups: list[Group]) -> list[Span]:
        key = tuple(role for group in groups for role, _ in group)
        if key not in self._pooled:
            starts = self._within
            for group in groups:
                starts = self._filled(group, starts)
            self._pooled[key] = starts
        return self._pooled[key]

    def _filled(self, group: Group, within: list[Span]) -> list[Span]:
        return merge(span for starts, _ in resources.assignments(self._place, group, within) for span in starts)


def _has_specialist(group: Group) -> bool:
    return any(role.pool is None for role, _ in group)


def _slots_at(
    catalogue: Catalogue, query: SlotQuery, service: Service, location: Location, busy: BusyByLane
) -> Iterator[Slot]:
    """The slots of one location, by specialist and start."""
    first_on, last_on = _dates_to_search(query, service, location)
    if first_on > last_on:
        return
    runs = grid_runs(first_on, last_on, location.tz, service.grid_minutes)
    within = _starts_to_search(query, service, location, runs)
    if not within:
        return
    search = _Search(catalogue, service, place_for(catalogue, service, location, first_on, last_on, busy), within)
    minutes = service.minutes
    for specialist in _specialists_searched(catalogue, query, service):
        specialist_id = None if specialist is None else specialist.id
        for starts in grid_starts(search.starts_for(specialist), runs, service.grid_minutes):
            yield Slot(starts, starts + minutes, service.id, location.id, specialist_id)


def find_slots(catalogue: Catalogue, query: SlotQuery, busy: BusyByLane) -> list[Slot]:
    """Every slot of the query, one for each start, location and specialist, sorted in that order; [] when none.

    `busy` holds at least what `busy_window` asks for; a lane that is missing is free. `specialist_id` is None in all
    slots of a service that needs no specialist. An unknown or retired service has no slots.
    """
    service = offered_service(catalogue, query.service_id)
    if service is None or rules.is_closed_to(
        service, apply_policies=query.apply_policies, is_verified=query.is_verified
    ):
        return []
    found: list[Slot] = []
    for location in _places_searched(catalogue, query, service):
        found.extend(_slots_at(catalogue, query, service, location, busy))
    # Places come by id, and at each the specialists: a sort by start keeps that order, and only compares numbers.
    found.sort(key=_STARTS)
    return found


def every_slot(catalogue: Catalogue, queries: Iterable[SlotQuery], busy: BusyByLane) -> list[Slot]:
    """The slots of several queries, each once, in the order of `find_slots`: a whole clinic, or several services.

    `busy` holds at least what `every_busy_window` asks for. A patient's calendar counts visits to one service, so
    each query has its own.
    """
    return sorted({slot for query in queries for slot in find_slots(catalogue, query, busy)})


def every_busy_window(catalogue: Catalogue, queries: Iterable[SlotQuery]) -> tuple[int, int, tuple[int, ...]]:
    """The `busy_window` that holds those of all the queries."""
    windows = [window for query in queries if (window := busy_window(catalogue, query))[2]]
    if not windows:
        return 0, 0, ()
    starts, ends, ids = zip(*windows, strict=True)
    return min(starts), max(ends), tuple(sorted(set().union(*ids)))


def busy_window(catalogue: Catalogue, query: SlotQuery) -> tuple[int, int, tuple[int, ...]]:
    """`(starts, ends, resource ids)`: which reservations `find_slots` must know, those that overlap the UTC minutes.

    Covers the whole local days (loads are counted by day), buffers at both sides and visits that run on after the
    last midnight. `(0, 0, ())` when nothing can be offered.
    """
    service = offered_service(catalogue, query.service_id)
    if service is None:
        return 0, 0, ()
    ids: set[int] = set()
    edges: list[int] = []
    for location in _places_searched(catalogue, query, service):
        first_on, last_on = _dates_to_search(query, service, location)
        if first_on <= last_on:
            edges.append(day_span(first_on, location.tz)[0] - service.buffer_before_minutes)
            edges.append(day_span(last_on, location.tz)[1] + service.occupied_minutes + service.buffer_after_minutes)
            ids |= _resources_asked(catalogue, query, service, location)
    return (min(edges), max(edges), tuple(sorted(ids))) if ids else (0, 0, ())


def _resources_asked(catalogue: Catalogue, query: SlotQuery, service: Service, location: Location) -> set[int]:
    """Ids of all resources that ever work at the location and may fill a role of the visit."""
    specialists = _specialists_searched(catalogue, query, service)
    candidates = [resource for resource in specialists if resource is not None]
    for role in resources.roles_of(service) if specialists else ():
        candidates.extend(() if role.pool is None else catalogue.pools.get(role.pool, ()))
    return {resource.id for resource in candidates if location.id in resource.location_ids}
