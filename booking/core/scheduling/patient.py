"""What one patient's own calendar says against a start: visits at the same time, too close together, too many.

Each limit is a bound that the search takes away from the starts and that the rule asks about one start, so that what
is offered and what is accepted cannot drift apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from booking.core.scheduling.clinic import Policy
from booking.core.scheduling.intervals import Span, merge, subtract
from booking.core.scheduling.local_time import date_of_day, date_spans, day_number

DaySpan = tuple[int, int]
"""`(first, last + 1)`: days since 1970-01-01, the end is not part of it."""


@dataclass(frozen=True, slots=True)
class PatientCalendar:
    """What a patient has booked already. A visit that is being changed is in neither.

    `busy` are the bare visits of all services in UTC minutes, in any order; `visit_dates` are the local dates of the
    visits to the service that is asked for, one for each visit.
    """

    busy: tuple[Span, ...] = ()
    visit_dates: tuple[date, ...] = ()


def free_starts(calendar: PatientCalendar, minutes: int, within: list[Span]) -> list[Span]:
    """Starts in `within` at which a visit of that length meets none of the patient's own; touching is no meeting."""
    return subtract(within, merge(calendar.busy), minutes - 1)


def dates_too_near(policy: Policy, calendar: PatientCalendar) -> list[DaySpan]:
    """The days that are fewer than `min_gap_days` from a visit of the patient to the service."""
    gap = policy.min_gap_days
    return merge((day - gap + 1, day + gap) for day in map(day_number, calendar.visit_dates))


def dates_over_limit(policy: Policy, calendar: PatientCalendar) -> list[DaySpan]:
    """The days on which one more visit would be one too many for some run of days of the limit.

    Only runs with the new visit count: where staff went over the limit already, days apart from that stay open.
    """
    limit = policy.visit_limit
    if limit is None:
        return []
    days = sorted(map(day_number, calendar.visit_dates))
    # The visits that fill a run by themselves follow each other: the first and the last of each `count` of them.
    full = zip(days, days[limit.count - 1 :], strict=False)
    return merge((last - limit.days + 1, first + limit.days) for first, last in full if last - first < limit.days)


def closes(spans: list[DaySpan], on: date) -> bool:
    """Whether one of `spans` holds the date."""
    day = day_number(on)
    return any(first <= day < after for first, after in spans)


def starts_left(
    policy: Policy, calendar: PatientCalendar, first_on: date, last_on: date, tz: ZoneInfo, within: list[Span]
) -> list[Span]:
    """Starts in `within`, of these local dates, that keep the patient's gap and limit."""
    low, high = day_number(first_on), day_number(last_on) + 1
    for first, after in merge(dates_too_near(policy, calendar) + dates_over_limit(policy, calendar)):
        if first < high and low < after:
            dates = (date_of_day(max(first, low)), date_of_day(min(after, high) - 1))
            within = subtract(within, date_spans(*dates, tz))
    return within
