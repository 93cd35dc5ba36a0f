"""The patients' words for what somebody waits for, and why that cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from flask_babel import LazyString, get_locale, gettext, lazy_gettext

from booking.adapters import dates
from booking.core.day_parts import DayPart
from booking.core.scheduling.clinic import Catalogue, Location, Resource
from booking.core.scheduling.rules import Refusal
from booking.core.waiting import WaitingWish
from booking.web.scheduling.answers import AnswerRow

DAY_PARTS: dict[DayPart, LazyString] = {
    DayPart.MORNING: lazy_gettext("Morning, before noon"),
    DayPart.AFTERNOON: lazy_gettext("Afternoon, noon to 5 pm"),
    DayPart.EVENING: lazy_gettext("Evening, after 5 pm"),
}

SHORT_DAY_PARTS: dict[DayPart, LazyString] = {
    DayPart.MORNING: lazy_gettext("mornings"),
    DayPart.AFTERNOON: lazy_gettext("afternoons"),
    DayPart.EVENING: lazy_gettext("evenings"),
}

NOTICES: dict[timedelta, LazyString] = {
    timedelta(hours=3): lazy_gettext("A few hours: I can come on the same day"),
    timedelta(days=1): lazy_gettext("One day"),
    timedelta(days=3): lazy_gettext("Three days"),
    timedelta(days=7): lazy_gettext("One week"),
}
"""What patients choose from; the desk may note other lengths."""

REFUSED: dict[str, LazyString] = {
    "service_not_offered": lazy_gettext("This kind of visit is not offered any more."),
    "not_given_here": lazy_gettext("This kind of visit is not offered at that location."),
    "specialist_not_for_service": lazy_gettext("That specialist does not offer this kind of visit."),
    "visit_over": lazy_gettext("The visit that you have is over or canceled, so nothing can take its place."),
    "wait_over": lazy_gettext("You are not on the waiting list any more."),
}
OTHER_REFUSED = lazy_gettext("You cannot wait for that here. Please call us.")


def sentences_of(refusals: Iterable[Refusal]) -> list[str]:
    """One sentence for each reason."""
    return [str(REFUSED.get(refusal.code, OTHER_REFUSED)) for refusal in refusals]


def notice_for(notice: timedelta) -> timedelta:
    """The choice that stands for a length: the shortest one that asks early enough."""
    return next((one for one in NOTICES if one >= notice), max(NOTICES))


def wish_rows(wish: WaitingWish, clinic: Catalogue) -> list[AnswerRow]:
    """What they wait for, one line for each thing."""
    people = names_of(wish.specialist_ids, clinic.resources)
    places = names_of(wish.location_ids, clinic.locations)
    rows = [
        AnswerRow(gettext("Visit"), clinic.services[wish.service_id].name),
        AnswerRow(gettext("With"), people or gettext("Any specialist")),
        AnswerRow(gettext("Days"), _days(wish) or gettext("Any day")),
        AnswerRow(gettext("Time of day"), ", ".join(_parts(wish, DAY_PARTS)) or gettext("Any time of day")),
        *brief_rows(wish),
        AnswerRow(
            gettext("Asked"),
            gettext("%(length)s before the visit or earlier", length=dates.length_text(wish.notice, _locale())),
        ),
    ]
    if len(clinic.locations_for(clinic.services[wish.service_id])) > 1:
        rows.insert(2, AnswerRow(gettext("Where"), places or gettext("Any location")))
    return rows


def brief_rows(wish: WaitingWish) -> list[AnswerRow]:
    """Of what they wait for, the dates alone: for whoever has a mailed link and may be somebody else."""
    between = gettext("%(first)s and %(last)s", first=_day(wish.first_on), last=_day(wish.last_on))
    return [AnswerRow(gettext("Between"), between)]


def wish_line(wish: WaitingWish, clinic: Catalogue) -> str:
    """The same in short: "Monday, Friday · mornings · Dr Cruz · Tue 24 Nov to Tue 5 Jan"."""
    said = [
        _days(wish) or gettext("Any day"),
        ", ".join(_parts(wish, SHORT_DAY_PARTS)),
        names_of(wish.specialist_ids, clinic.resources),
        names_of(wish.location_ids, clinic.locations),
        gettext("%(first)s to %(last)s", first=_day(wish.first_on), last=_day(wish.last_on)),
    ]
    return " · ".join(filter(None, said))


def names_of(ids: Iterable[int], known: Mapping[int, Resource] | Mapping[int, Location]) -> str:
    """Names of these, in the clinic's order."""
    return ", ".join(known[one].name for one in sorted(ids))


def _days(wish: WaitingWish) -> str:
    return ", ".join(dates.weekday_name(day, _locale()) for day in sorted(wish.weekdays))


def _parts(wish: WaitingWish, words: dict[DayPart, LazyString]) -> list[str]:
    return [str(word) for part, word in words.items() if part in wish.day_parts]


def _day(on: date) -> str:
    return dates.short_date_text(on, _locale())


def _locale() -> str:
    return str(get_locale() or "en")
