"""The explanation and the engine on random small clinics: they say the same, each from its own end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings

from booking.core.scheduling.allocation import Refused, SlotRequest, allocate
from booking.core.scheduling.clinic import Audience, Catalogue
from booking.core.scheduling.explain import DayExplanation, Removal, explain, query_to_read
from booking.core.scheduling.explain_question import Question
from booking.core.scheduling.explain_steps import Walk
from booking.core.scheduling.intervals import Span, overlaps
from booking.core.scheduling.local_time import grid_runs, grid_starts, local_date_of
from booking.core.scheduling.slots import SlotQuery, busy_window, find_slots
from booking.core.scheduling.wishes import suits_place, suits_specialist
from tests.core.scheduling.strategies import Case, cases

random_clinics = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))

OUTSIDE = frozenset({"outside_hours", "closed"})
SAME_WORD = ("in_past", "too_soon", "beyond_horizon", "patient_busy", "gap_too_short", "visit_limit", "not_given_here")
REFUSED_AS: dict[str, frozenset[str]] = {
    **{code: frozenset({code}) for code in SAME_WORD},
    **{code: frozenset({code}) for code in ("staff_only", "course_only", "verified_only", "contact_only")},
    **dict.fromkeys(("no_hours", "never_here", "hours_ended", "hours_not_begun", "nobody_open", "too_long"), OUTSIDE),
    **dict.fromkeys(("other_hours", "closed", "too_few_lanes"), OUTSIDE),
    **dict.fromkeys(("taken", "gaps_too_short", "pool_full"), frozenset({"taken"})),
    "off_grid": frozenset({"off_grid"}),
    "no_specialist": frozenset({"no_specialist"}),
}
"""What `allocate` says of a start that the explanation says was removed. It knows nothing of wishes."""

Key = tuple[date, int, int | None]


def offered_by_day(catalogue: Catalogue, query: SlotQuery, busy: dict) -> Counter[Key]:
    slots = find_slots(catalogue, query, busy)
    places = catalogue.locations
    return Counter((local_date_of(s.starts, places[s.location_id].tz), s.location_id, s.specialist_id) for s in slots)


@random_clinics
@given(cases())
def test_a_day_has_as_many_slots_as_the_engine_offers_and_no_day_without_any_is_silent(case: Case) -> None:
    catalogue, query, busy = case
    days = explain(catalogue, query, busy)
    said = {(d.on, d.location_id, d.specialist_id): d.slots for d in days if d.slots}
    assert said == offered_by_day(catalogue, query, busy)
    assert [day for day in days if not day.slots and not day.removals] == []
    asked = {query.first_on + timedelta(days=n) for n in range((query.last_on - query.first_on).days + 1)}
    assert {day.on for day in days} == asked


@random_clinics
@given(cases())
def test_the_steps_leave_what_is_offered_and_nothing_else(case: Case) -> None:
    """Also what the steps removed adds up: with what they left it is all that the hours have room for."""
    catalogue, query, busy = case
    service = catalogue.services[query.service_id]
    anyone = replace(service, policy=replace(service.policy, audience=Audience.ANYONE, contact_to_book=False))
    catalogue = replace(catalogue, services={service.id: anyone})
    for day in {(d.location_id, d.specialist_id): d for d in explain(catalogue, query, busy)}.values():
        location, specialist = catalogue.locations[day.location_id], catalogue.resources.get(day.specialist_id)
        if any(r.code == "no_specialist" for r in day.removals) or not suits_place(query.wishes, anyone, location):
            continue
        if not suits_specialist(query.wishes, specialist):
            continue
        question = Question(catalogue, query, anyone, busy).narrowed(location, specialist)
        runs = grid_runs(query.first_on, query.last_on, location.tz, anyone.grid_minutes)
        left = grid_starts(Walk(question, location, specialist).left, runs, anyone.grid_minutes)
        assert left == [slot.starts for slot in find_slots(catalogue, question.query, busy)]


def starts_removed(catalogue: Catalogue, query: SlotQuery, day: DayExplanation, removal: Removal) -> Iterator[int]:
    """The grid times in what was removed: all those of the day where all of it was."""
    location, grid = catalogue.locations[day.location_id], catalogue.services[query.service_id].grid_minutes
    runs = grid_runs(day.on, day.on, location.tz, grid)
    spans = list(removal.spans) or [(runs[0][0], runs[-1][1])]
    if removal.code == "off_grid":
        yield from (starts for starts, _ in spans)
    yield from grid_starts(spans, runs, grid)


@random_clinics
@given(cases())
def test_booking_a_start_that_a_rule_removed_is_refused_for_that_rule(case: Case) -> None:
    catalogue, query, busy = case
    for day in explain(catalogue, query, busy):
        for removal in day.removals:
            if removal.code not in REFUSED_AS:
                continue
            for starts in list(starts_removed(catalogue, query, day, removal))[::5]:
                request = SlotRequest(
                    query.service_id, day.location_id, day.specialist_id, starts, query.now, query.apply_policies,
                    query.is_verified, query.patient,
                )  # fmt: skip
                answer = allocate(catalogue, request, busy)
                assert isinstance(answer, Refused), (removal, starts)
                assert {r.code for r in answer.refusals} & REFUSED_AS[removal.code], (removal, answer.refusals)


POLICY_WITHOUT: dict[str, dict[str, Any]] = {
    **{code: {"audience": Audience.ANYONE} for code in ("staff_only", "course_only", "verified_only")},
    "contact_only": {"contact_to_book": False},
    "too_soon": {"book_notice": timedelta(0)},
    "beyond_horizon": {"horizon_days": 400},
    "gap_too_short": {"min_gap_days": 0},
    "visit_limit": {"visit_limit": None},
}
WISHES_WITHOUT: dict[str, dict[str, Any]] = {
    "other_weekday": {"weekdays": frozenset()},
    "other_time": {"day_spans": ()},
    "other_language": {"language": None},
    "not_step_free": {"step_free": False},
}


def relieved(case: Case, day: DayExplanation, removal: Removal) -> Case:
    """The same world after somebody did what the explanation suggests."""
    catalogue, query, busy = case
    code = removal.code
    if code in POLICY_WITHOUT:
        service = catalogue.services[query.service_id]
        changed = replace(service, policy=replace(service.policy, **POLICY_WITHOUT[code]))
        return replace(catalogue, services={service.id: changed}), query, busy
    if code in WISHES_WITHOUT:
        return catalogue, replace(query, wishes=replace(query.wishes, **WISHES_WITHOUT[code])), busy
    if code == "patient_busy":
        return catalogue, replace(query, patient=replace(query.patient, busy=())), busy
    if code == "closed":
        return replace(catalogue, closures=()), query, busy
    if code == "other_hours":
        return without_exceptions(catalogue, day.specialist_id), query, busy
    return catalogue, query, freed(catalogue, busy, day, removal)


def without_exceptions(catalogue: Catalogue, specialist_id: int | None) -> Catalogue:
    ids = {specialist_id} if specialist_id else set(catalogue.resources)
    changed = {i: replace(r, exceptions=()) if i in ids else r for i, r in catalogue.resources.items()}
    return replace(catalogue, resources=changed)


def freed(catalogue: Catalogue, busy: dict, day: DayExplanation, removal: Removal) -> dict:
    ids = {day.specialist_id}
    if removal.code == "pool_full":
        ids = {r.id for r in catalogue.resources.values() if r.pools & set(removal.params["pools"])} - ids
    else:
        assert removal.code in {"taken", "gaps_too_short"}
    return {lane: spans for lane, spans in busy.items() if lane[0] not in ids}


@random_clinics
@given(cases())
def test_removing_a_rule_brings_as_many_slots_as_was_said(case: Case) -> None:
    for day in explain(*case):
        for removal in day.removals:
            if removal.slots_without is not None:
                found = offered_by_day(*relieved(case, day, removal))
                assert found[day.on, day.location_id, day.specialist_id] == removal.slots_without


@random_clinics
@given(cases())
def test_without_the_only_rule_there_are_slots_or_another_rule_is_named(case: Case) -> None:
    for day in explain(*case):
        if not day.slots and len(day.removals) == 1 and day.removals[0].slots_without is not None:
            then = after(case, day, day.removals[0])
            assert then.slots or then.removals
            assert day.removals[0].code not in {removal.code for removal in then.removals}


def after(case: Case, day: DayExplanation, removal: Removal) -> DayExplanation:
    """The explanation of the same day once that rule is gone."""
    key = (day.on, day.location_id, day.specialist_id)
    return next(d for d in explain(*relieved(case, day, removal)) if (d.on, d.location_id, d.specialist_id) == key)


@random_clinics
@given(cases())
def test_the_window_that_is_read_holds_all_that_matters(case: Case) -> None:
    catalogue, query, busy = case
    starts, ends, ids = busy_window(catalogue, query_to_read(query))
    fetched: dict[tuple[int, int], list[Span]] = {
        lane: [span for span in spans if overlaps(span, (starts, ends))]
        for lane, spans in busy.items()
        if lane[0] in ids
    }
    assert without_details(explain(catalogue, query, fetched)) == without_details(explain(catalogue, query, busy))


def without_details(days: tuple[DayExplanation, ...]) -> list[DayExplanation]:
    return [replace(day, removals=tuple(replace(r, details={}) for r in day.removals)) for day in days]
