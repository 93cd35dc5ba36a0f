"""What a person wishes of a time, as filters on what is offered. A wish never makes a time bookable or unbookable."""

from __future__ import annotations

from dataclasses import dataclass

from booking.core.scheduling.clinic import MinuteSpan


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
