"""Each rule at its boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.core.scheduling import rules
from booking.core.scheduling.clinic import Audience, Policy, VisitLimit
from booking.core.scheduling.intervals import from_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.rules import CancelRequest, ChangeRequest, Refusal, StartFacts, StartRequest
from tests.core.scheduling.clinics import DR_CRUZ, DR_DIAZ, at, location, service

POLICY = Policy(book_notice=timedelta(hours=2), horizon_days=10)
NOW = datetime(2026, 10, 5, 7, tzinfo=UTC)
FACTS = StartFacts(service(policy=POLICY), location(), True, frozenset({DR_CRUZ}))


def request(starts: str = "2026-10-05T12:00", specialist_id: int | None = None, staff: bool = False) -> StartRequest:
    return StartRequest(at(starts), specialist_id, apply_policies=not staff)


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        pytest.param(request(), [], id="nothing against it"),
        pytest.param(request("2026-10-05T09:00"), [], id="exactly now + notice"),
        pytest.param(request("2026-10-05T08:30"), ["too_soon"], id="inside the notice"),
        pytest.param(request("2026-10-05T08:30", staff=True), [], id="notice does not bind staff"),
        pytest.param(request("2026-10-05T07:00", staff=True), [], id="staff: now"),
        pytest.param(request("2026-10-05T06:30", staff=True), ["in_past"], id="staff: past"),
        pytest.param(request("2026-10-05T06:30"), ["in_past"], id="past, not too soon as well"),
        pytest.param(request("2026-10-15T21:30"), [], id="last half hour of the horizon"),
        pytest.param(request("2026-10-15T22:00"), ["beyond_horizon"], id="local midnight after the horizon"),
        pytest.param(request("2026-10-15T22:00", staff=True), [], id="horizon does not bind staff"),
        pytest.param(request("2026-10-05T12:10"), ["off_grid"], id="off the grid"),
        pytest.param(request("2026-10-05T12:10", staff=True), ["off_grid"], id="the grid binds staff"),
        pytest.param(request(specialist_id=DR_CRUZ), [], id="a specialist who gives it"),
        pytest.param(request(specialist_id=DR_DIAZ), ["specialist_not_for_service"], id="one who does not"),
        pytest.param(
            request("2026-10-05T06:10", DR_DIAZ),
            ["specialist_not_for_service", "in_past", "off_grid"],
            id="every refusal at once",
        ),
    ],
)
def test_rules_for_booking(asked: StartRequest, codes: list[str]) -> None:
    refusals = rules.check_all(rules.RULES_FOR_BOOKING, asked, FACTS, NOW)
    assert [refusal.code for refusal in refusals] == codes


def test_a_location_that_does_not_give_the_service_is_refused() -> None:
    elsewhere = StartFacts(FACTS.service, FACTS.location, False, FACTS.specialist_ids)
    assert rules.given_here(request(), elsewhere, NOW) == Refusal("not_given_here")


@pytest.mark.parametrize(
    ("audience", "staff", "expected"),
    [
        (Audience.ANYONE, False, None),
        (Audience.STAFF, False, "staff_only"),
        (Audience.COURSE, False, "course_only"),
        (Audience.VERIFIED, False, "verified_only"),
        (Audience.STAFF, True, None),
        (Audience.COURSE, True, None),
        (Audience.VERIFIED, True, None),
    ],
)
def test_the_audience_binds_patients(audience: Audience, staff: bool, expected: str | None) -> None:
    refusal = rules.audience_refusal(service(policy=Policy(audience=audience)), apply_policies=not staff)
    assert (refusal and refusal.code) == expected


@pytest.mark.parametrize(("audience", "expected"), [(Audience.VERIFIED, None), (Audience.COURSE, "course_only")])
def test_a_verified_address_opens_what_is_for_verified_patients(audience: Audience, expected: str | None) -> None:
    visit = service(policy=Policy(audience=audience))
    refusal = rules.audience_refusal(visit, apply_policies=True, is_verified=True)
    assert (refusal and refusal.code) == expected


@pytest.mark.parametrize(("staff", "expected"), [(False, "contact_only"), (True, None)])
def test_contact_to_book_binds_patients(staff: bool, expected: str | None) -> None:
    refusal = rules.contact_refusal(service(policy=Policy(contact_to_book=True)), apply_policies=not staff)
    assert (refusal and refusal.code) == expected


STRICT = service(policy=replace(POLICY, min_gap_days=2, visit_limit=VisitLimit(1, 3)))
OWN = PatientCalendar(((at("2026-10-05T12:00"), at("2026-10-05T13:00")),), (date(2026, 10, 7),))


@pytest.mark.parametrize(
    ("starts", "staff", "codes"),
    [
        pytest.param("2026-10-05T13:00", False, ["visit_limit"], id="two days apart, touching another visit"),
        pytest.param("2026-10-05T11:30", True, [], id="staff, ending when the other visit starts"),
        pytest.param("2026-10-05T12:30", True, ["patient_busy"], id="staff: the patient is elsewhere"),
        pytest.param("2026-10-05T12:00", False, ["patient_busy", "visit_limit"], id="both"),
        pytest.param("2026-10-06T22:00", False, ["gap_too_short", "visit_limit"], id="the same local date"),
        pytest.param("2026-10-08T12:00", True, [], id="the gap does not bind staff"),
        pytest.param("2026-10-10T12:00", False, [], id="far enough"),
    ],
)
def test_rules_of_the_patients_own_calendar(starts: str, staff: bool, codes: list[str]) -> None:
    asked = replace(request(starts, staff=staff), patient=OWN)
    refusals = rules.check_all(rules.RULES_FOR_BOOKING, asked, replace(FACTS, service=STRICT), NOW)
    assert [refusal.code for refusal in refusals] == codes


def test_refusals_of_the_patients_calendar_carry_the_numbers() -> None:
    asked, facts = replace(request("2026-10-07T12:00"), patient=OWN), replace(FACTS, service=STRICT)
    assert rules.gap_kept(asked, facts, NOW) == Refusal("gap_too_short", {"min_gap_days": 2})
    assert rules.within_visit_limit(asked, facts, NOW) == Refusal("visit_limit", {"count": 1, "days": 3})


def test_refusals_carry_what_their_sentence_needs() -> None:
    assert rules.minimum_notice(request("2026-10-05T08:30"), FACTS, NOW) == Refusal(
        "too_soon", {"earliest_at": NOW + timedelta(hours=2)}
    )
    assert rules.within_horizon(request("2026-10-16T10:00"), FACTS, NOW) == Refusal(
        "beyond_horizon", {"last_on": date(2026, 10, 15)}
    )
    assert rules.on_grid(request("2026-10-05T12:10"), FACTS, NOW) == Refusal("off_grid", {"grid_minutes": 30})


def test_seconds_of_now_move_the_earliest_start_to_the_next_minute() -> None:
    assert from_minutes(rules.earliest_start(POLICY, NOW + timedelta(seconds=1), apply_policies=True)) == (
        NOW + timedelta(hours=2, minutes=1)
    )


CANCEL_POLICY = Policy(cancel_notice=timedelta(hours=24))


@pytest.mark.parametrize(
    ("hours_before", "status", "staff", "codes"),
    [
        pytest.param(24, AppointmentStatus.BOOKED, False, [], id="exactly the notice before"),
        pytest.param(23, AppointmentStatus.BOOKED, False, ["too_late_to_cancel"], id="inside the notice"),
        pytest.param(23, AppointmentStatus.BOOKED, True, [], id="notice does not bind staff"),
        pytest.param(-1, AppointmentStatus.BOOKED, True, [], id="staff after the start"),
        pytest.param(48, AppointmentStatus.CANCELLED, False, ["not_cancellable"], id="cancelled already"),
        pytest.param(
            -1, AppointmentStatus.DONE, False, ["not_cancellable", "too_late_to_cancel"], id="all reasons at once"
        ),
    ],
)
def test_rules_for_cancelling(hours_before: int, status: AppointmentStatus, staff: bool, codes: list[str]) -> None:
    asked = CancelRequest(NOW + timedelta(hours=hours_before), status, apply_policies=not staff)
    assert [refusal.code for refusal in rules.may_cancel(asked, CANCEL_POLICY, NOW)] == codes


CHANGE_POLICY = Policy(change_notice=timedelta(hours=24))


@pytest.mark.parametrize(
    ("hours_before", "status", "staff", "codes"),
    [
        pytest.param(24, AppointmentStatus.BOOKED, False, [], id="exactly the notice before"),
        pytest.param(23, AppointmentStatus.BOOKED, False, ["too_late_to_change"], id="inside the notice"),
        pytest.param(23, AppointmentStatus.BOOKED, True, [], id="notice does not bind staff"),
        pytest.param(-1, AppointmentStatus.BOOKED, True, [], id="staff after the start"),
        pytest.param(48, AppointmentStatus.CANCELLED, True, ["not_changeable"], id="cancelled"),
        pytest.param(
            -1, AppointmentStatus.ARRIVED, False, ["not_changeable", "too_late_to_change"], id="all reasons at once"
        ),
    ],
)
def test_rules_for_changing(hours_before: int, status: AppointmentStatus, staff: bool, codes: list[str]) -> None:
    asked = ChangeRequest(NOW + timedelta(hours=hours_before), status, apply_policies=not staff)
    assert [refusal.code for refusal in rules.may_change(asked, CHANGE_POLICY, NOW)] == codes
