"""Time around every change of clocks from 2026 to 2036 in 12 zones: random hours, visits, grids and notices.

What must be offered comes from a wall clock that is walked minute by minute (tests/core/scheduling/clock_walk.py).
`TORTURE=long` has 10,000 cases for each zone, the short form 200. The seed is fixed and printed with what is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from zoneinfo import ZoneInfo

import pytest

from booking.core.messages import MessageKind, messages_for_booking
from booking.core.scheduling.clinic import Policy
from booking.core.scheduling.intervals import from_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.rules import CancelRequest, ChangeRequest, earliest_start, may_cancel, may_change
from tests.core.scheduling.clock_walk import IS_LONG, ZONES, days_looked_at, edge, minutes_of
from tests.core.scheduling.wall_clock_cases import (
    WallCase,
    offered,
    offered_by_local_arithmetic,
    random_case,
    wrong,
)

pytestmark = pytest.mark.torture

SEED = 20261123
CASES = 10_000 if IS_LONG else 200
ONE_DAY = timedelta(hours=24)
MINUTE = timedelta(minutes=1)
NOTICE = Policy(book_notice=ONE_DAY, cancel_notice=ONE_DAY, change_notice=ONE_DAY)
QUIET = frozenset({"America/Sao_Paulo", "Asia/Kolkata", "Asia/Tehran"})


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


def cases(zone: str) -> Iterator[WallCase]:
    """Equally many around each change of the zone."""
    rnd, days = Random(f"{SEED} {zone}"), days_looked_at(zone)
    for near in days:
        for _ in range(-(-CASES // len(days))):
            yield random_case(rnd, zone, near)


def test_what_is_offered_is_what_the_walked_clock_allows(zone: str) -> None:
    assert wrong(cases(zone), offered) == [], f"seed {SEED}"


def test_lengths_added_in_local_time_are_found_out(zone: str) -> None:
    found = len(wrong(islice(cases(zone), 0, None, 5), offered_by_local_arithmetic))
    assert (found > 0) is (zone not in QUIET)


def visits_around(zone: str) -> Iterator[tuple[int, datetime]]:
    """The UTC minute of every full hour on the wall of the days around each change, and the 10:00 of the day before."""
    for near in days_looked_at(zone):
        for on in (near, near + ONE_DAY):
            before = from_minutes(edge(zone, near, on - ONE_DAY, 600))
            yield from ((one.minute, before) for one in minutes_of(zone, near, on) if one.wall % 60 == 0)


def allowed(starts_at: datetime, now: datetime) -> tuple[bool, bool]:
    """Whether the visit may be cancelled and changed at that instant."""
    booked = AppointmentStatus.BOOKED
    may_be_cancelled = not may_cancel(CancelRequest(starts_at, booked, apply_policies=True), NOTICE, now)
    return may_be_cancelled, not may_change(ChangeRequest(starts_at, booked, apply_policies=True), NOTICE, now)


def test_a_notice_of_24_hours_is_24_elapsed_hours(zone: str) -> None:
    """1,440 minutes of UTC before the visit it may still be booked, canceled and changed; a minute later it may not."""
    for starts, _ in visits_around(zone):
        last = from_minutes(starts - 1440)
        assert earliest_start(NOTICE, last, apply_policies=True) == starts
        assert earliest_start(NOTICE, last + MINUTE, apply_policies=True) == starts + 1
        assert allowed(from_minutes(starts), last) == (True, True)
        assert allowed(from_minutes(starts), last + MINUTE) == (False, False)


def reminder_of(starts_at: datetime, tz: ZoneInfo) -> datetime:
    [due_at] = [
        planned.due_at
        for planned in messages_for_booking(starts_at, starts_at - 30 * ONE_DAY, tz)
        if planned.kind is MessageKind.REMINDER_1D
    ]
    return due_at


def test_the_day_before_at_ten_is_a_time_on_the_wall(zone: str) -> None:
    for starts, ten_before in visits_around(zone):
        assert reminder_of(from_minutes(starts), ZoneInfo(zone)) == ten_before


def test_24_hours_taken_off_the_wall_clock_are_found_out(zone: str) -> None:
    """The other usual mistakes: a day off the local time as notice, and 24 hours as "the day before"."""
    tz, mistakes = ZoneInfo(zone), [0, 0]
    for starts, ten_before in visits_around(zone):
        local = from_minutes(starts).astimezone(tz)
        mistakes[0] += (local - ONE_DAY).timestamp() != from_minutes(starts - 1440).timestamp()
        ten = local.replace(hour=10, minute=0, fold=0).timestamp() - ONE_DAY.total_seconds()
        mistakes[1] += ten != ten_before.timestamp()
    assert [count > 0 for count in mistakes] == [zone not in QUIET] * 2
