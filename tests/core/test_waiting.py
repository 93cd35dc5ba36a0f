"""Who waits for what, who is asked first, until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from booking.core.day_parts import DAY_PART_SPANS, DayPart
from booking.core.scheduling.clinic import (
    Audience,
    Catalogue,
    ClinicProfile,
    Closure,
    Location,
    MinuteSpan,
    Need,
    Policy,
    Resource,
    ResourceKind,
    Segment,
    Service,
    WeeklyHours,
)
from booking.core.scheduling.intervals import from_minutes, to_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.slots import Slot
from booking.core.waiting import (
    FreedSpan,
    Standing,
    WaitFacts,
    WaitingWish,
    answer_until,
    clinic_for_wait,
    latest_answer,
    misfit,
    office_spans,
    order_of,
    query_for_wish,
    refusals_of_wish,
    specialist_freed,
    why_of,
    why_over,
    within_freed,
)

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # Monday, 8:00 in New York.
TODAY = date(2026, 11, 23)
NINE = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HERE, THERE = 1, 2
CRUZ, ROOM, RETIRED = 1, 2, 3
CALENDAR = PatientCalendar()


def weekly(resource: Resource) -> Resource:
    hours = tuple(
        WeeklyHours(place, day, MinuteSpan(starts, ends))
        for place in (HERE, THERE)
        for day in range(5)
        for starts, ends in ((540, 720), (780, 1020))
    )
    return replace(resource, weekly_hours=hours)


def clinic(*closures: Closure, **policy: Any) -> Catalogue:
    """Two places, a specialist, a room and a specialist who has left."""
    return Catalogue(
        revision=1,
        clinic=ClinicProfile("Clinic", "Clinic", "555", "911", "988", "desk@clinic.example"),
        locations={
            HERE: Location(HERE, "here", "here", "Here", "", "", "", "America/New_York"),
            THERE: Location(THERE, "there", "there", "There", "", "", "", "Pacific/Auckland"),
        },
        resources={
            CRUZ: weekly(Resource(CRUZ, "cruz", "cruz", ResourceKind.SPECIALIST, "Dr Cruz")),
            ROOM: weekly(Resource(ROOM, "room", "room", ResourceKind.ROOM, "Room")),
            RETIRED: weekly(Resource(RETIRED, "old", "old", ResourceKind.SPECIALIST, "Dr Old", is_active=False)),
        },
        services={
            1: Service(
                1, "first", "first", "First", "", (Segment("Visit", 0, 45, (Need(),)),), policy=Policy(**policy)
            ),
            2: Service(2, "gone", "gone", "Gone", "", (Segment("Visit", 0, 45, (Need(),)),), is_active=False),
        },
        closures=closures,
    )


WISH = WaitingWish(1, TODAY, date(2026, 12, 31))
FREED = FreedSpan(HERE, CRUZ, to_minutes(NINE), to_minutes(NINE + HOUR))


@pytest.mark.parametrize(
    ("hour", "part"),
    [(0, "morning"), (11, "morning"), (12, "afternoon"), (16, "afternoon"), (17, "evening"), (23, "evening")],
)
def test_each_hour_is_in_one_part_of_the_day(hour: int, part: str) -> None:
    within = [one for one, span in DAY_PART_SPANS.items() if span.starts <= hour * 60 < span.ends]

    assert within == [DayPart(part)]


def refused(wish: WaitingWish, *, is_staff: bool = False, has_visit: bool = False, **policy: Any) -> list[str]:
    found = refusals_of_wish(clinic(**policy), wish, today=TODAY, is_staff=is_staff, has_visit=has_visit)
    return [refusal.code for refusal in found]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"service_id": 9}, ["service_not_offered"]),
        ({"service_id": 2}, ["service_not_offered"]),
        ({"location_ids": frozenset({HERE, THERE})}, []),
        ({"location_ids": frozenset({HERE, 9})}, ["not_given_here"]),
        ({"specialist_ids": frozenset({CRUZ})}, []),
        ({"specialist_ids": frozenset({RETIRED})}, ["specialist_not_for_service"]),
        ({"last_on": TODAY}, []),
        ({"first_on": date(2026, 11, 1), "last_on": date(2026, 11, 22)}, ["dates_past"]),
        ({"first_on": date(2027, 1, 1)}, ["dates_reversed"]),
        ({"last_on": TODAY + timedelta(days=366)}, []),
        ({"last_on": TODAY + timedelta(days=367)}, ["wait_too_long"]),
    ],
)
def test_wishes_that_cannot_come_true_are_refused(changes: dict[str, Any], codes: list[str]) -> None:
    assert refused(replace(WISH, **changes)) == codes


def test_who_may_book_binds_patients_without_a_visit() -> None:
    rules: dict[str, Any] = {"audience": Audience.STAFF, "contact_to_book": True}

    assert refused(WISH, **rules) == ["staff_only", "contact_only"]
    assert refused(WISH, is_staff=True, **rules) == []
    assert refused(WISH, has_visit=True, **rules) == []
    assert refused(WISH, audience=Audience.VERIFIED) == []


FACTS = WaitFacts(TODAY, None, None, has_been_booked=False, is_stopped=False)
COMING = replace(FACTS, visit_status=AppointmentStatus.BOOKED, visit_starts_at=NINE)


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (FACTS, None),
        (replace(FACTS, last_on=date(2026, 11, 22)), "dates_past"),
        (replace(FACTS, has_been_booked=True), "visit_booked"),
        (replace(FACTS, is_stopped=True), "patient_stopped"),
        (COMING, None),
        (replace(COMING, has_been_booked=True), None),
        (replace(COMING, visit_starts_at=NOW), "visit_over"),
        (replace(COMING, visit_status=AppointmentStatus.CANCELLED), "visit_over"),
    ],
)
def test_when_a_wait_is_over(facts: WaitFacts, word: str | None) -> None:
    assert why_over(facts, now=NOW, today=TODAY) == word


def test_the_notice_of_the_person_takes_the_place_of_the_services() -> None:
    before = clinic(audience=Audience.STAFF, contact_to_book=True, book_notice=HOUR, min_gap_days=7)
    policy = clinic_for_wait(before, 1, 3 * HOUR).services[1].policy

    assert (policy.audience, policy.contact_to_book, policy.book_notice) == (Audience.ANYONE, False, 3 * HOUR)
    assert policy.min_gap_days == 7
    assert before.services[1].policy.book_notice == HOUR


def test_the_engine_is_asked_about_the_freed_time_only() -> None:
    query = query_for_wish(clinic(), WISH, FREED, now=NOW, calendar=CALENDAR)

    assert query is not None
    assert (query.location_ids, query.specialist_ids) == (frozenset({HERE}), frozenset({CRUZ}))
    assert query.first_on == query.last_on == date(2026, 11, 24)
    assert (query.apply_policies, query.patient) == (True, CALENDAR)


def test_time_of_nobody_in_particular_takes_the_wishes_as_they_are() -> None:
    nobodys = FreedSpan(None, None, FREED.starts, FREED.ends)
    wish = replace(WISH, day_parts=frozenset({DayPart.EVENING}), weekdays=frozenset({1}))
    query = query_for_wish(clinic(), wish, nobodys, now=NOW, calendar=CALENDAR)

    assert query is not None
    assert (query.location_ids, query.specialist_ids) == (None, None)
    # Nine in New York is three in the morning of the next day in Auckland.
    assert (query.first_on, query.last_on) == (date(2026, 11, 24), date(2026, 11, 25))
    assert query.wishes.day_spans == (DAY_PART_SPANS[DayPart.EVENING],)
    assert query.wishes.weekdays == {1}


@pytest.mark.parametrize(
    "changes",
    [
        {"location_ids": frozenset({THERE})},
        {"specialist_ids": frozenset({RETIRED})},
        {"first_on": date(2026, 11, 25)},
        {"last_on": date(2026, 11, 23)},
    ],
)
def test_nothing_is_asked_where_nothing_fits(changes: dict[str, Any]) -> None:
    assert query_for_wish(clinic(), replace(WISH, **changes), FREED, now=NOW, calendar=CALENDAR) is None


def test_only_the_time_of_a_specialist_is_bound_to_a_person() -> None:
    assert specialist_freed(clinic(), CRUZ) == CRUZ
    assert [specialist_freed(clinic(), resource_id) for resource_id in (ROOM, 99, None)] == [None, None, None]


def slot(starts_at: datetime) -> Slot:
    return Slot(to_minutes(starts_at), to_minutes(starts_at) + 45, 1, HERE, CRUZ)


@pytest.mark.parametrize(
    ("starts_at", "before", "fits"),
    [
        (NINE, None, True),
        (NINE - HOUR / 4, None, False),
        (NINE + HOUR, None, False),
        (NINE + HOUR - HOUR / 60, None, True),
        (NINE, NINE, False),
        (NINE, NINE + HOUR, True),
    ],
)
def test_a_slot_begins_in_the_freed_time_and_before_the_old_visit(
    starts_at: datetime, before: datetime | None, fits: bool
) -> None:
    assert within_freed(slot(starts_at), FREED, before=before) is fits


def test_fit_is_the_difference_in_length() -> None:
    short = replace(FREED, ends=FREED.starts + 30)

    assert misfit(clinic(), slot(NINE), FREED) == 15
    assert misfit(clinic(), slot(NINE), short) == 15


STANDING = Standing(7, 0, has_visit=False, days_waited=5, unanswered_count=1)


@pytest.mark.parametrize(
    "better",
    [
        replace(STANDING, priority=1, has_visit=True),
        replace(STANDING, days_waited=6, unanswered_count=4),
        replace(STANDING, unanswered_count=0),
    ],
)
def test_who_comes_first(better: Standing) -> None:
    assert order_of(better) < order_of(STANDING) < order_of(replace(STANDING, has_visit=True, days_waited=99))


def test_the_reasons_are_numbers() -> None:
    assert why_of(STANDING, 15) == {
        "priority": 0, "has_visit": False, "days_waited": 5, "unanswered": 1, "misfit_minutes": 15,
    }  # fmt: skip


def office(first_on: date = TODAY, last_on: date = date(2026, 12, 7), *closures: Closure) -> list[tuple[int, int]]:
    clinic_now = clinic(*closures)
    return office_spans(clinic_now, clinic_now.locations[HERE], first_on, last_on)


def test_the_office_is_open_when_a_specialist_is() -> None:
    [morning, afternoon] = [span for span in office(TODAY, TODAY) if span[0] >= to_minutes(NOW)]

    assert from_minutes(morning[0]) == datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
    assert from_minutes(afternoon[1]) == datetime(2026, 11, 23, 22, 0, tzinfo=UTC)


FAR = NOW + timedelta(days=30)


def new_york(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026, by the clock of New York in winter."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) + 5 * HOUR


@pytest.mark.parametrize(
    ("made_at", "until"),
    [
        (new_york(23, 9), new_york(23, 11)),
        (new_york(23, 8), new_york(23, 11)),
        (new_york(23, 10), new_york(23, 12)),
        (new_york(23, 11), new_york(23, 14)),
        (new_york(23, 16), new_york(24, 10)),
        (new_york(23, 22), new_york(24, 11)),
        (new_york(27, 16, 30), new_york(30, 10, 30)),
        (new_york(28, 12), new_york(30, 11)),
    ],
)
def test_two_hours_of_the_office(made_at: datetime, until: datetime) -> None:
    """Over lunch, over night and over the weekend the clock stands still."""
    assert answer_until(office(), made_at, FAR) == until


@pytest.mark.parametrize(
    ("latest_at", "until"),
    [
        (new_york(23, 9, 30), new_york(23, 9, 30)),
        (new_york(23, 9, 15), new_york(23, 9, 15)),
        (new_york(23, 9, 14), None),
        (new_york(22, 9), None),
    ],
)
def test_never_later_than_the_notice_allows(latest_at: datetime, until: datetime | None) -> None:
    assert answer_until(office(), new_york(23, 9), latest_at) == until


def test_an_offer_ends_even_where_the_office_never_opens() -> None:
    assert answer_until([], NOW, FAR) == NOW + timedelta(days=14)
    assert answer_until([], NOW, NOW + HOUR) == NOW + HOUR


def test_a_moment_within_a_minute_counts_from_the_next_one() -> None:
    assert answer_until(office(), new_york(23, 9) + timedelta(seconds=1), FAR) == new_york(23, 11, 1)


def test_the_last_moment_is_the_earlier_of_notice_and_old_visit() -> None:
    assert latest_answer(slot(NINE), HOUR, None) == NINE - HOUR
    assert latest_answer(slot(NINE), HOUR, NINE) == NINE - HOUR
    assert latest_answer(slot(NINE), HOUR, NINE - 2 * HOUR) == NINE - 2 * HOUR
