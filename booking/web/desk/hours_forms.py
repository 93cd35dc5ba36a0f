"""Forms with which hours are changed and calendars closed. Dates and hours are typed as people write them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, StopValidation, ValidationError

from booking.core.scheduling.calendar_change import Week
from booking.core.scheduling.clinic import Location, MinuteSpan
from booking.core.typed_dates import wanted_date_or_none
from booking.core.typed_hours import UnreadHours, read_span, read_spans, read_time
from booking.models import BlockKind
from booking.services.sessions import new_token
from booking.web.desk.calendar_words import BLOCK_KIND, unread_sentence
from booking.web.validators import no_longer_than, one_line, stripped
from booking.web.words import choices_of

LONGEST_LABEL = 80
FARTHEST = timedelta(days=3 * 366)
LONGEST_LEAVE = timedelta(days=400)
WEEK = 7
AWAY, HOURS, WEEKLY = "away", "hours", "weekly"
ONLY_THIS, ALL_LATER = "no", "yes"


class DateText(StringField):
    """A date as it is typed: "24 Nov", "11/24/2026", "+2w". `on` is the date, None when nothing was typed.

    Days before today are refused: what has been cannot be changed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, filters=[stripped], **kwargs)
        self.on: date | None = None

    def pre_validate(self, form: Any) -> None:
        """Read what was typed."""
        typed = (self.data or "")[:60]
        if not typed:
            return
        self.on = wanted_date_or_none(typed, form.today)
        if self.on is None:
            words = gettext("“%(typed)s” is no day we understand. Try 24 Nov, 11/24/2026 or +2w.", typed=typed)
            raise StopValidation(words)
        if not form.earliest <= self.on <= form.today + FARTHEST:
            raise StopValidation(gettext("Choose today or a later day, at most three years ahead"))


class HoursText(StringField):
    """The hours of one day as they are typed. `spans` are what was read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, filters=[stripped], **kwargs)
        self.spans: tuple[MinuteSpan, ...] = ()

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms calls it so.
        """Read what was typed; nothing is closed."""
        try:
            self.spans = read_spans(self.data or "")
        except UnreadHours as problem:
            raise StopValidation(unread_sentence(problem)) from problem


class TimeText(StringField):
    """One time of day as it is typed. `minute` is what was read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, filters=[stripped], **kwargs)
        self.minute = 0

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms calls it so.
        """Read what was typed."""
        if self.data:
            try:
                self.minute = read_time(self.data)
            except UnreadHours as problem:
                words = gettext("“%(text)s” is no time we understand. Write it like 9:30", text=problem.text)
                raise StopValidation(words) from problem


class ChangeForm(FlaskForm):
    """What every change carries: the nonce makes the same form, sent twice, one change; `seen` is what it has shown.

    `today` is the present date where it holds, `earliest` the first date that may be chosen.
    """

    nonce = HiddenField(validators=[DataRequired(), no_longer_than(64)])
    seen = HiddenField(validators=[no_longer_than(64)])

    def __init__(self, today: date, **values: Any) -> None:
        self.today = self.earliest = today
        super().__init__(**values)
        if not self.is_submitted():
            self.nonce.data = new_token()


def _first_day(label: Any) -> DateText:
    return DateText(label, [DataRequired(lazy_gettext("Enter the day"))])


def _demand_order(first: DateText, last: DateText) -> None:
    if first.on and last.on and last.on < first.on:
        raise ValidationError(lazy_gettext("The last day must not be before the first"))


class WeekForm(ChangeForm):
    """Weekly hours at a location from a date on."""

    first_on = _first_day(lazy_gettext("From"))
    last_on = DateText(lazy_gettext("Until"))
    mon = HoursText(lazy_gettext("Monday"))
    tue = HoursText(lazy_gettext("Tuesday"))
    wed = HoursText(lazy_gettext("Wednesday"))
    thu = HoursText(lazy_gettext("Thursday"))
    fri = HoursText(lazy_gettext("Friday"))
    sat = HoursText(lazy_gettext("Saturday"))
    sun = HoursText(lazy_gettext("Sunday"))

    @property
    def days(self) -> tuple[HoursText, ...]:
        """The fields from Monday on."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)

    @property
    def week(self) -> Week:
        """The valid form as a value."""
        return tuple(day.spans for day in self.days)

    def validate_last_on(self, field: DateText) -> None:
        """Not before the first day."""
        _demand_order(self.first_on, field)


class DateForm(ChangeForm):
    """One date that is not like the others."""

    first_on = _first_day(lazy_gettext("Day"))
    what = RadioField(
        lazy_gettext("On that day"),
        [InputRequired(lazy_gettext("Choose what holds on that day"))],
        choices=choices_of(
            {
                AWAY: lazy_gettext("Away all day"),
                HOURS: lazy_gettext("There, at these hours:"),
                WEEKLY: lazy_gettext("As in every week"),
            }
        ),
    )
    hours = HoursText(lazy_gettext("Hours on that day"))

    def validate_hours(self, field: HoursText) -> None:
        """Needed only where other hours are chosen."""
        if self.what.data == HOURS and not field.spans:
            raise ValidationError(lazy_gettext("Enter the hours, or choose that nobody is there"))

    @property
    def spans(self) -> tuple[MinuteSpan, ...] | None:
        """The valid form as a value: () away, None as in every week."""
        return {AWAY: (), WEEKLY: None}.get(self.what.data, self.hours.spans)


class DetailsForm(ChangeForm):
    """Why a calendar is closed."""

    kind = SelectField(
        lazy_gettext("Kind"),
        choices=choices_of({kind.value: word for kind, word in BLOCK_KIND.items()}),
        default=BlockKind.OTHER.value,
    )
    label = StringField(
        lazy_gettext("What the board says"), [no_longer_than(LONGEST_LABEL), one_line], filters=[stripped]
    )

    @property
    def label_text(self) -> str:
        """What was typed, or the kind in words."""
        return self.label.data or str(BLOCK_KIND[BlockKind(self.kind.data)])


class LeaveForm(DetailsForm):
    """Whole days, wherever the resource works."""

    first_on = _first_day(lazy_gettext("First day"))
    last_on = DateText(lazy_gettext("Last day"))

    def validate_last_on(self, field: DateText) -> None:
        """Not before the first day; years of leave are a slip."""
        _demand_order(self.first_on, field)
        if self.first_on.on and field.on and field.on - self.first_on.on > LONGEST_LEAVE:
            raise ValidationError(lazy_gettext("At most 400 days at once"))


class BlockForm(DetailsForm):
    """Some hours of a day, once or every week."""

    first_on = _first_day(lazy_gettext("Day"))
    time = HoursText(lazy_gettext("Time"), [DataRequired(lazy_gettext("Enter the time, like 9:00-10:00"))])
    last_on = DateText(lazy_gettext("Repeat every week until"))
    location = SelectField(lazy_gettext("In the time of"), validate_choice=True)

    def __init__(self, today: date, places: list[Location], **values: Any) -> None:
        super().__init__(today, **values)
        self.location.choices = [SelectChoice(place.code, place.name) for place in places]
        if len(places) == 1:
            del self.location

    def validate_time(self, field: HoursText) -> None:
        """Exactly one span."""
        try:
            read_span(field.data or "")
        except UnreadHours as problem:
            raise ValidationError(lazy_gettext("Enter one span of time, like 9:00-10:00")) from problem

    def validate_last_on(self, field: DateText) -> None:
        """Not before the first day."""
        _demand_order(self.first_on, field)


class EditBlockForm(DetailsForm):
    """A block that is there already: from a day and time to a day and time; `later` only in a series."""

    first_on = DateText(lazy_gettext("From"), [DataRequired(lazy_gettext("Enter the day"))])
    first_time = TimeText(lazy_gettext("at"), [DataRequired(lazy_gettext("Enter the time"))])
    last_on = DateText(lazy_gettext("To"), [DataRequired(lazy_gettext("Enter the day"))])
    last_time = TimeText(lazy_gettext("at"), [DataRequired(lazy_gettext("Enter the time"))])
    later = RadioField(lazy_gettext("It belongs to a series"), default=ONLY_THIS)

    def __init__(self, today: date, later_count: int, **values: Any) -> None:
        super().__init__(today, **values)
        all_later = gettext("Change this and all later ones, %(count)s in all", count=later_count)
        self.later.choices = choices_of({ONLY_THIS: gettext("Change only this one"), ALL_LATER: all_later})
        if later_count == 1:
            del self.later

    @property
    def is_for_all_later(self) -> bool:
        """Whether the later blocks of the series change as well."""
        return bool(self.later) and self.later.data == ALL_LATER

    def validate_last_time(self, field: TimeText) -> None:
        """After the beginning; of a series each one within its week."""
        first, last = self.first_on.on, self.last_on.on
        if first and last and self.is_for_all_later and (last - first).days >= WEEK:
            raise ValidationError(lazy_gettext("In a series each one lasts less than a week"))
        if first and last and (last, field.minute) <= (first, self.first_time.minute):
            raise ValidationError(lazy_gettext("The end must be after the beginning"))


class ClosureForm(ChangeForm):
    """Days on which a location, or the whole clinic, is closed."""

    location = SelectField(lazy_gettext("What is closed"), [InputRequired(lazy_gettext("Choose what is closed"))])
    first_on = _first_day(lazy_gettext("First day"))
    last_on = DateText(lazy_gettext("Last day"))
    name = StringField(
        lazy_gettext("Why"),
        [DataRequired(lazy_gettext("Say why, like Founders' Day")), no_longer_than(LONGEST_LABEL), one_line],
        filters=[stripped],
    )

    def validate_last_on(self, field: DateText) -> None:
        """Not before the first day; years of closing are a slip."""
        _demand_order(self.first_on, field)
        if self.first_on.on and field.on and field.on - self.first_on.on > LONGEST_LEAVE:
            raise ValidationError(lazy_gettext("At most 400 days at once"))
