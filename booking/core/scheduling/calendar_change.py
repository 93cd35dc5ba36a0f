"""Changes of a calendar as values: other weekly hours, one date, blocks, a closure; and the clinic after each of them.

What a change does to visits is found by comparing the engine's hours before and after it (`core/scheduling/hits.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from booking.core.clinic_file.plan import WeeklyHoursPlan
from booking.core.clinic_file.times import hours_collide
from booking.core.scheduling.clinic import (
    Catalogue,
    Closure,
    HoursException,
    Location,
    MinuteSpan,
    Resource,
    WeeklyHours,
)
from booking.core.scheduling.intervals import Span
from booking.core.scheduling.local_time import DAY, instant_of

Week = tuple[tuple[MinuteSpan, ...], ...]
"""The spans of the seven days from Monday on."""

ONE_DAY = timedelta(days=1)
MOST_REPEATS = 106
"""Two years of weeks: further ahead nobody knows when the team meets."""


@dataclass(frozen=True, slots=True)
class WeekChange:
    """Other weekly hours of a resource at a location on dates `[from_on, until_on]`, None = from then on."""

    resource_id: int
    location_id: int
    week: Week
    from_on: date
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class DateChange:
    """One date of a resource at a location: these spans, () = away, None = as in every week again."""

    resource_id: int
    location_id: int
    on: date
    spans: tuple[MinuteSpan, ...] | None


@dataclass(frozen=True, slots=True)
class BlockChange:
    """Closed time of a resource: spans of UTC minutes, apart from each other. More than one are a series.

    `instead_of` are the spans of blocks that are replaced: visits in them were decided about when they were made.
    """

    resource_id: int
    spans: tuple[Span, ...]
    instead_of: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosureChange:
    """Local dates `[starts_on, ends_on]` on which a location, or with None the whole clinic, closes."""

    location_id: int | None
    starts_on: date
    ends_on: date
    name: str


CalendarChange = WeekChange | DateChange | BlockChange | ClosureChange


def clinic_after(clinic: Catalogue, change: CalendarChange) -> Catalogue:
    """The clinic as it will be. Blocks are no part of it: they are reservations."""
    if isinstance(change, BlockChange):
        return clinic
    if isinstance(change, ClosureChange):
        closure = Closure(change.location_id, change.starts_on, change.ends_on, change.name)
        return replace(clinic, closures=(*clinic.closures, closure))
    resource = clinic.resources[change.resource_id]
    after = _with_week(resource, change) if isinstance(change, WeekChange) else _with_date(resource, change)
    return replace(clinic, resources={**clinic.resources, resource.id: after})


def _with_week(resource: Resource, change: WeekChange) -> Resource:
    kept = [
        piece
        for hours in resource.weekly_hours
        for piece in (left_of(hours, change) if hours.location_id == change.location_id else (hours,))
    ]
    return replace(resource, weekly_hours=(*kept, *new_hours(change)))


def left_of(hours: WeeklyHours, change: WeekChange) -> tuple[WeeklyHours, ...]:
    """What stays of weekly hours of that location: the days before the change, and those after its last day."""
    first, last = hours.valid_from or date.min, hours.valid_to or date.max
    if last < change.from_on or (change.until_on is not None and first > change.until_on):
        return (hours,)
    pieces = []
    if first < change.from_on:
        pieces.append(replace(hours, valid_to=change.from_on - ONE_DAY))
    if change.until_on is not None and last > change.until_on:
        pieces.append(replace(hours, valid_from=change.until_on + ONE_DAY))
    return tuple(pieces)


def new_hours(change: WeekChange) -> list[WeeklyHours]:
    """The weekly hours that a change begins."""
    return [
        WeeklyHours(change.location_id, weekday, span, change.from_on, change.until_on)
        for weekday, spans in enumerate(change.week)
        for span in spans
    ]


def replaced_later(resource: Resource, change: WeekChange) -> tuple[date, ...]:
    """First days of hours planned for later that the change puts away, or begins later; sorted."""
    begins = {
        hours.valid_from
        for hours in resource.weekly_hours
        if hours.location_id == change.location_id and hours.valid_from and left_of(hours, change) != (hours,)
    }
    return tuple(sorted(on for on in begins if on > change.from_on))


def _with_date(resource: Resource, change: DateChange) -> Resource:
    others = [e for e in resource.exceptions if (e.location_id, e.on) != (change.location_id, change.on)]
    own = () if change.spans is None else (HoursException(change.location_id, change.on, change.spans),)
    return replace(resource, exceptions=(*others, *own))


def colliding_hours(resource: Resource, locations: Iterable[Location]) -> tuple[WeeklyHours, WeeklyHours] | None:
    """The first two weekly spans that claim the same time, at one location or at two; None when all are apart."""
    codes = {place.id: place.code for place in locations}
    zones = {place.code: place.tz for place in locations}
    planned = [
        (hours, WeeklyHoursPlan(codes[hours.location_id], hours.weekday, hours.span, hours.valid_from, hours.valid_to))
        for hours in resource.weekly_hours
    ]
    return next(
        (
            (one, other)
            for (one, first), (other, second) in combinations(planned, 2)
            if hours_collide(first, second, zones)
        ),
        None,
    )


def week_on(resource: Resource, location_id: int, on: date) -> Week:
    """The weekly hours in force on that date, for all seven days; closures and exceptions not looked at."""
    days: list[list[MinuteSpan]] = [[] for _ in range(7)]
    for hours in resource.weekly_hours:
        is_valid = (hours.valid_from or date.min) <= on <= (hours.valid_to or date.max)
        if is_valid and hours.location_id == location_id:
            days[hours.weekday].append(hours.span)
    return tuple(tuple(sorted(spans, key=lambda span: span.starts)) for spans in days)


def periods(resource: Resource, location_id: int, today: date) -> list[tuple[date | None, date | None, Week]]:
    """The present and the coming weekly hours at a location: first day, last day (None = open) and the week.

    One entry for each stretch of dates with the same hours, from the one that holds `today` on; hours of nothing at
    the very end are left out, so that no hours at all are [].
    """
    own = [hours for hours in resource.weekly_hours if hours.location_id == location_id]
    begins = {hours.valid_from for hours in own if hours.valid_from and hours.valid_from > today}
    begins |= {hours.valid_to + ONE_DAY for hours in own if hours.valid_to and hours.valid_to >= today}
    firsts = [today, *sorted(begins)]
    lasts: list[date | None] = [first - ONE_DAY for first in firsts[1:]]
    found: list[tuple[date | None, date | None, Week]] = []
    for first, last in zip(firsts, [*lasts, None], strict=True):
        week = week_on(resource, location_id, first)
        if found and found[-1][2] == week:
            found[-1] = (found[-1][0], last, week)
        else:
            found.append((None if first == today else first, last, week))
    return found if any(found[-1][2]) else found[:-1]


def whole_days(first_on: date, last_on: date, zones: Iterable[ZoneInfo]) -> Span:
    """From the first local midnight to the last one, over all of these zones: leave, wherever one works."""
    known = tuple(zones)
    return (
        min(instant_of(first_on, 0, tz) for tz in known),
        max(instant_of(last_on, DAY, tz) for tz in known),
    )


def weekly_spans(first_on: date, until_on: date, span: MinuteSpan, tz: ZoneInfo) -> tuple[Span, ...]:
    """The same wall-clock span on the same weekday, from the first date to the last that is not after `until_on`.

    At most MOST_REPEATS; a repetition that the change of clocks leaves without length is dropped.
    """
    found = (
        (instant_of(on, span.starts, tz), instant_of(on, span.ends, tz)) for on in _weekly_dates(first_on, until_on)
    )
    return tuple((starts, ends) for starts, ends in found if starts < ends)


def _weekly_dates(first_on: date, until_on: date) -> Iterator[date]:
    for week in range(MOST_REPEATS):
        on = first_on + timedelta(weeks=week)
        if on > until_on:
            return
        yield on
