"""The words of an explanation: sentences that a scheduler can act on, from the codes of `core/scheduling/explain.py`.

One module for the desk's pages and the command line. `gettext` and `ngettext` are given: the reader's language on
pages, plain English on the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter
from typing import Any, Protocol

from booking.adapters import dates
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.explain import DayExplanation, Removal
from booking.core.scheduling.explain_question import TakenBy
from booking.core.scheduling.intervals import Span, from_minutes

MOST_NAMES = 5


def N_(text: str) -> str:  # noqa: N802 - the name by which pybabel knows sentences that are translated elsewhere.
    """The text itself, marked for translators."""
    return text


TEXTS: Mapping[str, str] = {
    "service_not_offered": N_("This kind of visit is not given any more."),
    "not_given_here": N_("This kind of visit is not given there."),
    "specialist_not_for_service": N_("%(who)s does not give this kind of visit."),
    "no_specialist": N_("Nobody gives this kind of visit at present."),
    "not_step_free": N_("%(place)s has no step-free access."),
    "other_language": N_("The wished language is not spoken."),
    "staff_only": N_("Patients cannot book this themselves: the clinic books it."),
    "course_only": N_("This belongs to a course that a specialist has opened."),
    "verified_only": N_("Only patients with a confirmed account may book this."),
    "contact_only": N_("Patients are asked to contact the clinic to book this."),
    "never_here": N_("%(who)s never works at %(place)s."),
    "hours_not_begun": N_("The hours of %(who)s at %(place)s begin on %(day)s."),
    "hours_ended": N_("The hours of %(who)s at %(place)s ended on %(day)s."),
    "no_hours": N_("%(who)s has no hours at %(place)s on this day of the week."),
    "closed": N_("%(place)s is closed: %(name)s."),
    "other_hours": N_("There are other hours on this date."),
    "other_hours minutes": N_("Other hours on this date leave out %(minutes)s."),
    "too_long": N_("The visit takes %(length)s, longer than these hours."),
    "too_few_lanes": N_("The visit takes more of the specialist at once than there is."),
    "gaps_too_short": N_("What is left is too short for %(length)s."),
    "gaps_too_short gaps": N_("Too short for %(length)s: %(gaps)s."),
    "in_past": N_("%(spans)s has passed."),
    "in_past minutes": N_("%(minutes)s has passed."),
    "too_soon": N_("Notice of %(notice)s removes %(spans)s."),
    "too_soon minutes": N_("Notice of %(notice)s removes %(minutes)s."),
    "beyond_horizon": N_("Patients may book up to %(day)s."),
    "patient_busy": N_("The patient has another visit."),
    "patient_busy visits": N_("The patient has another visit %(visits)s."),
    "nobody_open": N_("Not open long enough: %(names)s."),
    "nobody_open closed": N_("Not open %(closed)s: %(names)s."),
    "pool_full": N_("None is free for the whole visit: %(names)s."),
    "pool_full full": N_("None is free %(full)s: %(names)s."),
    "off_grid": N_("Visits begin every %(grid)s, and what is free lies in between."),
    "other_weekday": N_("Another day of the week is wished."),
    "other_time": N_("Another time of day is wished."),
    "other_time minutes": N_("Another time of day is wished than %(minutes)s."),
    "taken": N_("Taken: %(spans)s."),
    f"taken {TakenBy.VISIT}": N_("Visits take %(visit)s."),
    f"taken {TakenBy.HOLD}": N_("Kept for people who are booking: %(hold)s."),
    f"taken {TakenBy.BLOCK}": N_("Blocked: %(block)s."),
    f"taken {TakenBy.UNKNOWN}": N_("Taken: %(unknown)s."),
}
"""By code, and where the details of a removal make another sentence, by code and detail."""


class Gettext(Protocol):
    def __call__(self, text: str, /, **variables: Any) -> str: ...


class Ngettext(Protocol):
    def __call__(self, one: str, many: str, num: int, /, **variables: Any) -> str: ...


def plain_gettext(text: str, /, **variables: Any) -> str:
    """English, as it is written here."""
    return text % variables


def plain_ngettext(one: str, many: str, num: int, /, **variables: Any) -> str:
    """English, as it is written here."""
    return (one if num == 1 else many) % {"num": num, **variables}


@dataclass(frozen=True, slots=True)
class ToldDays:
    """Dates in a row of which the same can be said; `slots` is the number of each of them."""

    first_on: date
    last_on: date
    location_id: int | None
    specialist_id: int | None
    slots: int
    sentences: tuple[str, ...]


def told_days(days: Iterable[DayExplanation], words: ExplanationWords) -> list[ToldDays]:
    """What to say of the days, by first date, location and specialist; equal days that follow each other are one."""
    told: list[ToldDays] = []
    for day in sorted(days, key=lambda day: (day.location_id or 0, day.specialist_id or 0, day.on)):
        one = ToldDays(day.on, day.on, day.location_id, day.specialist_id, day.slots, words.sentences(day))
        last = told[-1] if told else None
        if last is not None and _key(last) == _key(one) and last.last_on + timedelta(days=1) == one.first_on:
            told[-1] = ToldDays(last.first_on, one.last_on, *_key(one))
        else:
            told.append(one)
    return sorted(told, key=lambda one: (one.first_on, one.location_id or 0, one.specialist_id or 0))


_key: Callable[[ToldDays], tuple[int | None, int | None, int, tuple[str, ...]]] = attrgetter(
    "location_id", "specialist_id", "slots", "sentences"
)


class ExplanationWords:
    """Makes the sentences, in one language, of days at one clinic."""

    def __init__(self, catalogue: Catalogue, locale: str, gettext: Gettext, ngettext: Ngettext) -> None:
        self._catalogue, self._locale = catalogue, locale
        self.gettext, self.ngettext = gettext, ngettext

    def sentences(self, day: DayExplanation) -> tuple[str, ...]:
        """When the specialist is open, what each rule takes away, and how many times are left."""
        said = [self._opening(day)] if day.open_spans else []
        for removal in day.removals:
            said.extend(self._of(day, removal))
        if day.slots:
            said.append(self.ngettext("%(num)s time is left.", "%(num)s times are left.", day.slots))
        return tuple(said)

    def who(self, day: DayExplanation | ToldDays) -> str:
        """The name of the specialist, "" for a service without one."""
        return "" if day.specialist_id is None else self._catalogue.resources[day.specialist_id].name

    def where(self, day: DayExplanation | ToldDays) -> str:
        """The name of the location, "" where there is none to name."""
        return "" if day.location_id is None else self._catalogue.locations[day.location_id].name

    def when(self, told: ToldDays) -> str:
        """ "Tue 24 Nov", or "Tue 24 Nov – Fri 27 Nov"."""
        first = dates.short_date_text(told.first_on, self._locale)
        if told.first_on == told.last_on:
            return first
        return f"{first} – {dates.short_date_text(told.last_on, self._locale)}"

    def _opening(self, day: DayExplanation) -> str:
        words = {"spans": self._spans(day, day.open_spans), "place": self.where(day)}
        if day.specialist_id is None:
            return self.gettext("Open at %(place)s: %(spans)s.", **words)
        return self.gettext("%(who)s is at %(place)s %(spans)s.", who=self.who(day), **words)

    def _of(self, day: DayExplanation, removal: Removal) -> Iterator[str]:
        if removal.code in {"gap_too_short", "visit_limit"}:
            yield self._limit(removal)
        else:
            words = self._words(day, removal)
            keys = [key for name in removal.details if (key := f"{removal.code} {name}") in TEXTS]
            yield from (self.gettext(TEXTS[key], **words) for key in keys or [removal.code])
        if removal.slots_without:
            yield self.ngettext(
                "Without this, %(num)s time would be free.",
                "Without this, %(num)s times would be free.",
                removal.slots_without,
            )

    def _words(self, day: DayExplanation, removal: Removal) -> dict[str, str]:
        """All that a sentence about the removal may say."""
        params: Mapping[str, Any] = removal.params
        words = {"who": self.who(day), "place": self.where(day), "spans": self._spans(day, removal.spans)}
        words |= {name: self._spans(day, spans) for name, spans in removal.details.items()}
        words["name"] = params.get("name", "")
        words["names"] = self._members(day, params.get("pools", ()))
        if on := params.get("last_on", params.get("from_on")):
            words["day"] = dates.short_date_text(on, self._locale)
        if "notice" in params:
            words["notice"] = self._length(params["notice"] // timedelta(minutes=1))
        for name, param in (("length", "minutes"), ("grid", "grid_minutes")):
            if param in params:
                words[name] = self._length(params[param])
        return words

    def _length(self, minutes: int) -> str:
        """ "45 minutes", "24 hours", "3 days": never rounded."""
        if minutes >= 2880 and minutes % 1440 == 0:
            return self.ngettext("%(num)s day", "%(num)s days", minutes // 1440)
        if minutes >= 120 and minutes % 60 == 0:
            return self.ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
        return self.ngettext("%(num)s minute", "%(num)s minutes", minutes)

    def _spans(self, day: DayExplanation, spans: Iterable[Span]) -> str:
        """ "9:00 am – 10:00 am, 1:00 pm – 2:00 pm" in the time of the location; "" without a location."""
        location = self._catalogue.locations.get(day.location_id or 0)
        if location is None:
            return ""
        instants = ((from_minutes(starts), from_minutes(ends)) for starts, ends in spans)
        return ", ".join(dates.span_text(*span, location.tz, self._locale) for span in instants)

    def _members(self, day: DayExplanation, pools: Iterable[str]) -> str:
        """The names of those of the pools who work at the location, some of them when they are many."""
        members = (member for pool in pools for member in self._catalogue.pools.get(pool, ()))
        names = list(dict.fromkeys(member.name for member in members if day.location_id in member.location_ids))
        shown = ", ".join(names[:MOST_NAMES])
        return f"{shown} …" if len(names) > MOST_NAMES else shown or ", ".join(pools)

    def _limit(self, removal: Removal) -> str:
        params: Mapping[str, Any] = removal.params
        if removal.code == "gap_too_short":
            return self.ngettext(
                "Visits of a patient must be at least %(num)s day apart.",
                "Visits of a patient must be at least %(num)s days apart.",
                params["min_gap_days"],
            )
        return self.ngettext(
            "A patient may have no more than %(count)s in %(num)s day.",
            "A patient may have no more than %(count)s in %(num)s days.",
            params["days"],
            count=params["count"],
        )
