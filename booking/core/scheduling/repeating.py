"""The same time of day again and again: the starts of a row of visits."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from booking.core.scheduling.local_time import DAY, date_of_day, day_number, instant_of, local_date_of, offset_at


def repeated_starts(first: int, tz: ZoneInfo, *, every_days: int, count: int) -> list[int]:
    """`count` starts in UTC minutes, the first of them `first`, each at the same wall-clock time of its local date.

    A time in a missing hour moves on by the gap. Raises ValueError when `every_days` or `count` is not positive.
    """
    if every_days < 1 or count < 1:
        raise ValueError("a row of visits goes on, and has at least one")
    day = day_number(local_date_of(first, tz))
    minute = (first + offset_at(first, tz)) % DAY
    later = (instant_of(date_of_day(day + every_days * number), minute, tz) for number in range(1, count))
    return [first, *later]
