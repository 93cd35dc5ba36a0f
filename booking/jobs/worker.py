"""The worker's process: APScheduler as a ticker, and nothing else. What is due is decided in the database.

Interval triggers in UTC and a job store in memory: the scheduler's own persistence and local-time triggers lose or
double jobs (docs/adr/0004-outbox-and-delivery.md). Any number of workers may run.
"""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

from apscheduler.events import EVENT_SCHEDULER_STARTED
from apscheduler.schedulers.blocking import BlockingScheduler

from booking.core.clock import utc_now
from booking.jobs.audit_log import anchor_audit_log
from booking.jobs.table import JOBS
from booking.jobs.tools import Tools
from booking.services.readiness import check_start

log = logging.getLogger(__name__)


def make_scheduler(tools: Tools, *, tick_seconds: float) -> BlockingScheduler:
    """A scheduler with all jobs of the table, each of which runs once at the start. A late or missed tick runs once."""
    scheduler = BlockingScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in JOBS:
        seconds = job.every.total_seconds() if job.every else tick_seconds
        scheduler.add_job(job.run, "interval", seconds=seconds, args=(tools,), id=job.name, next_run_time=utc_now())
    return scheduler


def run_worker(tools: Tools, *, tick_seconds: float) -> None:
    """Work until SIGTERM or SIGINT, then finish the item at hand and return. Call it in the main thread.

    Raises NotReady when the database may not be used: see `check_start`.
    """
    with tools.sessions() as session:
        check_start(session)
    # A tick that finds its job still at work is left out, as it should be; each would be worth a warning there.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    scheduler = make_scheduler(tools, tick_seconds=tick_seconds)

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler.
        tools.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    # The handler itself must not wait for jobs, so a thread does, from when there is something to shut down.
    ending = threading.Thread(target=_end, args=(scheduler, tools), name="ending")
    scheduler.add_listener(lambda _event: ending.start(), EVENT_SCHEDULER_STARTED)
    log.info("the worker is up")
    scheduler.start()
    ending.join()
    anchor_audit_log(tools)
    log.info("the worker has ended")


def _end(scheduler: BlockingScheduler, tools: Tools) -> None:
    tools.stopping.wait()
    scheduler.shutdown(wait=True)
