"""Changes of a calendar as values: what is left of the old hours, repetitions, whole days, stretches of hours."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.core.scheduling.block_rows import open_lanes
from booking.core.scheduling.calendar_change import (
    MOST_REPEATS,
    WeekChange,
    colliding_hours,
    left_of,
    periods,
    replaced_later,
    weekly_spans,
    whole_days,
)
from booking.core.scheduling.clinic import Location, MinuteSpan, Resource, ResourceKind, WeeklyHours
from booking.core.scheduling.hits import bare_span
from booking.core.scheduling.intervals import from_minutes

D = date
NEW_YORK, CHICAGO = ZoneInfo("America/New_York"), ZoneInfo("America/Chicago")
MORNING, AFTERNOON = MinuteSpan(540, 720), MinuteSpan(780, 1020)
FROM, UNTIL = D(2026, 12, 7), D(2026, 12, 20)
DAY = timedelta(days=1)


def hours(
    valid_from: date | None = None, valid_to: date | None = None, *, span: MinuteSpan = MORNING, location_id: int = 1
) -> WeeklyHours:
    return WeeklyHours(location_id, 0, span, valid_from, valid_to)


def resource(*weekly: WeeklyHours) -> Resource:
    return Resource(1, "x", "x", ResourceKind.SPECIALIST, "X", weekly_hours=weekly)


def change(until_on: date | None = None, *spans: MinuteSpan) -> WeekChange:
    return WeekChange(1, 1, (spans, *([()] * 6)), FROM, until_on)


@pytest.mark.parametrize(
    ("valid", "until_on", "left"),
    [
        ((None, None), None, [(None, FROM - DAY)]),
        ((None, FROM - DAY), None, [(None, FROM - DAY)]),
        ((None, FROM), None, [(None, FROM - DAY)]),
        ((FROM, None), None, []),
        ((None, None), UNTIL, [(None, FROM - DAY), (UNTIL + DAY, None)]),
        ((FROM, UNTIL), UNTIL, []),
        ((FROM, UNTIL + DAY), UNTIL, [(UNTIL + DAY, UNTIL + DAY)]),
        ((UNTIL + DAY, None), UNTIL, [(UNTIL + DAY, None)]),
        ((UNTIL, None), UNTIL, [(UNTIL + DAY, None)]),
        ((UNTIL + DAY, None), None, []),
    ],
)
def test_old_hours_keep_the_days_around_the_change(
    valid: tuple[date | None, date | None], until_on: date | None, left: list[tuple[date | None, date | None]]
) -> None:
    assert [(piece.valid_from, piece.valid_to) for piece in left_of(hours(*valid), change(until_on))] == left


def test_hours_planned_for_later_are_named() -> None:
    later = resource(hours(), hours(UNTIL, None), hours(UNTIL + DAY, None, location_id=2), hours(FROM, None))
    assert replaced_later(later, change()) == (UNTIL,)
    assert replaced_later(later, change(FROM + DAY)) == ()


def test_stretches_begin_with_today_and_name_their_days() -> None:
    found = periods(
        resource(hours(None, FROM - DAY), hours(FROM, UNTIL, span=AFTERNOON), hours(location_id=2)), 1, FROM - 9 * DAY
    )
    assert [(first, last, week[0]) for first, last, week in found] == [
        (None, FROM - DAY, (MORNING,)),
        (FROM, UNTIL, (AFTERNOON,)),
    ]


def test_stretches_with_the_same_hours_are_one() -> None:
    found = periods(resource(hours(None, FROM - DAY), hours(FROM, None)), 1, FROM - 9 * DAY)
    assert [(first, last) for first, last, _ in found] == [(None, None)]


def test_without_hours_there_is_no_stretch() -> None:
    assert periods(resource(hours(None, FROM)), 1, UNTIL) == []


def test_a_gap_between_hours_is_a_stretch_of_its_own() -> None:
    found = periods(resource(hours(None, FROM), hours(UNTIL, None)), 1, FROM)
    assert [(first, any(week)) for first, _, week in found] == [(None, True), (FROM + DAY, False), (UNTIL, True)]


def place(number: int, zone: str) -> Location:
    return Location(number, "x", f"place-{number}", "", "", "", "", zone)


def test_hours_that_claim_one_time_twice_are_found() -> None:
    places = (place(1, "America/New_York"), place(2, "America/Chicago"))
    first, other = hours(), hours(location_id=2)
    assert colliding_hours(resource(first, other), places) == (first, other)
    assert colliding_hours(resource(first, hours(span=AFTERNOON)), places) is None


def test_leave_lasts_from_the_first_midnight_to_the_last_one_wherever_one_works() -> None:
    starts, ends = whole_days(FROM, FROM, (NEW_YORK, CHICAGO))
    assert from_minutes(starts) == datetime(2026, 12, 7, 0, tzinfo=NEW_YORK)
    assert from_minutes(ends) == datetime(2026, 12, 8, 0, tzinfo=CHICAGO)


def test_a_weekly_meeting_keeps_its_wall_clock_over_the_change_of_clocks() -> None:
    spans = weekly_spans(D(2027, 3, 7), D(2027, 3, 20), MORNING, NEW_YORK)
    assert [from_minutes(starts).astimezone(NEW_YORK).hour for starts, _ in spans] == [9, 9]
    assert spans[1][0] - spans[0][0] == 7 * 1440 - 60


def test_a_repetition_in_the_hour_that_is_missing_is_dropped() -> None:
    assert len(weekly_spans(D(2027, 3, 7), D(2027, 3, 21), MinuteSpan(120, 180), NEW_YORK)) == 2
    assert len(weekly_spans(D(2027, 3, 14), D(2027, 3, 14), MinuteSpan(121, 122), NEW_YORK)) == 1


def test_repetitions_have_an_end() -> None:
    assert len(weekly_spans(FROM, D(2099, 1, 1), MORNING, NEW_YORK)) == MOST_REPEATS
    assert weekly_spans(FROM, FROM - DAY, MORNING, NEW_YORK) == ()


def test_a_reservation_without_its_buffers() -> None:
    assert bare_span((100, 200), 15, 10) == (115, 190)
    assert bare_span((100, 120), 15, 10) == (100, 120)


def test_a_block_takes_what_is_left_of_each_lane() -> None:
    taken = {0: [(20, 30), (0, 12), (25, 40)], 2: [(0, 100)]}
    assert open_lanes((10, 50), 2, taken) == [(0, 12, 20), (0, 40, 50), (1, 10, 50)]
    assert open_lanes((10, 50), 1, {0: [(0, 50)]}) == []
