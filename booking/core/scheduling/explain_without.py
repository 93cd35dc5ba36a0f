"""What would be offered if one rule were not there: the engine itself is asked, in a world without that rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from booking.core.scheduling.clinic import Audience, Catalogue, Location, Resource
from booking.core.scheduling.explain_question import Question
from booking.core.scheduling.local_time import local_date_of
from booking.core.scheduling.slots import Slot, find_slots

Params = Mapping[str, object]
DayOf = tuple[date, int | None]
"""A local date and the specialist."""
Relaxed = Callable[[Question, Resource | None, Params], Question]

FAR_AWAY_DAYS = 36_500


def by_day(slots: list[Slot], location: Location) -> Counter[DayOf]:
    """How many of the slots of one location start on each local date with each specialist."""
    return Counter((local_date_of(slot.starts, location.tz), slot.specialist_id) for slot in slots)


class WithoutRule:
    """Counts the slots of one location as if a rule were not there; each rule is asked once.

    `question` is about that location alone. Rules that are the same for all specialists are asked for all at once.
    """

    def __init__(self, question: Question, location: Location) -> None:
        self._question, self._location = question, location
        self._counts: dict[tuple[object, ...], Counter[DayOf]] = {}

    def slots(self, code: str, params: Params, on: date, specialist: Resource | None) -> int | None:
        """The number of slots on that date with that specialist; None for a rule that cannot be thought away."""
        if code not in _RELAXED:
            return None
        specialist_id = None if specialist is None else specialist.id
        whose = specialist_id if code in _OF_ONE_SPECIALIST else None
        key = (code, params.get("name"), params.get("pools"), whose)
        if key not in self._counts:
            asked = self._question.narrowed(self._location, specialist) if whose else self._question
            world = _RELAXED[code](asked, specialist, params)
            self._counts[key] = by_day(find_slots(world.catalogue, world.query, world.busy), self._location)
        return self._counts[key][on, specialist_id]


def _policy(**changes: Any) -> Relaxed:
    def relaxed(question: Question, _specialist: Resource | None, _params: Params) -> Question:
        service = replace(question.service, policy=replace(question.service.policy, **changes))
        services = {**question.catalogue.services, service.id: service}
        return replace(question, catalogue=replace(question.catalogue, services=services), service=service)

    return relaxed


def _wishes(**changes: Any) -> Relaxed:
    def relaxed(question: Question, _specialist: Resource | None, _params: Params) -> Question:
        wishes = replace(question.query.wishes, **changes)
        return replace(question, query=replace(question.query, wishes=wishes))

    return relaxed


def _no_closure(question: Question, _specialist: Resource | None, params: Params) -> Question:
    closures = tuple(c for c in question.catalogue.closures if c.name != params["name"])
    return replace(question, catalogue=replace(question.catalogue, closures=closures))


def _no_exceptions(question: Question, specialist: Resource | None, _params: Params) -> Question:
    """The specialist's own dated exceptions; without a specialist those of everybody."""
    ids = question.catalogue.resources.keys() if specialist is None else {specialist.id}
    resources = {
        id_: replace(resource, exceptions=()) if id_ in ids else resource
        for id_, resource in question.catalogue.resources.items()
    }
    return replace(question, catalogue=_with_resources(question.catalogue, resources))


def _with_resources(catalogue: Catalogue, resources: Mapping[int, Resource]) -> Catalogue:
    return replace(catalogue, resources=resources)


def _no_visits_of_patient(question: Question, _specialist: Resource | None, _params: Params) -> Question:
    calendar = question.query.patient
    assert calendar is not None  # noqa: S101 - without a calendar this rule removes nothing; for the type checker.
    return replace(question, query=replace(question.query, patient=replace(calendar, busy=())))


def _specialist_free(question: Question, specialist: Resource | None, _params: Params) -> Question:
    return _freed(question, {specialist.id} if specialist else set())


def _pools_free(question: Question, specialist: Resource | None, params: Params) -> Question:
    """Everybody in the pools is free, but not the specialist of the visit, who may be a member as well."""
    pools: Any = params["pools"]
    members = {member.id for pool in pools for member in question.catalogue.pools.get(pool, ())}
    return _freed(question, members - ({specialist.id} if specialist else set()))


def _freed(question: Question, resource_ids: set[int]) -> Question:
    return replace(question, busy={lane: spans for lane, spans in question.busy.items() if lane[0] not in resource_ids})


_OF_ONE_SPECIALIST = frozenset({"other_hours", "taken", "gaps_too_short", "pool_full"})
_ANYONE = _policy(audience=Audience.ANYONE)
_RELAXED: Mapping[str, Relaxed] = {
    "staff_only": _ANYONE,
    "course_only": _ANYONE,
    "verified_only": _ANYONE,
    "contact_only": _policy(contact_to_book=False),
    "other_language": _wishes(language=None),
    "not_step_free": _wishes(step_free=False),
    "other_hours": _no_exceptions,
    "closed": _no_closure,
    "too_soon": _policy(book_notice=timedelta(0)),
    "beyond_horizon": _policy(horizon_days=FAR_AWAY_DAYS),
    "patient_busy": _no_visits_of_patient,
    "gap_too_short": _policy(min_gap_days=0),
    "visit_limit": _policy(visit_limit=None),
    "taken": _specialist_free,
    "gaps_too_short": _specialist_free,
    "pool_full": _pools_free,
    "other_weekday": _wishes(weekdays=frozenset()),
    "other_time": _wishes(day_spans=()),
}
