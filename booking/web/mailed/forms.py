"""Forms on the pages of mailed links."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import AnyOf, DataRequired

from booking.web.accounts.forms import NONCE_LENGTH, fresh_nonce
from booking.web.fields import ThreePartDateField
from booking.web.validators import birth_date, no_longer_than


class ConfirmVisitForm(FlaskForm):
    """One button."""


class ProveBirthDateForm(FlaskForm):
    """The one thing that a letter does not say and its reader knows."""

    born_on = ThreePartDateField(
        lazy_gettext("Date of birth of the patient"),
        [DataRequired(lazy_gettext("Enter the date of birth")), birth_date],
    )

    @property
    def birth_date(self) -> date:
        """The valid answer."""
        return cast("date", self.born_on.data)


class AnswerOfferForm(FlaskForm):
    """Three buttons, one of which is pressed."""

    nonce = HiddenField(default=fresh_nonce, validators=[no_longer_than(NONCE_LENGTH)])
    answer = StringField(validators=[AnyOf(("yes", "no", "stop"))])

    @property
    def is_yes(self) -> bool:
        """They take the time."""
        return self.answer.data == "yes"

    @property
    def keeps_looking(self) -> bool:
        """They decline this time and wait for another."""
        return self.answer.data == "no"
