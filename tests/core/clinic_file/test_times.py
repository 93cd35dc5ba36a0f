"""Spans, lengths and collisions of weekly hours."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.clinic_file.plan import WeeklyHoursPlan
from booking.core.clinic_file.times import (
    hours_collide,
    length_or_none,
    span_or_none,
    spans_overlap,
    written_length,
    written_span,
)
from booking.core.scheduling.clinic import MinuteSpan

ZONES = {"york": ZoneInfo("America/New_York"), "chicago": ZoneInfo("America/Chicago")}


@pytest.mark.parametrize(
    ("text", "starts", "ends"),
    [
        ("09:00-17:00", 540, 1020),
        ("00:00-24:00", 0, 1440),
        ("20:00-+06:00", 1200, 1800),
        ("23:59-+24:00", 1439, 2880),
        ("00:00-+00:00", 0, 1440),
        (" 09:00 – 12:30 ", 540, 750),
        ("17:00-09:00", 1020, 540),
    ],
)
def test_a_span_of_hours_is_read_in_minutes_of_its_day(text: str, starts: int, ends: int) -> None:
    assert span_or_none(text) == MinuteSpan(starts, ends)


@pytest.mark.parametrize(
    "text", ["", "09:00", "9:00-17:00", "09:00-17:60", "09:00-24:01", "24:00-+01:00", "09:00-++01:00", "+09:00-+10:00"]
)
def test_other_text_is_no_span(text: str) -> None:
    assert span_or_none(text) is None


@given(st.integers(0, 1439), st.integers(1, 1441))
def test_a_written_span_is_read_as_it_was(starts: int, minutes: int) -> None:
    span = MinuteSpan(starts, starts + minutes)

    assert span_or_none(written_span(span)) == span


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90 minutes", 90), ("1 minute", 1), ("2 hours", 120), ("1 day", 1440), ("2 weeks", 20160), ("0 hours", 0)],
)
def test_a_length_is_a_number_with_its_unit(text: str, minutes: int) -> None:
    assert length_or_none(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "2", "hours", "-1 hours", "1.5 hours", "2 months", "2hours"])
def test_other_text_is_no_length(text: str) -> None:
    assert length_or_none(text) is None


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "0 minutes"), (1, "1 minute"), (90, "90 minutes"), (60, "1 hour"), (2880, "2 days"), (10080, "1 week")],
)
def test_a_length_is_written_in_its_largest_whole_unit(minutes: int, text: str) -> None:
    assert written_length(timedelta(minutes=minutes)) == text


@given(st.integers(0, 366 * 1440))
def test_a_written_length_is_read_as_it_was(minutes: int) -> None:
    assert length_or_none(written_length(timedelta(minutes=minutes))) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("starts", "ends", "is_overlap"),
    [(0, 10, False), (0, 11, True), (10, 20, True), (12, 15, True), (5, 25, True), (19, 30, True), (20, 30, False)],
    ids=["touching before", "into", "equal", "inside", "around", "out of", "touching after"],
)
def test_touching_is_not_overlapping(starts: int, ends: int, is_overlap: bool) -> None:
    assert spans_overlap(MinuteSpan(10, 20), MinuteSpan(starts, ends)) is is_overlap


def hours(
    place: str, weekday: int, starts: int, ends: int, *, months: tuple[int, int] | None = None
) -> WeeklyHoursPlan:
    """Hours of a weekday between full hours, in 2026 from and to the first of the months."""
    valid_from, valid_to = (date(2026, month, 1) for month in months) if months else (None, None)
    return WeeklyHoursPlan(place, weekday, MinuteSpan(starts * 60, ends * 60), valid_from, valid_to)


COLLISIONS = {
    "same hours": (hours("york", 0, 9, 12), hours("york", 0, 9, 12), True),
    "touching": (hours("york", 0, 9, 12), hours("york", 0, 12, 15), False),
    "other day": (hours("york", 0, 9, 12), hours("york", 1, 9, 12), False),
    "night into the next day": (hours("york", 0, 20, 30), hours("york", 1, 5, 9), True),
    "night over the end of the week": (hours("york", 6, 20, 30), hours("york", 0, 5, 9), True),
    "night that ends in time": (hours("york", 6, 20, 30), hours("york", 0, 6, 9), False),
    "other location, same hour": (hours("york", 0, 9, 12), hours("chicago", 0, 11, 12), False),
    "other location, hour ahead": (hours("york", 0, 9, 12), hours("chicago", 0, 10, 12), True),
    "location without a known zone": (hours("nowhere", 0, 9, 12), hours("nowhere", 0, 11, 12), True),
    "validity apart": (hours("york", 0, 9, 12, months=(1, 3)), hours("york", 0, 9, 12, months=(4, 6)), False),
    "validity shares a day": (hours("york", 0, 9, 12, months=(1, 3)), hours("york", 0, 9, 12, months=(3, 6)), True),
    "validity open": (hours("york", 0, 9, 12, months=(1, 3)), hours("york", 0, 9, 12), True),
}


@pytest.mark.parametrize(("first", "second", "is_collision"), COLLISIONS.values(), ids=COLLISIONS.keys())
def test_weekly_hours_collide_when_they_claim_the_same_instant(
    first: WeeklyHoursPlan, second: WeeklyHoursPlan, is_collision: bool
) -> None:
    assert hours_collide(first, second, ZONES) is is_collision
    assert hours_collide(second, first, ZONES) is is_collision
