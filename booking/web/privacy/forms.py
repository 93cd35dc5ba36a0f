"""The form with which an administrator decides about erasing."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.validators import InputRequired

from booking.web.words import choices_of

KEEP_REASONS = {
    "not_the_person": lazy_gettext("It is not certain that the person asked"),
    "in_treatment": lazy_gettext("The person is being treated and wants to go on"),
    "taken_back": lazy_gettext("The person took the request back"),
    "law_or_claim": lazy_gettext("A law or an open claim forbids it"),
}


class DecideForm(FlaskForm):
    """Why the request is closed without erasing; not looked at when it is granted."""

    reason = RadioField(
        lazy_gettext("Why is it not erased?"),
        choices=choices_of(KEEP_REASONS),
        validators=[InputRequired(lazy_gettext("Choose a reason."))],
    )
