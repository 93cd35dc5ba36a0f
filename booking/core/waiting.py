"""The waiting list: what somebody waits for, what the engine is asked for them, in which order they are asked, and
until when an offered time is kept. Free time itself is the engine's business alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from booking.core.day_parts import DAY_PART_SPANS, DayPart
from booking.core.scheduling.clinic import Audience, Catalogue, Location, ResourceKind
from booking.core.scheduling.intervals import Span, from_minutes, merge, to_minutes_up
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.local_time import local_date_of
from booking.core.scheduling.opening_hours import open_spans
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.rules import Refusal, audience_refusal, contact_refusal
from booking.core.scheduling.slots import Slot, SlotQuery
from booking.core.scheduling.wishes import Wishes

OFFICE_TIME_TO_ANSWER = timedelta(hours=2)
"""How long an offered time is kept, counted while the location is open."""

LEAST_TIME_TO_ANSWER = timedelta(minutes=15)
"""A time that leaves less than this for an answer is not offered: the letter would come too late."""

FARTHEST_ANSWER = timedelta(days=14)
"""Where the location is closed for so long, an offer ends all the same."""

LONGEST_WAIT = timedelta(days=366)
UNANSWERED_COUNTED = timedelta(days=30)
"""Offers that were declined or ignored count for this long."""


@dataclass(frozen=True, slots=True)
class WaitingWish:
    """The times that somebody would take. Empty sets mean any; the dates are local ones of the start, both included.

    `notice` is what the person needs between an answer and the visit.
    """

    service_id: int
    first_on: date
    last_on: date
    location_ids: frozenset[int] = frozenset()
    specialist_ids: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    day_parts: frozenset[DayPart] = frozenset()
    notice: timedelta = timedelta(hours=24)


def end_of_wait(last_on: date) -> datetime:
    """The instant (UTC) from which that local day is over everywhere: days end last twelve hours behind UTC."""
    return datetime.combine(last_on + timedelta(days=1), time(12), tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FreedSpan:
    """Time that became free, in UTC minutes; None for place or specialist where it was nobody's in particular."""

    location_id: int | None
    specialist_id: int | None
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides who is asked first. `unanswered_count`: offers declined or ignored lately."""

    entry_id: int
    priority: int
    has_visit: bool
    days_waited: int
    unanswered_count: int


@dataclass(frozen=True, slots=True)
class WaitFacts:
    """What decides whether a wait is over. `visit_status` and `visit_starts_at` are of the visit it would replace."""

    last_on: date
    visit_status: AppointmentStatus | None
    visit_starts_at: datetime | None
    has_been_booked: bool
    is_stopped: bool


def refusals_of_wish(
    clinic: Catalogue, wish: WaitingWish, *, today: date, is_staff: bool, has_visit: bool
) -> tuple[Refusal, ...]:
    """Every reason against waiting for this; () when there is none.

    Who may book the service binds patients only, and not those who have a visit of it already.
    """
    service = clinic.services.get(wish.service_id)
    if service is None or not service.is_active:
        return (Refusal("service_not_offered"),)
    binds = not is_staff and not has_visit
    found = [
        audience_refusal(service, apply_policies=binds, is_verified=True),
        contact_refusal(service, apply_policies=binds),
    ]
    if not wish.location_ids <= {place.id for place in clinic.locations_for(service)}:
        found.append(Refusal("not_given_here"))
    if not wish.specialist_ids <= {specialist.id for specialist in clinic.specialists_for(service)}:
        found.append(Refusal("specialist_not_for_service"))
    return (*(refusal for refusal in found if refusal), *_refusals_of_dates(wish, today))


def _refusals_of_dates(wish: WaitingWish, today: date) -> tuple[Refusal, ...]:
    if wish.first_on > wish.last_on:
        return (Refusal("dates_reversed"),)
    if wish.last_on < today:
        return (Refusal("dates_past"),)
    latest = today + LONGEST_WAIT
    return (Refusal("wait_too_long", {"last_on": latest}),) if wish.last_on > latest else ()


def why_over(facts: WaitFacts, *, now: datetime, today: date) -> str | None:
    """The word for why nobody waits here any more; None while the wait goes on.

    `today` is the earliest local date of the clinic's locations.
    """
    if facts.is_stopped:
        return "patient_stopped"
    if facts.last_on < today:
        return "dates_past"
    if facts.visit_starts_at is not None:
        is_coming = facts.visit_status is AppointmentStatus.BOOKED and facts.visit_starts_at > now
        return None if is_coming else "visit_over"
    return "visit_booked" if facts.has_been_booked else None


def clinic_for_wait(clinic: Catalogue, service_id: int, notice: timedelta) -> Catalogue:
    """The clinic with the policy under which the service is offered to somebody who waits.

    Their own notice takes the place of the service's; who may book was decided when they joined. All else holds.
    """
    service = clinic.services[service_id]
    policy = replace(service.policy, book_notice=notice, audience=Audience.ANYONE, contact_to_book=False)
    return replace(clinic, services={**clinic.services, service_id: replace(service, policy=policy)})


def query_for_wish(
    clinic: Catalogue, wish: WaitingWish, freed: FreedSpan, *, now: datetime, calendar: PatientCalendar
) -> SlotQuery | None:
    """What the engine is asked: this wish, on the dates and with the specialist of the freed time; None for nothing.

    Raises KeyError for a location that does not exist.
    """
    specialist_ids = _narrowed(wish.specialist_ids, freed.specialist_id)
    location_ids = _narrowed(wish.location_ids, freed.location_id)
    zones = [clinic.locations[i].tz for i in location_ids or clinic.locations]
    first_on = max(wish.first_on, min((local_date_of(freed.starts, tz) for tz in zones), default=date.max))
    last_on = min(wish.last_on, max((local_date_of(freed.ends - 1, tz) for tz in zones), default=date.min))
    if first_on > last_on or specialist_ids == frozenset() or location_ids == frozenset():
        return None
    day_spans = tuple(DAY_PART_SPANS[part] for part in sorted(wish.day_parts))
    return SlotQuery(
        wish.service_id, location_ids, specialist_ids, first_on, last_on, now, is_verified=True, patient=calendar,
        wishes=Wishes(day_spans=day_spans, weekdays=wish.weekdays),
    )  # fmt: skip


def specialist_freed(clinic: Catalogue, resource_id: int | None) -> int | None:
    """The specialist whose time became free; a room or a device that did is of use to any of them."""
    resource = None if resource_id is None else clinic.resources.get(resource_id)
    return resource.id if resource is not None and resource.kind is ResourceKind.SPECIALIST else None


def _narrowed(wished: frozenset[int], freed: int | None) -> frozenset[int] | None:
    """The ids in both, None for any; empty when they have nothing in common."""
    if freed is None:
        return wished or None
    return frozenset({freed}) if not wished or freed in wished else frozenset()


def within_freed(slot: Slot, freed: FreedSpan, *, before: datetime | None) -> bool:
    """Whether the slot starts in the freed time, and earlier than the visit that it would replace."""
    return freed.starts <= slot.starts < freed.ends and (before is None or slot.starts_at < before)


def misfit(clinic: Catalogue, slot: Slot, freed: FreedSpan) -> int:
    """Minutes by which the visit and the freed time differ in length."""
    return abs((freed.ends - freed.starts) - clinic.services[slot.service_id].occupied_minutes)


def order_of(standing: Standing) -> tuple[int, bool, int, int]:
    """Sort key: the clinic's priority, those without a visit, the longest wait in days, the fewest offers not taken."""
    return (-standing.priority, standing.has_visit, -standing.days_waited, standing.unanswered_count)


def why_of(standing: Standing, misfit_minutes: int) -> Mapping[str, Any]:
    """What spoke for this person, as it is kept with the offer: codes and numbers only."""
    return {
        "priority": standing.priority,
        "has_visit": standing.has_visit,
        "days_waited": standing.days_waited,
        "unanswered": standing.unanswered_count,
        "misfit_minutes": misfit_minutes,
    }


def office_spans(clinic: Catalogue, location: Location, first_on: date, last_on: date) -> list[Span]:
    """When any specialist works at the location: sorted spans of UTC minutes."""
    working = (r for r in clinic.resources.values() if r.is_active and r.kind is ResourceKind.SPECIALIST)
    return merge(span for r in working for span in open_spans(r, location, clinic.closures, first_on, last_on))


def answer_until(office: Sequence[Span], made_at: datetime, latest_at: datetime) -> datetime | None:
    """Until when an offer made at `made_at` is kept: two hours of the office's time, never later than `latest_at`.

    None when that leaves too little time for an answer. `office` are spans of UTC minutes, sorted.
    """
    latest_at = min(latest_at, made_at + FARTHEST_ANSWER)
    if latest_at < made_at + LEAST_TIME_TO_ANSWER:
        return None
    left = int(OFFICE_TIME_TO_ANSWER / timedelta(minutes=1))
    since = to_minutes_up(made_at)
    for starts, ends in office:
        open_from = max(starts, since)
        if ends - open_from >= left:
            return min(from_minutes(open_from + left), latest_at)
        left -= max(ends - open_from, 0)
    return latest_at


def latest_answer(slot: Slot, notice: timedelta, change_by: datetime | None) -> datetime:
    """The last instant at which the slot can be taken: by the notice needed, and by the old visit's latest change."""
    latest_at = slot.starts_at - notice
    return latest_at if change_by is None else min(latest_at, change_by)
