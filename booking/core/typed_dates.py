"""Dates as people type them: "17.5.1980", "5/17/1980", "1980-05-17", "17 May 1980", "May 17"; days from today.

Nothing here guesses silently: what can be read in two ways gives both readings, the likelier first.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from types import MappingProxyType

_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTHS = MappingProxyType({name[:3]: number for number, name in enumerate(_MONTH_NAMES, start=1)})
_NAME = rf"(?P<name>{'|'.join(f'{name[:3]}(?:{name[3:]})?' for name in _MONTH_NAMES)}|sept)\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_EDGE_BEFORE, _EDGE_AFTER = r"(?<![\w./-])", r"(?![\w/-])"

_ISO = re.compile(rf"{_EDGE_BEFORE}(?P<year>\d{{4}})([-./])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){_EDGE_AFTER}")
_NUMBERS = re.compile(
    rf"{_EDGE_BEFORE}(?P<first>\d{{1,2}})(?P<sign>[-./ ])(?P<second>\d{{1,2}})(?P=sign){_YEAR}{_EDGE_AFTER}"
)
_DAY_NAME = re.compile(rf"{_EDGE_BEFORE}{_DAY}[ .-]+(?:of )?{_NAME},?[ -]+{_YEAR}{_EDGE_AFTER}", re.IGNORECASE)
_NAME_DAY = re.compile(rf"{_EDGE_BEFORE}{_NAME} +{_DAY},? +{_YEAR}{_EDGE_AFTER}", re.IGNORECASE)
_WITHOUT_YEAR = re.compile(
    rf"{_DAY} +(?:of )?{_NAME}|{_NAME.replace('name', 'name2')} +{_DAY.replace('day', 'day2')}", re.IGNORECASE
)
_NUMBERS_WITHOUT_YEAR = re.compile(r"(?P<first>\d{1,2})(?P<sign>[-./])(?P<second>\d{1,2})\.?")
_STEP = re.compile(r"(?P<sign>[+-]) ?(?P<count>\d{1,3}) ?(?P<unit>[dw]?)", re.IGNORECASE)
_NAMED_DAYS = MappingProxyType({"today": 0, "t": 0, "tomorrow": 1, "yesterday": -1})
FIRST_YEAR, LAST_YEAR = 1890, 2200


def find_dates(text: str) -> tuple[tuple[date, ...], str]:
    """The readings of the first full date in `text`, likeliest first, and the text without it; () when there is none.

    Numbers with slashes are read month first, with anything else day first; the other way round is the second reading.
    A year of two digits is read in this century and in the last.
    """
    for pattern in (_ISO, _NUMBERS, _DAY_NAME, _NAME_DAY):
        if found := pattern.search(text):
            readings = _readings(found.groupdict())
            if readings:
                return readings, f"{text[: found.start()]} {text[found.end() :]}".strip()
    return (), text


def _readings(parts: dict[str, str | None]) -> tuple[date, ...]:
    years = _years(parts["year"] or "")
    pairs = _day_month_pairs(parts)
    made = [_date_or_none(year, month, day) for day, month in pairs for year in years]
    return tuple(dict.fromkeys(on for on in made if on is not None))


def _years(text: str) -> tuple[int, ...]:
    return (int(text),) if len(text) == 4 else (1900 + int(text), 2000 + int(text))


def _day_month_pairs(parts: dict[str, str | None]) -> tuple[tuple[int, int], ...]:
    """(day, month) as it may be meant."""
    if parts.get("first"):
        first, second = int(parts["first"] or 0), int(parts["second"] or 0)
        in_order = ((second, first), (first, second))
        return in_order if parts["sign"] == "/" else in_order[::-1]
    day = int(parts["day"] or 0)
    if parts.get("name"):
        return ((day, _MONTHS[(parts["name"] or "")[:3].lower()]),)
    return ((day, int(parts["month"] or 0)),)


def _date_or_none(year: int, month: int, day: int) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def wanted_date_or_none(text: str, today: date) -> date | None:
    """The day somebody wants to see: a date with or without its year, "today", "tomorrow", "+3", "-1d" or "+2w".

    Without a year, or with two digits of it, the reading nearest to `today` counts. None when it is no day at all.
    """
    wanted = " ".join(text.split()).lower()
    if wanted in _NAMED_DAYS:
        return today + timedelta(days=_NAMED_DAYS[wanted])
    if step := _STEP.fullmatch(wanted):
        days = int(step["count"]) * (7 if step["unit"] == "w" else 1)
        return today + timedelta(days=days if step["sign"] == "+" else -days)
    readings, rest = find_dates(wanted)
    if rest:
        readings = _without_year(wanted, today)
    return _likeliest(readings, today)


def _without_year(text: str, today: date) -> tuple[date, ...]:
    found = _WITHOUT_YEAR.fullmatch(text) or _NUMBERS_WITHOUT_YEAR.fullmatch(text)
    if found is None:
        return ()
    parts = found.groupdict()
    parts["day"] = parts.get("day") or parts.get("day2")
    parts["name"] = parts.get("name") or parts.get("name2")
    years = (today.year - 1, today.year, today.year + 1)
    made = ([_date_or_none(year, month, day) for year in years] for day, month in _day_month_pairs(parts))
    return next((near for one in made if (near := tuple(on for on in one if on is not None))), ())


def _likeliest(readings: tuple[date, ...], today: date) -> date | None:
    """The first reading; of those that differ in the year alone, the one nearest to today."""
    if not readings:
        return None
    first = readings[0]
    same_day = [on for on in readings if (on.month, on.day) == (first.month, first.day)]
    return min(same_day, key=lambda on: abs(on - today))
