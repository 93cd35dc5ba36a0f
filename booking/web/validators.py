"""Checks that forms share: what may be typed at all, before it is looked at for its meaning."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any

from flask_babel import lazy_gettext
from wtforms.validators import Length, ValidationError

from booking.adapters.addresses import is_plain_address
from booking.core.clock import utc_now

_PHONE = re.compile(r"\+?[0-9(][0-9 ()./\-]{4,30}(?: ?(?:x|ext\.?) ?[0-9]{1,6})?")
_LEAST_DIGITS = 5
_OLDEST_YEARS = 130
# Control characters (NUL would be refused by PostgreSQL), surrogates, and the marks that turn the direction of writing.
_UNWANTED = frozenset({"Cc", "Cs", "Co"})
_TURNERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def stripped(text: str | None) -> str | None:
    """Filter: without blanks at the ends."""
    return text.strip() if text else text


def no_longer_than(count: int) -> Length:
    """At most `count` characters, refused in our own words."""
    return Length(max=count, message=lazy_gettext("Use %(max)d characters or fewer"))


def one_line(_form: Any, field: Any) -> None:
    """Refuse control characters, line breaks among them."""
    _demand_plain(field.data or "")


def some_lines(_form: Any, field: Any) -> None:
    """Refuse control characters other than tabs and line breaks."""
    _demand_plain(re.sub(r"[\t\r\n]", "", field.data or ""))


def _demand_plain(text: str) -> None:
    if any(unicodedata.category(character) in _UNWANTED or character in _TURNERS for character in text):
        raise ValidationError(lazy_gettext("Use letters, numbers and ordinary signs only"))


def email_address(_form: Any, field: Any) -> None:
    """One bare address with a domain; whether anybody reads it is found out by writing to it."""
    text = field.data or ""
    if not is_plain_address(text) or "." not in text.partition("@")[2].strip("."):
        raise ValidationError(lazy_gettext("Enter an e-mail address like name@example.com"))


def phone_number(_form: Any, field: Any) -> None:
    """Digits with the usual signs between them, of any country."""
    text = field.data or ""
    if text and (not _PHONE.fullmatch(text) or sum(sign.isdigit() for sign in text) < _LEAST_DIGITS):
        raise ValidationError(lazy_gettext("Enter a phone number like 555 0142 or +1 212 555 0142"))


def birth_date(_form: Any, field: Any) -> None:
    """A date on which a living person can have been born."""
    today = utc_now().date()
    born_on: date | None = field.data
    if born_on and born_on > today:
        raise ValidationError(lazy_gettext("The date of birth must be in the past"))
    if born_on and today.year - born_on.year > _OLDEST_YEARS:
        raise ValidationError(lazy_gettext("Check the year of birth"))
