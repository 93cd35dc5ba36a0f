"""How dates, times and names are written on pages. All wording of time goes through these."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import get_locale

from booking.adapters import dates
from booking.web import words

OF_WORDS = {
    "mode_words": words.MODE.__getitem__,
    "mode_title": words.MODE_TITLE.__getitem__,
    "status_words": words.STATUS.__getitem__,
    "status_tone": words.STATUS_TONE.get,
}


def init_app(app: Flask) -> None:
    """Register the filters: each takes an instant and the zone of the location."""

    def locale() -> str:
        return str(get_locale() or "en")

    def day_and_time(instant: datetime, tz: ZoneInfo) -> str:
        return dates.day_and_time(instant, tz, locale())

    def time_only(instant: datetime, tz: ZoneInfo) -> str:
        return dates.time_only(instant, tz, locale())

    def day_only(instant: datetime, tz: ZoneInfo) -> str:
        return dates.day_only(instant, tz, locale())

    def last_day(due_at: datetime, tz: ZoneInfo) -> str:
        """The last day on which something due then is in time: midnight belongs to the day that it ends."""
        return dates.day_only(due_at - timedelta(microseconds=1), tz, locale())

    def zone_label(instant: datetime, tz: ZoneInfo) -> str:
        return dates.zone_label(tz, instant, locale())

    def with_zone(instant: datetime, tz: ZoneInfo) -> str:
        return f"{day_and_time(instant, tz)}, {zone_label(instant, tz)}"

    def birth_date(on: date) -> str:
        return dates.birth_date_text(on, locale())

    app.jinja_env.filters.update(
        birth_date=birth_date,
        day_and_time=day_and_time,
        time_only=time_only,
        day_only=day_only,
        last_day=last_day,
        zone_label=zone_label,
        with_zone=with_zone,
    )
    app.jinja_env.filters.update(OF_WORDS)
