"""What the desk looks for on the phone, and the next times for it, numbered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from flask_babel import gettext
from wtforms.fields import SelectChoice

from booking.adapters import dates
from booking.core.clock import local_date
from booking.core.scheduling.clinic import Catalogue, Location, Resource, Service
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.slots import Slot, SlotQuery
from booking.core.typed_dates import wanted_date_or_none
from booking.extensions import db
from booking.queries.appointments import Visit
from booking.queries.desk_patients import last_visit_kind
from booking.services import availability
from booking.web import access
from booking.web.context import clinic_now
from booking.web.desk.caller import Caller
from booking.web.desk.forms import ChooseTimesForm
from booking.web.desk.loading import LAST_YEAR, locale, own_locations
from booking.web.scheduling.slot_choice import SlotChoice, choice_of

AT_ONCE = 6
MOST_SKIPPED = 60
SEARCHED_AHEAD = timedelta(days=180)

Offered = TypeVar("Offered", Service, Location)
Form = TypeVar("Form", bound=ChooseTimesForm)


@dataclass(frozen=True, slots=True)
class TimesWish:
    """What is looked for. `from_on` is a local date, today at the earliest; `is_unread` says the day made no sense."""

    service: Service
    location: Location
    specialist: Resource | None
    from_on: date
    typed_start: str
    is_unread: bool
    skip: int

    @property
    def arguments(self) -> dict[str, str]:
        """The address of the same wish, without the number of times skipped."""
        given = {
            "service": self.service.code,
            "location": self.location.code,
            "who": self.specialist.code if self.specialist else "",
            "start": self.typed_start,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class NumberedTime:
    """One of the next times: the number of its key, the words, and the value that names it."""

    number: int
    day: str
    time: str
    who: str
    value: str


@dataclass(frozen=True, slots=True)
class NextTimes:
    """The page's times; `skip` of the pages before and after, None where there is none."""

    times: list[NumberedTime]
    earlier: int | None
    later: int | None


def offered_services(catalogue: Catalogue) -> list[Service]:
    """All that the clinic gives at the actor's locations, in its order."""
    own = {place.id for place in own_locations()}
    found = [s for s in catalogue.services.values() if s.is_active and own & {p.id for p in catalogue.locations_for(s)}]
    return sorted(found, key=lambda service: (service.position, service.id))


def read_wish_or_none(caller: Caller, arguments: Mapping[str, str], *, now: datetime) -> TimesWish | None:
    """The wish of an address; what it leaves open is proposed from the patient's last visit, else the clinic's first.

    None when nothing at all is given at the actor's locations. Words that mean nothing count as not said.
    """
    catalogue = clinic_now()
    services = offered_services(catalogue)
    if not services:
        return None
    own_ids = frozenset(place.id for place in own_locations())
    is_said = arguments.get("service") and arguments.get("location")
    known = None if is_said else caller.known
    last = last_visit_kind(db.session(), patient_id=known.id, location_ids=own_ids) if known else None
    service = _chosen(services, arguments.get("service", ""), last[0] if last else None)
    places = [place for place in catalogue.locations_for(service) if place.id in own_ids]
    location = _chosen(places, arguments.get("location", ""), last[1] if last else None)
    specialists = {s.code: s for s in catalogue.specialists_for(service)}
    typed = arguments.get("start", "").strip()[:40]
    today = local_date(now, location.tz)
    wanted = wanted_date_or_none(typed, today) if typed else today
    is_unread = wanted is None or wanted.year > LAST_YEAR
    from_on = today if wanted is None or is_unread else max(wanted, today)
    return TimesWish(
        service, location, specialists.get(arguments.get("who", "")), from_on, typed, is_unread, _skip(arguments)
    )


def _chosen(offered: list[Offered], code: str, proposed_id: int | None) -> Offered:
    by_code = next((one for one in offered if one.code == code), None)
    return by_code or next((one for one in offered if one.id == proposed_id), offered[0])


def _skip(arguments: Mapping[str, str]) -> int:
    text = arguments.get("skip", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return min(number // AT_ONCE * AT_ONCE, MOST_SKIPPED)


def next_times(
    wish: TimesWish, *, now: datetime, calendar: PatientCalendar | None = None, moving: Visit | None = None
) -> NextTimes:
    """The next times from the engine, one for each start; any specialist means whoever has least to do.

    `calendar` is that of the patient, who is nowhere else meanwhile. What the visit `moving` has reserved does not
    count, and its own time is not among those it may move to.
    """
    query = SlotQuery(
        wish.service.id,
        frozenset({wish.location.id}),
        frozenset({wish.specialist.id}) if wish.specialist else None,
        wish.from_on,
        wish.from_on + SEARCHED_AHEAD,
        now,
        apply_policies=False,
        patient=calendar,
    )
    found = availability.first_slots(
        db.session(),
        query,
        count=wish.skip + AT_ONCE + 1 + (moving is not None),
        owner=access.server_session().get("owner", ""),
        without_appointment=moving.id if moving else None,
    )
    if moving is not None:
        found = [slot for slot in found if not _is_time_of(moving, slot)]
    shown = found[wish.skip : wish.skip + AT_ONCE]
    has_later = len(found) > wish.skip + AT_ONCE and wish.skip < MOST_SKIPPED
    return NextTimes(
        [numbered(slot, number, is_any=wish.specialist is None) for number, slot in enumerate(shown, start=1)],
        earlier=wish.skip - AT_ONCE if wish.skip else None,
        later=wish.skip + AT_ONCE if has_later else None,
    )


def _is_time_of(visit: Visit, slot: Slot) -> bool:
    own = (visit.service_id, visit.location_id, visit.specialist_id, visit.starts_at)
    return (slot.service_id, slot.location_id, slot.specialist_id, slot.starts_at) == own


def calendar_for(caller: Caller, wish: TimesWish, *, without_appointment: int | None = None) -> PatientCalendar | None:
    """When the caller is busy, and what the rules about the patient count; None for somebody who is new."""
    if caller.known is None:
        return None
    return availability.patient_calendar(
        db.session(),
        patient_id=caller.known.id,
        service_id=wish.service.id,
        without_appointment=without_appointment,
        clinic=clinic_now(),
    )


def numbered(slot: Slot, number: int, *, is_any: bool) -> NumberedTime:
    """The slot with its words."""
    choice: SlotChoice = choice_of(slot, clinic_now(), is_any=is_any)
    tz = choice.location.tz
    return NumberedTime(
        number,
        dates.day_only(choice.starts_at, tz, locale()),
        dates.time_only(choice.starts_at, tz, locale()),
        choice.specialist.name if choice.specialist else "",
        choice.value,
    )


def times_form(wish: TimesWish, kind: type[Form] = ChooseTimesForm, **more: str) -> Form:
    """The wish as a form; `more` are values of fields that this kind of form has besides."""
    catalogue = clinic_now()
    form = kind(
        formdata=None,
        service=wish.service.code,
        location=wish.location.code,
        who=wish.specialist.code if wish.specialist else "",
        start=wish.typed_start,
        **more,
    )
    form.service.choices = [SelectChoice(s.code, s.name) for s in offered_services(catalogue)]
    form.location.choices = [SelectChoice(place.code, place.name) for place in own_locations()]
    specialists = catalogue.specialists_for(wish.service)
    form.who.choices = [
        SelectChoice("", gettext("Any specialist")),
        *(SelectChoice(s.code, s.name) for s in specialists),
    ]
    if wish.is_unread:
        form.start.errors = [gettext("Enter a day like 24 Nov, 11/24, tomorrow or +2w")]
    return form
