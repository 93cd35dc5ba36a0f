"""When people work at a location, by their own calendars: who answers at night is told when somebody is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from booking.core.scheduling.clinic import Catalogue, Resource, ResourceKind
from booking.core.scheduling.opening_hours import open_spans

LOOKED_AHEAD = timedelta(days=31)
_PEOPLE = frozenset({ResourceKind.SPECIALIST, ResourceKind.NURSE})


def working_from(clinic: Catalogue, location_id: int, now: datetime) -> datetime | None:
    """`now` while specialists or nurses have hours at the location, closures and exceptions heeded; else when the next
    of their hours begin, aware UTC. None when that is more than a month away, or nobody has hours there.

    Leave of single people is not looked at: somebody else works then."""
    location = clinic.locations[location_id]
    minute, first_on = int(now.timestamp()) // 60, now.astimezone(location.tz).date()
    people = [one for one in clinic.resources.values() if _works(one)]
    coming = [
        starts
        for one in people
        for starts, ends in open_spans(one, location, clinic.closures, first_on, first_on + LOOKED_AHEAD)
        if ends > minute
    ]
    if not coming:
        return None
    return now if min(coming) <= minute else datetime.fromtimestamp(min(coming) * 60, UTC)


def _works(resource: Resource) -> bool:
    return resource.is_active and resource.kind in _PEOPLE
