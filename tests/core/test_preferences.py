"""What is remembered of a patient's wishes: written and read again, whatever an older program wrote."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from booking.core.day_parts import DayPart
from booking.core.preferences import NOTHING, Preferences, preferences_from
from booking.core.scheduling.clinic import VisitMode

EVERYTHING = Preferences(
    specialist="dr-cruz",
    among=("dr-cruz", "dr-lind"),
    location="northside",
    day_part=DayPart.EVENING,
    weekdays=frozenset({0, 4}),
    not_before=date(2026, 12, 1),
    language="es",
    step_free=True,
    mode=VisitMode.VIDEO,
)


def test_everything_is_read_as_it_was_written() -> None:
    assert preferences_from(EVERYTHING.as_values()) == EVERYTHING


def test_nothing_is_written_as_nothing() -> None:
    assert NOTHING.as_values() == {}
    assert preferences_from({}) == NOTHING


@pytest.mark.parametrize(
    "values",
    [
        {"day_part": "midnight"},
        {"weekdays": [7, -1]},
        {"not_before": "soon"},
        {"not_before": 20261201},
        {"step_free": "yes"},
        {"mode": "letter"},
        {"colour": "blue"},
    ],
)
def test_what_nobody_knows_any_more_is_left_out(values: dict[str, Any]) -> None:
    assert preferences_from(values) == NOTHING
