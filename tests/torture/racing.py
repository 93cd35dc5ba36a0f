"""Clients with engines of their own that start at one instant, and what the database holds afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Barrier

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import BookingError
from booking.models import Reservation
from booking.services.audit import CHAIN_KEY
from booking.services.sealed import KEYS
from tests.settings import AUDIT_KEY, FIELD_KEYS

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
        info = {KEYS: FIELD_KEYS, CHAIN_KEY: AUDIT_KEY}
        sessions = [stack.enter_context(Session(engine, info=dict(info))) for engine in engines]
        yield Racers(sessions, pool)


def overlaps(session: Session) -> int:
    """Reservations that begin before one with an earlier start has ended, in one lane or for one patient.

    One pass over the sorted rows: comparing each with each takes minutes where there are tens of thousands."""
    session.rollback()
    latest_before = sa.func.max(Reservation.ends_at).over(
        partition_by=(Reservation.resource_id, Reservation.lane, Reservation.patient_id),
        order_by=(Reservation.starts_at, Reservation.id),
        rows=(None, -1),
    )
    rows = sa.select(Reservation.starts_at.label("starts_at"), latest_before.label("latest_before")).subquery()
    met = sa.select(sa.func.count()).select_from(rows).where(rows.c.starts_at < rows.c.latest_before)
    return session.scalar(met) or 0
