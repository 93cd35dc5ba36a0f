"""Clients with engines of their own that start at one instant, and what the database holds afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import BookingError
from booking.models import Reservation
from booking.services.sealed import KEYS
from tests.settings import FIELD_KEYS

CLIENTS = 8
PATIENCE_SECONDS = 60.0

Deed = Callable[[Session], object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one client was told: `code` is "ok" or the refusal's; anything else ends the test with its traceback."""

    code: str
    answer: object = None
    error: BookingError | None = None
    seconds: float = 0.0


class Racers:
    """Eight clients. Each has a thread and a database connection of its own; the drivers let go of Python's lock."""

    def __init__(self, sessions: Sequence[Session], pool: ThreadPoolExecutor) -> None:
        self._sessions = sessions
        self._pool = pool

    def race(self, *deeds: Deed) -> list[Outcome]:
        """Do all deeds at once, at most one for each client; outcomes in the order of the deeds."""
        barrier = Barrier(len(deeds))

        def run(session: Session, deed: Deed) -> Outcome:
            barrier.wait(PATIENCE_SECONDS)
            began = time.monotonic()
            try:
                answer = deed(session)
            except BookingError as error:
                return Outcome(error.code, error=error, seconds=time.monotonic() - began)
            return Outcome("ok", answer, seconds=time.monotonic() - began)

        return list(self._pool.map(run, self._sessions, deeds, timeout=PATIENCE_SECONDS))


@contextmanager
def racers(engine_of: Callable[[], sa.Engine]) -> Iterator[Racers]:
    """`engine_of` makes an engine; it is called once for each client."""
    with ExitStack() as stack, ThreadPoolExecutor(CLIENTS) as pool:
        engines = [engine_of() for _ in range(CLIENTS)]
        stack.callback(lambda: [engine.dispose() for engine in engines])
        sessions = [stack.enter_context(Session(engine, info={KEYS: FIELD_KEYS})) for engine in engines]
        yield Racers(sessions, pool)


def overlaps(session: Session) -> int:
    """Pairs of reservations that share time in one lane or for one patient."""
    session.rollback()
    a, b = sa.orm.aliased(Reservation), sa.orm.aliased(Reservation)
    same_lane = sa.and_(a.resource_id == b.resource_id, a.lane == b.lane)
    pairs: sa.Select[Any] = (
        sa.select(sa.func.count())
        .select_from(a)
        .join(b, a.id < b.id)
        .where(sa.or_(same_lane, a.patient_id == b.patient_id))
        .where(a.starts_at < b.ends_at, b.starts_at < a.ends_at)
    )
    return session.scalar(pairs) or 0
