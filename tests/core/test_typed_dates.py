"""Dates as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from booking.core.typed_dates import find_dates, wanted_date_or_none

BIRTHDAY = date(1980, 5, 17)
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "text",
    [
        "17.5.1980", "17.05.1980", "5/17/1980", "05/17/1980", "17/5/1980", "1980-05-17", "1980/5/17", "17-05-1980",
        "17 5 1980", "17 May 1980", "17 may 1980", "17th of May 1980", "May 17, 1980", "May 17 1980", "17-May-1980",
    ],
)  # fmt: skip
def test_a_birth_date_is_read_in_any_common_form(text: str) -> None:
    assert find_dates(text) == ((BIRTHDAY,), "")


@pytest.mark.parametrize(("text", "first"), [("5/6/1980", date(1980, 5, 6)), ("5.6.1980", date(1980, 6, 5))])
def test_slashes_mean_month_first_and_both_readings_are_given(text: str, first: date) -> None:
    readings, _ = find_dates(text)
    assert readings[0] == first
    assert set(readings) == {date(1980, 5, 6), date(1980, 6, 5)}


def test_two_digits_of_a_year_are_read_in_both_centuries() -> None:
    assert find_dates("17.5.80") == ((date(1980, 5, 17), date(2080, 5, 17)), "")


def test_what_stands_beside_a_date_is_left() -> None:
    assert find_dates("alvarez 17.5.1980 ana") == ((BIRTHDAY,), "alvarez   ana")


@pytest.mark.parametrize(
    "text", ["", "alvarez", "555-0142", "(904) 555-0142", "31.2.1980", "17051980", "Maya 17 1980", "1/1/1700", "5/1980"]
)
def test_what_is_no_date_is_left_alone(text: str) -> None:
    assert find_dates(text) == ((), text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("today", TODAY), ("Tomorrow", date(2026, 11, 24)), ("yesterday", date(2026, 11, 22)),
        ("+2w", date(2026, 12, 7)), ("+3", date(2026, 11, 26)), ("- 1d", date(2026, 11, 22)),
        ("24.11.", date(2026, 11, 24)), ("24 Nov", date(2026, 11, 24)),
        ("nov 24", date(2026, 11, 24)), ("11/24", date(2026, 11, 24)), ("24/11", date(2026, 11, 24)),
        ("2.1.", date(2027, 1, 2)), ("24.11.26", date(2026, 11, 24)), ("24 November 2027", date(2027, 11, 24)),
        ("29 Feb", date(2028, 2, 29)),
    ],
)  # fmt: skip
def test_the_day_to_go_to(text: str, wanted: date) -> None:
    today = date(2027, 6, 1) if text == "29 Feb" else TODAY
    assert wanted_date_or_none(text, today) == wanted


@pytest.mark.parametrize("text", ["", "soon", "31.2.", "24.11.2026 or later", "+1y", "99 Nov"])
def test_what_is_no_day_leads_nowhere(text: str) -> None:
    assert wanted_date_or_none(text, TODAY) is None
