"""Opening hours around changes of clocks, what must be offered in them by the walked clock, and what is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from booking.core.scheduling.clinic import Catalogue, HoursException, MinuteSpan, Need, Policy
from booking.core.scheduling.intervals import from_minutes
from booking.core.scheduling.slots import SlotQuery, find_slots
from tests.core.scheduling.clinics import HERE, clinic, location, resource, segment, service
from tests.core.scheduling.clock_walk import edge, walk

ONE_DAY = timedelta(days=1)
NIGHT_EDGES = (0, 30, 60, 90, 105, 120, 135, 150, 165, 180, 210, 240, 540, 1320, 1380, 1410)
Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class WallCase:
    """The same hours on four dates around `near`; asked are the three dates in the middle of the walk."""

    zone: str
    near: date
    spans: Spans
    minutes: int
    grid: int
    now: datetime
    notice: timedelta = timedelta(0)

    @property
    def asked(self) -> tuple[date, ...]:
        return self.near - ONE_DAY, self.near, self.near + ONE_DAY


Offer = Callable[[WallCase], list[int]]


def random_case(rnd: Random, zone: str, near: date) -> WallCase:
    """Hours that crowd around the night, where the clocks change."""
    starts = rnd.sample(NIGHT_EDGES, rnd.randint(1, 3))
    spans = tuple((edge, edge + rnd.choice((30, 95, 240, 480, 700))) for edge in starts)
    now = from_minutes(walk(zone, near)[0].minute + rnd.randint(-5000, 4000)) + timedelta(seconds=rnd.choice((0, 7)))
    notice = timedelta(minutes=rnd.choice((0, 0, 61, 1440, 2880)))
    minutes, grid = rnd.choice((5, 20, 30, 45, 60, 95)), rnd.choice((5, 15, 20, 30, 60))
    return WallCase(zone, near, spans, minutes, grid, now, notice)


def must_be_offered(case: WallCase) -> list[int]:
    """By the walked clock alone: on the grid of the wall, after the notice, and open for every elapsed minute."""
    opened = _open_spans(case)
    earliest = (case.now + case.notice).timestamp() / 60
    asked = set(case.asked)
    return [
        one.minute
        for one in walk(case.zone, case.near)
        if one.wall % case.grid == 0
        and one.on in asked
        and one.minute >= earliest
        and any(starts <= one.minute and one.minute + case.minutes <= ends for starts, ends in opened)
    ]


def _open_spans(case: WallCase) -> list[tuple[int, int]]:
    at, dates = (case.zone, case.near), [case.near + timedelta(days=n) for n in (-2, -1, 0, 1)]
    return merged((edge(*at, on, opens), edge(*at, on, closes)) for on in dates for opens, closes in case.spans)


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Touching and overlapping spans as one; those without length are left out."""
    found: list[tuple[int, int]] = []
    for starts, ends in sorted(spans):
        if found and starts <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        elif starts < ends:
            found.append((starts, ends))
    return found


def offered(case: WallCase) -> list[int]:
    """What the engine offers."""
    query = SlotQuery(1, None, None, case.asked[0], case.asked[-1], case.now)
    return [slot.starts for slot in find_slots(clinic_of(case), query, {})]


def clinic_of(case: WallCase) -> Catalogue:
    dates = (case.near + timedelta(days=n) for n in (-2, -1, 0, 1))
    spans = tuple(MinuteSpan(*span) for span in case.spans)
    member = resource(weekly_hours=(), exceptions=tuple(HoursException(HERE, on, spans) for on in dates))
    policy = Policy(book_notice=case.notice, horizon_days=10_000)
    visit = service(segment(case.minutes, Need()), grid_minutes=case.grid, policy=policy)
    return clinic(visit, [member], [location(HERE, case.zone)])


def offered_by_local_arithmetic(case: WallCase) -> list[int]:
    """The usual mistake: lengths added to the time on the wall. Only there to be found out."""
    first, starts = case.near - 2 * ONE_DAY, set()
    midnight = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(case.zone))
    for opens, closes in merged((day * 1440 + a, day * 1440 + b) for day in range(4) for a, b in case.spans):
        for cursor in range(opens + -opens % case.grid, closes - case.minutes + 1, case.grid):
            instant = midnight + timedelta(minutes=cursor)
            if instant.date() in case.asked and instant.timestamp() >= (case.now + case.notice).timestamp():
                starts.add(int(instant.timestamp()) // 60)
    return sorted(starts)


def wrong(cases: Iterable[WallCase], offer: Offer) -> list[tuple[WallCase, set[int]]]:
    """Cases with the starts that were offered and must not be, or the other way round."""
    compared = ((case, set(offer(case)) ^ set(must_be_offered(case))) for case in cases)
    return [(case, difference) for case, difference in compared if difference]
