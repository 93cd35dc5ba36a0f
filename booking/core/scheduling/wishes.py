"""What a person wishes of a time, as filters on what is offered. A wish never makes a time bookable or unbookable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from booking.core.scheduling.clinic import Location, MinuteSpan, Resource, Service, VisitMode
from booking.core.scheduling.intervals import Span, intersect
from booking.core.scheduling.local_time import wall_clock_spans


@dataclass(frozen=True, slots=True)
class Wishes:
    """Filters of a search; the empty value of each asks for nothing.

    `day_spans`: the wall-clock minute of the start lies in one of them. `weekdays`: its local date is one of them
    (0 = Monday). `language`: the specialist speaks it (BCP 47); a service without a specialist promises none.
    `step_free`: the location has step-free access; of no matter for visits by video or phone.
    """

    day_spans: tuple[MinuteSpan, ...] = ()
    weekdays: frozenset[int] = frozenset()
    language: str | None = None
    step_free: bool = False


ANY = Wishes()


def suits_place(wishes: Wishes, service: Service, location: Location) -> bool:
    """Whether the location is as wished; nobody climbs stairs to a visit by video or phone."""
    return not wishes.step_free or location.is_step_free or service.mode is not VisitMode.IN_PERSON


def suits_specialist(wishes: Wishes, specialist: Resource | None) -> bool:
    """Whether the specialist speaks the wished language; None, nobody in particular, promises none."""
    return not wishes.language or (specialist is not None and specialist.speaks(wishes.language))


def starts_wished(wishes: Wishes, first_on: date, last_on: date, tz: ZoneInfo, within: list[Span]) -> list[Span]:
    """Starts in `within`, of these local dates, on a wished weekday and at a wished time of day."""
    if not wishes.day_spans and not wishes.weekdays:
        return within
    return intersect(within, wall_clock_spans(first_on, last_on, tz, wishes.day_spans, wishes.weekdays))
