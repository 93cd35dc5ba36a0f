"""Booking through the service against the same rows written by the bare driver; many clients at once.

Ours is `book_at_desk` for a known patient: one transaction with its locks, its questions to the engine, and ten rows
(appointment, four reservations, three messages, audit event, nonce). Anchors: `written.py`. Both keep what they say:
SQLite with synchronous=FULL, PostgreSQL with fsync and synchronous_commit on.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from benchmarks import data
from benchmarks.clients import COUNT, Crew, crew
from benchmarks.measure import Goal, Row, in_turn, milliseconds, row
from benchmarks.visits import Booker, add_patients
from benchmarks.written import Anchor, Booking

CLINIC = data.Size(specialists=1, groups=COUNT)
TIMES = 50
SECONDS = 1.0
LIMIT_MS = 500.0


def rows(label: str, url: str, folder: Path, *, storm_rounds: int) -> list[Row]:
    """All rows on one empty database."""
    environ = data.environment_for(url, folder)
    with data.measured_clinic(environ, CLINIC, days=1) as session:
        add_patients(session, COUNT)
        found = _alone(label, url, session)
        session.close()
        with crew(environ) as clients:
            if label == "PostgreSQL":
                found.append(_together(label, clients))
            found.append(_losers(label, clients, storm_rounds))
    return found


def _alone(label: str, url: str, session: Session) -> list[Row]:
    """One client against the driver: the time of one booking, and on PostgreSQL the rate against four statements."""
    booker = Booker(session, group=0, day=1000)
    visit, nonce = booker.book()
    anchor = Anchor(url, visit.appointment_id, nonce)
    ours = milliseconds(booker.book, times=TIMES)
    figures = in_turn(ours, timed(anchor.write, anchor))
    found = [row(f"book, one client, {label}", "ms", "the same rows by the bare driver", figures, Goal(3))]
    if label == "PostgreSQL":
        rates = in_turn(rate(ours), rate(timed(anchor.write_in_four, anchor)))
        name, goal = f"bookings, one client, {label}", Goal(0.5, at_least=True)
        found.append(row(name, "per s", "the same rows in four statements of psycopg", rates, goal))
    return found


def timed(write: Callable[[Booking], None], anchor: Anchor) -> Callable[[], float]:
    """A runner that gives the median time of one booking in milliseconds; making ready is not measured."""

    def run() -> float:
        ready = iter(anchor.prepared(TIMES))
        return milliseconds(lambda: write(next(ready)), times=TIMES)()

    return run


def rate(run: Callable[[], float]) -> Callable[[], float]:
    """The same as a number a second."""
    return lambda: 1000 / run()


def _together(label: str, clients: Crew) -> Row:
    figures = in_turn(lambda: clients.rate(COUNT, SECONDS), lambda: clients.rate(1, SECONDS))
    name = f"bookings, {COUNT} clients on different resources, {label}"
    return row(name, "per s", "one client", figures, Goal(1.5, at_least=True))


def _losers(label: str, clients: Crew, rounds: int) -> Row:
    """How long the 99th of a hundred losers waits to be told. An error, or a round without winner, misses the goal."""
    met = clients.storm(rounds)
    lost = [wait for one in met for wait in one.lost]
    errors = sorted({error for one in met for error in one.errors})
    winners = sum(one.won for one in met)
    p99 = statistics.quantiles(lost, n=100)[98]
    said = ", ".join(errors) or "no errors"
    name = f"p99 of {len(lost)} losers, {COUNT} clients want {rounds} times, {winners} won, {said}, {label}"
    goal = Goal(1 if winners == rounds and not errors else -1)
    return row(name, "ms", "what a person accepts", (p99, LIMIT_MS), goal)
