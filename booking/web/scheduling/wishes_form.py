"""The filters above the list of times: what there is to choose for a service, and what was chosen, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask_babel import get_locale, gettext

from booking.adapters import dates
from booking.adapters.languages import language_name
from booking.core.clock import local_date, utc_now
from booking.core.day_parts import DayPart
from booking.core.preferences import Preferences
from booking.core.scheduling.clinic import Catalogue, Service, VisitMode
from booking.web.scheduling.forms import FilterTimesForm, KeepWishesForm, TimeFilters
from booking.web.scheduling.search import Wish
from booking.web.words import choices_of


def filters_of(wish: Wish, catalogue: Catalogue) -> FilterTimesForm:
    """The filters of an address as they stand; one with a single answer has no choice to show."""
    form = FilterTimesForm(formdata=None, **_said(wish))
    _give_choices(form, wish.service, catalogue)
    return form


def wishes_form(wish: Wish, catalogue: Catalogue) -> KeepWishesForm:
    """All filters as they stand, or as they were posted."""
    more = {
        "among": [one.code for one in wish.among],
        "weekdays": [str(day) for day in sorted(wish.weekdays)],
        "not_before": wish.not_before,
        "language": wish.language,
        "step_free": wish.step_free,
    }
    form = KeepWishesForm(latest=_latest(wish.service, catalogue), **_said(wish), **more)
    _give_choices(form, wish.service, catalogue)
    form.among.choices = choices_of({s.code: s.name for s in catalogue.specialists_for(wish.service)})
    form.weekdays.choices = choices_of({str(day): dates.weekday_name(day, _locale()) for day in range(7)})
    form.language.choices = choices_of({"": gettext("Any language")} | _spoken(wish.service, catalogue))
    form.asked = _asked(form, wish.service, catalogue)
    return form


def _said(wish: Wish) -> dict[str, str]:
    return {
        "who": wish.specialist.code if wish.specialist else "",
        "where": wish.location.code if wish.location else "",
        "part": wish.day_part.value if wish.day_part else "",
    }


def _give_choices(form: TimeFilters, service: Service, catalogue: Catalogue) -> None:
    specialists = {s.code: s.name for s in catalogue.specialists_for(service)}
    form.who.choices = choices_of({"": gettext("Any specialist (soonest)")} | specialists)
    places = {place.code: f"{place.name}, {place.city}" for place in catalogue.locations_for(service)}
    form.where.choices = choices_of({"": gettext("Any location")} | places)


def _spoken(service: Service, catalogue: Catalogue) -> dict[str, str]:
    """Languages that a specialist of the service speaks, by their names."""
    codes = {code for one in catalogue.specialists_for(service) for code in one.languages}
    names = {code: language_name(code, _locale()) for code in codes}
    return dict(sorted(names.items(), key=lambda one: one[1]))


def _asked(form: KeepWishesForm, service: Service, catalogue: Catalogue) -> frozenset[str]:
    """Names of the filters that leave a choice for this service."""
    places = catalogue.locations_for(service)
    is_visited = service.mode is VisitMode.IN_PERSON
    leaves_choice = {
        "who": len(form.who.choices) > 2,
        "among": len(form.among.choices) > 2,
        "where": len(places) > 1,
        "language": len(form.language.choices) > 2,
        "step_free": is_visited and len({place.is_step_free for place in places}) > 1,
    }
    return frozenset(name for name, leaves in leaves_choice.items() if leaves)


def _latest(service: Service, catalogue: Catalogue) -> date:
    """The last local date that can be booked."""
    today = max((local_date(utc_now(), place.tz) for place in catalogue.locations_for(service)), default=date.min)
    return today + timedelta(days=service.policy.horizon_days)


def chosen(form: KeepWishesForm, before: Preferences) -> Preferences:
    """The valid form as preferences. What the page did not ask stays as it was."""
    said: dict[str, Any] = {
        "who": {"specialist": form.who.data},
        "among": {"among": () if form.who.data else tuple(form.among.data or ())},
        "where": {"location": form.where.data},
        "language": {"language": form.language.data},
        "step_free": {"step_free": bool(form.step_free.data)},
    }
    asked = {name: value for key in form.asked for name, value in said[key].items()}
    return replace(
        before,
        day_part=DayPart(form.part.data) if form.part.data else None,
        weekdays=frozenset(int(day) for day in form.weekdays.data or ()),
        not_before=form.not_before.data,
        **asked,
    )


def wish_words(wish: Wish, form: TimeFilters) -> list[str]:
    """What is shown, in the order of the filters: "Any specialist (soonest)", "Morning, before noon", "Mon, Tue"."""
    return list(_words(wish, form))


def _words(wish: Wish, form: TimeFilters) -> Iterator[str]:
    if wish.among:
        yield ", ".join(one.name for one in wish.among)
    elif wish.specialist or len(form.who.choices) > 2:
        yield wish.specialist.name if wish.specialist else gettext("Any specialist (soonest)")
    yield next(str(label) for value, label in _pairs(form.part) if value == (wish.day_part or ""))
    if wish.weekdays:
        yield ", ".join(dates.weekday_name(day, _locale()) for day in sorted(wish.weekdays))
    if wish.not_before:
        yield gettext("from %(day)s", day=dates.weekday_text(wish.not_before, _locale()))
    if wish.language:
        yield language_name(wish.language, _locale())
    if wish.step_free:
        yield gettext("without steps")
    if wish.location:
        yield wish.location.name


def _pairs(field: Any) -> list[tuple[str, Any]]:
    return [(choice.value, choice.label) for choice in field.choices]


def _locale() -> str:
    return str(get_locale() or "en")
