"""Free times: the whole service call (session, revision, busy spans, rules, engine) against the bare fetch.

a: one specialist, one day · b: one specialist, 60 days · c: 50 specialists, 60 days, all slots. Then the first
available time of 50 specialists, a visit of three segments over two pools, and how the cost grows with specialists.
Unit: milliseconds a call. About 70 % are booked, so that case c offers some 5,750 slots.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from benchmarks import data, raw
from benchmarks.measure import Goal, Row, in_turn, milliseconds, row
from booking.core.scheduling.slots import SlotQuery
from booking.services.availability import FIRST_WINDOW_DAYS, first_slots, offered_slots

DAYS = 60
CLINIC = data.Size(specialists=50, rooms=8, nurses=12)
TWICE = data.Size(specialists=100)
BARE_FETCH = "raw fetch of the same busy rows"


def rows(label: str, urls: tuple[str, str], folder: Path) -> list[Row]:
    """All rows on one database; `urls` are two empty ones."""
    environ = data.environment_for(urls[0], folder)
    twice = data.environment_for(urls[1], folder)
    with data.measured_clinic(environ, CLINIC) as session, data.measured_clinic(twice, TWICE) as larger:
        return [
            *_single_rows(label, urls[0], session),
            _case_c(label, urls[0], session),
            _first_available(label, urls[0], session),
            _pools(label, session),
            _growth(label, session, larger),
        ]


def search(session: Session, query: SlotQuery) -> Callable[[], int]:
    """A search as a request does it: the rollback gives the connection back. Tells how much was offered."""

    def call() -> int:
        offered = offered_slots(session, query)
        session.rollback()
        return len(offered)

    if not call():
        raise RuntimeError("nothing was offered, so nothing would be measured")
    return call


def _single_rows(label: str, url: str, session: Session) -> list[Row]:
    """Cases a and b."""
    one = min(data.ids_of_doctors(session))
    found: list[Row] = []
    for name, days, calls, goal in (
        ("a: one specialist, one day", 1, 300, 30),
        ("b: one specialist, 60 days", DAYS, 100, 4),
    ):
        query = data.query(session, "visit", days, specialist_ids=frozenset({one}))
        bare = raw.fetch(url, [one], data.NOW, data.NOW + timedelta(days=days))
        figures = in_turn(milliseconds(search(session, query), times=calls), milliseconds(bare, times=calls))
        found.append(row(f"{name}, {len(bare())} rows, {label}", "ms", BARE_FETCH, figures, Goal(goal)))
    return found


def _case_c(label: str, url: str, session: Session) -> Row:
    doctors = data.ids_of_doctors(session)
    call = search(session, data.query(session, "visit", DAYS, specialist_ids=None))
    bare = raw.fetch(url, sorted(doctors), data.NOW, data.NOW + timedelta(days=DAYS))
    figures = in_turn(milliseconds(call, times=5), milliseconds(bare, times=5))
    name = f"c: {len(doctors)} specialists, 60 days, {call():,} slots, {len(bare()):,} rows, {label}"
    return row(name, "ms", BARE_FETCH, figures, Goal(2))


def _first_available(label: str, url: str, session: Session) -> Row:
    doctors = sorted(data.ids_of_doctors(session))
    query = data.query(session, "visit", DAYS, specialist_ids=None)
    bare = raw.fetch(url, doctors, data.NOW, data.NOW + timedelta(days=FIRST_WINDOW_DAYS))

    def first() -> None:
        first_slots(session, query, count=1)
        session.rollback()

    figures = in_turn(milliseconds(first, times=20), milliseconds(bare, times=20))
    return row(
        f"first available of {len(doctors)} specialists, {label}",
        "ms",
        "raw fetch of the first window",
        figures,
        Goal(3),
    )


def _pools(label: str, session: Session) -> Row:
    case_c = search(session, data.query(session, "visit", DAYS, specialist_ids=None))
    pools = search(session, data.query(session, "session", DAYS, specialist_ids=None))
    figures = in_turn(milliseconds(pools, times=5), milliseconds(case_c, times=5))
    name = f"three segments, room of 8, nurse of 12, 50 specialists, 60 days, {pools():,} slots, {label}"
    return row(name, "ms", "case c", figures, Goal(1.5))


def _growth(label: str, session: Session, larger: Session) -> Row:
    fifty = search(session, data.query(session, "visit", DAYS, specialist_ids=None))
    hundred = search(larger, data.query(larger, "visit", DAYS, specialist_ids=None))
    figures = in_turn(milliseconds(hundred, times=5), milliseconds(fifty, times=5))
    return row(f"growth: case c with 100 specialists, {label}", "ms", "case c with 50 specialists", figures, Goal(2.1))
