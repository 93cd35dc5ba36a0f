"""Which visits a change of a calendar hits: those that it leaves outside the opening hours, or in a block."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from booking.core.scheduling.calendar_change import (
    ONE_DAY,
    BlockChange,
    CalendarChange,
    ClosureChange,
    DateChange,
    WeekChange,
)
from booking.core.scheduling.clinic import Catalogue, Location, Resource
from booking.core.scheduling.intervals import Span, overlaps
from booking.core.scheduling.local_time import day_span, local_date_of
from booking.core.scheduling.opening_hours import open_spans

FOREVER = 2**31
"""A UTC minute after every visit."""


class HitCause(StrEnum):
    """Why a visit cannot stay as it is: the clinic is closed, the resource is not there, or a block has its time."""

    CLOSED = "closed"
    OUTSIDE_HOURS = "outside_hours"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a visit at a location takes of one resource: the bare time, without buffers."""

    resource_id: int
    location_id: int
    span: Span


def bare_span(reserved: Span, buffer_before: int, buffer_after: int) -> Span:
    """A reservation without the buffers of its service; as it is when they have grown longer than the whole."""
    starts, ends = reserved[0] + buffer_before, reserved[1] - buffer_after
    return (starts, ends) if starts < ends else reserved


def resources_touched(clinic: Catalogue, change: CalendarChange) -> frozenset[int]:
    """Ids of the resources whose time the change alters."""
    if not isinstance(change, ClosureChange):
        return frozenset({change.resource_id})
    here = change.location_id
    return frozenset(r.id for r in clinic.resources.values() if here is None or here in r.location_ids)


def window_of(clinic: Catalogue, change: CalendarChange) -> Span:
    """The UTC minutes outside of which no visit can be hit. Hours reach into the day after theirs."""
    if isinstance(change, BlockChange):
        return min(starts for starts, _ in change.spans), max(ends for _, ends in change.spans)
    first, last = _dates(change)
    places = [place for place in clinic.locations.values() if change.location_id in (None, place.id)]
    starts = min(day_span(first, place.tz)[0] for place in places)
    if last is None:
        return starts, FOREVER
    return starts, max(day_span(last + ONE_DAY, place.tz)[1] for place in places)


def _dates(change: WeekChange | DateChange | ClosureChange) -> tuple[date, date | None]:
    if isinstance(change, WeekChange):
        return change.from_on, change.until_on
    if isinstance(change, ClosureChange):
        return change.starts_on, change.ends_on
    return change.on, change.on


def cause_of_hit(
    before: Catalogue, after: Catalogue, change: CalendarChange, visit: Iterable[Taken]
) -> HitCause | None:
    """Why the change hits a visit that takes this; None when it leaves it alone. `after` is `clinic_after`.

    A visit that was outside the hours before was put there on purpose, and is not hit by changing them.
    """
    if isinstance(change, BlockChange):
        is_hit = any(one.resource_id == change.resource_id and _is_blocked(change, one.span) for one in visit)
        return HitCause.BLOCKED if is_hit else None
    if not any(_fits(before, one) and not _fits(after, one) for one in visit):
        return None
    return HitCause.CLOSED if isinstance(change, ClosureChange) else HitCause.OUTSIDE_HOURS


def cause_between(before: Catalogue, after: Catalogue, visit: Iterable[Taken]) -> HitCause | None:
    """Why a visit that takes this cannot stay as it is in another clinic with the same ids, such as a clinic file makes
    of this one; None when it can, or was outside the hours before. Blocks are not looked at."""
    left_out = [one for one in visit if _fits(before, one) and not _fits(after, one)]
    if not left_out:
        return None
    reopened = replace(after, closures=before.closures)
    return HitCause.CLOSED if all(_fits(reopened, one) for one in left_out) else HitCause.OUTSIDE_HOURS


def _is_blocked(change: BlockChange, span: Span) -> bool:
    was_decided = any(overlaps(span, before) for before in change.instead_of)
    return not was_decided and any(overlaps(span, blocked) for blocked in change.spans)


def _fits(clinic: Catalogue, taken: Taken) -> bool:
    resource, place = clinic.resources[taken.resource_id], clinic.locations[taken.location_id]
    return any(
        opens <= taken.span[0] and taken.span[1] <= closes for opens, closes in _open(clinic, resource, place, taken)
    )


def _open(clinic: Catalogue, resource: Resource, place: Location, taken: Taken) -> tuple[Span, ...]:
    on = local_date_of(taken.span[0], place.tz)
    return open_spans(resource, place, clinic.closures, on, on)
