"""Rows of visits keep their time on the wall clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from booking.core.scheduling.intervals import from_minutes
from booking.core.scheduling.repeating import repeated_starts
from tests.core.scheduling.clinics import at

NEW_YORK = ZoneInfo("America/New_York")


def local(starts: list[int]) -> list[datetime]:
    return [from_minutes(start).astimezone(NEW_YORK).replace(tzinfo=None) for start in starts]


def test_weeks_keep_their_hour_over_a_change_of_clocks() -> None:
    starts = repeated_starts(at("2026-10-26T13:00"), NEW_YORK, every_days=7, count=3)
    assert local(starts) == [datetime(2026, 10, 26, 9), datetime(2026, 11, 2, 9), datetime(2026, 11, 9, 9)]  # noqa: DTZ001 - wall clock.


def test_a_missing_hour_moves_on_and_a_repeated_first_one_is_kept() -> None:
    [_, second] = repeated_starts(at("2026-03-07T07:30"), NEW_YORK, every_days=1, count=2)
    assert second == at("2026-03-08T07:30")
    assert repeated_starts(at("2026-11-01T06:30"), NEW_YORK, every_days=1, count=1) == [at("2026-11-01T06:30")]


@pytest.mark.parametrize(("every_days", "count"), [(0, 2), (7, 0)])
def test_a_row_that_stands_still_is_refused(every_days: int, count: int) -> None:
    with pytest.raises(ValueError, match="a row of visits"):
        repeated_starts(at("2026-11-02T14:00"), NEW_YORK, every_days=every_days, count=count)
