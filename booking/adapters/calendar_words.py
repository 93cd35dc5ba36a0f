"""What a calendar file says, for a page that shows it: the demo's inbox. Writing such files is in `ics.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar


@dataclass(frozen=True, slots=True)
class CalendarWords:
    """The first event of a file. `is_cancelled`: the file takes the event out of a calendar."""

    summary: str
    place: str
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool


def calendar_words(text: str) -> CalendarWords | None:
    """The event, or None for text that is no calendar file with one complete event."""
    try:
        calendar: Any = Calendar.from_ical(text)
        (event,) = calendar.walk("VEVENT")
        return CalendarWords(
            summary=str(event["summary"]),
            place=str(event.get("location", "")),
            starts_at=event["dtstart"].dt.astimezone(UTC),
            ends_at=event["dtend"].dt.astimezone(UTC),
            is_cancelled=str(calendar.get("method", "")).upper() == "CANCEL",
        )
    except (ValueError, KeyError, IndexError, AttributeError, TypeError):
        # Anybody can send a letter with a broken file to the catcher; its page must open all the same.
        return None
