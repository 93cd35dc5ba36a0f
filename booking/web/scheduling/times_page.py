"""The week of free times as the page shows it: days, places, buttons with their words. Nothing is searched here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from flask_babel import get_locale, gettext

from booking.adapters import dates
from booking.core.clock import local_date
from booking.core.scheduling.clinic import Catalogue, Closure, Location
from booking.core.scheduling.slots import Slot
from booking.web.scheduling.search import WEEK, FoundWeek, Wish
from booking.web.scheduling.slot_choice import SlotChoice, choice_of


class TimeButton(NamedTuple):
    """One free time at its local date. `time` is the clock time alone, `when` has the day too, where it is said.

    A tuple, since a page makes a hundred of them."""

    on: date
    time: str
    who: str
    place: str
    value: str
    when: str = ""


def _own_value(choice: SlotChoice) -> str:
    return choice.value


@dataclass(frozen=True, slots=True)
class Naming:
    """What a button says: the value that is posted, and whether it names the specialist."""

    value_of: Callable[[SlotChoice], str] = _own_value
    names_specialists: bool = True


FULL = Naming()


@dataclass(frozen=True, slots=True)
class PlaceTimes:
    """The times of one day at one location; `place` is empty when all times of the page are at the same one."""

    place: str
    buttons: list[TimeButton]


@dataclass(frozen=True, slots=True)
class DayTimes:
    """One day of the list. `places` are its first times, `more` the later ones, `more_count` of them, for those who
    ask. `note` says why it is empty, when that is known."""

    key: str
    title: str
    short: str
    places: list[PlaceTimes]
    more: list[PlaceTimes]
    count: int
    more_count: int
    note: str


FIRST_SHOWN = 6
FIRST_SHOWN_OF_EACH = 4
"""Times of a day that stand open: of a single place, or of each of several. Even, since a phone shows two in a row."""

LEAST_MORE = 3
"""Fewer further times than that stand open as well: a way to them would take as much room."""


@dataclass(frozen=True, slots=True)
class TimesPage:
    """The page. Addresses of other weeks are given as their first day, None where there is nothing to see."""

    days: list[DayTimes]
    soonest: TimeButton | None
    count: int
    first_day: str
    last_day: str
    earlier_on: date | None
    later_on: date | None
    next_free: TimeButton | None
    zones: list[tuple[str, str]]
    until: str


def times_page(catalogue: Catalogue, wish: Wish, week: FoundWeek, naming: Naming = FULL) -> TimesPage:
    """What to show of the week. The soonest time is the first button of the list: both come from the same slots."""
    page = _Writer(catalogue, wish, naming)
    buttons = [(slot.location_id, page.button(slot)) for slot in week.slots]
    later_on = week.first_on + WEEK
    return TimesPage(
        days=page.days(week, buttons),
        soonest=page.offer(week.slots[0]) if buttons and week.is_first else None,
        count=len(buttons),
        first_day=page.day_without_year(week.first_on),
        last_day=page.day(week.ends_on),
        earlier_on=None if week.is_first else max(week.first_on - WEEK, week.today),
        later_on=later_on if later_on <= week.last_on and (buttons or week.next_free) else None,
        next_free=page.offer(week.next_free) if week.next_free else None,
        zones=page.zones(week),
        until=page.day(week.last_on),
    )


def nearest_buttons(choices: Iterable[SlotChoice], naming: Naming = FULL) -> list[TimeButton]:
    """Buttons of times that stand alone, each with its day, its specialist and its place."""
    locale = str(get_locale() or "en")
    return [
        TimeButton(
            on=local_date(choice.starts_at, choice.location.tz),
            time=dates.time_only(choice.starts_at, choice.location.tz, locale),
            when=dates.day_and_time(choice.starts_at, choice.location.tz, locale),
            who=choice.specialist.name if choice.specialist and naming.names_specialists else "",
            place=choice.location.name,
            value=naming.value_of(choice),
        )
        for choice in choices
    ]


class _Writer:
    """Words for slots, in the reader's language and the clock of each location."""

    def __init__(self, catalogue: Catalogue, wish: Wish, naming: Naming) -> None:
        self._catalogue, self._wish, self._naming = catalogue, wish, naming
        self._locale = str(get_locale() or "en")
        places = catalogue.locations_for(wish.service)
        self._places: tuple[Location, ...] = (wish.location,) if wish.location else places

    def button(self, slot: Slot) -> TimeButton:
        choice = choice_of(slot, self._catalogue, is_any=self._wish.takes_anyone)
        local = choice.starts_at.astimezone(choice.location.tz)
        return TimeButton(
            on=local.date(),
            time=dates.time_only(local, choice.location.tz, self._locale),
            who=choice.specialist.name if choice.specialist and self._naming.names_specialists else "",
            place=choice.location.name if len(self._places) > 1 else "",
            value=self._naming.value_of(choice),
        )

    def offer(self, slot: Slot) -> TimeButton:
        """The button with its day in words, for a time that stands alone."""
        tz = self._catalogue.locations[slot.location_id].tz
        return self.button(slot)._replace(when=dates.day_and_time(slot.starts_at, tz, self._locale))

    def days(self, week: FoundWeek, buttons: Iterable[tuple[int, TimeButton]]) -> list[DayTimes]:
        """Every day of the week in order. A location's times stand together, the one with the first time first."""
        found: dict[date, dict[int, list[TimeButton]]] = defaultdict(lambda: defaultdict(list))
        for location_id, button in buttons:
            found[button.on][location_id].append(button)
        length = (week.ends_on - week.first_on).days + 1
        return [self._day(on, found.get(on, {})) for on in (week.first_on + timedelta(n) for n in range(length))]

    def _day(self, on: date, by_place: dict[int, list[TimeButton]]) -> DayTimes:
        several = len(self._places) > 1
        places = [
            PlaceTimes(self._catalogue.locations[location_id].name if several else "", buttons)
            for location_id, buttons in by_place.items()
        ]
        first, more = _parted(places)
        return DayTimes(
            key=on.isoformat(),
            title=self.day_without_year(on),
            short=dates.short_date_text(on, self._locale),
            places=first,
            more=more,
            count=_count(places),
            more_count=_count(more),
            note="" if by_place else self._closure(on),
        )

    def _closure(self, on: date) -> str:
        """The name of the closure when every location of the page is closed on that day."""
        names = [
            next((c.name for c in self._catalogue.closures if _covers(c, place, on)), "") for place in self._places
        ]
        return gettext("Closed: %(name)s", name=names[0]) if names and all(names) else ""

    def zones(self, week: FoundWeek) -> list[tuple[str, str]]:
        """Location and zone, for each location of the page, by its clock at the first time shown."""
        first = {slot.location_id: slot for slot in reversed(week.slots)}
        return [
            (place.name, dates.zone_label(place.tz, first[place.id].starts_at, self._locale))
            for place in self._places
            if place.id in first
        ]

    def day(self, on: date) -> str:
        return dates.date_text(on, self._locale)

    def day_without_year(self, on: date) -> str:
        return dates.weekday_text(on, self._locale)


def _parted(places: list[PlaceTimes]) -> tuple[list[PlaceTimes], list[PlaceTimes]]:
    """The first times of the day at each place, and the rest; all of them are first where the rest is small."""
    most = FIRST_SHOWN if len(places) == 1 else FIRST_SHOWN_OF_EACH
    more = [PlaceTimes(one.place, one.buttons[most:]) for one in places if len(one.buttons) > most]
    if _count(more) < LEAST_MORE:
        return places, []
    return [PlaceTimes(one.place, one.buttons[:most]) for one in places], more


def _count(places: Iterable[PlaceTimes]) -> int:
    return sum(len(one.buttons) for one in places)


def _covers(closure: Closure, place: Location, on: date) -> bool:
    return closure.location_id in {None, place.id} and closure.starts_on <= on <= closure.ends_on
