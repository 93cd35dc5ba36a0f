"""What a patient wishes for whenever they look for times, as it is remembered: codes of filters, never sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from booking.core.day_parts import DayPart
from booking.core.scheduling.clinic import VisitMode

WEEKDAYS = range(7)


@dataclass(frozen=True, slots=True)
class Preferences:
    """The empty value of each asks for nothing.

    `specialist` and `location` are codes; `among` are codes of specialists of whom any will do. `weekdays`: 0 = Monday.
    `not_before` is a local date. `language` is a BCP 47 code. `mode` is how they want to be seen.
    """

    specialist: str = ""
    among: tuple[str, ...] = ()
    location: str = ""
    day_part: DayPart | None = None
    weekdays: frozenset[int] = frozenset()
    not_before: date | None = None
    language: str = ""
    step_free: bool = False
    mode: VisitMode | None = None

    def as_values(self) -> dict[str, Any]:
        """Plain values for JSON; what asks for nothing is left out."""
        values = {
            "specialist": self.specialist,
            "among": list(self.among),
            "location": self.location,
            "day_part": self.day_part.value if self.day_part else "",
            "weekdays": sorted(self.weekdays),
            "not_before": self.not_before.isoformat() if self.not_before else "",
            "language": self.language,
            "step_free": self.step_free,
            "mode": self.mode.value if self.mode else "",
        }
        return {name: value for name, value in values.items() if value}


NOTHING = Preferences()


def preferences_from(values: Mapping[str, Any]) -> Preferences:
    """The preferences that `as_values` wrote; a value of an older program that nobody knows any more is left out."""
    part, mode = values.get("day_part"), values.get("mode")
    return Preferences(
        specialist=str(values.get("specialist", "")),
        among=tuple(str(code) for code in values.get("among", ())),
        location=str(values.get("location", "")),
        day_part=DayPart(part) if part in set(DayPart) else None,
        weekdays=frozenset(day for day in values.get("weekdays", ()) if day in WEEKDAYS),
        not_before=_date_or_none(values.get("not_before")),
        language=str(values.get("language", "")),
        step_free=values.get("step_free") is True,
        mode=VisitMode(mode) if mode in set(VisitMode) else None,
    )


def _date_or_none(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
