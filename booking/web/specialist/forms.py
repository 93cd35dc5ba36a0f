"""Forms of specialists: a note beside answers, and what shall follow a visit."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from booking.core.follow_ups import is_fitting_day
from booking.core.scheduling.clinic import Service
from booking.core.typed_dates import wanted_date_or_none
from booking.services.reviewing import LONGEST_NOTE
from booking.web.validators import no_longer_than, one_line, some_lines, stripped

OWN, ANY = "own", "any"


class NoteForm(FlaskForm):
    """A note that only specialists of the patient's visits read."""

    note = TextAreaField(
        lazy_gettext("Note"),
        [Length(max=LONGEST_NOTE, message=lazy_gettext("Please use fewer words")), some_lines],
        filters=[stripped],
    )


class FollowUpForm(FlaskForm):
    """Any follow-up, where none of the proposals fits."""

    service = SelectField(lazy_gettext("Kind of visit"), [InputRequired(lazy_gettext("Choose a kind of visit"))])
    wanted_by = StringField(
        lazy_gettext("By when"),
        [InputRequired(lazy_gettext("Enter a day like 14 Dec, 12/14 or +6w")), no_longer_than(40), one_line],
        filters=[stripped],
    )
    who = RadioField(lazy_gettext("With whom"), [InputRequired()], default=OWN)

    def __init__(self, services: list[Service], today: date, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.today = today
        self.on: date | None = None
        self.service.choices = [SelectChoice(service.code, service.name) for service in services]
        self.who.choices = [
            SelectChoice(OWN, gettext("With me")),
            SelectChoice(ANY, gettext("With any specialist")),
        ]

    def validate_wanted_by(self, field: StringField) -> None:
        """A day that we understand, within a year."""
        self.on = wanted_date_or_none(field.data or "", self.today)
        if self.on is None or not is_fitting_day(self.on, self.today):
            raise ValidationError(gettext("Enter a day like 14 Dec, 12/14 or +6w"))
