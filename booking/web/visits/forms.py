"""Forms about a booked visit."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField
from wtforms.validators import DataRequired, Optional, Regexp

from booking.web.accounts.forms import NONCE_LENGTH, fresh_nonce
from booking.web.validators import no_longer_than
from booking.web.words import CANCEL_REASONS, NO_REASON_ON_SITE, choices_of


class CancelAppointmentForm(FlaskForm):
    """Cancel. A reason helps the clinic; nobody has to give one."""

    reason = RadioField(
        lazy_gettext("Would you tell us why?"), [Optional()], choices=choices_of(CANCEL_REASONS), default=""
    )

    @property
    def reason_code(self) -> str:
        """The code that is kept."""
        return self.reason.data or NO_REASON_ON_SITE


class MoveVisitForm(FlaskForm):
    """The last button of a change: the time that the page showed, for the visit as the page showed it."""

    nonce = HiddenField(default=fresh_nonce, validators=[DataRequired(), no_longer_than(NONCE_LENGTH)])
    slot = HiddenField(validators=[DataRequired(), no_longer_than(300)])
    version = HiddenField(validators=[DataRequired(), Regexp(r"[0-9]{1,9}\Z")])

    @property
    def seen_version(self) -> int:
        """The valid version."""
        return int(self.version.data)
