"""Morning, afternoon, evening: the parts of the day that people wish for, by the clock of the location."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from booking.core.scheduling.clinic import MinuteSpan

NOON_HOUR = 12
EVENING_HOUR = 17


class DayPart(StrEnum):
    """Part of the day of a start, by the clock of the location."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


DAY_PART_SPANS: Mapping[DayPart, MinuteSpan] = MappingProxyType(
    {
        DayPart.MORNING: MinuteSpan(0, NOON_HOUR * 60),
        DayPart.AFTERNOON: MinuteSpan(NOON_HOUR * 60, EVENING_HOUR * 60),
        DayPart.EVENING: MinuteSpan(EVENING_HOUR * 60, 24 * 60),
    }
)
"""Wall-clock minutes of each part, as the engine's wishes take them."""
