"""Times of the test clinic that do not meet: an hour of its own for each round, for years."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.web.clinic_change import clinic_changed

NEW_YORK = ZoneInfo("America/New_York")
CHICAGO = ZoneInfo("America/Chicago")
HOURS = (9, 10, 11, 13, 14, 15, 16)


def hour_starts(after: date, number: int) -> list[datetime]:
    """So many full hours of opening at Northside, on the weekdays after that date."""
    return list(islice(hours_after(after), number))


def hours_after(after: date, zone: ZoneInfo = NEW_YORK) -> Iterator[datetime]:
    """All of them, without end; with another zone those of the location there."""
    on = after
    while True:
        on += timedelta(days=1)
        if on.weekday() < 5:
            yield from (datetime.combine(on, time(hour), zone) for hour in HOURS)


def open_for_years(session: Session) -> None:
    """Nothing is too far ahead to be booked; committed."""
    session.execute(sa.text("UPDATE service SET horizon_days = 3000"))
    clinic_changed(session)
