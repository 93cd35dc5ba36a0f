"""Forms of people who wait: what they would take, and who they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectMultipleField
from wtforms.validators import InputRequired, ValidationError

from booking.adapters import dates
from booking.core.day_parts import DayPart
from booking.core.scheduling.clinic import Catalogue, Location, Resource, Service, VisitMode
from booking.core.waiting import LONGEST_WAIT, WaitingWish
from booking.queries.own_patients import OwnPatient
from booking.web.accounts.forms import NONCE_LENGTH, fresh_nonce
from booking.web.fields import NearDateField
from booking.web.scheduling.draft import NEW_PERSON
from booking.web.scheduling.forms import PersonFields, input_names
from booking.web.scheduling.search import Wish
from booking.web.validators import no_longer_than
from booking.web.waiting.words import DAY_PARTS, NOTICES, notice_for
from booking.web.words import choices_of

MINUTE = timedelta(minutes=1)
USUAL_WAIT = timedelta(weeks=6)
USUAL_NOTICE = timedelta(days=1)


class WaitForm(FlaskForm):
    """What somebody would take. Nothing ticked means any. Its names differ from those of the filters: both forms stand
    on one page."""

    for_whom = RadioField(lazy_gettext("Who is waiting?"), [InputRequired(lazy_gettext("Choose who is waiting"))])
    days = SelectMultipleField(lazy_gettext("Which days suit you?"))
    parts = SelectMultipleField(
        lazy_gettext("Which times of day?"), choices=choices_of({part.value: word for part, word in DAY_PARTS.items()})
    )
    people = SelectMultipleField(lazy_gettext("Who would you like to see?"))
    places = SelectMultipleField(lazy_gettext("Where?"))
    first_day = NearDateField(lazy_gettext("From"), [InputRequired(lazy_gettext("Enter the first day"))])
    last_day = NearDateField(lazy_gettext("Until"), [InputRequired(lazy_gettext("Enter the last day"))])
    notice = RadioField(
        lazy_gettext("How long before the visit do you need to know?"),
        [InputRequired(lazy_gettext("Choose how long before the visit you need to know"))],
        choices=choices_of({str(length // MINUTE): word for length, word in NOTICES.items()}),
    )

    def __init__(self, *, service: Service, catalogue: Catalogue, today: date, locale: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._service, self._catalogue, self._today, self._locale = service, catalogue, today, locale
        self.days.choices = choices_of({str(day): dates.weekday_name(day, locale) for day in range(7)})
        self.people.choices = choices_of({one.code: one.name for one in catalogue.specialists_for(service)})
        places = catalogue.locations_for(service) if service.mode is VisitMode.IN_PERSON else ()
        self.places.choices = choices_of({one.code: one.name for one in places})
        self.for_whom.choices = []
        self._kept: WaitingWish | None = None

    def ask_for_whom(self, patients: Sequence[OwnPatient]) -> None:
        """Ask which of these waits, or somebody new; nothing where there is nobody to choose from."""
        if not patients:
            del self.for_whom
            return
        names = {patient.public_id: patient.name for patient in patients}
        self.for_whom.choices = choices_of(names | {NEW_PERSON: gettext("Somebody else")})
        if len(patients) == 1 and not self.for_whom.data:
            self.for_whom.data, self.for_whom.raw_data = patients[0].public_id, [patients[0].public_id]

    def keep_people_and_places(self, wish: WaitingWish) -> None:
        """Ask for neither: they stay as they were wished."""
        self._kept = wish
        del self.people, self.places

    def validate_last_day(self, field: NearDateField) -> None:
        """A day to come, not before the first one, within a year."""
        first, last = self.first_day.data, field.data
        if last and last < self._today:
            raise ValidationError(gettext("That day is over. Choose a later day"))
        if first and last and last < first:
            raise ValidationError(gettext("The last day must not be before the first"))
        if last and last > self._today + LONGEST_WAIT:
            raise ValidationError(gettext("Choose a day within a year"))

    @property
    def wish(self) -> WaitingWish:
        """The valid form as a value."""
        catalogue, first, last = self._catalogue, self.first_day.data, self.last_day.data
        assert first is not None and last is not None  # noqa: S101, PT018 - demanded by the form; this tells the type checker.
        kept = self._kept
        places = () if kept else self.places.data or ()
        people = () if kept else self.people.data or ()
        return WaitingWish(
            service_id=self._service.id,
            first_on=max(first, self._today),
            last_on=last,
            location_ids=kept.location_ids if kept else frozenset(catalogue.location_by_code[i].id for i in places),
            specialist_ids=kept.specialist_ids if kept else frozenset(catalogue.resource_by_code[i].id for i in people),
            weekdays=frozenset(int(day) for day in self.days.data or ()),
            day_parts=frozenset(DayPart(part) for part in self.parts.data or ()),
            notice=int(self.notice.data) * MINUTE,
        )


class WaitingPersonForm(PersonFields, FlaskForm):
    """Who waits, of whom the clinic knows nothing yet."""

    nonce = HiddenField(default=fresh_nonce, validators=[no_longer_than(NONCE_LENGTH)])

    def input_names(self) -> list[str]:
        """Names of the inputs that are kept for the next form that asks who the patient is."""
        return [name for name in input_names(self) if name != "booked_for_other"]


def values_of_filters(wish: Wish, catalogue: Catalogue, today: date) -> dict[str, Any]:
    """The form as the filters of the list of times fill it: the people who speak the language, the places without
    steps."""
    specialists = catalogue.specialists_for(wish.service)
    people: tuple[Resource, ...] = (wish.specialist,) if wish.specialist else wish.among
    if wish.language:
        people = tuple(one for one in people or specialists if one.speaks(wish.language))
    places: tuple[Location, ...] = (wish.location,) if wish.location else ()
    if wish.step_free and not places:
        places = tuple(one for one in catalogue.locations_for(wish.service) if one.is_step_free)
    first = max(today, wish.not_before or today)
    return {
        "days": [str(day) for day in sorted(wish.weekdays)],
        "parts": [wish.day_part.value] if wish.day_part else [],
        "people": [one.code for one in people],
        "places": [one.code for one in places],
        "first_day": first,
        "last_day": first + USUAL_WAIT,
        "notice": str(USUAL_NOTICE // MINUTE),
    }


def values_of_wish(wish: WaitingWish, catalogue: Catalogue) -> dict[str, Any]:
    """The form as an entry that is there fills it."""
    return {
        "days": [str(day) for day in sorted(wish.weekdays)],
        "parts": [part.value for part in wish.day_parts],
        "people": [catalogue.resources[one].code for one in sorted(wish.specialist_ids)],
        "places": [catalogue.locations[one].code for one in sorted(wish.location_ids)],
        "first_day": wish.first_on,
        "last_day": wish.last_on,
        "notice": str(notice_for(wish.notice) // MINUTE),
    }
