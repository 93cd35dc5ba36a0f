"""The patient's own calendar: nothing twice at a time, a gap between visits, no more than so many."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.core.scheduling import patient
from booking.core.scheduling.clinic import Policy, VisitLimit
from booking.core.scheduling.local_time import date_of_day, day_number, day_span
from booking.core.scheduling.patient import PatientCalendar
from tests.core.scheduling.clinics import BERLIN

MAY = date(2026, 5, 1)
TZ = ZoneInfo(BERLIN)


def days_of(spans: list[patient.DaySpan]) -> list[int]:
    """The closed days of May, as its dates; those before are 0 or less."""
    return [number - day_number(MAY) + 1 for first, after in spans for number in range(first, after)]


def visits_on(*days: int) -> PatientCalendar:
    return PatientCalendar(visit_dates=tuple(MAY + timedelta(days=day - 1) for day in days))


@pytest.mark.parametrize(
    ("gap", "closed"),
    [
        pytest.param(0, [], id="no gap"),
        pytest.param(1, [10], id="one visit a day"),
        pytest.param(3, [8, 9, 10, 11, 12], id="before and after"),
    ],
)
def test_the_dates_of_two_visits_differ_by_the_gap(gap: int, closed: list[int]) -> None:
    assert days_of(patient.dates_too_near(Policy(min_gap_days=gap), visits_on(10))) == closed


def test_gaps_around_several_visits_are_one_closed_time() -> None:
    assert days_of(patient.dates_too_near(Policy(min_gap_days=2), visits_on(12, 10))) == [9, 10, 11, 12, 13]


@pytest.mark.parametrize(
    ("count", "days", "visits", "closed"),
    [
        pytest.param(1, 1, (10,), [10], id="one a day"),
        pytest.param(1, 3, (10,), [8, 9, 10, 11, 12], id="one in three days"),
        pytest.param(2, 3, (10,), [], id="room for a second"),
        pytest.param(2, 3, (10, 10), [8, 9, 10, 11, 12], id="two on one day"),
        pytest.param(2, 3, (11, 10), [9, 10, 11, 12], id="two on two days, in any order"),
        pytest.param(2, 3, (10, 12), [10, 11, 12], id="two at the ends of a run"),
        pytest.param(2, 3, (10, 13), [], id="two too far apart for one run"),
        pytest.param(1, 3, (10, 11), [8, 9, 10, 11, 12, 13], id="staff went over the limit"),
        pytest.param(2, 7, (), [], id="nothing booked"),
    ],
)
def test_no_run_of_days_gets_more_visits_than_the_limit(
    count: int, days: int, visits: tuple[int, ...], closed: list[int]
) -> None:
    policy = Policy(visit_limit=VisitLimit(count, days))
    assert days_of(patient.dates_over_limit(policy, visits_on(*visits))) == closed


def test_without_a_limit_no_day_is_closed() -> None:
    assert patient.dates_over_limit(Policy(), visits_on(10, 10, 10)) == []


def test_a_visit_may_touch_another_but_not_overlap_it() -> None:
    calendar = PatientCalendar(busy=((100, 160), (130, 200)))
    assert patient.free_starts(calendar, 30, [(0, 300)]) == [(0, 71), (200, 300)]


def test_closed_dates_are_taken_away_as_local_days() -> None:
    policy, on = Policy(min_gap_days=1), date(2026, 10, 25)
    dates = (date(2026, 10, 24), date(2026, 10, 26))
    whole = [(day_span(dates[0], TZ)[0], day_span(dates[1], TZ)[1])]
    left = patient.starts_left(policy, PatientCalendar(visit_dates=(on,)), *dates, TZ, whole)
    assert left == [day_span(dates[0], TZ), day_span(dates[1], TZ)]


@pytest.mark.parametrize("far", [date(2026, 10, 1), date(2026, 12, 1)], ids=["before", "after"])
def test_visits_far_from_the_dates_close_nothing(far: date) -> None:
    on = date(2026, 10, 25)
    calendar = PatientCalendar(visit_dates=(far,))
    assert patient.starts_left(Policy(min_gap_days=7), calendar, on, on, TZ, [(0, 9)]) == [(0, 9)]


def test_a_closed_span_holds_its_first_day_and_not_its_last() -> None:
    closed = [(day_number(MAY), day_number(MAY) + 2)]
    days = [date_of_day(day_number(MAY) + number) for number in (-1, 0, 1, 2)]
    assert [patient.closes(closed, on) for on in days] == [False, True, True, False]
