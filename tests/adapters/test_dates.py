"""Instants in words: the clinic's wall clock, weekday and month spelt out, the zone named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.adapters import dates

NEW_YORK = ZoneInfo("America/New_York")
NINE = datetime(2026, 3, 9, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "Monday 9 March 2026 at 9:00 am"),
        ("en_GB", "Monday 9 March 2026 at 9:00 am"),
        ("fr_CA", "lundi 9 mars 2026, 09 h 00"),
        ("de", "Montag, 9. März 2026, 09:00"),
    ],
)
def test_day_and_time(locale: str, expected: str) -> None:
    assert dates.day_and_time(NINE, NEW_YORK, locale) == expected


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        pytest.param("2026-03-08T06:59", "Sunday 8 March 2026 at 1:59 am", id="before-the-gap"),
        pytest.param("2026-03-08T07:00", "Sunday 8 March 2026 at 3:00 am", id="after-the-gap"),
        pytest.param("2026-11-01T05:30", "Sunday 1 November 2026 at 1:30 am", id="first-of-two"),
        pytest.param("2026-11-01T06:30", "Sunday 1 November 2026 at 1:30 am", id="second-of-two"),
        pytest.param("2026-03-09T04:00", "Monday 9 March 2026 at 12:00 am", id="midnight"),
        pytest.param("2026-03-09T16:05", "Monday 9 March 2026 at 12:05 pm", id="noon"),
    ],
)
def test_both_changes_of_the_clock_midnight_and_noon(instant: str, expected: str) -> None:
    assert dates.day_and_time(datetime.fromisoformat(instant).replace(tzinfo=UTC), NEW_YORK, "en") == expected


def test_parts_of_a_date() -> None:
    assert dates.day_only(NINE, NEW_YORK, "en") == "Monday 9 March 2026"
    assert dates.short_day(NINE, NEW_YORK, "en") == "Mon 9 Mar"
    assert dates.time_only(NINE, NEW_YORK, "en") == "9:00 am"
    assert dates.date_text(date(2026, 3, 9), "en") == "Monday 9 March 2026"
    assert dates.short_date_text(date(2026, 3, 9), "fr_CA") == "lun. 9 mars"


@pytest.mark.parametrize(
    ("tz_name", "locale", "expected"),
    [
        ("America/Toronto", "en", "Toronto (EDT)"),
        ("America/Toronto", "fr_CA", "Toronto (HAE)"),
        ("America/New_York", "es", "Nueva York (EDT)"),
        ("Europe/Berlin", "en", "Berlin (CET)"),
        ("America/Argentina/Buenos_Aires", "en", "Buenos Aires (UTC-03:00)"),
        ("UTC", "en", "UTC"),
        ("Etc/UTC", "fr_CA", "UTC"),
    ],
)
def test_the_zone_is_named_by_city_and_short_name(tz_name: str, locale: str, expected: str) -> None:
    assert dates.zone_label(ZoneInfo(tz_name), NINE, locale) == expected


def test_the_short_name_is_the_one_in_force() -> None:
    assert dates.zone_label(NEW_YORK, NINE - timedelta(days=30), "en") == "New York (EST)"


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(1.5, "9:00 am – 10:30 am"), (4, "9:00 am – 1:00 pm"), (16, "9:00 am – Tue 10 Mar, 1:00 am")],
)
def test_spans(hours: float, expected: str) -> None:
    assert dates.span_text(NINE, NINE + timedelta(hours=hours), NEW_YORK, "en") == expected


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(minutes=10), "10 minutes"),
        (timedelta(hours=1), "60 minutes"),
        (timedelta(hours=24), "24 hours"),
        (timedelta(days=3), "3 days"),
    ],
)
def test_lengths(length: timedelta, expected: str) -> None:
    assert dates.length_text(length, "en") == expected


@pytest.mark.parametrize("locale", ["en", "en_CA", "fr", "fr_CA", "es", "de", "pt_BR", "pl"])
def test_no_odd_space_is_left(locale: str) -> None:
    words = [
        dates.day_and_time(NINE, NEW_YORK, locale),
        dates.short_day(NINE, NEW_YORK, locale),
        dates.span_text(NINE, NINE + timedelta(hours=20), NEW_YORK, locale),
        dates.length_text(timedelta(hours=24), locale),
    ]
    assert not [char for char in "".join(words) if char in "\u202f\xa0\u2009"]


def test_short_forms_for_the_desk() -> None:
    assert (dates.board_time(NINE, NEW_YORK, "en"), dates.board_time(NINE, NEW_YORK, "de")) == ("9:00", "09:00")
    assert (dates.hour_text(0, "en"), dates.hour_text(13, "en"), dates.hour_text(13, "de")) == (
        "12 am",
        "1 pm",
        "13:00",
    )
    assert dates.birth_date_text(date(1980, 5, 17), "en") == "17 May 1980"
    assert dates.birth_date_text(date(1980, 5, 17), "de") == "17. Mai 1980"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (1, "Tuesday the 1st of September at 9:00 am"),
        (2, "Wednesday the 2nd of September at 9:00 am"),
        (3, "Thursday the 3rd of September at 9:00 am"),
        (11, "Friday the 11th of September at 9:00 am"),
        (13, "Sunday the 13th of September at 9:00 am"),
        (22, "Tuesday the 22nd of September at 9:00 am"),
        (24, "Thursday the 24th of September at 9:00 am"),
    ],
)
def test_a_time_to_be_read_aloud(day: int, expected: str) -> None:
    instant = datetime(2026, 9, day, 13, tzinfo=UTC)
    assert dates.spoken_time(instant, NEW_YORK, "en", today=date(2026, 8, 31)) == expected
    this_month = dates.spoken_time(instant, NEW_YORK, "en", today=date(2026, 9, 30))
    assert this_month == expected.replace(" of September", "")
    last_year = dates.spoken_time(instant, NEW_YORK, "en", today=date(2025, 9, 30))
    assert last_year == expected


def test_a_time_to_be_read_aloud_in_another_language_is_written_out() -> None:
    assert dates.spoken_time(NINE, NEW_YORK, "de", today=date(2026, 3, 1)) == "Montag, 9. März 2026, 09:00"
