"""The one place that reads the clock. Everything else is given `now`."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one reader of the clock


def local_date(instant: datetime, tz: ZoneInfo) -> date:
    """The calendar date that `instant` falls on in `tz`."""
    return instant.astimezone(tz).date()
