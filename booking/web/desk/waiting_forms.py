"""The form with which the desk puts somebody on the waiting list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, ValidationError

from booking.adapters import dates
from booking.core.day_parts import DayPart
from booking.core.scheduling.clinic import Catalogue, Location, ResourceKind, Service
from booking.core.typed_dates import wanted_date_or_none
from booking.core.waiting import WaitingWish
from booking.queries.waiting import Waiting
from booking.web.desk.calendar_words import weekday_name
from booking.web.desk.loading import StaffVisit, locale
from booking.web.desk.waiting_words import DAY_PART
from booking.web.validators import no_longer_than

NOTICES = tuple(timedelta(hours=hours) for hours in (1, 3, 24, 48, 24 * 7))
USUAL_NOTICE = "1440"
USUAL_LENGTH = "+6w"
MINUTE = timedelta(minutes=1)


class AddWaitingForm(FlaskForm):
    """What somebody would take. Days are typed as everywhere at the desk."""

    service = SelectField(lazy_gettext("Service"))
    visit = SelectField(lazy_gettext("In place of"))
    location = SelectField(lazy_gettext("Location"))
    who = SelectField(lazy_gettext("Specialist"))
    weekdays = SelectMultipleField(lazy_gettext("Only on these days"))
    parts = SelectMultipleField(lazy_gettext("Only at these times of day"))
    first_day = StringField(
        lazy_gettext("From"), [DataRequired(lazy_gettext("Enter the first day")), no_longer_than(40)], default="today"
    )
    last_day = StringField(
        lazy_gettext("Until"), [DataRequired(lazy_gettext("Enter the last day")), no_longer_than(40)],
        default=USUAL_LENGTH,
    )  # fmt: skip
    notice = SelectField(lazy_gettext("Must know it before"), default=USUAL_NOTICE)
    is_first = BooleanField(lazy_gettext("Ask before all others"))

    def __init__(
        self,
        *args: Any,
        services: Iterable[Service],
        locations: Iterable[Location],
        visits: Iterable[StaffVisit],
        catalogue: Catalogue,
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._today, self._catalogue, self._visits = today, catalogue, list(visits)
        people = [r for r in catalogue.resources.values() if r.kind is ResourceKind.SPECIALIST and r.is_active]
        self.service.choices = [SelectChoice(one.code, one.name) for one in services]
        self.location.choices = _any(gettext("Any location"), locations)
        self.who.choices = _any(gettext("Any specialist"), people)
        self.visit.choices = [
            SelectChoice("", gettext("no visit: there is none yet")),
            *(SelectChoice(found.visit.public_id, _visit_words(found)) for found in self._visits),
        ]
        self.weekdays.choices = [SelectChoice(str(day), weekday_name(day)) for day in range(7)]
        self.parts.choices = [SelectChoice(part.value, word) for part, word in DAY_PART.items()]
        self.notice.choices = [
            SelectChoice(str(notice // MINUTE), dates.length_text(notice, locale())) for notice in NOTICES
        ]

    def validate_first_day(self, field: StringField) -> None:
        """A day that can be read."""
        self._day(field)

    def validate_last_day(self, field: StringField) -> None:
        """A day that can be read."""
        self._day(field)

    def validate_visit(self, field: SelectField) -> None:
        """A visit of the service that is waited for."""
        found = next((one for one in self._visits if one.visit.public_id == field.data), None)
        if found is not None and found.service.code != self.service.data:
            raise ValidationError(gettext("That visit is for another service"))

    def _day(self, field: StringField) -> date:
        on = wanted_date_or_none(field.data or "", self._today)
        if on is None:
            raise ValidationError(gettext("Enter a day, like 24 Nov, tomorrow or +2w"))
        return on

    @property
    def wish(self) -> WaitingWish:
        """The valid form as a value."""
        catalogue = self._catalogue
        return WaitingWish(
            service_id=catalogue.service_by_code[self.service.data].id,
            first_on=max(self._day(self.first_day), self._today),
            last_on=self._day(self.last_day),
            location_ids=_ids(self.location.data, catalogue.location_by_code),
            specialist_ids=_ids(self.who.data, catalogue.resource_by_code),
            weekdays=frozenset(int(day) for day in self.weekdays.data or ()),
            day_parts=frozenset(DayPart(part) for part in self.parts.data or ()),
            notice=int(self.notice.data) * MINUTE,
        )


def said_values(waiting: Waiting, catalogue: Catalogue) -> dict[str, Any]:
    """The form's values for an entry that is there. Of several places or people the form shows the first."""
    wish = waiting.wish
    return {
        "service": catalogue.services[wish.service_id].code,
        "visit": waiting.visit_public_id or "",
        "location": next((catalogue.locations[i].code for i in sorted(wish.location_ids)), ""),
        "who": next((catalogue.resources[i].code for i in sorted(wish.specialist_ids)), ""),
        "weekdays": [str(day) for day in sorted(wish.weekdays)],
        "parts": [part.value for part in wish.day_parts],
        "first_day": wish.first_on.isoformat(),
        "last_day": wish.last_on.isoformat(),
        "notice": str(wish.notice // MINUTE),
        "is_first": waiting.standing.priority > 0,
    }


def _any(word: str, offered: Iterable[Any]) -> list[SelectChoice]:
    return [SelectChoice("", word), *(SelectChoice(one.code, one.name) for one in offered)]


def _ids(code: str, by_code: Any) -> frozenset[int]:
    return frozenset({by_code[code].id}) if code else frozenset()


def _visit_words(found: StaffVisit) -> str:
    when = dates.day_and_time(found.visit.starts_at, found.location.tz, locale())
    return gettext("%(when)s, %(service)s", when=when, service=found.service.name)
