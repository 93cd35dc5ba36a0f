"""Which time a change of hours opens: what is open after it and was not before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from booking.core.scheduling.clinic import Catalogue, Location, Resource, ResourceKind
from booking.core.scheduling.intervals import Span, intersect, merge, subtract
from booking.core.scheduling.local_time import local_date_of
from booking.core.scheduling.opening_hours import open_spans

OPENED_DAYS = 60
"""How far ahead newly opened time is told of. Hours without an end open time for ever; later times are searched for."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A span of UTC minutes at a location; `specialist_id` None where it is time of rooms, nurses or devices."""

    location_id: int
    specialist_id: int | None
    span: Span


def newly_open(before: Catalogue, after: Catalogue, resource_ids: Iterable[int], *, now: int) -> list[Opened]:
    """What these resources have open `after` and not `before`, from the UTC minute `now` on; sorted by place and time.

    Time of anything but specialists is told once, whatever of it opens.
    """
    found: dict[tuple[int, int | None], list[Span]] = defaultdict(list)
    for resource in (after.resources[number] for number in resource_ids):
        if resource.is_active:
            specialist_id = resource.id if resource.kind is ResourceKind.SPECIALIST else None
            for place in (after.locations[number] for number in resource.location_ids):
                found[place.id, specialist_id] += _opened(before, after, resource, place, now)
    return [
        Opened(location_id, specialist_id, span)
        for (location_id, specialist_id), spans in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or 0))
        for span in merge(spans)
    ]


def _opened(before: Catalogue, after: Catalogue, resource: Resource, place: Location, now: int) -> Iterator[Span]:
    first_on = local_date_of(now, place.tz)
    last_on = first_on + timedelta(days=OPENED_DAYS)
    old = open_spans(before.resources[resource.id], place, before.closures, first_on, last_on)
    new = open_spans(resource, place, after.closures, first_on, last_on)
    yield from intersect(subtract(new, old), [(now, new[-1][1])]) if new and new[-1][1] > now else ()
