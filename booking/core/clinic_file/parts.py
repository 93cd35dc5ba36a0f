"""The values of a clinic file with one thing in them changed or added, and what is wrong with them since then."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from booking.core.clinic_file.mistakes import Mistake
from booking.core.clinic_file.plan import ClinicPlan
from booking.core.clinic_file.read import plan_and_mistakes
from booking.core.errors import NotFound

Values = Mapping[str, Any]
Steps = tuple[str | int, ...]

_STEP = re.compile(r"[a-z_]+|\d+")


class Section(StrEnum):
    """The tables of the clinic file whose things are changed one at a time. The clinic itself is one thing."""

    CLINIC = "clinic"
    LOCATIONS = "locations"
    RESOURCES = "resources"
    SERVICES = "services"


KEPT: Mapping[Section, frozenset[str]] = {Section.RESOURCES: frozenset({"hours", "exceptions"})}
"""Keys that a change of a thing leaves as they are: the desk's pages of calendars change these."""


@dataclass(frozen=True, slots=True)
class PlacedMistake:
    """A mistake and where it is: `steps` within the changed thing, or `thing` names another one that it concerns.

    `thing` is "" for the changed one, else as in `services intake` (section and code)."""

    steps: Steps
    mistake: Mistake
    thing: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """The clinic after a change: the values, their plan (good only without mistakes), and what is wrong since then."""

    values: Values
    plan: ClinicPlan
    mistakes: tuple[PlacedMistake, ...]


def thing_in(values: Values, section: Section, code: str | None) -> dict[str, Any]:
    """The table of that thing, {} for one that is to be added (`code` None). Raises NotFound."""
    if section is Section.CLINIC:
        return dict(values["clinic"])
    return dict(values[section][place_of(values, section, code)]) if code is not None else {}


def place_of(values: Values, section: Section, code: str | None) -> int:
    """Where the thing stands in its list; behind the last for one that is to be added. Raises NotFound."""
    codes = codes_in(values, section)
    if code is None:
        return len(codes)
    if code not in codes:
        raise NotFound(what=section.value, code=code)
    return codes.index(code)


def codes_in(values: Values, section: Section) -> list[str]:
    """The codes of the section, in their order; [] for the clinic itself."""
    return [] if section is Section.CLINIC else [thing["code"] for thing in values.get(section, ())]


def shown_of(values: Values, section: Section, code: str | None) -> dict[str, Any]:
    """What a form shows of the thing: its table without what other pages change. Raises NotFound."""
    kept = KEPT.get(section, frozenset())
    return {key: value for key, value in thing_in(values, section, code).items() if key not in kept}


def with_thing(values: Values, section: Section, code: str | None, thing: Values) -> dict[str, Any]:
    """The values with that thing as described; what other pages change of it is kept. Raises NotFound."""
    kept = KEPT.get(section, frozenset())
    old = {key: value for key, value in thing_in(values, section, code).items() if key in kept}
    new = {**thing, **old}
    if section is Section.CLINIC:
        return {**values, "clinic": new}
    listed = list(values[section])
    place = place_of(values, section, code)
    listed[place : place + 1] = [new]
    return {**values, section.value: listed}


def with_service_moved(values: Values, code: str, *, is_up: bool) -> dict[str, Any]:
    """The values with that service one place up or down; at the end of the list it stays. Raises NotFound."""
    services = list(values["services"])
    place = place_of(values, Section.SERVICES, code)
    target = min(max(place + (-1 if is_up else 1), 0), len(services) - 1)
    services.insert(target, services.pop(place))
    return {**values, "services": services}


def changed(
    before: Values, after: Values, section: Section, code: str | None, *, questionnaires: Collection[str]
) -> Changed:
    """What the clinic would be, with the mistakes that `after` has and `before` had not.

    A clinic may have become impossible elsewhere, as when the desk took the last hours of a specialist: who corrects
    a telephone number then is not held up by it."""
    _, old = plan_and_mistakes(before, {}, questionnaires=questionnaires)
    plan, new = plan_and_mistakes(after, {}, questionnaires=questionnaires)
    known = {_identity(before, mistake) for mistake in old}
    since = [mistake for mistake in new if _identity(after, mistake) not in known]
    at = (section.value,) if section is Section.CLINIC else (section.value, place_of(before, section, code))
    return Changed(after, plan, tuple(_placed(after, mistake, at) for mistake in since))


def present_mistakes(values: Values, *, questionnaires: Collection[str]) -> tuple[PlacedMistake, ...]:
    """What `clinic load` would say of the clinic as it is."""
    _, found = plan_and_mistakes(values, {}, questionnaires=questionnaires)
    return tuple(_placed(values, mistake, ()) for mistake in found)


def steps_of(path: str) -> Steps:
    """`services[2].name` as ("services", 2, "name")."""
    return tuple(int(step) if step.isdigit() else step for step in _STEP.findall(path))


def _placed(values: Values, mistake: Mistake, at: Steps) -> PlacedMistake:
    steps = steps_of(mistake.path)
    if at and steps[: len(at)] == at:
        return PlacedMistake(steps[len(at) :], mistake)
    return PlacedMistake(steps, mistake, _thing_at(values, steps))


def _thing_at(values: Values, steps: Steps) -> str:
    """Section and code of the thing at these steps; the section alone where things have no code."""
    if len(steps) < 2 or not isinstance(steps[1], int):
        return str(steps[0]) if steps else "clinic"
    thing = values[str(steps[0])][steps[1]]
    return f"{steps[0]} {thing.get('code', '')}".strip()


def _identity(values: Values, mistake: Mistake) -> tuple[object, ...]:
    """The same for the same mistake, wherever its thing stands in the list."""
    steps = steps_of(mistake.path)
    return _thing_at(values, steps), steps[2:], mistake.code, tuple(sorted(mistake.params.items()))
