"""The wished-for visits fill the calendar around today, stay inside the hours, and are repeatable."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from booking.core.clinic_file.plan import ClosurePlan, HoursExceptionPlan
from booking.core.clinic_file.read import read_clinic_file
from booking.core.demo_people import PATIENT_COUNT
from booking.core.demo_visits import DemoVisit, Fate, demo_visits
from booking.core.questionnaires.library import SHIPPED
from booking.core.scheduling.clinic import MinuteSpan

TEXT = (Path(__file__).parents[2] / "demo" / "clinic.toml").read_text("utf-8")
PLAN = read_clinic_file(TEXT, questionnaires=SHIPPED.codes)
MONDAY = date(2026, 11, 9)
VISITS = demo_visits(PLAN, MONDAY)
SERVICES = {service.code: service for service in PLAN.services}


def on(day: date, visits: tuple[DemoVisit, ...] = VISITS) -> list[DemoVisit]:
    return [visit for visit in visits if visit.on == day]


def without_exceptions_of(code: str, exceptions: tuple[HoursExceptionPlan, ...]) -> tuple[DemoVisit, ...]:
    """Wishes when that resource has exactly these exceptions."""
    resources = tuple(replace(r, exceptions=exceptions) if r.code == code else r for r in PLAN.resources)
    return demo_visits(replace(PLAN, resources=resources), MONDAY, load=1.0)


def test_wishes_are_repeatable() -> None:
    assert demo_visits(PLAN, MONDAY) == VISITS


def test_wishes_reach_three_weeks_to_both_sides() -> None:
    assert VISITS[0].on == MONDAY - timedelta(days=21)
    assert VISITS[-1].on <= MONDAY + timedelta(days=21)


def test_a_demo_of_tomorrow_wishes_for_the_same_times_on_a_past_day() -> None:
    past = MONDAY - timedelta(days=4)

    assert on(past, demo_visits(PLAN, MONDAY + timedelta(days=1))) == on(past)


def test_today_is_fuller_than_a_week_ago_and_that_than_three_weeks_ahead() -> None:
    weeks_ago = len(on(MONDAY - timedelta(days=7)))

    assert len(on(MONDAY + timedelta(days=21))) < weeks_ago < len(on(MONDAY))


def test_about_seventy_percent_of_the_hours_are_filled() -> None:
    everything = [v for v in demo_visits(PLAN, MONDAY, load=1.0) if v.on < MONDAY]
    kept = [v for v in VISITS if v.on < MONDAY]

    assert 0.65 < len(kept) / len(everything) < 0.75


def test_no_patient_wishes_for_two_visits_on_one_date() -> None:
    assert max(Counter((visit.on, visit.patient_index) for visit in VISITS).values()) == 1
    assert {visit.patient_index for visit in VISITS} <= set(range(PATIENT_COUNT))


def test_every_service_is_wished_for() -> None:
    assert {visit.service_code for visit in VISITS} == set(SERVICES)


def test_wishes_start_on_the_grid_of_their_service() -> None:
    assert {visit.near_minute % SERVICES[visit.service_code].grid_minutes for visit in VISITS} == {0}


def test_a_specialist_is_named_where_one_is_chosen() -> None:
    named = {visit.specialist_code for visit in VISITS if visit.service_code != "infusion-session"}

    assert named == {"dr-lindqvist", "dr-okafor", "dr-reyes", "dr-haddad", "dr-tran"}


def test_no_specialist_is_named_for_a_session() -> None:
    assert {visit.specialist_code for visit in VISITS if visit.service_code == "infusion-session"} == {None}


def test_past_visits_are_over_and_later_ones_are_booked_or_cancelled() -> None:
    assert {visit.fate for visit in VISITS if visit.on < MONDAY} == {Fate.DONE, Fate.NO_SHOW, Fate.CANCELLED}
    assert {visit.fate for visit in VISITS if visit.on >= MONDAY} == {Fate.BOOKED, Fate.CANCELLED}


def test_sundays_have_only_visits_without_a_room() -> None:
    assert {v.service_code for v in VISITS if v.on.weekday() == 6} == {"video-followup", "phone-call"}


def test_a_closed_clinic_has_no_wishes() -> None:
    assert on(date(2026, 11, 26), demo_visits(PLAN, date(2026, 11, 22))) == []


def test_a_closed_location_leaves_the_other_alone() -> None:
    closure = ClosurePlan("carrow-bay", MONDAY, MONDAY, "Floor repair")

    visits = on(MONDAY, demo_visits(replace(PLAN, closures=(closure,)), MONDAY))

    assert {visit.location_code for visit in visits} == {"port-ellery"}


@pytest.mark.parametrize(
    ("spans", "starts"),
    [((), []), ((MinuteSpan(600, 615),), [600])],
    ids=["away", "a quarter of an hour for a call"],
)
def test_an_exception_replaces_the_hours_of_its_date(spans: tuple[MinuteSpan, ...], starts: list[int]) -> None:
    visits = without_exceptions_of("dr-reyes", (HoursExceptionPlan("carrow-bay", MONDAY, spans),))

    assert [visit.near_minute for visit in on(MONDAY, visits) if visit.specialist_code == "dr-reyes"] == starts


def test_an_exception_of_another_date_changes_nothing() -> None:
    visits = without_exceptions_of("dr-reyes", (HoursExceptionPlan("carrow-bay", MONDAY + timedelta(days=1)),))

    assert on(MONDAY, visits) == on(MONDAY, without_exceptions_of("dr-reyes", ()))


def test_hours_outside_their_validity_are_not_filled() -> None:
    tuesday = date(2027, 5, 25)
    visits = demo_visits(PLAN, tuesday, load=1.0)

    assert "dr-tran" not in {visit.specialist_code for visit in on(tuesday, visits)}
    assert "dr-tran" in {visit.specialist_code for visit in on(tuesday + timedelta(days=7), visits)}


def test_an_inactive_resource_gets_no_wishes() -> None:
    resources = tuple(replace(r, is_active=r.code != "dr-tran") for r in PLAN.resources)

    visits = demo_visits(replace(PLAN, resources=resources), MONDAY)

    assert "dr-tran" not in {visit.specialist_code for visit in visits}


def test_an_inactive_service_and_a_service_that_needs_nothing_get_no_wishes() -> None:
    call = replace(SERVICES["phone-call"], is_active=False)
    empty = replace(SERVICES["review"], segments=(replace(SERVICES["review"].segments[0], needs=()),))
    services = {**SERVICES, "phone-call": call, "review": empty}

    visits = demo_visits(replace(PLAN, services=tuple(services.values())), MONDAY)

    assert not {"phone-call", "review"} & {visit.service_code for visit in visits}


def test_a_service_for_all_specialists_is_wished_from_each() -> None:
    call = replace(SERVICES["phone-call"], specialists=None)

    visits = demo_visits(replace(PLAN, services=(call,)), MONDAY, days=1, load=1.0)

    assert "dr-whitfield" in {visit.specialist_code for visit in visits}
