"""Weekly hours, exceptions and closures become spans; a span belongs to the date on which it starts."""

from datetime import date, timedelta

import pytest

from booking.core.scheduling.clinic import Closure, HoursException, WeeklyHours
from booking.core.scheduling.intervals import Span
from booking.core.scheduling.opening_hours import closure_on, open_spans
from tests.core.scheduling.clinics import HERE, MONDAY, THERE, at, away, hours, location, resource

TUESDAY = MONDAY + timedelta(days=1)
MORNING = hours((540, 720))
NIGHT = hours((1320, 1440 + 360))


def spans(
    weekly: tuple[WeeklyHours, ...],
    *exceptions: HoursException,
    closures: tuple[Closure, ...] = (),
    tz_name: str = "Etc/UTC",
    on: date = MONDAY,
) -> tuple[Span, ...]:
    """What is open on `on`, with the night before."""
    who = resource(weekly_hours=weekly, exceptions=exceptions)
    return open_spans(who, location(tz_name=tz_name), closures, on, on)


def utc(*edges: str) -> tuple[Span, ...]:
    return tuple((at(starts), at(ends)) for starts, ends in zip(edges[::2], edges[1::2], strict=True))


ON_MONDAY = utc("2026-10-05T09:00", "2026-10-05T12:00")
SUNDAY_AND_MONDAY = utc("2026-10-04T09:00", "2026-10-04T12:00") + ON_MONDAY
SUNDAY_NIGHT = utc("2026-10-04T22:00", "2026-10-05T06:00")
MONDAY_NIGHT = utc("2026-10-05T22:00", "2026-10-06T06:00")


def test_weekly_hours_are_expanded_with_the_day_before() -> None:
    assert spans(MORNING) == SUNDAY_AND_MONDAY


@pytest.mark.parametrize(
    ("weekly", "expected"),
    [
        pytest.param(hours((540, 600), (600, 720), weekdays=[0]), ON_MONDAY, id="touching spans are one"),
        pytest.param(hours((540, 660), (600, 720), weekdays=[0]), ON_MONDAY, id="overlapping spans are one"),
        pytest.param(hours((540, 720), weekdays=[0], location_id=THERE), (), id="another location"),
        pytest.param(hours((540, 720), weekdays=[0], valid_from=MONDAY), ON_MONDAY, id="valid from that day"),
        pytest.param(hours((540, 720), weekdays=[0], valid_to=MONDAY), ON_MONDAY, id="valid to that day"),
        pytest.param(hours((540, 720), weekdays=[0], valid_from=TUESDAY), (), id="not yet valid"),
        pytest.param(hours((540, 720), weekdays=[0], valid_to=date(2026, 10, 4)), (), id="no longer valid"),
        pytest.param(NIGHT, SUNDAY_NIGHT + MONDAY_NIGHT, id="over midnight"),
        pytest.param(
            hours((0, 1440), weekdays=[0, 6]), utc("2026-10-04T00:00", "2026-10-06T00:00"), id="24:00 touches 0:00"
        ),
    ],
)
def test_weekly_hours(weekly: tuple[WeeklyHours, ...], expected: tuple[Span, ...]) -> None:
    assert spans(weekly) == expected


@pytest.mark.parametrize(
    ("exceptions", "expected"),
    [
        pytest.param((away(MONDAY),), SUNDAY_NIGHT, id="away leaves the night before alone"),
        pytest.param(
            (away(MONDAY, (540, 720)),), SUNDAY_NIGHT + ON_MONDAY, id="other hours replace the date's own spans"
        ),
        pytest.param(
            (away(MONDAY, (540, 600)), away(MONDAY, (600, 720))), SUNDAY_NIGHT + ON_MONDAY, id="two exceptions add up"
        ),
        pytest.param((away(date(2026, 10, 4)),), MONDAY_NIGHT, id="the night before has its own exception"),
        pytest.param((away(MONDAY, location_id=THERE),), SUNDAY_NIGHT + MONDAY_NIGHT, id="of another location"),
    ],
)
def test_exceptions_replace_their_date(exceptions: tuple[HoursException, ...], expected: tuple[Span, ...]) -> None:
    assert spans(NIGHT, *exceptions) == expected


@pytest.mark.parametrize(
    ("closure", "expected"),
    [
        pytest.param(Closure(HERE, MONDAY, MONDAY, "x"), SUNDAY_NIGHT, id="takes its date, not the night before"),
        pytest.param(Closure(None, MONDAY, TUESDAY, "x"), SUNDAY_NIGHT, id="of the whole clinic"),
        pytest.param(Closure(THERE, MONDAY, MONDAY, "x"), SUNDAY_NIGHT + MONDAY_NIGHT, id="of another location"),
        pytest.param(Closure(HERE, TUESDAY, TUESDAY, "x"), SUNDAY_NIGHT + MONDAY_NIGHT, id="later"),
    ],
)
def test_closures_take_their_dates(closure: Closure, expected: tuple[Span, ...]) -> None:
    assert spans(NIGHT, closures=(closure,)) == expected


def test_a_closure_takes_exceptional_hours_too() -> None:
    assert spans(hours(), away(MONDAY, (540, 720)), closures=(Closure(None, MONDAY, MONDAY, "x"),)) == ()


def test_the_closure_of_a_date_is_found() -> None:
    closure = Closure(None, MONDAY, TUESDAY, "Holiday")
    assert closure_on((closure,), HERE, TUESDAY) is closure


@pytest.mark.parametrize(
    ("tz_name", "on", "span", "expected"),
    [
        pytest.param(
            "America/New_York", date(2026, 3, 8), (0, 480), ("2026-03-08T05:00", "2026-03-08T12:00"), id="7 hours"
        ),
        pytest.param(
            "America/New_York", date(2026, 11, 1), (0, 480), ("2026-11-01T04:00", "2026-11-01T13:00"), id="9 hours"
        ),
        pytest.param(
            "America/New_York", date(2026, 3, 8), (130, 160), ("2026-03-08T07:10", "2026-03-08T07:40"), id="in the gap"
        ),
        pytest.param("America/New_York", date(2026, 3, 8), (150, 180), (), id="the gap leaves it without length"),
        pytest.param(
            "America/New_York", date(2026, 11, 1), (60, 120), ("2026-11-01T05:00", "2026-11-01T07:00"), id="repeated"
        ),
        pytest.param(
            "America/New_York", date(2026, 11, 1), (0, 90), ("2026-11-01T04:00", "2026-11-01T05:30"), id="ends in first"
        ),
        pytest.param(
            "Australia/Lord_Howe", date(2026, 10, 4), (60, 240), ("2026-10-03T14:30", "2026-10-03T17:00"), id="half"
        ),
        pytest.param(
            "Africa/Cairo", date(2026, 4, 24), (0, 120), ("2026-04-23T22:00", "2026-04-23T23:00"), id="no midnight"
        ),
    ],
)
def test_edges_follow_the_wall_clock_over_changes(
    tz_name: str, on: date, span: tuple[int, int], expected: tuple[str, ...]
) -> None:
    assert spans((), away(on, span), tz_name=tz_name, on=on) == utc(*expected)


def test_a_night_shift_over_the_change_loses_the_missing_hour() -> None:
    night = (away(date(2026, 3, 7), (1320, 1440 + 360)),)
    (span,) = spans((), *night, tz_name="America/New_York", on=date(2026, 3, 8))
    assert span[1] - span[0] == 7 * 60
