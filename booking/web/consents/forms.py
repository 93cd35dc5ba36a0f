"""What is typed to agree to a text."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired

from booking.web.validators import no_longer_than, one_line, stripped


class SignForm(FlaskForm):
    """The name that stands for a signature."""

    name = StringField(
        lazy_gettext("Your name"),
        filters=[stripped],
        validators=[DataRequired(lazy_gettext("Enter your name")), no_longer_than(200), one_line],
    )
