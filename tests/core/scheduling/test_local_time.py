"""Wall clock and instants over changes of clocks, in zones that change by an hour, by half an hour, and at midnight."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.scheduling.intervals import from_minutes
from booking.core.scheduling.local_time import (
    day_span,
    grid_runs,
    grid_starts,
    instant_of,
    local_date_of,
    offset_at,
)
from tests.core.scheduling.clinics import at

ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Chatham",
)


@pytest.mark.parametrize(
    ("zone", "on", "minute", "expected"),
    [
        pytest.param("Europe/Berlin", date(2026, 7, 1), 540, "2026-07-01T07:00", id="summer"),
        pytest.param("Europe/Berlin", date(2026, 12, 1), 540, "2026-12-01T08:00", id="winter"),
        pytest.param("Europe/Berlin", date(2026, 7, 1), 1440, "2026-07-01T22:00", id="24:00 is the next midnight"),
        pytest.param("Europe/Berlin", date(2026, 7, 1), 2880, "2026-07-02T22:00", id="end of the next day"),
        pytest.param("America/New_York", date(2026, 3, 8), 150, "2026-03-08T07:30", id="missing moves on by the gap"),
        pytest.param("America/New_York", date(2026, 3, 8), 180, "2026-03-08T07:00", id="end of the missing hour"),
        pytest.param("America/New_York", date(2026, 11, 1), 90, "2026-11-01T05:30", id="of a repeated hour the first"),
        pytest.param("America/New_York", date(2026, 11, 1), 120, "2026-11-01T07:00", id="after the repeated hour"),
        pytest.param("America/New_York", date(2026, 3, 7), 1440 + 150, "2026-03-08T07:30", id="missing, night before"),
        pytest.param("Australia/Lord_Howe", date(2026, 10, 4), 135, "2026-10-03T15:45", id="missing half hour"),
        pytest.param("Australia/Lord_Howe", date(2026, 4, 5), 105, "2026-04-04T14:45", id="repeated half hour"),
        pytest.param("Africa/Cairo", date(2026, 4, 24), 0, "2026-04-23T22:00", id="a day without midnight"),
        pytest.param("America/Havana", date(2026, 11, 1), 0, "2026-11-01T04:00", id="a day with two midnights"),
    ],
)
def test_a_wall_clock_time_becomes_one_instant(zone: str, on: date, minute: int, expected: str) -> None:
    assert from_minutes(instant_of(on, minute, ZoneInfo(zone))) == from_minutes(at(expected))


@pytest.mark.parametrize(
    ("zone", "on", "length"),
    [
        ("Europe/Berlin", date(2026, 3, 28), 1440),
        ("Europe/Berlin", date(2026, 3, 29), 1380),
        ("Europe/Berlin", date(2026, 10, 25), 1500),
        ("Australia/Lord_Howe", date(2026, 10, 4), 1410),
        ("Australia/Lord_Howe", date(2026, 4, 5), 1470),
        ("America/Santiago", date(2026, 9, 6), 1380),
        ("America/Santiago", date(2026, 4, 4), 1500),
    ],
)
def test_local_days_have_the_length_that_the_zone_gives_them(zone: str, on: date, length: int) -> None:
    starts, ends = day_span(on, ZoneInfo(zone))
    assert ends - starts == length


@pytest.mark.parametrize("zone", ZONES)
@given(minute=st.integers(at("2026-01-01T00:00"), at("2036-12-31T00:00")))
def test_minutes_have_the_offset_and_date_of_their_zone(zone: str, minute: int) -> None:
    tz = ZoneInfo(zone)
    local = from_minutes(minute).astimezone(tz)
    assert (timedelta(minutes=offset_at(minute, tz)), local_date_of(minute, tz)) == (local.utcoffset(), local.date())


def grid_by_hand(first_on: date, last_on: date, tz: ZoneInfo, grid: int) -> list[int]:
    """Every UTC minute of those local dates whose wall-clock minute of the day is a multiple of the grid."""
    low = at(f"{first_on - timedelta(days=2)}T00:00")
    high = at(f"{last_on + timedelta(days=3)}T00:00")
    walls = ((m, from_minutes(m).astimezone(tz)) for m in range(low, high))
    return [m for m, w in walls if first_on <= w.date() <= last_on and (w.hour * 60 + w.minute) % grid == 0]


def grid_of(first_on: date, last_on: date, tz: ZoneInfo, grid: int) -> list[int]:
    runs = grid_runs(first_on, last_on, tz, grid)
    return grid_starts([(runs[0][0], runs[-1][1])], runs, grid)


@pytest.mark.parametrize("grid", [7, 15, 45, 60])
@pytest.mark.parametrize(
    ("zone", "on"),
    [
        ("Africa/Cairo", date(2026, 4, 24)),
        ("Africa/Casablanca", date(2026, 2, 15)),
        ("America/Havana", date(2026, 11, 1)),
        ("America/Nuuk", date(2026, 3, 28)),
        ("America/Santiago", date(2026, 4, 4)),
        ("Asia/Kathmandu", date(2026, 5, 1)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("Pacific/Chatham", date(2026, 9, 27)),
    ],
)
def test_the_grid_is_read_off_the_wall_clock(zone: str, on: date, grid: int) -> None:
    tz, last_on = ZoneInfo(zone), on + timedelta(days=1)
    assert grid_of(on, last_on, tz, grid) == grid_by_hand(on, last_on, tz, grid)


def walls_of(on: date, zone: str, grid: int) -> list[str]:
    tz = ZoneInfo(zone)
    return [from_minutes(m).astimezone(tz).strftime("%H:%M") for m in grid_of(on, on, tz, grid)]


@pytest.mark.parametrize(
    ("zone", "on", "expected"),
    [
        ("Europe/Berlin", date(2026, 3, 29), ["01:00", "01:30", "03:00", "03:30"]),
        ("Europe/Berlin", date(2026, 10, 25), ["01:30", "02:00", "02:30", "02:00"]),
        ("Australia/Lord_Howe", date(2026, 4, 5), ["01:00", "01:30", "01:30", "02:00"]),
        ("Australia/Lord_Howe", date(2026, 10, 4), ["01:00", "01:30", "02:30", "03:00"]),
    ],
)
def test_a_missing_hour_is_never_offered_and_a_repeated_one_twice(zone: str, on: date, expected: list[str]) -> None:
    walls = walls_of(on, zone, 30)
    first = walls.index(expected[0])
    assert walls[first : first + 4] == expected


def test_a_long_time_with_one_offset_is_one_run_of_the_grid() -> None:
    assert len(grid_runs(date(2026, 5, 1), date(2026, 9, 1), ZoneInfo("Europe/Berlin"), 15)) == 1
