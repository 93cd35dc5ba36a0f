"""The desk's words for the waiting list: what somebody would take, why they come in this order, what became free."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from booking.adapters import dates
from booking.core.day_parts import DayPart
from booking.core.scheduling.clinic import Catalogue
from booking.core.waiting import Standing, WaitingWish
from booking.web.desk.calendar_words import weekday_name
from booking.web.desk.loading import locale

DAY_PART: dict[DayPart, LazyString] = {
    DayPart.MORNING: lazy_gettext("Mornings"),
    DayPart.AFTERNOON: lazy_gettext("Afternoons"),
    DayPart.EVENING: lazy_gettext("Evenings"),
}

FREED_CAUSE: dict[str, LazyString] = {
    "cancelled": lazy_gettext("a visit was canceled"),
    "changed": lazy_gettext("a visit was moved"),
    "missed": lazy_gettext("somebody did not come"),
    "unblocked": lazy_gettext("a block was removed"),
    "opened": lazy_gettext("hours were opened"),
}
OTHER_CAUSE = lazy_gettext("it became free")

REFUSED: dict[str, LazyString] = {
    "service_not_offered": lazy_gettext("This service is not offered any more."),
    "not_given_here": lazy_gettext("This service is not offered at that location."),
    "specialist_not_for_service": lazy_gettext("That specialist does not offer this service."),
    "dates_reversed": lazy_gettext("The last day lies before the first."),
    "dates_past": lazy_gettext("The last day is over already."),
    "wait_too_long": lazy_gettext("The last day is more than a year away."),
    "visit_over": lazy_gettext("The visit that would be moved is over or canceled."),
}
OTHER_REFUSED = lazy_gettext("Nobody can wait for that.")


def order_words(standing: Standing) -> str:
    """Why they come where they come, in the order in which it counts: "no visit yet · 12 days · 1 offer not taken"."""
    return " · ".join(_reasons(standing))


def _reasons(standing: Standing) -> Iterator[str]:
    if standing.priority:
        yield gettext("asked first")
    yield gettext("wants an earlier time") if standing.has_visit else gettext("no visit yet")
    days = standing.days_waited
    yield ngettext("waits for %(num)s day", "waits for %(num)s days", days) if days else gettext("since today")
    if standing.unanswered_count:
        yield ngettext("%(num)s offer not taken lately", "%(num)s offers not taken lately", standing.unanswered_count)


def wish_words(wish: WaitingWish, clinic: Catalogue) -> str:
    """What they would take: "Mon, Tue · Mornings · Dr Cruz · Northside · until Sat 5 Dec · 24 hours before"."""
    return " · ".join(_wished(wish, clinic))


def _wished(wish: WaitingWish, clinic: Catalogue) -> Iterator[str]:
    yield ", ".join(map(weekday_name, sorted(wish.weekdays))) or gettext("any day")
    if wish.day_parts:
        yield ", ".join(str(word) for part, word in DAY_PART.items() if part in wish.day_parts)
    people = [clinic.resources[i].name for i in sorted(wish.specialist_ids)]
    yield ", ".join(people) or gettext("any specialist")
    if wish.location_ids:
        yield ", ".join(clinic.locations[i].name for i in sorted(wish.location_ids))
    first, last = (dates.short_date_text(on, locale()) for on in (wish.first_on, wish.last_on))
    yield gettext("%(first)s to %(last)s", first=first, last=last)
    yield gettext("must know %(length)s before", length=dates.length_text(wish.notice, locale()))
