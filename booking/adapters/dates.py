"""How an instant is said in words: weekday and month spelt out, the clinic's wall clock, the zone named.

One module for pages and letters, so that both say the same of one visit. English is always written as "Monday 9 March
2026 at 9:00 am"; other languages as their own custom has it. Every `locale` is a code such as "en" or "fr_CA".
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    format_timedelta,
    get_timezone_location,
    get_timezone_name,
)

_CACHED = 4096
_A_MONDAY = date(2026, 11, 23)
_ENGLISH_DAY = "EEEE d MMMM y"
_ENGLISH_SHORT_DAY = "EEE d MMM"
_SHORT_DAY_SKELETON = "MMMEd"
_ENGLISH_WEEKDAY = "EEEE d MMMM"
_WEEKDAY_SKELETON = "MMMMEEEEd"


def day_and_time(instant: datetime, tz: ZoneInfo, locale: str) -> str:
    """ "Monday 9 March 2026 at 9:00 am", in the wall clock of `tz`; the zone is said by `zone_city` or `zone_label`."""
    join = "{day} at {time}" if _is_english(locale) else "{day}, {time}"
    return join.format(day=day_only(instant, tz, locale), time=time_only(instant, tz, locale))


def time_only(instant: datetime, tz: ZoneInfo, locale: str) -> str:
    """ "9:00 am", in the wall clock of `tz`."""
    local = instant.astimezone(tz)
    return _time_text(local.hour, local.minute, locale)


def day_only(instant: datetime, tz: ZoneInfo, locale: str) -> str:
    """ "Monday 9 March 2026", the local date in `tz`."""
    return date_text(instant.astimezone(tz).date(), locale)


def short_day(instant: datetime, tz: ZoneInfo, locale: str) -> str:
    """ "Mon 9 Mar", the local date in `tz`: for subjects and narrow columns."""
    return short_date_text(instant.astimezone(tz).date(), locale)


@lru_cache(_CACHED)
def date_text(on: date, locale: str) -> str:
    """ "Monday 9 March 2026" for a local date."""
    return _plain(format_date(on, _ENGLISH_DAY if _is_english(locale) else "full", locale=locale))


@lru_cache(_CACHED)
def short_date_text(on: date, locale: str) -> str:
    """ "Mon 9 Mar" for a local date."""
    if _is_english(locale):
        return format_date(on, _ENGLISH_SHORT_DAY, locale=locale)
    return _plain(format_skeleton(_SHORT_DAY_SKELETON, datetime.combine(on, time(12)), locale=locale))


@lru_cache(_CACHED)
def weekday_text(on: date, locale: str) -> str:
    """ "Monday 9 March": a date in a list whose heading says the year."""
    if _is_english(locale):
        return format_date(on, _ENGLISH_WEEKDAY, locale=locale)
    return _plain(format_skeleton(_WEEKDAY_SKELETON, datetime.combine(on, time(12)), locale=locale))


@lru_cache(_CACHED)
def weekday_name(weekday: int, locale: str) -> str:
    """ "Monday" for 0."""
    return _plain(format_date(_A_MONDAY + timedelta(days=weekday), "EEEE", locale=locale))


@lru_cache(_CACHED)
def birth_date_text(on: date, locale: str) -> str:
    """ "17 May 1980": a date without its weekday."""
    return _plain(format_date(on, "d MMMM y" if _is_english(locale) else "long", locale=locale))


def span_text(starts_at: datetime, ends_at: datetime, tz: ZoneInfo, locale: str) -> str:
    """ "9:00 am – 10:30 am"; a span that ends on another local date names that day as well."""
    first, last = time_only(starts_at, tz, locale), time_only(ends_at, tz, locale)
    if starts_at.astimezone(tz).date() == ends_at.astimezone(tz).date():
        return f"{first} – {last}"
    return f"{first} – {short_day(ends_at, tz, locale)}, {last}"


def length_text(length: timedelta, locale: str) -> str:
    """ "40 minutes", "24 hours", "3 days": rounded to the unit in which the length is at least two."""
    return _plain(format_timedelta(length, threshold=2, locale=locale))


def board_time(instant: datetime, tz: ZoneInfo, locale: str) -> str:
    """ "9:20", where a scale of hours beside it says which half of the day is meant."""
    local = instant.astimezone(tz)
    return f"{local.hour % 12 or 12}:{local.minute:02}" if _is_english(locale) else time_only(instant, tz, locale)


def clock_text(minute: int, locale: str) -> str:
    """ "9:20 am" for a minute of the day, 0 to 1439."""
    return _time_text(minute // 60, minute % 60, locale)


@lru_cache(_CACHED)
def hour_text(hour: int, locale: str) -> str:
    """ "9 am": a full hour on a scale."""
    return f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}" if _is_english(locale) else _time_text(hour, 0, locale)


def spoken_time(instant: datetime, tz: ZoneInfo, locale: str, *, today: date) -> str:
    """ "Tuesday the 24th at 10:20 am", to be read aloud; with its month when that is not the present one."""
    on = instant.astimezone(tz).date()
    if not _is_english(locale):
        return day_and_time(instant, tz, locale)
    month = "" if (on.year, on.month) == (today.year, today.month) else on.strftime(" of %B")
    return f"{on.strftime('%A')} the {on.day}{_ordinal_ending(on.day)}{month} at {time_only(instant, tz, locale)}"


def _ordinal_ending(day: int) -> str:
    return "th" if 10 <= day <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


@lru_cache(_CACHED)
def zone_city(tz: ZoneInfo, locale: str) -> str:
    """The city that stands for the zone, "Toronto"; "UTC" for a zone without a place."""
    if "/" not in tz.key or tz.key.startswith("Etc/"):
        return tz.key.rpartition("/")[2]
    # Babel keeps the middle part of names like America/Argentina/Buenos_Aires.
    return get_timezone_location(tz, locale=locale, return_city=True).rpartition("/")[2]


def zone_label(tz: ZoneInfo, instant: datetime, locale: str) -> str:
    """The city and the short name in force at `instant`: "Toronto (EST)", "Sao Paulo (UTC-03:00)"."""
    city = zone_city(tz, locale)
    return city if city == "UTC" else f"{city} ({_short_name(instant.astimezone(tz), locale)})"


def _short_name(local: datetime, locale: str) -> str:
    """The locale's own short name, else the zone database's, else the distance from UTC."""
    name: str = get_timezone_name(local, width="short", locale=locale)
    if name.isalpha() and len(name) <= 5:
        return name
    known = local.tzname() or ""
    return known if known.isalpha() else f"UTC{local.isoformat()[-6:]}"


@lru_cache(_CACHED)
def _time_text(hour: int, minute: int, locale: str) -> str:
    if _is_english(locale):
        return f"{hour % 12 or 12}:{minute:02} {'am' if hour < 12 else 'pm'}"
    return _plain(format_time(time(hour, minute), "short", locale=locale))


def _is_english(locale: str) -> bool:
    return locale.partition("_")[0] == "en"


def _plain(text: str) -> str:
    """Without the narrow and fixed spaces of the locale data, which some mail programs show as boxes."""
    return text.replace("\u202f", " ").replace("\xa0", " ")
