"""How the clinic file writes spans of hours, days of the week and lengths of time; when weekly hours collide."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.core.clinic_file.plan import WeeklyHoursPlan
from booking.core.scheduling.clinic import MinuteSpan

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_DAY = 24 * 60
_MINUTES_OF_WEEK = 7 * MINUTES_OF_DAY
_SPAN = re.compile(r"(\d\d):(\d\d)\s*[-–]\s*(\+?)(\d\d):(\d\d)", re.ASCII)
_LENGTH = re.compile(r"(\d{1,6})\s+(minute|hour|day|week)s?", re.ASCII)
_UNIT_MINUTES = {"week": 7 * MINUTES_OF_DAY, "day": MINUTES_OF_DAY, "hour": 60, "minute": 1}
# A winter and a summer instant: two zones that agree on both never differ in a way that moves opening hours.
_SEASONS = (datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC))


def span_or_none(text: str) -> MinuteSpan | None:
    """`09:00-17:00`, `13:00-24:00` or `20:00-+06:00` (next day) as minutes; None when it is no such text.

    The end may lie before the start: whether a span goes backwards is another question, with another answer.
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        return None
    starts = _minute(match[1], match[2])
    ends = _minute(match[4], match[5])
    if starts is None or ends is None or starts == MINUTES_OF_DAY:
        return None
    return MinuteSpan(starts, ends + (MINUTES_OF_DAY if match[3] else 0))


def written_span(span: MinuteSpan) -> str:
    """The span as the clinic file writes it."""
    later = span.ends - MINUTES_OF_DAY
    ends = f"+{_clock(later)}" if later > 0 else _clock(span.ends)
    return f"{_clock(span.starts)}-{ends}"


def length_or_none(text: str) -> timedelta | None:
    """`90 minutes`, `2 hours`, `1 day` or `3 weeks` of elapsed time; None when it is no such text."""
    match = _LENGTH.fullmatch(text.strip())
    return timedelta(minutes=int(match[1]) * _UNIT_MINUTES[match[2]]) if match else None


def written_length(length: timedelta) -> str:
    """A length of whole minutes in its largest whole unit: `2 hours`, `1 day`, `0 minutes`."""
    minutes = length // timedelta(minutes=1)
    unit = next(u for u, size in _UNIT_MINUTES.items() if minutes % size == 0 and (minutes or u == "minute"))
    count = minutes // _UNIT_MINUTES[unit]
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def spans_overlap(first: MinuteSpan, second: MinuteSpan) -> bool:
    """Whether two spans of one date share time; touching is not overlapping."""
    return first.starts < second.ends and second.starts < first.ends


def hours_collide(first: WeeklyHoursPlan, second: WeeklyHoursPlan, zones: Mapping[str, ZoneInfo]) -> bool:
    """Whether both weekly spans ever claim the same instant; `zones` by location code, where they are known.

    A person cannot work at two locations at once, so the two are compared across locations and their zones.
    """
    valid_from = max(first.valid_from or date.min, second.valid_from or date.min)
    valid_to = min(first.valid_to or date.max, second.valid_to or date.max)
    if valid_to < valid_from:
        return False
    return any(_collide_in_week(first, second, zones, season) for season in _SEASONS)


def _collide_in_week(
    first: WeeklyHoursPlan, second: WeeklyHoursPlan, zones: Mapping[str, ZoneInfo], season: datetime
) -> bool:
    one = _in_utc_week(first, zones.get(first.location), season)
    other = _in_utc_week(second, zones.get(second.location), season)
    turns = (-_MINUTES_OF_WEEK, 0, _MINUTES_OF_WEEK)
    return any(spans_overlap(one, MinuteSpan(other.starts + turn, other.ends + turn)) for turn in turns)


def _in_utc_week(hours: WeeklyHoursPlan, zone: ZoneInfo | None, season: datetime) -> MinuteSpan:
    """The span in minutes after Monday 00:00 UTC; it may reach out of the week on either side."""
    ahead = (season.astimezone(zone).utcoffset() if zone else None) or timedelta(0)
    moved = hours.weekday * MINUTES_OF_DAY - ahead // timedelta(minutes=1)
    return MinuteSpan(hours.span.starts + moved, hours.span.ends + moved)


def _minute(hours: str, minutes: str) -> int | None:
    """Minute of the day of a clock time from 00:00 to 24:00, else None."""
    found = int(hours) * 60 + int(minutes)
    return found if int(minutes) < 60 and found <= MINUTES_OF_DAY else None


def _clock(minute: int) -> str:
    return "24:00" if minute == MINUTES_OF_DAY else time(minute // 60, minute % 60).strftime("%H:%M")
