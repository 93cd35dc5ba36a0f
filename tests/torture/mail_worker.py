"""Workers for the crash tests: real processes that run the worker's own loop, started from a process that has
everything imported, so that killing one a hundred times does not take all day.

The clock of a test runs faster than ours, so that a wait of ten minutes takes seconds; nothing else is changed.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.context import ForkServerContext
from multiprocessing.context import ForkServerProcess as Process
from typing import Any

from sqlalchemy.orm import Session

from booking.config import Settings
from booking.core.clock import utc_now
from booking.core.messages import MessageState
from booking.jobs import worker
from booking.jobs.tools import open_tools
from booking.models import Message
from booking.services import messages
from booking.services.claims import Claim
from booking.services.transaction import transaction

CONTEXT: ForkServerContext = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.torture.mail_worker", "tests.torture.history_client"])


@dataclass(frozen=True, slots=True)
class FastClock:
    """Shows `shown` when ours shows `began`, and runs `speed` times as fast."""

    began: datetime
    shown: datetime
    speed: float

    def __call__(self) -> datetime:
        return self.shown + (utc_now() - self.began) * self.speed


def start_worker(environ: Mapping[str, str], clock: FastClock, *, is_hasty: bool = False) -> Process:
    """A worker; returns when it is about to work. A hasty one notes that a message was sent before it sends it."""
    is_up = CONTEXT.Event()
    process = CONTEXT.Process(target=_work, args=(dict(environ), clock, is_hasty, is_up))
    process.start()
    if not is_up.wait(60):
        raise RuntimeError("the worker did not come up")
    return process


def _work(environ: dict[str, str], clock: FastClock, is_hasty: bool, is_up: Any) -> None:
    if is_hasty:
        messages.mark_data_sent = _note_sent  # type: ignore[assignment]
    settings = Settings.from_env(environ)
    with open_tools(settings, clock=clock) as tools:
        is_up.set()
        worker.run_worker(tools, tick_seconds=0.1)


def _note_sent(session: Session, claim: Claim, *, office: object, now: datetime) -> None:
    with transaction(session):
        row = session.get_one(Message, claim.id)
        row.state, row.settled_at = MessageState.SENT, now
