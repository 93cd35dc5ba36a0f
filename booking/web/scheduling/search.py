"""Looking for times: the wishes of the address bar, and the week to show for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.core.day_parts import DAY_PART_SPANS, DayPart
from booking.core.preferences import NOTHING, Preferences
from booking.core.scheduling.clinic import Catalogue, Location, Resource, Service, VisitMode
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.slots import Slot, SlotQuery
from booking.core.scheduling.wishes import Wishes
from booking.queries.appointments import Visit
from booking.services import availability

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
ALL_GIVEN = frozenset({"who", "where", "part"})
"""Wishes that an address can say."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the patient is looking for; None and empty mean any. `from_on` is the first day to show, None the first free
    week. `specialist` is the one to see, `among` are those of whom any will do. `who` is how the address says the
    specialist; `given` are the wishes of the address, which its links to other weeks repeat. Remembered wishes stay out
    of addresses."""

    service: Service
    specialist: Resource | None = None
    location: Location | None = None
    day_part: DayPart | None = None
    from_on: date | None = None
    who: str = ""
    among: tuple[Resource, ...] = ()
    weekdays: frozenset[int] = frozenset()
    not_before: date | None = None
    language: str = ""
    step_free: bool = False
    given: frozenset[str] = ALL_GIVEN

    @property
    def takes_anyone(self) -> bool:
        """Whether it does not matter whom they see; else a time is taken with the specialist whom its button names."""
        return self.specialist is None and not self.among and not self.language

    @property
    def is_open(self) -> bool:
        """Whether everything would do."""
        return self == Wish(self.service, from_on=self.from_on, given=self.given)

    @property
    def specialist_ids(self) -> frozenset[int] | None:
        """Whom the engine is asked for."""
        asked = (self.specialist,) if self.specialist else self.among
        return frozenset(one.id for one in asked) or None

    @property
    def filters(self) -> Wishes:
        """The rest of it, as the engine filters."""
        spans = (DAY_PART_SPANS[self.day_part],) if self.day_part else ()
        return Wishes(spans, self.weekdays, self.language or None, self.step_free)

    def arguments(self, from_on: date | None = None) -> dict[str, str]:
        """The arguments of the address that shows these wishes from another day on."""
        said = {
            "who": self.who,
            "where": self.location.code if self.location else "",
            "part": self.day_part.value if self.day_part else "",
        }
        given = {name: value for name, value in said.items() if value and name in self.given}
        return given | ({"from": from_on.isoformat()} if from_on else {})


@dataclass(frozen=True, slots=True)
class Seeker:
    """For whom times are looked for. `owner`: the browser session whose own hold takes no time away. `patient`: their
    other visits, where it is known whom the visit is for. `moving`: the visit that is to get another time; its own
    present time is neither in the way nor offered."""

    owner: str = ""
    is_verified: bool = False
    patient: PatientCalendar | None = None
    moving: Visit | None = None

    def wants(self, slot: Slot, *, is_any: bool) -> bool:
        """Whether the slot is another time than the present one; with another specialist it is, unless any will do."""
        visit = self.moving
        if visit is None or (slot.starts_at, slot.location_id) != (visit.starts_at, visit.location_id):
            return True
        return not is_any and slot.specialist_id != visit.specialist_id


@dataclass(frozen=True, slots=True)
class FoundWeek:
    """Seven days from `first_on` with their slots, by start. `today` and `last_on` bound what can be shown at all.

    `next_free` is the first free time elsewhere, looked for only when the week is empty; it may lie before the week.
    """

    first_on: date
    today: date
    last_on: date
    slots: list[Slot]
    is_first: bool
    next_free: Slot | None = None

    @property
    def ends_on(self) -> date:
        """The last day shown."""
        return min(self.first_on + WEEK - DAY, self.last_on)


def read_wish(
    service: Service, arguments: Mapping[str, str], catalogue: Catalogue, remembered: Preferences = NOTHING
) -> Wish:
    """The wishes of an address, and those remembered of which the address says nothing. What cannot be read, or is not
    to be had for this service, counts as no wish, as the filters on the page then show."""
    specialists = {s.code: s for s in catalogue.specialists_for(service)}
    locations = {place.code: place for place in catalogue.locations_for(service)}
    given = frozenset(name for name in ALL_GIVEN if name in arguments)
    part = arguments.get("part", remembered.day_part or "")
    specialist = specialists.get(arguments.get("who", remembered.specialist))
    among = () if specialist or "who" in given else tuple(specialists[c] for c in remembered.among if c in specialists)
    spoken = any(one.speaks(remembered.language) for one in specialists.values()) if remembered.language else False
    return Wish(
        service,
        specialist,
        locations.get(arguments.get("where", remembered.location)),
        DayPart(part) if part in set(DayPart) else None,
        _date_or_none(arguments.get("from", "")),
        specialist.code if specialist else "",
        among,
        remembered.weekdays,
        remembered.not_before,
        remembered.language if spoken else "",
        remembered.step_free and service.mode is VisitMode.IN_PERSON,
        given,
    )


def find_week(session: Session, catalogue: Catalogue, wish: Wish, seeker: Seeker, *, now: datetime) -> FoundWeek:
    """The week asked for, or the first one with a free time. One search as a rule, a second when the week is empty."""
    search = _Search(session, catalogue, wish, seeker, now)
    week = search.week(search.today if wish.from_on is None else _clamped(wish.from_on, search.today, search.last_on))
    if week.slots:
        return week
    everything = search.slots(search.today, search.last_on)
    if not everything:
        return week
    if wish.from_on is not None:
        later = [slot for slot in everything if search.day_of(slot) > week.ends_on]
        return replace(week, next_free=(later or everything)[0])
    weeks_ahead = (search.day_of(everything[0]) - search.today) // WEEK
    first_on = search.today + weeks_ahead * WEEK
    slots = [slot for slot in everything if search.day_of(slot) < first_on + WEEK]
    return replace(week, first_on=first_on, slots=slots, is_first=True)


class _Search:
    """The engine, asked for one patient's wishes."""

    def __init__(self, session: Session, catalogue: Catalogue, wish: Wish, seeker: Seeker, now: datetime) -> None:
        self._session, self._catalogue, self._wish, self._seeker, self._now = session, catalogue, wish, seeker, now
        zones = [place.tz for place in catalogue.locations_for(wish.service)]
        days = [local_date(now, tz) for tz in zones] or [now.date()]
        horizon = timedelta(days=wish.service.policy.horizon_days)
        self.last_on = max(days) + horizon
        self.today = max(min(days), min(wish.not_before, self.last_on)) if wish.not_before else min(days)

    def week(self, first_on: date) -> FoundWeek:
        slots = self.slots(first_on, first_on + WEEK - DAY)
        return FoundWeek(first_on, self.today, self.last_on, slots, is_first=first_on <= self.today)

    def slots(self, first_on: date, last_on: date) -> list[Slot]:
        """By start: one for each start and location when any specialist will do."""
        wish, seeker = self._wish, self._seeker
        query = SlotQuery(
            wish.service.id,
            frozenset({wish.location.id}) if wish.location else None,
            wish.specialist_ids,
            max(first_on, wish.not_before or first_on),
            last_on,
            self._now,
            is_verified=seeker.is_verified,
            patient=seeker.patient,
            wishes=wish.filters,
        )
        ask = availability.offered_slots if wish.specialist else availability.soonest_slots
        without = seeker.moving.id if seeker.moving else None
        found = ask(self._session, query, owner=seeker.owner, without_appointment=without)
        return [slot for slot in found if seeker.wants(slot, is_any=wish.takes_anyone)]

    def day_of(self, slot: Slot) -> date:
        return local_date(slot.starts_at, self._catalogue.locations[slot.location_id].tz)


def _clamped(day: date, first: date, last: date) -> date:
    return max(first, min(day, last))


def _date_or_none(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
