"""What a form has shown of a calendar, as a hash: so that two open forms do not save over each other unseen."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from booking.core.scheduling.calendar_change import CalendarChange, DateChange, WeekChange
from booking.core.scheduling.clinic import Catalogue, Resource
from booking.queries.hours import BlockEntry, block_or_none, series_from
from booking.services.idempotency import body_hash


def seen_week(resource: Resource, location_id: int) -> str:
    """The weekly hours at that location, those that begin later too."""
    return _hash(repr(hours) for hours in resource.weekly_hours if hours.location_id == location_id)


def seen_dates(resource: Resource, location_id: int) -> str:
    """The dates at that location that are not like the others."""
    return _hash(repr(known) for known in resource.exceptions if known.location_id == location_id)


def seen_blocks(blocks: Iterable[BlockEntry]) -> str:
    """The blocks that a change of one of them may alter."""
    return _hash(map(repr, blocks))


def _hash(rows: Iterable[str]) -> str:
    return body_hash({"rows": sorted(rows)})


def is_as_seen(
    session: Session, clinic: Catalogue, change: CalendarChange, block: BlockEntry | None, seen: str
) -> bool:
    """Whether that is still what the form has shown; always when it has shown nothing. `block` is the changed one."""
    if not seen:
        return True
    if isinstance(change, WeekChange):
        return seen == seen_week(clinic.resources[change.resource_id], change.location_id)
    if isinstance(change, DateChange):
        return seen == seen_dates(clinic.resources[change.resource_id], change.location_id)
    if block is None:
        return True
    present = block_or_none(session, block.resource_id, block.public_id)
    return present is not None and seen == seen_blocks(series_from(session, present))
