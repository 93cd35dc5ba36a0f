"""The negative control: the same services without any guard. A race that finds nothing here proves nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.services import locks, reserving

PAUSE_SECONDS = 0.005


def drop_guards(session: Session) -> None:
    """The database no longer refuses overlaps."""
    if session.get_bind().dialect.name == "sqlite":
        statements = ["DROP TRIGGER reservation_no_overlap_insert", "DROP TRIGGER reservation_no_overlap_update"]
    else:
        statements = [
            f"ALTER TABLE reservation DROP CONSTRAINT {name}"
            for name in ("reservation_lane_free", "reservation_patient_free")
        ]
    for statement in statements:
        session.execute(sa.text(statement))
    session.commit()


def take_locks_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for anybody, and there are 5 ms between the check and the insert."""
    for name in ("take_owner", "take_resources", "take_calendars", "take_for_booking"):
        monkeypatch.setattr(locks, name, lambda *_: None)
    engine_says = reserving.allocate

    def allocate_and_pause(*arguments: Any) -> Any:
        answer = engine_says(*arguments)
        time.sleep(PAUSE_SECONDS)
        return answer

    monkeypatch.setattr(reserving, "allocate", allocate_and_pause)


def engine_without_locks(url: str) -> Callable[[], sa.Engine]:
    """Engines whose writers do not exclude each other: on SQLite every statement is a transaction of its own."""
    if url.startswith("sqlite"):
        return lambda: sa.create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"timeout": 30})
    return lambda: create_engine(url)
