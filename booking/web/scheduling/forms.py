"""Forms on the way to a booked visit."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import get_locale, gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from booking.adapters import dates
from booking.services.appointments import PatientDetails, VisitDetails
from booking.web.fields import PARTS, NearDateField, ThreePartDateField
from booking.web.validators import (
    birth_date,
    email_address,
    no_longer_than,
    one_line,
    phone_number,
    some_lines,
    stripped,
)
from booking.web.words import NEEDS, choices_of

LONGEST_NAME = 120
LONGEST_REASON = 1000


class KnownTicks(SelectMultipleField):
    """Ticks of which unknown ones are dropped: a need we do not know is no reason to stop somebody."""

    data: list[str]

    def pre_validate(self, form: Any) -> None:
        """Keep the known ones."""
        del form
        self.data = [value for value in self.data or () if value in NEEDS]


def input_names(form: FlaskForm) -> list[str]:
    """Names of the inputs that are kept in the draft."""
    dates = {f.name for f in form if isinstance(f, ThreePartDateField)}
    names = [f.name for f in form if f.name not in {"csrf_token", "nonce", *dates}]
    return names + [f"{name}-{part}" for name in dates for part in PARTS]


class PersonFields:
    """Who the patient is. Written before the visit's fields, since a form lists its fields in the order of writing."""

    given_name = StringField(
        lazy_gettext("First name"),
        [DataRequired(lazy_gettext("Enter the first name")), no_longer_than(LONGEST_NAME), one_line],
        filters=[stripped],
    )
    family_name = StringField(
        lazy_gettext("Last name"),
        [DataRequired(lazy_gettext("Enter the last name")), no_longer_than(LONGEST_NAME), one_line],
        filters=[stripped],
    )
    born_on = ThreePartDateField(
        lazy_gettext("Date of birth"), [DataRequired(lazy_gettext("Enter the date of birth")), birth_date]
    )
    phone = StringField(lazy_gettext("Phone number"), [no_longer_than(40), phone_number], filters=[stripped])
    email = StringField(lazy_gettext("E-mail address"), [no_longer_than(254)], filters=[stripped])
    booked_for_other = BooleanField(lazy_gettext("I am filling this in for the patient"))

    def validate_email(self, field: StringField) -> None:
        """An address we can write to, or at least a phone number."""
        if field.data:
            email_address(self, field)
        elif not self.phone.data:
            raise ValidationError(gettext("Enter a phone number or an e-mail address, so that we can reach you"))

    def patient_details(self) -> PatientDetails:
        """The valid form as a value."""
        born_on = self.born_on.data
        assert born_on is not None  # noqa: S101 - demanded by the form; this tells the type checker.
        return PatientDetails(
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            born_on=born_on,
            phone=self.phone.data or None,
            email=self.email.data or None,
        )


class VisitDetailsForm(FlaskForm):
    """What a visit is about and what it needs. Nothing here must be answered."""

    reason = TextAreaField(
        lazy_gettext("What is the visit about?"),
        [Length(max=LONGEST_REASON, message=lazy_gettext("Please use fewer words")), some_lines],
    )
    needs = KnownTicks(lazy_gettext("What would make the visit easier for you?"), choices=choices_of(NEEDS))

    def input_names(self) -> list[str]:
        """Names of the inputs that are kept in the draft."""
        return input_names(self)

    def visit_details(self) -> VisitDetails:
        """The valid form as a value."""
        return VisitDetails(
            reason=(self.reason.data or "").strip() or None,
            needs=tuple(self.needs.data or ()),
            booked_for_other=self.is_for_other(),
        )

    def is_for_other(self) -> bool:
        """Whether somebody fills this in for the patient."""
        return False

    def patient_details(self) -> PatientDetails:
        """Only the form that asks who the patient is can say that."""
        raise TypeError("this form does not ask who the patient is")


class PatientDetailsForm(PersonFields, VisitDetailsForm):
    """The patient as well: for people who have no account yet, or book for somebody new."""

    def is_for_other(self) -> bool:
        return bool(self.booked_for_other.data)


class ChooseWhomForm(FlaskForm):
    """For whom somebody with an account books."""

    whom = RadioField(
        lazy_gettext("Who is this visit for?"),
        [InputRequired(lazy_gettext("Choose who the visit is for"))],
        validate_choice=True,
    )


class BookAppointmentForm(FlaskForm):
    """The last button. The nonce makes the same form, sent twice, one visit."""

    nonce = HiddenField(validators=[DataRequired(), no_longer_than(64)])


class TimeFilters:
    """The wishes of which most people have one."""

    who = SelectField(lazy_gettext("Who would you like to see?"))
    part = SelectField(
        lazy_gettext("Time of day"),
        choices=choices_of(
            {
                "": lazy_gettext("Any time of day"),
                "morning": lazy_gettext("Morning, before noon"),
                "afternoon": lazy_gettext("Afternoon, noon to 5 pm"),
                "evening": lazy_gettext("Evening, after 5 pm"),
            }
        ),
    )
    where = SelectField(lazy_gettext("Where?"))


class FilterTimesForm(TimeFilters, FlaskForm):
    """The wishes above the list of times of a visit that is moved; a GET form without a token."""

    class Meta:
        csrf = False


class KeepWishesForm(TimeFilters, FlaskForm):
    """The wishes above the list of times. They are posted, since an address is read by others, and remembered.

    `asked` are the names of those filters that leave a choice for the service, apart from those that always do."""

    among = SelectMultipleField(lazy_gettext("Only these specialists"))
    weekdays = SelectMultipleField(lazy_gettext("Only on these days"))
    not_before = NearDateField(lazy_gettext("Not before"), [Optional()])
    language = SelectField(lazy_gettext("A specialist who speaks"))
    step_free = BooleanField(lazy_gettext("Without steps on the way in"))

    asked: frozenset[str] = frozenset()

    def __init__(self, *args: Any, latest: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._latest = latest

    def validate_not_before(self, field: NearDateField) -> None:
        """A day that can be booked already."""
        if field.data and field.data > self._latest:
            day = dates.date_text(self._latest, str(get_locale() or "en"))
            raise ValidationError(gettext("We book until %(day)s. Choose that day or an earlier one", day=day))

    @property
    def more_asked(self) -> list[str]:
        """Names of the filters behind "More choices", in the order of the page."""
        always = {"weekdays", "not_before"}
        names = ("among", "weekdays", "not_before", "where", "language", "step_free")
        return [name for name in names if name in always | self.asked]

    @property
    def has_more(self) -> bool:
        """Whether something behind "More choices" was chosen, or is wrong."""
        return any(self[name].data or self[name].errors for name in self.more_asked)
