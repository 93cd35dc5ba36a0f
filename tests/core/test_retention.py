"""From when on a record need not be kept."""

from __future__ import annotations

from datetime import date

import pytest

from booking.core.retention import Retention, record_ends_on, years_after

TEN = Retention(record_years=10)


@pytest.mark.parametrize(
    ("born_on", "last_visit_on", "expected"),
    [
        (date(1970, 5, 1), date(2026, 3, 9), date(2036, 3, 9)),
        (date(2015, 5, 1), date(2026, 3, 9), date(2043, 5, 1)),
        (date(2008, 3, 9), date(2026, 3, 9), date(2036, 3, 9)),
        (date(1970, 5, 1), date(2028, 2, 29), date(2038, 3, 1)),
        (date(1970, 5, 1), None, None),
    ],
    ids=["adult", "child", "18 today", "leap day", "no visit"],
)
def test_a_record_is_kept_for_years_after_the_last_visit_and_childhood(
    born_on: date, last_visit_on: date | None, expected: date | None
) -> None:
    assert record_ends_on(born_on=born_on, last_visit_on=last_visit_on, retention=TEN) == expected


def test_a_leap_day_meets_another_leap_day() -> None:
    assert years_after(date(2024, 2, 29), 4) == date(2028, 2, 29)
