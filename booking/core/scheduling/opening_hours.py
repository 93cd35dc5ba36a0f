"""Weekly hours, dated exceptions and closures of one resource at one location, as open spans of UTC minutes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from booking.core.scheduling.clinic import Closure, Location, MinuteSpan, Resource, WeeklyHours
from booking.core.scheduling.intervals import Span, merge
from booking.core.scheduling.local_time import date_of_day, day_number, instant_of


def closure_on(closures: tuple[Closure, ...], location_id: int, on: date) -> Closure | None:
    """The first closure of the location or of the whole clinic that covers `on`; None when it is open."""
    for closure in closures:
        if closure.location_id in (None, location_id) and closure.starts_on <= on <= closure.ends_on:
            return closure
    return None


def _is_valid(hours: WeeklyHours, on: date) -> bool:
    return (hours.valid_from is None or hours.valid_from <= on) and (hours.valid_to is None or on <= hours.valid_to)


def _replaced(resource: Resource, location_id: int) -> dict[date, list[MinuteSpan]]:
    """Dates with exceptions at the location and the spans that hold instead; two exceptions of one date add up."""
    replaced: dict[date, list[MinuteSpan]] = {}
    for exception in resource.exceptions:
        if exception.location_id == location_id:
            replaced.setdefault(exception.on, []).extend(exception.spans)
    return replaced


def _own_spans(
    resource: Resource, location: Location, first_on: date, last_on: date
) -> Iterator[tuple[date, MinuteSpan]]:
    """Each date with the wall-clock spans that belong to it, closures not looked at."""
    replaced = _replaced(resource, location.id)
    weekly: list[list[WeeklyHours]] = [[] for _ in range(7)]
    for hours in resource.weekly_hours:
        if hours.location_id == location.id:
            weekly[hours.weekday].append(hours)
    for number in range(day_number(first_on), day_number(last_on) + 1):
        on = date_of_day(number)
        if on in replaced:
            yield from ((on, span) for span in replaced[on])
        else:
            yield from ((on, hours.span) for hours in weekly[on.weekday()] if _is_valid(hours, on))


@lru_cache(maxsize=2048)
def open_spans(
    resource: Resource, location: Location, closures: tuple[Closure, ...], first_on: date, last_on: date
) -> tuple[Span, ...]:
    """When `resource` is open at `location`: sorted spans of UTC minutes, touching and overlapping ones made one.

    Holds every span that belongs to a date in `[first_on, last_on]`, and those of the day before, which may reach
    into the first date. A span belongs to the date on which it starts. An exception replaces the spans of its own
    date at its location; a closure takes those of its dates away, exceptions included. Both leave the night before
    alone. A span that the change of clocks leaves without length is dropped.
    Cached by value: the clinic's hours change rarely and every search asks for them.
    """
    tz = location.tz
    day_before = date_of_day(day_number(first_on) - 1)
    closing = tuple(c for c in closures if c.ends_on >= day_before and c.starts_on <= last_on)
    return tuple(
        merge(
            (instant_of(on, span.starts, tz), instant_of(on, span.ends, tz))
            for on, span in _own_spans(resource, location, day_before, last_on)
            if not closing or closure_on(closing, location.id, on) is None
        )
    )
