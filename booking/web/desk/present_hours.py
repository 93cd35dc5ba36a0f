"""What a calendar holds at present, for the forms that change it: as a hash to compare, and in words to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext

from booking.core.scheduling.calendar_change import BlockChange, ClosureChange, Week, week_on
from booking.core.scheduling.clinic import Location, Resource
from booking.core.scheduling.intervals import Span, overlaps, to_minutes, to_minutes_up
from booking.extensions import db
from booking.models import BlockKind
from booking.queries.catalogue import catalogue
from booking.queries.hours import BlockEntry, block_or_none, blocks_of, closures_from, series_from
from booking.services.seen_hours import seen_blocks, seen_dates, seen_week
from booking.web.desk.calendar_words import hours_words, weekday_name
from booking.web.desk.calendars import block_words, days_words

Lines = tuple[tuple[str, str], ...]
"""What and when, in words."""

MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Present:
    """`seen` is the hash that a form carries, `lines` say the same to people."""

    seen: str = ""
    lines: Lines = ()


def present_week(resource: Resource, place: Location, today: date) -> Present:
    """The weekly hours at a place as they are in the database now."""
    fresh = catalogue(db.session()).resources[resource.id]
    return Present(seen_week(fresh, place.id), week_lines(week_on(fresh, place.id, today)))


def week_lines(week: Week) -> Lines:
    """Monday to Sunday with their hours."""
    return tuple((weekday_name(number), hours_words(spans)) for number, spans in enumerate(week))


def present_dates(resource: Resource, place: Location, today: date) -> Present:
    """The other dates at a place that are to come, as they are in the database now."""
    fresh = catalogue(db.session()).resources[resource.id]
    own = sorted((e for e in fresh.exceptions if e.location_id == place.id and e.on >= today), key=lambda e: e.on)
    lines = ((days_words(e.on, e.on), hours_words(e.spans) if e.spans else gettext("Away")) for e in own)
    return Present(seen_dates(fresh, place.id), tuple(lines))


def present_block(block: BlockEntry, places: Sequence[Location]) -> Present:
    """A block with the later ones of its series; nothing once it is removed."""
    fresh = block_or_none(db.session(), block.resource_id, block.public_id)
    if fresh is None:
        return Present()
    lines = ((fresh.label, block_words(fresh.starts_at, fresh.ends_at, places)),)
    return Present(seen_blocks(series_from(db.session(), fresh)), lines)


def blocks_twice(change: BlockChange, kind: BlockKind, now: datetime, places: Sequence[Location]) -> tuple[str, ...]:
    """A warning for each of the first blocks of that kind that lie in these spans already."""
    found = blocks_of(db.session(), change.resource_id, since=now)
    same = [one for one in found if one.kind is kind and any(overlaps(_span(one), span) for span in change.spans)]
    return tuple(_already(one.label, block_words(one.starts_at, one.ends_at, places)) for one in same[:MOST_NAMED])


def _span(block: BlockEntry) -> Span:
    return to_minutes(block.starts_at), to_minutes_up(block.ends_at)


def closures_twice(change: ClosureChange, today: date) -> tuple[str, ...]:
    """A warning for each closure that has some of these days; the very same one is refused when it is saved."""
    wanted = (change.location_id, change.starts_on, change.ends_on)
    same_place = [one for one in closures_from(db.session(), today) if one.location_id in {None, change.location_id}]
    return tuple(
        _already(one.name, days_words(one.starts_on, one.ends_on))
        for one in same_place
        if one.starts_on <= change.ends_on
        and change.starts_on <= one.ends_on
        and (one.location_id, one.starts_on, one.ends_on) != wanted
    )


def _already(name: str, when: str) -> str:
    return gettext("There is already “%(name)s” on these days: %(when)s.", name=name, when=when)
