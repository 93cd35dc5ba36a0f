"""Forms about a booked visit."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.validators import Optional

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
