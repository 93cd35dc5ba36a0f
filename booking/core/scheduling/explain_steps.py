"""The search for one specialist at one location, step by step: what each rule takes from the day.

Every step asks the functions that `slots.py` asks, so what is left after the last step is what is offered.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from booking.core.scheduling import patient, rules, wishes
from booking.core.scheduling.clinic import Closure, Location, Policy, Resource
from booking.core.scheduling.explain_question import Question, Step, TakenBy
from booking.core.scheduling.intervals import Span, covered_at_least, from_minutes, intersect, merge, subtract
from booking.core.scheduling.local_time import date_spans
from booking.core.scheduling.opening_hours import open_spans
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.resources import (
    BusyByLane,
    Group,
    Piece,
    Place,
    Role,
    assignments,
    demand_of,
    independent_groups,
    lanes_of,
    roles_of,
    starts_served,
)
from booking.core.scheduling.slots import candidates_for, place_for
from booking.core.scheduling.wishes import Wishes


class Walk:
    """All steps of one question for one location and specialist; `left` are the starts that all rules allow.

    `opened` are the minutes in which the specialist (without one: somebody for every role) is open, `fits` the starts
    that these hours have room for.
    """

    def __init__(self, question: Question, location: Location, specialist: Resource | None) -> None:
        self._question, self._location, self._specialist = question, location, specialist
        query, service = question.query, question.service
        self._dates = (query.first_on, query.last_on)
        self._place = place_for(question.catalogue, service, location, *self._dates, question.busy)
        self._when_free = replace(self._place, busy={})
        roles = roles_of(service)
        self._crew = candidates_for(question.catalogue, roles, specialist)
        self._own: tuple[Piece, ...] = next((role.pieces for role in roles if role.pool is None), ())
        self._groups = [group for group in independent_groups(self._crew) if _pools_of(group)]
        self.steps: list[Step] = []
        self.left: list[Span] = []
        self.opened: list[Span] = []
        self.fits: list[Span] = []
        self._take_all()

    def _take_all(self) -> None:
        self._take_hours()
        self.opened = self._opening(self._place.closures)
        self.fits = self.left
        self._take_empty_pools()
        self._take_bounds()
        self._take_patient()
        self._take_reservations()
        self._take_full_pools()
        self._take_wishes()

    def _take(
        self,
        code: str,
        left: list[Span],
        params: Mapping[str, object] | None = None,
        details: Mapping[str, list[Span]] | None = None,
        *,
        is_last_straw: bool = False,
    ) -> None:
        removed = subtract(self.left, left)
        if removed:
            self.steps.append(Step(code, removed, left, params or {}, details or {}, is_last_straw))
        self.left = left

    def _take_hours(self) -> None:
        """Dated exceptions, then each closure. What the weekly hours leave out is no step: the day begins with them."""
        usual, own = self._fitting((), weekly_only=True), self._fitting(())
        self.left = merge([*usual, *own])
        minutes, opened = self._opening((), weekly_only=True), self._opening(())
        self._take("other_hours", own, {}, {"minutes": subtract(minutes, opened)})
        closing: tuple[Closure, ...] = ()
        for closure in self._closures():
            closing = (*closing, closure)
            minutes, opened = opened, self._opening(closing)
            details = {"minutes": subtract(minutes, opened)}
            self._take("closed", self._fitting(closing), {"name": closure.name}, details)

    def _fitting(self, closures: tuple[Closure, ...], *, weekly_only: bool = False) -> list[Span]:
        """Starts at which the specialist (without one: every role) is open long enough, whatever is reserved."""
        place = replace(self._when_free, closures=closures)
        starts = date_spans(*self._dates, self._location.tz)
        if self._specialist is not None:
            who = _without_exceptions(self._specialist) if weekly_only else self._specialist
            return starts_served(place, who, self._own, starts)
        for group in self._groups:
            usual = tuple((role, [_without_exceptions(m) for m in members]) for role, members in group)
            starts = _filled(place, usual if weekly_only else group, starts)
        return starts

    def _closures(self) -> Iterable[Closure]:
        first_on, last_on = self._dates[0] - timedelta(days=1), self._dates[1]
        for closure in self._place.closures:
            is_here = closure.location_id in (None, self._location.id)
            if is_here and closure.ends_on >= first_on and closure.starts_on <= last_on:
                yield closure

    def _opening(self, closures: tuple[Closure, ...], *, weekly_only: bool = False) -> list[Span]:
        """When the specialist is open on the dates; without a specialist, when each role has somebody who is."""
        chosen = None if self._specialist is None else (self._specialist,)
        opened = date_spans(*self._dates, self._location.tz)
        for _, candidates in self._crew:
            members = chosen or candidates
            hours = (self._hours(_without_exceptions(m) if weekly_only else m, closures) for m in members)
            opened = intersect(opened, merge(span for spans in hours for span in spans))
        return opened

    def _hours(self, resource: Resource, closures: tuple[Closure, ...]) -> Sequence[Span]:
        return open_spans(resource, self._location, closures, self._place.first_on, self._place.last_on)

    def why_unfit(self, on: date) -> tuple[str, Mapping[str, object]]:
        """Why the hours of that date hold no visit at all: code and params."""
        if self._specialist is None:
            pools = (role.pool for group in self._groups for role in _pools_of(group))
            return "nobody_open", {"pools": tuple(dict.fromkeys(pools))}
        if not intersect(date_spans(on, on, self._location.tz), self.opened):
            return _no_hours(self._specialist, self._location, on)
        code = "too_few_lanes" if self._lanes_needed(self._own) > self._specialist.lanes else "too_long"
        return code, {"minutes": _length(self._own)}

    def _take_empty_pools(self) -> None:
        """Times at which a pool has nobody who is open."""
        for group in self._groups:
            closed = merge(span for role in _pools_of(group) for span in self._when_nobody(role, {}))
            left = _filled(self._when_free, group, self.left)
            self._take("nobody_open", left, _pool_names(group), {"closed": closed}, is_last_straw=True)

    def _take_bounds(self) -> None:
        """Past, notice and horizon."""
        query, policy = self._question.query, self._question.service.policy
        now = rules.earliest_start(policy, query.now, apply_policies=False)
        self._take("in_past", self._from(now), {}, {"minutes": self._opened_between(0, now)})
        earliest = rules.earliest_start(policy, query.now, apply_policies=query.apply_policies)
        params = {"earliest_at": from_minutes(earliest), "notice": policy.book_notice}
        self._take("too_soon", self._from(earliest), params, {"minutes": self._opened_between(now, earliest)})
        last_on = rules.last_start_on(policy, self._location, query.now, apply_policies=query.apply_policies)
        if last_on is not None and last_on < query.last_on:
            near = date_spans(query.first_on, last_on, self._location.tz) if query.first_on <= last_on else []
            self._take("beyond_horizon", intersect(self.left, near), {"last_on": last_on})

    def _opened_between(self, starts: int, ends: int) -> list[Span]:
        return intersect(self.opened, merge([(starts, ends)]))

    def _from(self, earliest: int) -> list[Span]:
        return merge((max(starts, earliest), ends) for starts, ends in self.left)

    def _take_patient(self) -> None:
        """The patient's own visits, then gap and limit, each asked as if it were the only one."""
        query, service = self._question.query, self._question.service
        calendar, policy = query.patient, service.policy
        if calendar is None:
            return
        details = {"visits": merge(calendar.busy)}
        self._take("patient_busy", patient.free_starts(calendar, service.minutes, self.left), {}, details)
        if not query.apply_policies:
            return
        gap_only = replace(policy, visit_limit=None)
        self._take("gap_too_short", self._kept(gap_only, calendar), {"min_gap_days": policy.min_gap_days})
        limit = policy.visit_limit
        params = {} if limit is None else {"count": limit.count, "days": limit.days}
        self._take("visit_limit", self._kept(policy, calendar), params)

    def _kept(self, policy: Policy, calendar: PatientCalendar) -> list[Span]:
        return patient.starts_left(policy, calendar, *self._dates, self._location.tz, self.left)

    def _take_reservations(self) -> None:
        """What the specialist does meanwhile: the taken minutes, then the gaps between them that are too short."""
        if self._specialist is None:
            return
        served = starts_served(self._place, self._specialist, self._own, self.left)
        gone = subtract(self.left, served)
        in_the_way = subtract(gone, self._lanes_free(self._specialist, gone))
        self._take("taken", subtract(self.left, in_the_way), {}, self._kinds(self._specialist))
        gaps = self._lanes_free(self._specialist, self.opened)
        large = set(_that_meet(gaps, served))
        # A gap before closing is too short as well, though no visit could have started in it anyway.
        short = merge([*subtract(self.left, served), *subtract(self.opened, self.fits)])
        gaps = [gap for gap in _that_meet(gaps, short) if gap not in large]
        self._take("gaps_too_short", served, {"minutes": _length(self._own)}, {"gaps": gaps}, is_last_straw=True)

    def _kinds(self, resource: Resource) -> dict[str, list[Span]]:
        """Its reservations by what they are for."""
        if not self._question.taken:
            return {TakenBy.UNKNOWN: merge(span for lane in lanes_of(resource, self._place.busy) for span in lane)}
        own = [taken for taken in self._question.taken if taken.resource_id == resource.id]
        return {kind: merge(taken.span for taken in own if taken.kind is kind) for kind in TakenBy}

    def _take_full_pools(self) -> None:
        for group in self._groups:
            full = merge(span for role in _pools_of(group) for span in self._when_nobody(role, self._question.busy))
            left = _filled(self._place, group, self.left)
            self._take("pool_full", left, _pool_names(group), {"full": full}, is_last_straw=False)

    def _when_nobody(self, role: Role, busy: BusyByLane) -> list[Span]:
        """Opened minutes in which no member of the role's pool is open with enough free lanes."""
        members = self._question.catalogue.pools.get(role.pool or "", ())
        free = merge(span for member in members for span in self._free_minutes(member, role.pieces, busy))
        return subtract(self.opened, free)

    def _free_minutes(self, resource: Resource, pieces: tuple[Piece, ...], busy: BusyByLane) -> list[Span]:
        """Minutes in which the resource is open and has as many lanes free as the pieces take at once."""
        hours = self._hours(resource, self._place.closures)
        return covered_at_least(
            [subtract(hours, lane) for lane in lanes_of(resource, busy)], self._lanes_needed(pieces)
        )

    def _lanes_free(self, specialist: Resource, within: list[Span]) -> list[Span]:
        """Minutes of `within` in which as many lanes of the specialist are free as the visit takes at once."""
        lanes = lanes_of(specialist, self._place.busy)
        return covered_at_least([subtract(within, lane) for lane in lanes], self._lanes_needed(self._own))

    def _lanes_needed(self, pieces: tuple[Piece, ...]) -> int:
        return len(demand_of(pieces, self._place.buffer_before, self._place.buffer_after).levels)

    def _take_wishes(self) -> None:
        wished = self._question.query.wishes
        self._take("other_weekday", self._wished(Wishes(weekdays=wished.weekdays), self.left))
        other = subtract(self.opened, self._wished(Wishes(day_spans=wished.day_spans), self.opened))
        self._take("other_time", self._wished(Wishes(day_spans=wished.day_spans), self.left), {}, {"minutes": other})

    def _wished(self, wished: Wishes, within: list[Span]) -> list[Span]:
        return wishes.starts_wished(wished, *self._dates, self._location.tz, within)


def _no_hours(resource: Resource, location: Location, on: date) -> tuple[str, Mapping[str, object]]:
    """Why the weekly hours of `resource` give nothing on that date: code and params."""
    if location.id not in resource.location_ids:
        return "never_here", {}
    rows = [h for h in resource.weekly_hours if h.location_id == location.id and h.weekday == on.weekday()]
    if begins := [h.valid_from for h in rows if h.valid_from is not None and h.valid_from > on]:
        return "hours_not_begun", {"from_on": min(begins)}
    if ended := [h.valid_to for h in rows if h.valid_to is not None and h.valid_to < on]:
        return "hours_ended", {"last_on": max(ended)}
    return "no_hours", {}


def _without_exceptions(resource: Resource) -> Resource:
    return replace(resource, exceptions=()) if resource.exceptions else resource


def _that_meet(gaps: list[Span], others: list[Span]) -> list[Span]:
    """Those of the gaps that share a minute with one of the others."""
    starts = [first for first, _ in others]
    before = ((gap, bisect_left(starts, gap[1])) for gap in gaps)
    return [gap for gap, number in before if number and others[number - 1][1] > gap[0]]


def _length(pieces: tuple[Piece, ...]) -> int:
    """Minutes from the first to the last minute of the pieces."""
    return max(ends for _, ends, _ in pieces) - min(starts for starts, _, _ in pieces)


def _filled(place: Place, group: Group, within: list[Span]) -> list[Span]:
    return merge(span for starts, _ in assignments(place, group, within) for span in starts)


def _pools_of(group: Group) -> list[Role]:
    return [role for role, _ in group if role.pool is not None]


def _pool_names(group: Group) -> dict[str, object]:
    return {"pools": tuple(dict.fromkeys(role.pool for role in _pools_of(group)))}
