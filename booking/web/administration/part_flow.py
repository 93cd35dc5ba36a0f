"""The page of one thing of the clinic: its form, what a change means for booked visits, saving, and who was quicker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext

from booking.core.clinic_file.effects import Effect, effects_of
from booking.core.clinic_file.parts import Changed, Section, shown_of
from booking.core.clock import utc_now
from booking.extensions import db
from booking.queries.administration import ComingVisits, coming_visits
from booking.services import administration
from booking.services.administration import ChangeRefused, PartChange, PartChanged
from booking.web import access
from booking.web.administration.part_form import PartForm
from booking.web.context import clinic_now

SAVE, EDIT, MORE = "save", "edit", "more"
STEP = "step"

EFFECTS: Mapping[Effect, LazyString] = {
    Effect.RESOURCE_RETIRED: lazy_gettext("No new visits are booked here. Those that are booked stay as they are."),
    Effect.OTHER_KIND: lazy_gettext("It becomes another kind of resource. Visits that are booked keep it."),
    Effect.FEWER_LANES: lazy_gettext("Fewer visits at a time. Those that are booked stay, also where they are more."),
    Effect.LEFT_POOL: lazy_gettext("It leaves a pool. Visits that are booked keep it."),
    Effect.SERVICE_RETIRED: lazy_gettext("It is not offered any more. Visits that are booked stay as they are."),
    Effect.OTHER_LENGTH: lazy_gettext("Visits that are booked keep their length and what they take."),
    Effect.OTHER_MODE: lazy_gettext("Visits that are booked take place in the new way too. Tell their patients."),
    Effect.OTHER_ZONE: lazy_gettext("Visits that are booked keep their moment: on the clock they are at another hour."),
}


@dataclass(frozen=True, slots=True)
class PartPage:
    """What the page of a thing is made of. `name` is what it is called, `code` None for a new one."""

    form: PartForm
    template: str
    title: str
    back_url: str
    code: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)


def answer(page: PartPage) -> ResponseReturnValue:
    """Show the form, what the change means for visits, or save."""
    step = request.form.get(STEP, "")
    if request.method == "GET":
        page.form.seen.data = _seen(page)
    if request.method == "GET" or step in {EDIT, MORE}:
        return _form_page(page), 200
    outcome = _outcome(page)
    if outcome is None:
        return _form_page(page), 422
    if step != SAVE:
        effects, visits = _effects(page, outcome)
        if visits.count:
            return _preview(page, effects, visits), 200
    return _save(page)


def present_values() -> dict[str, Any]:
    """The clinic as its file would say it."""
    return administration.present_values(db.session(), clinic_now(), now=utc_now())


def names_of_things() -> dict[str, str]:
    """Section and code of everything → what people call it, for mistakes that concern another thing."""
    clinic = clinic_now()
    return {
        "clinic": gettext("The clinic"),
        "closures": gettext("Closed days"),
        **{f"locations {one.code}": one.name for one in clinic.locations.values()},
        **{f"resources {one.code}": one.name for one in clinic.resources.values()},
        **{f"services {one.code}": one.name for one in clinic.services.values()},
    }


def _seen(page: PartPage) -> str:
    return administration.seen_part(present_values(), page.form.section, page.code)


def _change(page: PartPage) -> PartChange:
    return PartChange(page.form.section, page.form.thing(), page.code, page.form.seen.data or "")


def _outcome(page: PartPage) -> Changed | None:
    """What the clinic would be; None with all mistakes marked in the form."""
    is_clean = page.form.is_clean()
    try:
        outcome = administration.checked(db.session(), _change(page), now=utc_now())
    except ChangeRefused as refusal:
        page.form.place(refusal.mistakes, names_of_things())
        return None
    return outcome if is_clean else None


def _effects(page: PartPage, outcome: Changed) -> tuple[tuple[Effect, ...], ComingVisits]:
    """What the change means, and the visits that it concerns."""
    section, nothing = page.form.section, ComingVisits(0, ())
    if page.code is None:
        return (), nothing
    effects = effects_of(
        section, shown_of(present_values(), section, page.code), shown_of(outcome.values, section, page.code)
    )
    if not effects:
        return (), nothing
    return effects, coming_visits(db.session(), section, _number(section, page.code), now=utc_now())


def _number(section: Section, code: str) -> int:
    clinic = clinic_now()
    if section is Section.LOCATIONS:
        return clinic.location_by_code[code].id
    return (clinic.resource_by_code if section is Section.RESOURCES else clinic.service_by_code)[code].id


def _save(page: PartPage) -> ResponseReturnValue:
    try:
        administration.save_part(db.session(), _change(page), actor=access.owning_actor(), now=utc_now())
    except PartChanged:
        return _stale(page)
    except ChangeRefused as refusal:
        page.form.place(refusal.mistakes, names_of_things())
        return _form_page(page), 422
    flash(gettext("Saved: %(name)s.", name=page.form.thing().get("name", page.title)), "success")
    return redirect(page.back_url, 303)


def _form_page(page: PartPage, problem: str = "", lines: tuple[tuple[str, str], ...] = ()) -> str:
    return render_template(
        page.template,
        form=page.form,
        title=page.title,
        back_url=page.back_url,
        is_new=page.code is None and page.form.section is not Section.CLINIC,
        problem=problem,
        present_lines=lines,
        has_errors=bool(page.form.has_errors or problem),
        **page.variables,
    )


def _stale(page: PartPage) -> ResponseReturnValue:
    """The form as it was typed, beside what is stored now where it differs: sent again it is meant."""
    form, values = page.form, present_values()
    stored = shown_of(values, form.section, page.code)
    typed = form.thing()
    lines = tuple(
        (str(one.label.text), _said(stored.get(one.short_name)))
        for one in form.plain_fields()
        if one.short_name in stored and stored[one.short_name] != typed.get(one.short_name)
    )
    form.seen.data = administration.seen_part(values, form.section, page.code)
    problem = gettext("Somebody has changed this meanwhile. Nothing has been saved; what you typed is kept.")
    return _form_page(page, problem, lines), 409


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, dict):
        return ", ".join(map(str, value.values()))
    return "; ".join(map(_said, value)) if _has_tables(value) else _listed(value)


def _has_tables(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) for one in value)


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _preview(page: PartPage, effects: tuple[Effect, ...], visits: ComingVisits) -> str:
    """Nothing is saved yet; what was typed travels in hidden fields."""
    kept = [(name, text) for name, text in request.form.items(multi=True) if name not in {STEP, "csrf_token"}]
    return render_template(
        "administration/preview.html",
        form=page.form,
        title=page.title,
        back_url=page.back_url,
        effects=[str(EFFECTS[effect]) for effect in effects],
        visits=visits,
        catalogue=clinic_now(),
        kept=kept,
    )
