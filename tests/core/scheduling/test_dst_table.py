"""The table of docs/time.md: 12 zones, every change of clocks from 2026 to 2036, nothing wrong.

Each row is generated. Around every change three local dates are asked for, in a clinic that never closes, in one with
office hours and in one with a night shift; the offer is compared with a clock that was walked minute by minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from booking.core.scheduling.intervals import from_minutes
from booking.core.scheduling.local_time import day_span
from tests.core.scheduling.clock_walk import (
    FIRST_YEAR,
    STEP,
    ZONES,
    change_dates,
    days_looked_at,
    minutes_of,
    utc_minutes,
    walk,
)
from tests.core.scheduling.wall_clock_cases import (
    WallCase,
    must_be_offered,
    offered,
    offered_by_local_arithmetic,
    wrong,
)

ALWAYS, OFFICE, NIGHT = ((0, 1440),), ((540, 720), (780, 1020)), ((1320, 1800),)
LONG_BEFORE = from_minutes(utc_minutes(date(FIRST_YEAR - 1, 1, 1)))
# Hours of the local days on which clocks change; () where they stand still.
LENGTHS = {
    "Africa/Cairo": (23, 25),
    "Africa/Casablanca": (23, 25),
    "America/New_York": (23, 25),
    "America/Santiago": (23, 25),
    "America/Sao_Paulo": (),
    "America/St_Johns": (23, 25),
    "Asia/Kolkata": (),
    "Asia/Tehran": (),
    "Australia/Lord_Howe": (23.5, 24.5),
    "Europe/London": (23, 25),
    "Pacific/Auckland": (23, 25),
    "Pacific/Chatham": (23, 25),
}


@pytest.fixture(scope="module", params=ZONES)
def zone(request: pytest.FixtureRequest) -> str:
    """All tests of one zone follow each other, so that each walk is done once."""
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def _clock_of_apia(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The computer itself stands in a zone of its own, a day ahead of half of the others."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Pacific/Apia")
        time.tzset()
        yield
    time.tzset()


def table_of(zone: str, spans: tuple[tuple[int, int], ...], minutes: int = 30) -> list[WallCase]:
    """One case for each change of the zone: visits of so many minutes, on a grid as wide."""
    return [WallCase(zone, near, spans, minutes, minutes, LONG_BEFORE) for near in days_looked_at(zone)]


def test_nothing_is_wrong_around_any_change(zone: str) -> None:
    cases = [case for spans in (ALWAYS, OFFICE, NIGHT) for case in table_of(zone, spans)]
    assert len(cases) >= 3 * 2 * 11
    assert wrong(cases, offered) == []


def test_local_days_are_as_long_as_the_walk(zone: str) -> None:
    lengths = set()
    for near in days_looked_at(zone):
        for on in (near - timedelta(days=1), near, near + timedelta(days=1)):
            minutes = minutes_of(zone, near, on)
            assert day_span(on, ZoneInfo(zone)) == (minutes[0].minute, minutes[-1].minute + STEP)
            lengths.add(len(minutes) * STEP / 60)
    assert lengths - {24} == set(LENGTHS[zone])


def test_a_missing_hour_is_never_offered_and_a_repeated_one_twice(zone: str) -> None:
    """Read off the walk: how often the wall showed a minute is how often it is offered."""
    for case in table_of(zone, ALWAYS, minutes=15):
        shown = [one.wall for one in walk(zone, case.near) if one.on in case.asked and one.wall % 15 == 0]
        ticks = {one.minute: one.wall for one in walk(zone, case.near)}
        assert [ticks[starts] for starts in offered(case)] == shown
        jumps = {(after - before) % 1440 for before, after in pairwise(shown)} - {15}
        assert len(jumps) == bool(LENGTHS[zone])


def test_lengths_added_in_local_time_are_found_out(zone: str) -> None:
    assert bool(wrong(table_of(zone, ALWAYS), offered_by_local_arithmetic)) == bool(LENGTHS[zone])
    assert wrong(table_of(zone, OFFICE), offered_by_local_arithmetic) == []


def test_clocks_change_twice_a_year_or_never(zone: str) -> None:
    assert (len(change_dates(zone)) >= 2 * 11 - 1) == bool(LENGTHS[zone])
    assert must_be_offered(table_of(zone, OFFICE)[0]) != []
