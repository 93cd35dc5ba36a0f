"""What is typed to ask somebody for their help. The desk asks with the same fields."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, RadioField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from booking.core.clock import utc_now
from booking.core.scheduling.clinic import Catalogue
from booking.services.carers import Invitation
from booking.web.fields import NearDateField
from booking.web.validators import email_address, stripped
from booking.web.words import choices_of

EMAIL_LENGTH = 254
OPEN_END, UNTIL = "open", "until"
LONGEST = timedelta(days=366 * 10)


class InviteCarerForm(FlaskForm):
    """Whom to ask, for whom, how long they may help, and whether they see answers of others."""

    patient = RadioField(lazy_gettext("For whom?"), validators=[DataRequired(lazy_gettext("Choose for whom"))])
    email = EmailField(
        lazy_gettext("Their e-mail address"),
        filters=[stripped],
        validators=[
            DataRequired(lazy_gettext("Enter their e-mail address")),
            Length(max=EMAIL_LENGTH, message=lazy_gettext("The e-mail address is too long")),
            email_address,
        ],
    )
    lasts = RadioField(
        lazy_gettext("How long may they help?"),
        choices=choices_of(
            {OPEN_END: lazy_gettext("Until one of us ends it"), UNTIL: lazy_gettext("Until a certain day")}
        ),
        default=OPEN_END,
        validators=[DataRequired(lazy_gettext("Choose how long"))],
    )
    until = NearDateField(lazy_gettext("Last day"), validators=[Optional()])
    sees_answers = BooleanField(lazy_gettext("They may also see the answers that others have given"))

    def offer(self, patients: dict[str, str]) -> None:
        """Let them choose among these patients, by public id; who is the only one is not asked for."""
        if len(patients) > 1:
            self.patient.choices = choices_of(patients)
        else:
            del self.patient

    def validate_until(self, field: Any) -> None:
        """A day to come, where a day was asked for."""
        if self.lasts.data != UNTIL or field.data is None:
            return
        today = utc_now().date()
        if not today <= field.data <= today + LONGEST:
            raise ValidationError(lazy_gettext("Choose a day from today on, within ten years"))

    def invitation(self, patient_id: int, clinic: Catalogue) -> Invitation:
        """What was asked for: the last day is over at midnight at the clinic's first location."""
        ends_at: datetime | None = None
        if self.lasts.data == UNTIL:
            tz = next(iter(clinic.locations.values())).tz
            ends_at = datetime.combine(self.until.data + timedelta(days=1), time(0), tzinfo=tz).astimezone(UTC)
        return Invitation(patient_id, self.email.data, ends_at, bool(self.sees_answers.data))

    def validate_lasts(self, field: Any) -> None:
        """A day that was picked says the same as the word for it, but the word alone does not say which day."""
        if self.until.data is not None:
            field.data = UNTIL
        elif field.data == UNTIL:
            raise ValidationError(lazy_gettext("Choose the last day below"))
