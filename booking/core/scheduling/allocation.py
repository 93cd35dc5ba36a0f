"""One exact slot: which rows to reserve for it, or every reason why not. Asked inside the booking transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from booking.core.scheduling import resources
from booking.core.scheduling.choosing import by_load, lane_load
from booking.core.scheduling.clinic import Catalogue, Location, Resource, Service
from booking.core.scheduling.intervals import Span
from booking.core.scheduling.local_time import day_span, local_date_of
from booking.core.scheduling.opening_hours import closure_on
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.resources import Assignment, BusyByLane, Group, Piece, Place
from booking.core.scheduling.rules import RULES_FOR_BOOKING, Refusal, StartFacts, StartRequest, check_all
from booking.core.scheduling.slots import (
    Slot,
    SlotQuery,
    candidates_for,
    locations_asked,
    offered_service,
    place_for,
    specialists_asked,
)


@dataclass(frozen=True, slots=True)
class SlotRequest:
    """One exact start (UTC minute) that somebody wants; `specialist_id` None takes any. The rest as in `SlotQuery`."""

    service_id: int
    location_id: int
    specialist_id: int | None
    starts: int
    now: datetime
    apply_policies: bool = True
    is_verified: bool = False
    patient: PatientCalendar | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """One reservation to write: this lane of this resource, buffers included, in UTC minutes."""

    resource_id: int
    lane: int
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Placement:
    """The slot as it will be booked and its reservations, by resource, lane and start."""

    slot: Slot
    allocations: tuple[Allocation, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Every reason at once; never empty."""

    refusals: tuple[Refusal, ...]


def query_for(catalogue: Catalogue, request: SlotRequest) -> SlotQuery:
    """The query for the local date of the request: its `busy_window` is what `allocate` must know.

    Raises KeyError when the location does not exist.
    """
    on = local_date_of(request.starts, catalogue.locations[request.location_id].tz)
    specialist_ids = None if request.specialist_id is None else frozenset({request.specialist_id})
    locations = frozenset({request.location_id})
    return SlotQuery(
        request.service_id,
        locations,
        specialist_ids,
        on,
        on,
        request.now,
        request.apply_policies,
        request.is_verified,
        request.patient,
    )


def refusals_of_rules(catalogue: Catalogue, request: SlotRequest) -> tuple[Refusal, ...]:
    """What the rules say against this visit, whatever is taken at that time; () for what does not exist."""
    service = offered_service(catalogue, request.service_id)
    location = catalogue.locations.get(request.location_id)
    if service is None or location is None:
        return ()
    return _Exact(catalogue, service, location, request).refusals_of_rules()


def allocate(catalogue: Catalogue, request: SlotRequest, busy: BusyByLane) -> Placement | Refused:
    """Place exactly this visit, or say all that is against it.

    Agrees with `find_slots`: the same functions are asked about a set of starts that has one member. Specialists,
    pool members and lanes are taken least loaded (reserved minutes on the local date) first, ties by id.
    `busy` holds at least the `busy_window` of `query_for`; with the locks held, nothing changes until the commit.
    """
    service = offered_service(catalogue, request.service_id)
    location = catalogue.locations.get(request.location_id)
    if service is None:
        return Refused((Refusal("service_not_offered"),))
    if location is None:
        return Refused((Refusal("not_given_here"),))
    exact = _Exact(catalogue, service, location, request)
    refusals = exact.refusals_of_rules()
    placement = exact.placement(busy)
    if placement is None:
        refusals = (*refusals, *exact.why_not())
    return Refused(refusals) if placement is None or refusals else placement


class _Exact:
    """One start of one service at one location, with the facts that every step below needs."""

    def __init__(self, catalogue: Catalogue, service: Service, location: Location, request: SlotRequest) -> None:
        self._catalogue = catalogue
        self._service = service
        self._location = location
        self._request = request
        self._on = local_date_of(request.starts, location.tz)
        self._day = day_span(self._on, location.tz)
        asked = None if request.specialist_id is None else frozenset({request.specialist_id})
        self._specialists = specialists_asked(catalogue, service, asked)

    def refusals_of_rules(self) -> tuple[Refusal, ...]:
        request, here = self._request, frozenset({self._location.id})
        facts = StartFacts(
            self._service,
            self._location,
            bool(locations_asked(self._catalogue, self._service, here)),
            frozenset(s.id for s in self._specialists if s is not None),
        )
        asked = StartRequest(
            request.starts, request.specialist_id, request.apply_policies, request.is_verified, request.patient
        )
        return check_all(RULES_FOR_BOOKING, asked, facts, request.now)

    def placement(self, busy: BusyByLane) -> Placement | None:
        """The first way to fill every role, trying the least loaded specialist first; None when there is none."""
        place = place_for(self._catalogue, self._service, self._location, self._on, self._on, busy)
        for specialist in self._specialists_by_load(busy):
            if (assignment := self._assignment(place, specialist)) is not None:
                return self._placed(place, specialist, assignment)
        return None

    def why_not(self) -> tuple[Refusal, ...]:
        """Why there is no placement: asked again as if nothing were reserved. () when there is no one to ask."""
        if not self._specialists:
            return () if self._request.specialist_id is not None else (Refusal("no_specialist"),)
        if self.placement({}) is not None:
            return (Refusal("taken"),)
        closure = closure_on(self._catalogue.closures, self._location.id, self._on)
        return (Refusal("outside_hours") if closure is None else Refusal("closed", {"name": closure.name}),)

    def _specialists_by_load(self, busy: BusyByLane) -> list[Resource] | list[None]:
        named = [s for s in self._specialists if s is not None]
        return by_load(named, busy, self._day) if named or not self._specialists else [None]

    def _assignment(self, place: Place, specialist: Resource | None) -> Assignment | None:
        found: Assignment = ()
        roles = candidates_for(self._catalogue, resources.roles_of(self._service), specialist)
        in_order = [(role, by_load(candidates, place.busy, self._day)) for role, candidates in roles]
        for group in resources.independent_groups(in_order):
            filled = self._filled(place, group)
            if filled is None:
                return None
            found += filled
        return found

    def _filled(self, place: Place, group: Group) -> Assignment | None:
        within: list[Span] = [(self._request.starts, self._request.starts + 1)]
        return next((taken for starts, taken in resources.assignments(place, group, within) if starts), None)

    def _placed(self, place: Place, specialist: Resource | None, assignment: Assignment) -> Placement:
        starts, service = self._request.starts, self._service
        specialist_id = None if specialist is None else specialist.id
        slot = Slot(starts, starts + service.minutes, service.id, self._location.id, specialist_id)
        rows = [row for resource, pieces in assignment for row in self._rows(place, resource, pieces)]
        return Placement(slot, tuple(sorted(rows, key=lambda row: (row.resource_id, row.lane, row.starts))))

    def _rows(self, place: Place, resource: Resource, pieces: tuple[Piece, ...]) -> Iterator[Allocation]:
        """Reservations of one resource. The longest level picks its lane first: a lane free for it serves any other."""
        starts = self._request.starts
        demand = resources.demand_of(pieces, place.buffer_before, place.buffer_after)
        lanes = dict(enumerate(resources.lanes_of(resource, place.busy)))
        for spans in demand.levels:
            free = [lane for lane, busy in lanes.items() if resources.is_lane_free(spans, busy, starts)]
            lane = min(free, key=lambda lane: (lane_load(lanes[lane], self._day), lane))
            del lanes[lane]
            yield from (Allocation(resource.id, lane, starts + begins, starts + ends) for begins, ends in spans)
