"""The steps of the day: each is a move of the lifecycle, each has its way back, none comes before its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.core.scheduling.day_steps import STEPS, STEPS_BACK, is_step, steps_for, too_early
from booking.core.scheduling.lifecycle import AppointmentStatus as S
from booking.core.scheduling.lifecycle import may_move

NEW_YORK = ZoneInfo("America/New_York")
NINE = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
FORWARD = [(before, after) for before, afters in STEPS.items() for after in afters]


@pytest.mark.parametrize(("before", "after"), FORWARD)
def test_each_step_is_allowed_and_can_be_undone(before: S, after: S) -> None:
    assert may_move(before, after)
    assert is_step(before, after)
    assert STEPS_BACK[after] is before
    assert is_step(after, before)


@pytest.mark.parametrize(("before", "after"), [(S.CANCELLED, S.BOOKED), (S.BOOKED, S.DONE), (S.ARRIVED, S.NO_SHOW)])
def test_other_moves_are_no_steps_of_the_desk(before: S, after: S) -> None:
    assert not is_step(before, after)


@pytest.mark.parametrize(
    ("after", "hours", "code"),
    [
        (S.NO_SHOW, -0.1, "not_begun"), (S.NO_SHOW, 0, None), (S.ARRIVED, -9, None), (S.ARRIVED, -9.1, "not_today"),
        (S.IN_ROOM, -48, None),
    ],
)  # fmt: skip
def test_nobody_arrives_days_before_or_is_missed_before_the_start(after: S, hours: float, code: str | None) -> None:
    refusal = too_early(after, NINE, NEW_YORK, NINE + timedelta(hours=hours))
    assert (refusal.code if refusal else None) == code


def test_only_steps_whose_time_has_come_are_offered() -> None:
    assert steps_for(S.BOOKED, NINE, NEW_YORK, NINE) == [S.ARRIVED, S.NO_SHOW]
    assert steps_for(S.BOOKED, NINE, NEW_YORK, NINE - timedelta(minutes=5)) == [S.ARRIVED]
    assert steps_for(S.BOOKED, NINE, NEW_YORK, NINE - timedelta(days=1)) == []
    assert steps_for(S.DONE, NINE, NEW_YORK, NINE) == []
