"""Forms of the desk."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from booking.core.video import LONGEST_VIDEO_URL, is_video_url
from booking.queries.desk_patients import LONGEST_SEARCH
from booking.services.appointments import PatientDetails, VisitDetails
from booking.web.desk.words import CLINIC_REASONS, OVERRIDE_REASONS, PATIENT_REASONS
from booking.web.fields import PARTS
from booking.web.scheduling.forms import KnownTicks, PersonFields
from booking.web.validators import email_address, no_longer_than, one_line, some_lines, stripped
from booking.web.words import NEEDS, choices_of

LONGEST_NOTE = 1000


class SearchPatientForm(FlaskForm):
    """One field for whatever the caller says of themselves. Posted, since a name must not stand in an address."""

    text = StringField(
        lazy_gettext("Name, phone, date of birth or reference"), [no_longer_than(LONGEST_SEARCH), one_line]
    )
    goal = HiddenField()


class CancelVisitForm(FlaskForm):
    """Cancel for the patient or for the clinic a visit that is as it was when the page was made. The reason is for the
    staff alone."""

    version = HiddenField()
    reason = SelectField(lazy_gettext("Reason"), [InputRequired(lazy_gettext("Choose a reason"))])
    note = TextAreaField(
        lazy_gettext("Note for the staff"),
        [Length(max=LONGEST_NOTE, message=lazy_gettext("Please use fewer words")), some_lines],
        filters=[stripped],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [SelectChoice("", gettext("Choose a reason")), *reason_choices()]


def reason_choices() -> list[SelectChoice]:
    """The reasons in their two groups."""
    groups = ((gettext("From the patient"), PATIENT_REASONS), (gettext("From the clinic"), CLINIC_REASONS))
    return [SelectChoice(code, str(word), optgroup=group) for group, words in groups for code, word in words.items()]


class VideoLinkForm(FlaskForm):
    """Where a video visit takes place."""

    url = StringField(
        lazy_gettext("Link of this visit"), [no_longer_than(LONGEST_VIDEO_URL), one_line], filters=[stripped]
    )

    def validate_url(self, field: StringField) -> None:
        """An address that the service takes, or none."""
        if field.data and not is_video_url(field.data):
            raise ValidationError(gettext("Enter a link that begins with https://, without blanks"))


class DescribePatientForm(PersonFields, FlaskForm):
    """A patient who is new: no more than is needed to know them again. Neither phone nor e-mail is demanded."""

    booked_for_other = None
    is_someone_else = HiddenField(default="")

    def validate_email(self, field: StringField) -> None:
        """An address, when there is one."""
        if field.data:
            email_address(self, field)

    def input_names(self) -> list[str]:
        """Names of the inputs that are kept until the visit is booked."""
        return ["given_name", "family_name", *(f"born_on-{part}" for part in PARTS), "phone", "email"]

    def patient_details(self) -> PatientDetails:
        """The valid form as a value."""
        born_on = self.born_on.data
        assert born_on is not None  # noqa: S101 - DataRequired has seen to it; this tells the type checker.
        return PatientDetails(
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            born_on=born_on,
            phone=self.phone.data or None,
            email=self.email.data or None,
        )


class ChooseTimesForm(FlaskForm):
    """What the next times are looked for; a GET form without a token."""

    class Meta:
        csrf = False

    service = SelectField(lazy_gettext("Service"), validate_choice=False)
    location = SelectField(lazy_gettext("Location"), validate_choice=False)
    who = SelectField(lazy_gettext("Specialist"), validate_choice=False)
    start = StringField(lazy_gettext("From"), [Optional(), no_longer_than(40)])


class ExplainTimesForm(ChooseTimesForm):
    """Which days are to be explained, and for whom the rules are meant: the desk, or patients who book online."""

    days = SelectField(lazy_gettext("How many days"), validate_choice=False)
    whom = SelectField(lazy_gettext("Who books"), validate_choice=False)


class ChooseSeveralForm(ChooseTimesForm):
    """How many visits, and how far apart."""

    count = SelectField(lazy_gettext("How many visits"), validate_choice=False)
    every = StringField(lazy_gettext("One every"))
    unit = SelectField(lazy_gettext("Days or weeks"), validate_choice=False)


class ReadAloudForm(FlaskForm):
    """The last button. The nonce makes the same form, sent twice, one act."""

    nonce = HiddenField(validators=[DataRequired(), no_longer_than(64)])
    override_reason = RadioField(
        lazy_gettext("Why is it booked all the same?"), [Optional()], choices=choices_of(OVERRIDE_REASONS), default=""
    )

    def ask_why(self) -> None:
        """A reason is all that is missing."""
        self.override_reason.errors = [gettext("Say why it is booked all the same")]


class BookVisitForm(ReadAloudForm):
    """Books one visit."""

    needs = KnownTicks(lazy_gettext("What the visit needs"), choices=choices_of(NEEDS))

    def visit_details(self) -> VisitDetails:
        """The valid form as a value. What the visit is about is asked in the forms, not on the phone."""
        return VisitDetails(reason=None, needs=tuple(self.needs.data or ()))


class MoveVisitForm(ReadAloudForm):
    """Moves a visit that is as it was when the page was made."""

    version = HiddenField()
