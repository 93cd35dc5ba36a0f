"""A form that describes one thing of the clinic by the keys of the clinic file, and puts mistakes beside its fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField

from booking.core.clinic_file.parts import PlacedMistake, Section, Steps
from booking.web.administration.mistake_words import mistake_sentence
from booking.web.validators import no_longer_than

BLANK: Mapping[str, Any] = {}


class PartForm(FlaskForm):
    """The fields are called by the keys of the clinic file. `seen` is what the page has shown, as a hash."""

    section: Section
    # A file of this size describes a whole clinic; one thing of it is never as long.
    seen = HiddenField(validators=[no_longer_than(64)])

    def __init__(self, shown: Mapping[str, Any] = BLANK) -> None:
        super().__init__()
        self.form_errors: list[str] = []
        if not self.is_submitted():
            self.show(shown)

    def plain_fields(self) -> Iterator[Field]:
        """Those that stand for a key each."""
        return (field for field in self if hasattr(field, "plain"))

    def show(self, shown: Mapping[str, Any]) -> None:
        """Fill the fields with what the clinic file says of the thing."""
        for field in self.plain_fields():
            if field.short_name in shown:
                field.show(shown[field.short_name])

    def thing(self) -> dict[str, Any]:
        """The thing as the clinic file would say it."""
        found = {field.short_name: field.plain for field in self.plain_fields()}
        return {key: value for key, value in found.items() if value is not None}

    def parts(self) -> tuple[Any, ...]:
        """Forms within this one, for the summary of errors."""
        return ()

    def is_clean(self) -> bool:
        """Check what only a form can get wrong."""
        return bool(self.validate())

    @property
    def has_errors(self) -> bool:
        """Whether anything is marked, in this form or in one within it."""
        return any(bool(form.errors) for form in (self, *self.parts()))

    def place(self, mistakes: Iterable[PlacedMistake], names: Mapping[str, str]) -> None:
        """Put each mistake beside its field; what belongs to none, or to another thing, stands above the form.

        `names` says what other things are called, by section and code."""
        for found in mistakes:
            sentence = mistake_sentence(found.mistake)
            field = None if found.thing else self.field_at(found.steps)
            if field is None:
                self.say(f"{names.get(found.thing, found.thing)}: {sentence}" if found.thing else sentence)
            elif sentence not in field.errors and not _is_unread(field):
                field.errors = [*field.errors, sentence]

    def say(self, sentence: str) -> None:
        """Let the summary of errors say this once."""
        if sentence not in self.form_errors:
            self.form_errors = [*self.form_errors, sentence]

    def field_at(self, steps: Steps) -> Field | None:
        """The field of that place in the thing, if it has one."""
        name = str(steps[0]) if steps else ""
        return self._fields.get(name)


def _is_unread(field: Field) -> bool:
    """Whether the form could not read the field at all; then the clinic file was not told what was typed."""
    return bool(field.errors) and getattr(field, "plain", None) is None


def both_or_neither() -> str:
    """What is said where one of two numbers is missing."""
    return gettext("Enter both numbers, or neither")
