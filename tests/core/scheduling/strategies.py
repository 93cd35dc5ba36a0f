"""Random small clinics with their reservations, around dates on which clocks change.

Hypothesis draws a seed and plain `random` makes the clinic of it: drawing each number through Hypothesis spends most
of the time on drawing, and most of the clinics on empty ones. A failing seed is printed and gives the same clinic.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from booking.core.scheduling.clinic import (
    Audience,
    Catalogue,
    Closure,
    HoursException,
    MinuteSpan,
    Need,
    Policy,
    Resource,
    ResourceKind,
    Segment,
    Service,
    VisitLimit,
    VisitMode,
    WeeklyHours,
)
from booking.core.scheduling.intervals import Span
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.slots import SlotQuery
from booking.core.scheduling.wishes import ANY, Wishes
from tests.core.scheduling.clinics import HERE, THERE, clinic, location, resource, segment, service

Case = tuple[Catalogue, SlotQuery, dict[tuple[int, int], list[Span]]]

CHANGES = (
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 29)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Havana", date(2026, 11, 1)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/Nuuk", date(2026, 3, 28)),
    ("America/Nuuk", date(2026, 10, 24)),
    ("America/Santiago", date(2026, 4, 4)),
    ("America/Santiago", date(2026, 9, 6)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Asia/Beirut", date(2026, 10, 24)),
    ("Asia/Kathmandu", date(2026, 2, 28)),
    ("Atlantic/Azores", date(2026, 3, 29)),
    ("Atlantic/Azores", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Pacific/Chatham", date(2026, 4, 5)),
    ("Pacific/Chatham", date(2026, 9, 27)),
)

# Hours crowd around the night, where the clocks change.
EDGES = (0, 30, 60, 90, 120, 150, 170, 180, 1200, 1260, 1320, 1380, 1410)
LENGTHS = (30, 120, 200, 360, 480, 600)
POOLS_OF_SPECIALISTS = (frozenset[str](), frozenset[str](), frozenset({"a"}), frozenset({"a", "b"}))
POOLS_OF_OTHERS = (frozenset({"a", "b"}), frozenset({"a"}), frozenset({"b"}))
LANGUAGES = ("en", "en-GB", "de", "es", "eng")
NEEDS = (Need(), Need(), Need("a"), Need("a"), Need("b"), Need("a", 2), Need(lanes=2))


def _span(rnd: Random) -> MinuteSpan:
    starts = rnd.choice(EDGES)
    return MinuteSpan(starts, starts + rnd.choice(LENGTHS))


def _place_id(rnd: Random) -> int:
    return rnd.choice([HERE] * 4 + [THERE])


def _weekly(rnd: Random, near: date) -> tuple[WeeklyHours, ...]:
    bounds = [None] * 8 + [near]
    return tuple(
        WeeklyHours(
            _place_id(rnd),
            (near + timedelta(days=rnd.randint(-1, 1))).weekday(),
            _span(rnd),
            rnd.choice(bounds),
            rnd.choice(bounds),
        )
        for _ in range(rnd.randint(4, 9))
    )


def _exceptions(rnd: Random, near: date) -> tuple[HoursException, ...]:
    return tuple(
        HoursException(
            _place_id(rnd),
            near + timedelta(days=rnd.randint(-1, 1)),
            tuple(_span(rnd) for _ in range(rnd.randint(0, 2))),
        )
        for _ in range(rnd.choice([0, 0, 1, 2]))
    )


def _resources(rnd: Random, near: date) -> list[Resource]:
    """One or two specialists, who may be in pools as well, and one to three others."""
    kinds = [ResourceKind.SPECIALIST] * rnd.randint(1, 2) + [ResourceKind.NURSE] * rnd.randint(1, 3)
    pools = {ResourceKind.SPECIALIST: POOLS_OF_SPECIALISTS, ResourceKind.NURSE: POOLS_OF_OTHERS}
    return [
        resource(
            10 + number,
            kind=kind,
            pools=rnd.choice(pools[kind]),
            lanes=rnd.choice([1, 1, 2, 3]),
            weekly_hours=_weekly(rnd, near),
            exceptions=_exceptions(rnd, near),
            is_active=rnd.random() < 0.95,
            languages=tuple(rnd.sample(LANGUAGES, rnd.randint(1, 3))),
        )
        for number, kind in enumerate(kinds)
    ]


def _segments(rnd: Random) -> tuple[Segment, ...]:
    if rnd.random() < 0.3:
        return (segment(rnd.choice([15, 30, 50]), Need()),)
    return tuple(
        segment(
            rnd.choice([5, 15, 20, 40]),
            *(rnd.choice(NEEDS) for _ in range(rnd.choice([0, 1, 1, 2]))),
            offset=rnd.choice([0, 0, 10, 15, 20, 60]),
            with_patient=number == 0 or rnd.random() < 0.7,
        )
        for number in range(rnd.randint(1, 3))
    )


def _policy(rnd: Random) -> Policy:
    return Policy(
        rnd.choice([Audience.ANYONE] * 8 + [Audience.STAFF, Audience.VERIFIED]),
        rnd.choice([timedelta(0), timedelta(minutes=61), timedelta(hours=24)]),
        rnd.choice([0, 1, 2, 3, 3, 3]),
        visit_limit=rnd.choice([None, VisitLimit(rnd.randint(1, 3), rnd.randint(1, 7))]),
        min_gap_days=rnd.choice([0, 0, 1, 2, 3]),
        contact_to_book=rnd.random() < 0.04,
    )


def _service(rnd: Random) -> Service:
    buffers = (0, 0, 5, 10, 20)
    return service(
        *_segments(rnd),
        buffer_before_minutes=rnd.choice(buffers),
        buffer_after_minutes=rnd.choice(buffers),
        grid_minutes=rnd.choice([15, 15, 20, 30, 45, 50, 60]),
        policy=_policy(rnd),
        mode=rnd.choice([VisitMode.IN_PERSON, VisitMode.IN_PERSON, VisitMode.VIDEO]),
        languages=rnd.choice([(), (), ("en",), ("de", "es")]),
    )


def _busy(rnd: Random, resources: list[Resource], zone: str, near: date) -> dict[tuple[int, int], list[Span]]:
    """Sorted spans that do not overlap, for every lane."""
    midnight = int(datetime(near.year, near.month, near.day, tzinfo=ZoneInfo(zone)).timestamp()) // 60
    busy: dict[tuple[int, int], list[Span]] = {}
    for member in resources:
        for lane in range(member.lanes):
            cursor, taken = midnight - rnd.choice([400, 1200]), busy.setdefault((member.id, lane), [])
            for _ in range(rnd.randint(0, 14)):
                starts = cursor + rnd.choice([0, 0, 20, 60, 90, 400])
                cursor = starts + rnd.choice([5, 30, 60, 200])
                taken.append((starts, cursor))
    return busy


def _patient(rnd: Random, midnight: datetime) -> PatientCalendar | None:
    """Nobody in particular half of the time; else visits near the date, in any order, some at the same time."""
    if rnd.random() < 0.5:
        return None
    near = int(midnight.timestamp()) // 60
    starts = [near + rnd.randint(-1440, 2880) for _ in range(rnd.randint(0, 5))]
    dates = [midnight.date() + timedelta(days=rnd.randint(-6, 6)) for _ in range(rnd.randint(0, 3))]
    return PatientCalendar(tuple((minute, minute + rnd.choice([20, 60, 300])) for minute in starts), tuple(dates))


def _wishes(rnd: Random, near: date) -> Wishes:
    """None half of the time; else some, of which few rule everything out."""
    if rnd.random() < 0.5:
        return ANY
    days = [near + timedelta(days=number) for number in (-1, 0, 1)]
    return Wishes(
        rnd.choice([(), tuple(_span(rnd) for _ in range(rnd.randint(1, 3)))]),
        rnd.choice([frozenset[int](), frozenset(day.weekday() for day in rnd.sample(days, 2))]),
        rnd.choice([None, None, "en", "de"]),
        rnd.random() < 0.3,
    )


def random_case(seed: int) -> Case:
    """A clinic, a query of one or two local dates and the reservations around them."""
    rnd = Random(seed)
    zone, near = rnd.choice(CHANGES)
    members = _resources(rnd, near)
    closed_on = near + timedelta(days=rnd.randint(-1, 1))
    closures = rnd.choice([(), (), (), (Closure(rnd.choice([None, HERE]), closed_on, closed_on, "x"),)])
    steps = [rnd.random() < 0.7 for _ in (HERE, THERE)]
    places = [
        location(HERE, zone, is_step_free=steps[0]),
        location(THERE, rnd.choice([zone, "Asia/Kathmandu"]), is_step_free=steps[1]),
    ]
    midnight = datetime(near.year, near.month, near.day, tzinfo=UTC)
    now = midnight - timedelta(minutes=rnd.choice([3000, 3000, 1500, 300, -125]), seconds=rnd.randint(0, 1))
    first_on = near - timedelta(days=rnd.randint(0, 1))
    last_on = first_on + timedelta(days=rnd.randint(0, 1))
    query = SlotQuery(
        1,
        None,
        None,
        first_on,
        last_on,
        now,
        apply_policies=rnd.random() < 0.5,
        is_verified=rnd.random() < 0.5,
        patient=_patient(rnd, midnight),
        wishes=_wishes(rnd, near),
    )
    return clinic(_service(rnd), members, places, closures), query, _busy(rnd, members, zone, near)


def cases() -> st.SearchStrategy[Case]:
    return st.integers(0, 2**32).map(random_case)
