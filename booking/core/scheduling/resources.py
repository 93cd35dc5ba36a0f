"""Which resources and lanes can serve a visit, and from which starts.

A visit is cut into *roles*: the chosen specialist is one, and so is each member that a pool must send. A role is
filled by one resource for the whole visit, so a patient keeps the chair and the nurse through all segments.
What one resource does for one visit is a *demand*. Everything is expressed as sets of possible starts (spans of UTC
minutes), so the search over months and the check of one exact start run through the same functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from booking.core.scheduling.clinic import Closure, Location, Resource, Segment, Service
from booking.core.scheduling.intervals import Span, covered_at_least, intersect, merge, subtract
from booking.core.scheduling.opening_hours import open_spans

BusyByLane = Mapping[tuple[int, int], Sequence[Span]]
"""(resource id, lane) → its reservations as stored, buffers included: sorted, never overlapping within a lane."""

Piece = tuple[int, int, int]
"""`(starts, ends, lanes)`: minutes after the start of the visit, and how many lanes are taken meanwhile."""


@dataclass(frozen=True, slots=True)
class Role:
    """What one resource, the chosen specialist (`pool` None) or a member of `pool`, does during the visit."""

    pool: str | None
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """What a visit takes of one resource, in minutes after the visit's start.

    `present` are the bare spans in which it must be open. `levels[n]` are the spans, buffers included, in which lane
    number n + 1 is taken; each level lies within the one before. Each level is met by one lane throughout.
    """

    present: tuple[Span, ...]
    levels: tuple[tuple[Span, ...], ...]


RoleWithCandidates = tuple[Role, Sequence[Resource]]
"""A role and the resources that may fill it, in order of preference."""

Group = tuple[RoleWithCandidates, ...]
"""Roles that must be filled together, since they share candidates."""

Assignment = tuple[tuple[Resource, tuple[Piece, ...]], ...]
"""The resources of one visit with all that each of them does; no resource twice."""


@dataclass(frozen=True, slots=True)
class Place:
    """A location with everything that limits starts there: closures, the dates looked at, busy lanes, buffers."""

    location: Location
    closures: tuple[Closure, ...]
    first_on: date
    last_on: date
    busy: BusyByLane
    buffer_before: int
    buffer_after: int


def roles_of(service: Service) -> tuple[Role, ...]:
    """The roles of a visit, in the order in which its segments first name them; () when it needs nobody.

    Needs of one pool in different segments are one role; several needs of one pool in one segment are several.
    """
    return _roles(service.segments)


@lru_cache(maxsize=1024)
def _roles(segments: tuple[Segment, ...]) -> tuple[Role, ...]:
    pieces: dict[tuple[str | None, int], list[Piece]] = {}
    for segment in segments:
        seen: dict[str | None, int] = {}
        for need in segment.needs:
            nth = seen.get(need.pool, 0)
            seen[need.pool] = nth + (need.pool is not None)
            piece = (segment.offset_minutes, segment.offset_minutes + segment.minutes, need.lanes)
            pieces.setdefault((need.pool, nth), []).append(piece)
    return tuple(Role(pool, tuple(found)) for (pool, _), found in pieces.items())


@lru_cache(maxsize=1024)
def demand_of(pieces: tuple[Piece, ...], buffer_before: int, buffer_after: int) -> Demand:
    """The demand of all pieces that one resource does: pieces at the same time add up their lanes.

    Buffers stand around each unbroken stretch of a level, not between segments that follow each other.
    """
    by_lane: list[list[Span]] = [[(starts, ends)] for starts, ends, lanes in pieces for _ in range(lanes)]
    levels: list[tuple[Span, ...]] = []
    while taken := covered_at_least(by_lane, len(levels) + 1):
        levels.append(tuple(merge((starts - buffer_before, ends + buffer_after) for starts, ends in taken)))
    return Demand(tuple(merge((starts, ends) for starts, ends, _ in pieces)), tuple(levels))


def _lane_starts(spans: Sequence[Span], busy: Sequence[Span], within: list[Span]) -> list[Span]:
    """Starts in `within` at which none of `spans`, moved there, meets a busy span."""
    for starts, ends in spans:
        within = subtract(within, busy, ends - 1, -starts)
    return within


def is_lane_free(spans: Sequence[Span], busy: Sequence[Span], starts: int) -> bool:
    """Whether a lane with these busy spans can take `spans` of a visit that starts at the UTC minute `starts`."""
    return bool(_lane_starts(spans, busy, [(starts, starts + 1)]))


def _starts_in_hours(spans: Sequence[Span], hours: Sequence[Span], within: list[Span]) -> list[Span]:
    """Starts in `within` at which each of `spans`, moved there, lies in one opening span."""
    for starts, ends in spans:
        fitting = [(opens - starts, closes - ends + 1) for opens, closes in hours if closes - opens >= ends - starts]
        within = intersect(within, fitting)
    return within


def starts_served(place: Place, resource: Resource, pieces: tuple[Piece, ...], within: list[Span]) -> list[Span]:
    """Starts in `within` at which `resource` can do all `pieces`: open for the bare times, lanes free with buffers."""
    demand = demand_of(pieces, place.buffer_before, place.buffer_after)
    hours = open_spans(resource, place.location, place.closures, place.first_on, place.last_on)
    starts = _starts_in_hours(demand.present, hours, within) if within else []
    for level, spans in enumerate(demand.levels, start=1):
        if not starts:
            break
        by_lane = [_lane_starts(spans, busy, starts) for busy in lanes_of(resource, place.busy)]
        starts = covered_at_least(by_lane, level)
    return starts


def lanes_of(resource: Resource, busy: BusyByLane) -> list[Sequence[Span]]:
    """The busy spans of each lane of `resource`; lanes are numbered from 0.

    Lanes beyond its number are deliberate overbooking by staff: never offered, so never looked at.
    """
    return [busy.get((resource.id, lane), ()) for lane in range(resource.lanes)]


def assignments(
    place: Place,
    roles: Group,
    within: list[Span],
    taken: Assignment = (),
) -> Iterator[tuple[list[Span], Assignment]]:
    """Ways to fill `roles` (each with its candidates in order of preference), with the starts each way serves.

    The starts of different ways do not overlap: each start comes with the first way that serves it, and a start that
    no way serves does not come. A resource that fills two roles serves them both at once, within its lanes.
    """
    if not roles:
        yield within, taken
        return
    (role, candidates), others = roles[0], roles[1:]
    rest = within
    for resource in candidates:
        pieces, now_taken = _taking(taken, resource, role.pieces)
        served = starts_served(place, resource, pieces, rest)
        if not served:
            continue
        for starts, assignment in assignments(place, others, served, now_taken):
            yield starts, assignment
            if resource is not candidates[-1]:
                rest = subtract(rest, starts)


def _taking(taken: Assignment, resource: Resource, pieces: tuple[Piece, ...]) -> tuple[tuple[Piece, ...], Assignment]:
    """All that `resource` does when it does `pieces` as well, and `taken` with it."""
    others = tuple(pair for pair in taken if pair[0].id != resource.id)
    doing = tuple(piece for other, does in taken if other.id == resource.id for piece in does)
    return doing + pieces, (*others, (resource, doing + pieces))


def independent_groups(roles: Iterable[RoleWithCandidates]) -> list[Group]:
    """Roles that share a candidate together, others apart: only roles of one group can get in each other's way.

    This is what keeps the search short (5 chairs and 12 nurses are 17 questions, not 60) and still exact when one
    person is in two pools.
    """
    groups: list[tuple[set[int], Group]] = []
    for role in roles:
        ids = {resource.id for resource in role[1]}
        touching = [group for group in groups if group[0] & ids]
        members = tuple(member for group in touching for member in group[1])
        groups = [group for group in groups if not group[0] & ids]
        groups.append((ids.union(*(group[0] for group in touching)), (*members, role)))
    return [members for _, members in groups]
