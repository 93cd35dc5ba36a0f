"""Case b: free times of one specialist over 60 days, the whole service call.

Ours: session, revision check, busy query, rules, engine. Anchor: the raw driver fetching the same busy rows.
Unit: milliseconds a call. Source of case and goal: the anchors of performance.md (b ≤ 4).
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from benchmarks import data
from benchmarks.measure import Goal, Row, in_turn, milliseconds, row
from booking.services.availability import offered_slots

DAYS = 60
CALLS = 100
GOAL = Goal(4)
BUSY = (
    "SELECT resource_id, lane, starts_at, ends_at FROM reservation"
    " WHERE resource_id = 1 AND ends_at > {} AND starts_at < {}"
)


def rows(postgres_url: str | None) -> list[Row]:
    """The row for SQLite, and for PostgreSQL where there is a server."""
    with tempfile.TemporaryDirectory() as folder:
        found = [_row("SQLite", f"sqlite:///{folder}/bench.db", Path(folder))]
        if postgres_url:
            found.append(_row("PostgreSQL", postgres_url, Path(folder)))
    return found


def _row(label: str, url: str, folder: Path) -> Row:
    with data.measured_clinic(data.environment_for(url, folder), specialist_count=10, days=DAYS) as session:
        ours = milliseconds(lambda: _search(session), times=CALLS)
        fetch = _sqlite_fetch(url) if url.startswith("sqlite") else _postgres_fetch(url)
        figures = in_turn(ours, milliseconds(fetch, times=CALLS))
    name = f"b: one specialist, {DAYS} days, {label}"
    return row(name, "ms", "raw fetch of the same busy rows", figures, GOAL)


def _search(session: Session) -> None:
    """One search as a request does it; the rollback gives the connection back."""
    offered = offered_slots(session, data.query(DAYS, specialist_ids=frozenset({1})))
    session.rollback()
    if not offered:
        raise RuntimeError("nothing was offered, so nothing was measured")


def _window() -> tuple[datetime, datetime]:
    return data.NOW, data.NOW + timedelta(days=DAYS + 1)


def _sqlite_fetch(url: str) -> Callable[[], Any]:
    connection = sqlite3.connect(make_url(url).database or "")
    since, until = (instant.strftime("%Y-%m-%d %H:%M:%S.%f") for instant in _window())
    statement = BUSY.format("?", "?")
    return lambda: connection.execute(statement, (since, until)).fetchall()


def _postgres_fetch(url: str) -> Callable[[], Any]:
    connection = psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)
    statement = BUSY.format("%s", "%s")
    return lambda: connection.execute(statement, _window()).fetchall()
