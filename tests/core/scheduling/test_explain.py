"""What is said of a day without slots: one small clinic for each reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from booking.core.scheduling.clinic import (
    Audience,
    Catalogue,
    Closure,
    MinuteSpan,
    Need,
    Policy,
    VisitLimit,
)
from booking.core.scheduling.explain import DayExplanation, Removal, explain
from booking.core.scheduling.explain_question import Taken, TakenBy
from booking.core.scheduling.intervals import Span
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.slots import SlotQuery
from booking.core.scheduling.wishes import Wishes
from tests.core.scheduling.clinics import (
    DR_CRUZ,
    DR_DIAZ,
    HERE,
    LONG_BEFORE,
    MONDAY,
    THERE,
    VISIT,
    at,
    away,
    clinic,
    hours,
    location,
    resource,
    segment,
    service,
)

# Monday in Berlin, in summer time: nine to twelve is seven to ten in UTC.
NINE, TEN, ELEVEN, NOON = (at(f"2026-10-05T{hour:02}:00") for hour in (7, 8, 9, 10))
ROOM = 21
QUERY = SlotQuery(VISIT, None, None, MONDAY, MONDAY, LONG_BEFORE)


def said(
    catalogue: Catalogue,
    query: SlotQuery = QUERY,
    busy: dict[tuple[int, int], list[Span]] | None = None,
    taken: tuple[Taken, ...] = (),
) -> DayExplanation:
    """The explanation of the one day."""
    [day] = explain(catalogue, query, busy or {}, taken)
    return day


def only(day: DayExplanation) -> Removal:
    [removal] = day.removals
    return removal


def with_policy(**policy: Any) -> Catalogue:
    return clinic(service(policy=Policy(**{"horizon_days": 1000, **policy})))


def test_a_free_day_has_its_hours_and_nothing_removed() -> None:
    assert said(clinic()) == DayExplanation(MONDAY, HERE, DR_CRUZ, ((NINE, NOON),), (), 6)


def test_a_day_with_some_slots_names_what_took_the_others() -> None:
    day = said(clinic(), busy={(DR_CRUZ, 0): [(NINE, TEN)]})
    assert day.slots == 4
    assert only(day) == Removal("taken", {}, ((NINE, TEN),), {TakenBy.UNKNOWN: ((NINE, TEN),)})


def test_reservations_are_told_apart_where_it_is_known_what_they_are_for() -> None:
    taken = (
        Taken(DR_CRUZ, TakenBy.VISIT, (NINE, TEN)),
        Taken(DR_CRUZ, TakenBy.BLOCK, (TEN, ELEVEN)),
        Taken(DR_CRUZ, TakenBy.HOLD, (ELEVEN, NOON)),
        Taken(DR_DIAZ, TakenBy.VISIT, (NINE, NOON)),
    )
    day = said(clinic(), busy={(DR_CRUZ, 0): [(NINE, NOON)]}, taken=taken)
    assert only(day) == Removal(
        "taken",
        {},
        ((NINE, NOON - 29),),
        {"visit": ((NINE, TEN),), "block": ((TEN, ELEVEN),), "hold": ((ELEVEN, NOON),)},
        slots_without=6,
    )


def test_gaps_that_are_too_short_are_named() -> None:
    busy = {(DR_CRUZ, 0): [(NINE + 20, NOON - 20)]}
    taken, gaps = said(clinic(), busy=busy).removals
    assert (taken.code, taken.spans) == ("taken", ((NINE + 20, NOON - 29),))
    assert (gaps.code, gaps.params, gaps.slots_without) == ("gaps_too_short", {"minutes": 30}, 6)
    assert gaps.spans[0] == (NINE, NINE + 20)
    assert gaps.details == {"gaps": ((NINE, NINE + 20), (NOON - 20, NOON))}


def test_a_gap_that_is_long_enough_is_not_called_too_short() -> None:
    day = said(clinic(), busy={(DR_CRUZ, 0): [(NINE + 20, TEN)]})
    assert day.slots == 4
    assert day.removals[1].details == {"gaps": ((NINE, NINE + 20),)}
    assert [removal.code for removal in said(clinic(), busy={(DR_CRUZ, 0): [(TEN, ELEVEN)]}).removals] == ["taken"]


def test_notice_takes_the_first_hours() -> None:
    query = replace(QUERY, now=datetime(2026, 10, 4, 8, 30, tzinfo=UTC))
    day = said(with_policy(book_notice=timedelta(days=1)), query, {(DR_CRUZ, 0): [(TEN + 30, NOON)]})
    notice, taken = day.removals
    earliest = datetime(2026, 10, 5, 8, 30, tzinfo=UTC)
    params = {"earliest_at": earliest, "notice": timedelta(days=1)}
    assert notice == Removal("too_soon", params, ((NINE, TEN + 30),), {"minutes": ((NINE, TEN + 30),)}, slots_without=3)
    assert (taken.code, taken.slots_without) == ("taken", 3)


def test_what_has_passed_cannot_be_thought_away() -> None:
    query = replace(QUERY, now=datetime(2026, 10, 5, 11, tzinfo=UTC))
    removal = only(said(with_policy(book_notice=timedelta(0)), query))
    assert removal == Removal("in_past", {}, ((NINE, NOON - 29),), {"minutes": ((NINE, NOON),)})


@pytest.mark.parametrize("ahead", [3, -3])
def test_days_beyond_the_horizon_say_up_to_when_patients_may_book(ahead: int) -> None:
    query = replace(QUERY, first_on=MONDAY - timedelta(days=2), now=LONG_BEFORE.replace(month=9, day=1))
    last_on = MONDAY - timedelta(days=ahead)
    horizon = (last_on - date(2026, 9, 1)).days
    day = explain(with_policy(horizon_days=horizon), query, {})[-1]
    if ahead < 0:
        assert day.slots == 6
    else:
        assert (only(day).code, only(day).params, only(day).slots_without) == (
            "beyond_horizon",
            {"last_on": last_on},
            6,
        )


@pytest.mark.parametrize(
    ("audience", "code"),
    [(Audience.STAFF, "staff_only"), (Audience.COURSE, "course_only"), (Audience.VERIFIED, "verified_only")],
)
def test_a_service_for_others_says_for_whom_it_is(audience: Audience, code: str) -> None:
    assert only(said(with_policy(audience=audience))) == Removal(code, slots_without=6)
    assert said(with_policy(audience=audience), replace(QUERY, apply_policies=False)).slots == 6


def test_a_service_that_is_booked_by_contact_says_so() -> None:
    assert only(said(with_policy(contact_to_book=True))) == Removal("contact_only", slots_without=6)


def test_a_service_for_others_says_also_what_else_stands_in_the_way() -> None:
    day = said(with_policy(audience=Audience.STAFF), busy={(DR_CRUZ, 0): [(NINE, NOON)]})
    assert [(r.code, r.slots_without) for r in day.removals] == [("staff_only", 0), ("taken", 0)]


def test_a_closure_is_named() -> None:
    closures = (
        Closure(None, date(2026, 1, 1), date(2026, 1, 1), "New year"),
        Closure(THERE, MONDAY, MONDAY, "Elsewhere"),
        Closure(HERE, MONDAY, MONDAY, "Paint"),
    )
    day = said(clinic(closures=closures))
    assert day.open_spans == ()
    assert only(day).params == {"name": "Paint"}
    assert (only(day).code, only(day).details, only(day).slots_without) == ("closed", {"minutes": ((NINE, NOON),)}, 6)


def test_of_two_closures_the_second_has_nothing_left_to_take() -> None:
    closures = tuple(Closure(HERE, MONDAY, MONDAY, name) for name in ("Paint", "Strike"))
    assert [(r.params["name"], r.slots_without) for r in said(clinic(closures=closures)).removals] == [("Paint", 0)]


def test_a_dated_exception_is_named() -> None:
    day = said(clinic(resources=[resource(exceptions=(away(MONDAY),))]))
    removal = only(day)
    assert (removal.code, removal.details, removal.slots_without) == ("other_hours", {"minutes": ((NINE, NOON),)}, 6)


@pytest.mark.parametrize(
    ("weekly", "code", "params"),
    [
        (hours((540, 720), weekdays=[1]), "no_hours", {}),
        (hours((540, 720), location_id=THERE), "never_here", {}),
        (hours((540, 720), valid_from=date(2026, 11, 1)), "hours_not_begun", {"from_on": date(2026, 11, 1)}),
        (hours((540, 720), valid_to=date(2026, 9, 1)), "hours_ended", {"last_on": date(2026, 9, 1)}),
        (hours((540, 560)), "too_long", {"minutes": 30}),
    ],
)
def test_hours_without_room_for_a_visit_say_why(weekly: tuple, code: str, params: dict[str, object]) -> None:
    removal = only(said(clinic(resources=[resource(weekly_hours=weekly)])))
    assert (removal.code, removal.params, removal.slots_without) == (code, params, None)


def test_a_visit_that_takes_more_of_the_specialist_than_there_is_says_so() -> None:
    removal = only(said(clinic(service(segment(30, Need(lanes=2))))))
    assert (removal.code, removal.params) == ("too_few_lanes", {"minutes": 30})


def test_the_last_start_before_closing_is_not_worth_a_word() -> None:
    assert said(clinic(service(segment(90, Need())))).removals == ()


WITH_ROOM = service(segment(30, Need(), Need("room")))


def with_rooms(**room: Any) -> Catalogue:
    return clinic(WITH_ROOM, [resource(), resource(ROOM, "room", **room)])


def test_a_full_pool_says_when_it_is_full() -> None:
    busy = {(DR_CRUZ, 0): [(NINE, ELEVEN)], (ROOM, 0): [(ELEVEN, NOON)]}
    taken, full = said(with_rooms(), busy=busy).removals
    assert (taken.code, taken.slots_without) == ("taken", 4)
    assert (full.code, full.params, full.slots_without) == ("pool_full", {"pools": ("room",)}, 2)
    assert full.details == {"full": ((ELEVEN, NOON),)}


def test_a_pool_with_nobody_there_says_when() -> None:
    day = said(with_rooms(weekly_hours=hours((600, 720))))
    assert day.slots == 4
    assert only(day) == Removal("nobody_open", {"pools": ("room",)}, ((NINE, TEN),), {"closed": ((NINE, TEN),)})


def test_the_last_start_in_a_room_is_not_worth_a_word_either() -> None:
    longer = service(segment(30, Need(), Need("room")), segment(15, Need("room"), offset=30))
    assert said(clinic(longer, [resource(), resource(ROOM, "room")])).removals == ()


def test_a_service_without_specialist_names_its_pools() -> None:
    test = service(segment(30, Need("room")))
    members = [resource(ROOM, "room", weekly_hours=hours((540, 720), weekdays=[1]))]
    removal = only(said(clinic(test, members)))
    assert (removal.code, removal.params) == ("nobody_open", {"pools": ("room",)})
    full = said(clinic(test, [resource(ROOM, "room")]), busy={(ROOM, 0): [(NINE, NOON)]})
    assert (full.specialist_id, full.open_spans) == (None, ((NINE, NOON),))
    assert (only(full).code, only(full).slots_without) == ("pool_full", 6)


def test_exceptions_of_a_pool_are_named_where_no_specialist_is_needed() -> None:
    members = [resource(ROOM, "room", exceptions=(away(MONDAY),))]
    removal = only(said(clinic(service(segment(30, Need("room"))), members)))
    assert (removal.code, removal.slots_without) == ("other_hours", 6)


def test_the_patients_own_visits_gap_and_limit_are_told_apart() -> None:
    policy = Policy(horizon_days=1000, min_gap_days=2, visit_limit=VisitLimit(1, 9))
    catalogue = clinic(service(policy=policy))
    calendar = PatientCalendar(((NINE, TEN),), (MONDAY - timedelta(days=1),))
    day = said(catalogue, replace(QUERY, patient=calendar))
    assert [r.code for r in day.removals] == ["patient_busy", "gap_too_short"]
    assert day.removals[0].details == {"visits": ((NINE, TEN),)}
    assert day.removals[1].params == {"min_gap_days": 2}
    further = replace(calendar, visit_dates=(MONDAY - timedelta(days=3),))
    limit = said(catalogue, replace(QUERY, patient=further)).removals[1]
    assert (limit.code, limit.params, limit.slots_without) == ("visit_limit", {"count": 1, "days": 9}, 4)
    staff = said(catalogue, replace(QUERY, patient=calendar, apply_policies=False))
    assert (staff.slots, [r.code for r in staff.removals]) == (4, ["patient_busy"])


def test_a_patient_who_is_busy_all_day_is_free_without_those_visits() -> None:
    query = replace(QUERY, patient=PatientCalendar(((NINE, NOON),)))
    assert (only(said(clinic(), query)).code, only(said(clinic(), query)).slots_without) == ("patient_busy", 6)


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        (Wishes(weekdays=frozenset({1})), "other_weekday"),
        (Wishes(day_spans=(MinuteSpan(780, 1020),)), "other_time"),
        (Wishes(language="fr"), "other_language"),
        (Wishes(step_free=True), "not_step_free"),
    ],
)
def test_a_wish_that_leaves_nothing_is_named(wishes: Wishes, code: str) -> None:
    catalogue = clinic(locations=[location(is_step_free=False)])
    removal = only(said(catalogue, replace(QUERY, wishes=wishes)))
    assert (removal.code, removal.slots_without) == (code, 6)


def test_times_that_are_never_on_the_grid_are_named() -> None:
    catalogue = clinic(service(grid_minutes=60), [resource(weekly_hours=hours((545, 590)))])
    assert only(said(catalogue)) == Removal("off_grid", {"grid_minutes": 60}, ((NINE + 5, NINE + 21),))


def test_what_is_not_given_is_said_for_each_day() -> None:
    tuesday = MONDAY + timedelta(days=1)
    gone = explain(clinic(service(is_active=False)), replace(QUERY, last_on=tuesday), {})
    assert [(day.on, day.location_id, only(day).code) for day in gone] == [
        (MONDAY, None, "service_not_offered"),
        (tuesday, None, "service_not_offered"),
    ]


def test_a_service_that_no_location_gives_says_so() -> None:
    assert only(said(clinic(service(location_ids=frozenset())))).code == "not_given_here"


def test_a_location_that_does_not_give_it_says_so() -> None:
    catalogue = clinic(service(location_ids=frozenset({THERE})), locations=[location(), location(THERE)])
    day = said(catalogue, replace(QUERY, location_ids=frozenset({HERE})))
    assert (day.location_id, only(day).code) == (HERE, "not_given_here")


def test_a_specialist_who_does_not_give_it_says_so() -> None:
    catalogue = clinic(service(specialist_ids=frozenset({DR_CRUZ})), [resource(), resource(DR_DIAZ)])
    day = said(catalogue, replace(QUERY, specialist_ids=frozenset({DR_DIAZ})))
    assert (day.specialist_id, only(day).code) == (DR_DIAZ, "specialist_not_for_service")


def test_a_service_that_nobody_gives_says_so() -> None:
    assert only(said(clinic(resources=[]))).code == "no_specialist"


def test_those_who_never_work_there_are_passed_over_unless_they_are_asked_for() -> None:
    elsewhere = resource(DR_DIAZ, weekly_hours=hours((540, 720), location_id=THERE))
    catalogue = clinic(resources=[resource(), elsewhere])
    assert said(catalogue).specialist_id == DR_CRUZ
    assert only(said(catalogue, replace(QUERY, specialist_ids=frozenset({DR_DIAZ})))).code == "never_here"
    assert only(said(clinic(resources=[elsewhere]))).code == "never_here"
