"""Form fields that WTForms lacks: a date asked for as three text fields, and one that the browser's calendar picks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from babel.dates import get_month_names
from flask_babel import get_locale, gettext
from wtforms import DateField, Field
from wtforms.validators import StopValidation

PARTS: Final = ("day", "month", "year")


class ThreePartDateField(Field):
    """A date as day, month and year, posted as NAME-day, NAME-month, NAME-year.

    `data` is a `date`, or None while nothing or nothing valid was given. `parts` holds what was typed,
    `wrong_parts` names the inputs to mark. The month may be a number or a name in the reader's language.
    Two-digit years are refused: "42" could be a birth year or a slip.
    """

    widget = None

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.parts: dict[str, str] = dict.fromkeys(PARTS, "")
        self.wrong_parts: tuple[str, ...] = ()

    @property
    def first_wrong_part(self) -> str:
        """Where the link of the error summary leads."""
        return self.wrong_parts[0] if self.wrong_parts else PARTS[0]

    def process(self, formdata: Any, data: Any = None, extra_filters: Iterable[Any] | None = None) -> None:
        """Take the three inputs where the form was sent, `data` (a date or None) otherwise."""
        super().process(None, data, extra_filters=extra_filters)
        if formdata is not None and any(f"{self.name}-{part}" in formdata for part in PARTS):
            self._take_posted({part: str(formdata.get(f"{self.name}-{part}", "")).strip() for part in PARTS})
        elif isinstance(self.data, date):
            self.parts = {part: str(getattr(self.data, part)) for part in PARTS}

    def _take_posted(self, parts: Mapping[str, str]) -> None:
        self.parts = dict(parts)
        self.raw_data = [value for value in parts.values() if value]
        self.data = _date_or_none(parts)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms calls it so.
        """Refuse parts that are missing or make no date; an entirely empty date is left to DataRequired or Optional."""
        if not any(self.parts.values()):
            self.wrong_parts = PARTS
            return
        missing = tuple(part for part in PARTS if not self.parts[part])
        if missing:
            self.wrong_parts = missing
            raise StopValidation(_missing_sentence(missing[0]))
        if self.data is None:
            self.wrong_parts = ("year",) if len(self.parts["year"]) != 4 else PARTS
            raise StopValidation(_unreal_sentence(self.wrong_parts))

    def post_validate(self, form: Any, validation_stopped: bool) -> None:  # noqa: ARG002 - WTForms calls it so.
        """Mark all three inputs where a later validator refused the date as a whole."""
        if self.errors and not self.wrong_parts:
            self.wrong_parts = PARTS


class NearDateField(DateField):
    """A date of the coming months, for `<input type="date">`: people look for it in a calendar, nobody knows it by
    heart. Browsers without a calendar send what was typed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take the date, or refuse in our own words."""
        try:
            super().process_formdata([text.strip() for text in valuelist])
        except ValueError:
            raise ValueError(gettext("Enter a date like 2026-11-24")) from None


def _date_or_none(parts: Mapping[str, str]) -> date | None:
    numbers = {**parts, "month": month_number(parts["month"])}
    if not all(part.isascii() and part.isdigit() for part in numbers.values()) or len(numbers["year"]) != 4:
        return None
    try:
        return date(int(numbers["year"]), int(numbers["month"]), int(numbers["day"]))
    except ValueError:
        return None


def month_number(typed: str) -> str:
    """The number of a month that is named in full or abbreviated, with or without a full stop; else what was typed."""
    wanted = typed.casefold().rstrip(".")
    for width in ("wide", "abbreviated"):
        for context in ("format", "stand-alone"):
            for number, name in get_month_names(width, context, get_locale() or "en").items():
                if name.casefold().rstrip(".") == wanted:
                    return str(number)
    return typed


def _missing_sentence(part: str) -> str:
    sentences = {
        "day": gettext("Enter the day of the date"),
        "month": gettext("Enter the month of the date"),
        "year": gettext("Enter the year of the date"),
    }
    return sentences[part]


def _unreal_sentence(wrong_parts: tuple[str, ...]) -> str:
    if wrong_parts == ("year",):
        return gettext("Enter the year with 4 numbers, like 1970")
    return gettext("Enter a real date, like 27 3 1970")
