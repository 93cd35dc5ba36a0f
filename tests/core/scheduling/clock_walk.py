"""The wall clock of a zone, walked minute by minute of UTC with `zoneinfo`: what the engine's time is measured with.

It shares nothing with the engine: no offset is kept, no edge is computed. Whatever the clock on the wall showed is read
off it, once for each minute around a change; in the short form (`TORTURE` is not "long") for each fifth minute.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Auckland",
    "Pacific/Chatham",
)
FIRST_YEAR, LAST_YEAR = 2026, 2036
IS_LONG = os.environ.get("TORTURE") == "long"
# All hours, visits and grids of these tests are multiples of five minutes, and so are all changes of clocks.
STEP = 1 if IS_LONG else 5
# Zones whose clocks stand still are looked at on the days on which others change.
QUIET_DAYS = tuple(
    date(year, month, day) for year in range(FIRST_YEAR, LAST_YEAR + 1) for month, day in ((3, 29), (10, 25))
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Tick(NamedTuple):
    """One minute: since 1970 in UTC, and the date and minute of the day on the wall."""

    minute: int
    on: date
    wall: int


def tick(minute: int, tz: ZoneInfo) -> Tick:
    local = datetime.fromtimestamp(minute * 60, tz)
    return Tick(minute, local.date(), local.hour * 60 + local.minute)


def utc_minutes(on: date) -> int:
    """Minutes from 1970 to 00:00 UTC of the date."""
    return (on - _EPOCH.date()).days * 1440


@cache
def change_dates(zone: str) -> tuple[date, ...]:
    """UTC dates from 2026 to 2036 within which the wall clock of the zone jumps."""
    tz, on, found = ZoneInfo(zone), date(FIRST_YEAR, 1, 1), []
    shown = [tick(utc_minutes(on), tz)]
    while on.year <= LAST_YEAR:
        shown.append(tick(utc_minutes(on + timedelta(days=1)), tz))
        if shown[-1].wall != shown[-2].wall:
            found.append(on)
        on += timedelta(days=1)
    return tuple(found)


def days_looked_at(zone: str) -> tuple[date, ...]:
    """The dates of the zone's changes; where there are none, the quiet days."""
    return change_dates(zone) or QUIET_DAYS


@lru_cache(maxsize=64)
def walk(zone: str, near: date) -> tuple[Tick, ...]:
    """The minutes of the local dates from two days before `near` to three days after it, and some more."""
    tz, first = ZoneInfo(zone), utc_minutes(near)
    return tuple(tick(minute, tz) for minute in range(first - 62 * 60, first + 86 * 60, STEP))


@lru_cache(maxsize=64)
def first_shown(zone: str, near: date) -> dict[tuple[date, int], int]:
    """(date, minute of the day) → the first UTC minute at which the wall clock showed it; missing ones are missing."""
    shown: dict[tuple[date, int], int] = {}
    for one in walk(zone, near):
        shown.setdefault((one.on, one.wall), one.minute)
    return shown


def edge(zone: str, near: date, on: date, minute: int) -> int:
    """The UTC minute of a wall-clock time: the first of a repeated one; a missing one as long after the gap's start as
    it would have been."""
    shown = first_shown(zone, near)
    midnight = on + timedelta(days=minute // 1440)
    for back in range(240):
        total = minute % 1440 - back
        key = (midnight, total) if total >= 0 else (midnight - timedelta(days=1), total + 1440)
        if key in shown:
            return shown[key] + back
    raise LookupError(f"{zone} {on} {minute}")


def minutes_of(zone: str, near: date, on: date) -> list[Tick]:
    """The minutes of one local date, in order."""
    return [one for one in walk(zone, near) if one.on == on]
