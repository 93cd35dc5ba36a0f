"""Typed access to one table of the clinic file: each method takes a key, checks its value and notes what is wrong.

After a mistake a harmless stand-in is returned, so that the rest of the table is still read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from booking.core.clinic_file.findings import Findings, near_miss
from booking.core.clinic_file.mistakes import Path
from booking.core.clinic_file.times import length_or_none

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_PROSE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CODE_LENGTH = 64
_PROSE_LENGTH = 2000
_WORDS: Mapping[type, str] = {
    str: "text in quotes",
    bool: "true or false",
    int: "a whole number",
    float: "a number with a fraction",
    datetime: "an instant",
    date: "a date such as 2026-11-26",
    list: "a list in brackets",
    dict: "a table",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR = timedelta(days=366)
# Arithmetic on dates at the ends of the calendar overflows; a typing mistake in a year should not get that far.
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


class Table:
    """One table at `path`. `finish` must be called when all keys have been asked for: the others are mistakes."""

    def __init__(self, values: Mapping[str, object], path: Path, findings: Findings) -> None:
        self.path = path
        self.findings = findings
        self._values = values
        self._asked: list[str] = []

    def at(self, *steps: str | int) -> Path:
        return (*self.path, *steps)

    def finish(self) -> None:
        """Note every key that nothing has asked for."""
        for key in self._values:
            if key not in self._asked:
                self.findings.add(self.at(key), "unknown_key", value=key, **near_miss(key, self._asked))

    def name(self, key: str, default: str | None = None, *, most: int = 200) -> str:
        """One line of text of at most so many characters; required without a default."""
        text = self._text(key, default)
        self._check_text(self.at(key), text, _CONTROL, most)
        return text

    def prose(self, key: str, default: str | None = None) -> str:
        """Text that may have paragraphs, at most 2000 characters; required without a default."""
        text = self._text(key, default)
        self._check_text(self.at(key), text, _CONTROL_IN_PROSE, _PROSE_LENGTH)
        return text

    def code(self, key: str) -> str:
        """A required code; "" after a mistake."""
        text = self._text(key, None)
        return text if not text or self.is_code(text, self.at(key)) else ""

    def is_code(self, text: str, path: Path) -> bool:
        """Whether `text` is a well-formed code; notes a mistake at `path` when not."""
        if len(text) <= _CODE_LENGTH and _CODE.fullmatch(text):
            return True
        self.findings.add(path, "bad_code", value=text)
        return False

    def reference(self, key: str, kind: str, *, is_required: bool = True) -> str | None:
        """The code of a `kind` that must be described in the file; None when absent and not required, "" if wrong."""
        if not is_required and not self.has(key):
            return None
        code = self._text(key, None)
        self.findings.refer(kind, code, self.at(key))
        return code

    def flag(self, key: str, *, default: bool) -> bool:
        found = self._take(key, bool)
        return default if found is None else found

    def whole(self, key: str, *, least: int, most: int, default: int | None = None) -> int:
        """A whole number in `[least, most]`, after a mistake the nearest to it; required without a default."""
        found = self._required(key, int) if default is None else self._take(key, int)
        if found is None:
            return least if default is None else default
        if least <= found <= most:
            return found
        # Python refuses to print numbers of thousands of digits, which hexadecimal notation can bring in.
        said = found if abs(found) < 10**12 else "This number"
        self.findings.add(self.at(key), "out_of_range", value=said, least=least, most=most)
        return min(max(found, least), most)

    def choice(self, key: str, choices: type[E], default: E | None = None) -> E:
        """One value of an enumeration; its first after a mistake; required without a default."""
        fallback = default or next(iter(choices))
        found = self._required(key, str) if default is None else self._take(key, str)
        if found is None:
            return fallback
        if found in set(choices):
            return choices(found)
        known = ", ".join(choices)
        self.findings.add(self.at(key), "unknown_choice", value=found, choices=known, **near_miss(found, list(choices)))
        return fallback

    def day(self, key: str) -> date | None:
        """A required local date; None after a mistake."""
        found = self._required(key, date)
        return found if found is None or self._is_near(key, found.year) else None

    def day_or_none(self, key: str) -> date | None:
        found = self._take(key, date)
        return found if found is None or self._is_near(key, found.year) else None

    def instant(self, key: str) -> datetime:
        """A required instant with its offset, in UTC; the epoch after a mistake."""
        found = self._required(key, datetime)
        if found is None or not self._is_near(key, found.year):
            return _EPOCH
        if found.tzinfo is None:
            self.findings.add(self.at(key), "no_offset")
            return _EPOCH
        return found.astimezone(UTC)

    def length(self, key: str, *, default: timedelta) -> timedelta:
        """Elapsed time: minutes as a whole number, or text such as `2 hours`."""
        if type(self._values.get(key)) is int:
            return timedelta(minutes=self.whole(key, least=0, most=_YEAR // timedelta(minutes=1)))
        text = self._take(key, str)
        if text is None:
            return default
        found = length_or_none(text)
        if found is None or found > _YEAR:
            self.findings.add(self.at(key), "bad_duration", value=text)
            return default
        return found

    def texts(self, key: str, *, least: int = 0) -> list[tuple[Path, str]]:
        """The non-empty texts of a list with their paths; [] when absent and `least` is 0."""
        found = [(path, text.strip()) for path, text in self._items(key, str, least=least)]
        for path, text in found:
            self._check_text(path, text, _CONTROL, _PROSE_LENGTH)
            if not text:
                self.findings.add(path, "empty")
        return [(path, text) for path, text in found if text]

    def texts_or_tables(self, key: str) -> Iterator[tuple[Path, str | Table]]:
        """The texts and tables of a list that may hold both; the caller finishes each table."""
        for index, value in enumerate(self._take(key, list) or ()):
            path = self.at(key, index)
            if isinstance(value, dict):
                yield path, Table(value, path, self.findings)
            elif (text := self._checked(value, str, path)) is not None:
                yield path, text.strip()

    def distinct(self, key: str, *, least: int = 0) -> list[tuple[Path, str]]:
        """Like `texts`, with a mistake for each that stands there twice."""
        seen: dict[str, Path] = {}
        for path, text in self.texts(key, least=least):
            if text in seen:
                self.findings.add(path, "duplicate_value", value=text)
            else:
                seen[text] = path
        return [(path, text) for text, path in seen.items()]

    def has(self, key: str) -> bool:
        """Whether the key is there; asking makes it a known key."""
        self._asked.append(key)
        return key in self._values

    def tables(self, key: str, *, least: int = 0) -> Iterator[Table]:
        """The tables of an array of tables; the caller finishes each."""
        for path, values in self._items(key, dict, least=least):
            yield Table(values, path, self.findings)

    def table(self, key: str) -> Table | None:
        """A required table; None after a mistake."""
        values = self._required(key, dict)
        return None if values is None else Table(values, self.at(key), self.findings)

    def _items(self, key: str, kind: type[T], *, least: int) -> list[tuple[Path, T]]:
        listed = self._required(key, list) if least else self._take(key, list)
        if listed is None:
            return []
        if len(listed) < least:
            self.findings.add(self.at(key), "empty")
        found = []
        for index, value in enumerate(listed):
            checked = self._checked(value, kind, self.at(key, index))
            if checked is not None:
                found.append((self.at(key, index), checked))
        return found

    def _text(self, key: str, default: str | None) -> str:
        found = self._required(key, str) if default is None else self._take(key, str)
        if found is None:
            return default or ""
        if not found.strip() and default is None:
            self.findings.add(self.at(key), "empty")
        return found.strip()

    def _check_text(self, path: Path, text: str, forbidden: re.Pattern[str], most: int) -> None:
        if len(text) > most:
            self.findings.add(path, "too_long", length=len(text), most=most)
        if forbidden.search(text):
            self.findings.add(path, "control_characters")

    def _required(self, key: str, kind: type[T]) -> T | None:
        if key not in self._values:
            self._asked.append(key)
            self.findings.add(self.at(key), "missing", value=key)
            return None
        return self._take(key, kind)

    def _take(self, key: str, kind: type[T]) -> T | None:
        """The value under `key`; None when it is absent or, with a mistake noted, of another type."""
        self._asked.append(key)
        return self._checked(self._values[key], kind, self.at(key)) if key in self._values else None

    def _is_near(self, key: str, year: int) -> bool:
        if _FIRST_YEAR <= year <= _LAST_YEAR:
            return True
        self.findings.add(self.at(key), "out_of_range", value=year, least=_FIRST_YEAR, most=_LAST_YEAR)
        return False

    def _checked(self, value: object, kind: type[T], path: Path) -> T | None:
        # `isinstance` would take true for a number and an instant for a date.
        if type(value) is kind:
            return value
        found = _WORDS.get(type(value), "a time of day")
        self.findings.add(path, "wrong_type", expected=_WORDS[kind], found=found)
        return None
