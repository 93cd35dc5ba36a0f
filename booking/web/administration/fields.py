"""Fields that stand for keys of the clinic file: shown as people read them, read as the file would say it.

They judge nothing that the clinic file judges too: its own reading finds what is wrong, in its own words.
"""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import StopValidation

from booking.web.validators import stripped

_LONGEST_NUMBER = 12
_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)


class Line(StringField):
    """One line of text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, filters=[stripped], **kwargs)

    @property
    def plain(self) -> Any:
        """What the clinic file would say; None for nothing, so that its default holds."""
        return self.data or ""

    def show(self, value: Any) -> None:
        """Take what the clinic file says."""
        self.data = str(value)


class Prose(TextAreaField):
    """Text with paragraphs. Browsers send their line breaks in two characters."""

    @property
    def plain(self) -> Any:
        """The text."""
        return (self.data or "").replace("\r\n", "\n").strip()

    def show(self, value: Any) -> None:
        """Take what the clinic file says."""
        self.data = str(value)


class Whole(Line):
    """A whole number; empty is the default of the clinic file."""

    @property
    def plain(self) -> Any:
        """The number; one too long to be meant is only known to be too large."""
        text = self.data or ""
        if not _WHOLE.fullmatch(text):
            return None
        return int(text) if len(text) <= _LONGEST_NUMBER else 10**_LONGEST_NUMBER

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms calls it so.
        """Refuse what is no number."""
        if self.data and not _WHOLE.fullmatch(self.data):
            raise StopValidation(gettext("Enter a whole number, like 30"))


class Duration(Line):
    """A length of time: "2 hours", or a number of minutes."""

    @property
    def plain(self) -> Any:
        """Text, or a number of minutes; None for the default."""
        text = self.data or ""
        if _WHOLE.fullmatch(text):
            return int(text) if len(text) <= _LONGEST_NUMBER else 10**_LONGEST_NUMBER
        return text or None


class Listed(Line):
    """Several words, with commas between them."""

    @property
    def plain(self) -> Any:
        """The words as a list; [] for none."""
        return [word.strip() for word in (self.data or "").split(",") if word.strip()]

    def show(self, value: Any) -> None:
        """Take the list of the clinic file."""
        self.data = ", ".join(value)


class Lines(TextAreaField):
    """Several texts, each on a line of its own."""

    @property
    def plain(self) -> Any:
        """The lines that are not empty."""
        return [line.strip() for line in (self.data or "").split("\n") if line.strip()]

    def show(self, value: Any) -> None:
        """Take the list of the clinic file."""
        self.data = "\n".join(value)


class Tick(BooleanField):
    """Yes or no. What the clinic file assumes is given as `default`."""

    @property
    def plain(self) -> Any:
        """True or false."""
        return bool(self.data)

    def show(self, value: Any) -> None:
        """Take what the clinic file says."""
        self.data = value


class Choice(SelectField):
    """One word of several. Whether it is one of them is for the clinic file to say."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validate_choice=False, **kwargs)

    @property
    def plain(self) -> Any:
        """The word."""
        return self.data or ""

    def show(self, value: Any) -> None:
        """Take what the clinic file says."""
        self.data = value


class Several(SelectMultipleField):
    """Any of several words, as boxes to tick; chosen ones come first, in their order, so that saving keeps it.

    `none_is` is what no tick means: None for "no limit", [] for "none"."""

    def __init__(self, *args: Any, none_is: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, validate_choice=False, choices=[], **kwargs)
        self._none_is = none_is

    @property
    def plain(self) -> Any:
        """The words as a list, or what no tick means."""
        return list(self.data or ()) or self._none_is

    def show(self, value: Any) -> None:
        """Take the list of the clinic file."""
        self.data = list(value)

    def offer(self, choices: list[tuple[str, str]]) -> None:
        """Say what may be chosen."""
        chosen = list(self.data or ())
        order = {code: place for place, code in enumerate(chosen)}
        self.choices = sorted(choices, key=lambda choice: order.get(choice[0], len(order)))
