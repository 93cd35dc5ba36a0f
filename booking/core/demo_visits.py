"""Which visits the invented people of the demo clinic wish for around a given day.

What is wished for on a date depends on the date alone, and on how far it is from today only how much of it, so that a
demo that is started on two days agrees with itself. Nothing here computes free time: a service asks the engine for the
free slot nearest to each wish, and leaves out what has no place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import chain
from random import Random
from typing import Final

from booking.core.clinic_file.plan import ClinicPlan, ClosurePlan, ResourcePlan, ServicePlan
from booking.core.demo_people import PATIENT_COUNT
from booking.core.scheduling.clinic import MinuteSpan, Need, ResourceKind

_SEED: Final = "a day in Port Ellery and Carrow Bay"
# How often a service comes up among those that are possible; the others have weight 1.
_WEIGHTS: Final = {"consultation-followup": 5, "consultation-new": 3, "video-followup": 2}
_CANCELLED_SHARE: Final = 0.05
_NO_SHOW_SHARE: Final = 0.06


class Fate(StrEnum):
    """What has become of a visit, seen from `today`: from today on it is booked or cancelled."""

    BOOKED = "booked"
    DONE = "done"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class DemoVisit:
    """A wish: a patient (a position in `demo_patients()`), a local date, and the wall-clock minute to be near to.

    `specialist_code` is None where no specialist is chosen. No patient wishes for two visits on one date."""

    service_code: str
    location_code: str
    specialist_code: str | None
    on: date
    near_minute: int
    patient_index: int
    fate: Fate


@dataclass(frozen=True, slots=True)
class _Opening:
    """Hours of a resource at a location on one date, with the services that may be given there and then."""

    resource: ResourcePlan
    location: str
    on: date
    span: MinuteSpan
    services: tuple[ServicePlan, ...]


def demo_visits(plan: ClinicPlan, today: date, *, days: int = 21, load: float = 0.7) -> tuple[DemoVisit, ...]:
    """Wishes from `days` before to `days` after `today`, by date, that fill about `load` of the hours (0 to 1).

    Today is fuller and the far future emptier, as in a real calendar. Weekly hours, exceptions and closures are looked
    at, blocks and rooms are not: what cannot be booked is for the engine to say."""
    offsets = range(-days, days + 1)
    return tuple(
        visit
        for offset in offsets
        for visit in _visits_on(plan, today + timedelta(days=offset), today, _share(load, offset, days))
    )


def _share(load: float, offset: int, days: int) -> float:
    """The part of the wishes to keep, `offset` days after today."""
    if offset <= 0:
        return load + 0.15 if offset == 0 else load
    return load * (1.1 - 0.5 * offset / days)


def _visits_on(plan: ClinicPlan, on: date, today: date, share: float) -> Iterator[DemoVisit]:
    random = Random(f"{_SEED} {on.isoformat()}")  # noqa: S311 - invented visits need repeatability, not secrecy.
    patients = random.sample(range(PATIENT_COUNT), PATIENT_COUNT)
    wishes = chain.from_iterable(_wishes(random, opening) for opening in _openings(plan, on))
    for patient, (opening, service, minute) in zip(patients, wishes, strict=False):
        # Both numbers are drawn for every wish, so that leaving one out does not change those after it.
        kept, luck = random.random(), random.random()
        if kept < share:
            specialist = opening.resource.code if Need() in _needs(service) else None
            fate = _fate(luck, is_past=on < today)
            yield DemoVisit(service.code, opening.location, specialist, on, minute, patient, fate)


def _fate(luck: float, *, is_past: bool) -> Fate:
    if luck < _CANCELLED_SHARE:
        return Fate.CANCELLED
    if not is_past:
        return Fate.BOOKED
    return Fate.NO_SHOW if luck < _CANCELLED_SHARE + _NO_SHOW_SHARE else Fate.DONE


def _wishes(random: Random, opening: _Opening) -> Iterator[tuple[_Opening, ServicePlan, int]]:
    """Visits one after the other through the opening, with their starting minutes, until nothing more fits."""
    minute = opening.span.starts
    while fitting := [s for s in opening.services if _start(s, minute) + s.occupied_minutes <= opening.span.ends]:
        (service,) = random.choices(fitting, [_WEIGHTS.get(s.code, 1) for s in fitting])
        starts = _start(service, minute)
        yield opening, service, starts
        minute = starts + service.occupied_minutes + service.buffer_after_minutes


def _start(service: ServicePlan, minute: int) -> int:
    """The first minute on the grid of the service, from `minute` on, that leaves room for its buffer."""
    earliest = minute + service.buffer_before_minutes
    return -(-earliest // service.grid_minutes) * service.grid_minutes


def _openings(plan: ClinicPlan, on: date) -> Iterator[_Opening]:
    for place in plan.locations:
        open_pools = {pool for r in plan.resources if _spans(plan, r, place.code, on) for pool in r.pools}
        for resource in plan.resources:
            services = tuple(s for s in plan.services if _gives(resource, s, place.code, open_pools))
            for span in _spans(plan, resource, place.code, on) if services else ():
                yield _Opening(resource, place.code, on, span, services)


def _gives(resource: ResourcePlan, service: ServicePlan, location: str, open_pools: set[str]) -> bool:
    """Whether visits of the service are strung along the hours of this resource.

    That is the specialist where one is chosen, else a member of the first pool that the service needs."""
    needs = _needs(service)
    if not service.is_active or location not in (service.locations or {location}):
        return False
    if not {need.pool for need in needs if need.pool} <= open_pools:
        return False
    if Need() in needs:
        allowed = service.specialists is None or resource.code in service.specialists
        return resource.kind is ResourceKind.SPECIALIST and allowed
    return bool(needs) and needs[0].pool in resource.pools


def _needs(service: ServicePlan) -> list[Need]:
    return [need for segment in service.segments for need in segment.needs]


def _spans(plan: ClinicPlan, resource: ResourcePlan, location: str, on: date) -> tuple[MinuteSpan, ...]:
    """The hours of the resource at the location that start on that local date."""
    if not resource.is_active or any(c.starts_on <= on <= c.ends_on for c in _closures(plan, location)):
        return ()
    for exception in resource.exceptions:
        if (exception.location, exception.on) == (location, on):
            return exception.spans
    return tuple(
        hours.span
        for hours in resource.weekly_hours
        if hours.location == location
        and hours.weekday == on.weekday()
        and (hours.valid_from or on) <= on <= (hours.valid_to or on)
    )


def _closures(plan: ClinicPlan, location: str) -> Iterator[ClosurePlan]:
    return (closure for closure in plan.closures if closure.location in {None, location})
