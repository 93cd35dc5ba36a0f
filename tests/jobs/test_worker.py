"""The worker's process: its table of jobs, its first look at the database, its sign of life, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.jobs.table import JOBS, Job
from booking.jobs.tools import Tools, open_tools
from booking.jobs.worker import make_scheduler, run_worker
from booking.models import Heartbeat, Hold
from booking.services.readiness import NotReady
from tests.databases import Database
from tests.factories import make_appointment, make_patient
from tests.outbox import make_test_tools, messages, plan_booking
from tests.settings import BASE_ENV, settings_for
from tests.smtp_server import FaultySmtpServer

ROOT = Path(__file__).parents[2]


def eventually(is_true: Callable[[], bool], seconds: float = 30) -> bool:
    ends = time.monotonic() + seconds
    while not is_true() and time.monotonic() < ends:
        time.sleep(0.05)
    return is_true()


@pytest.fixture
def handlers() -> Iterator[None]:
    """The signal handlers of the test run, put back afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_every_job_is_scheduled_so_that_no_tick_is_lost(session: Session) -> None:
    scheduler = make_scheduler(make_test_tools(session), tick_seconds=10)
    jobs = {job.id: job for job, _, _ in scheduler._pending_jobs}
    assert jobs.keys() == {job.name for job in JOBS}
    assert scheduler._job_defaults == {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    assert str(scheduler.timezone) == "UTC"
    assert jobs["send_due_messages"].trigger.interval.total_seconds() == 10
    assert jobs["forget_the_old"].trigger.interval.total_seconds() == 3600


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_job_runs_on_an_empty_clinic(session: Session, job: Job) -> None:
    job.run(make_test_tools(session))


def test_the_worker_works_until_it_is_told_to_stop(session: Session, handlers: None) -> None:
    make_due_mail(session)
    tools = make_test_tools(session, clock=utc_now)
    ending = threading.Thread(target=stop_when_beating, args=(tools, session))
    ending.start()
    run_worker(tools, tick_seconds=0.1)
    ending.join()
    assert not any(thread.name == "ending" for thread in threading.enumerate())


def stop_when_beating(tools: Tools, session: Session) -> None:
    with tools.sessions() as own:
        eventually(lambda: bool(own.scalars(sa.select(Heartbeat)).all() or own.rollback()))
    tools.stopping.set()


def make_due_mail(session: Session) -> None:
    visit = make_appointment(session, make_patient(session), starts_at=utc_now().replace(year=2030))
    plan_booking(session, visit, now=utc_now())


def test_a_database_without_its_guard_is_not_worked_on(session: Session) -> None:
    drop = {
        "sqlite": "DROP TRIGGER reservation_no_overlap_insert",
        "postgresql": "ALTER TABLE reservation DROP CONSTRAINT reservation_lane_free",
    }
    session.execute(sa.text(drop[session.get_bind().dialect.name]))
    session.commit()
    with pytest.raises(NotReady):
        run_worker(make_test_tools(session), tick_seconds=1)


def test_ended_holds_are_tidied_away(session: Session) -> None:
    long_ago = utc_now().replace(year=2020)
    times = dict.fromkeys(("starts_at", "ends_at", "created_at", "expires_at"), long_ago)
    session.add(Hold(owner="x", service_id=1, location_id=1, **times))
    session.commit()
    next(job for job in JOBS if job.name == "end_holds").run(make_test_tools(session))
    session.expire_all()
    assert session.scalars(sa.select(Hold)).all() == []


def test_the_tools_of_a_process_come_from_its_settings(database: Database, tmp_path: Path) -> None:
    settings = settings_for(database.url, tmp_path, BASE_URL="http://localhost:8123", MESSAGE_LEASE_SECONDS="60")
    with open_tools(settings) as first, open_tools(settings) as second:
        pass
    assert first.office.owner != second.office.owner
    assert (first.office.host, first.office.lease.total_seconds()) == ("localhost", 60)
    assert str(os.getpid()) in first.office.owner


def test_sigterm_ends_the_process_cleanly_after_the_item_at_hand(session: Session, database: Database) -> None:
    make_due_mail(session)
    with FaultySmtpServer() as server:
        environ = {**os.environ, **BASE_ENV, "DATABASE_URL": database.url, "SMTP_URL": server.url}
        environ["WORKER_TICK_SECONDS"] = "1"
        worker = subprocess.Popen([sys.executable, "-m", "flask", "--app", "wsgi", "worker"], cwd=ROOT, env=environ)
        try:
            assert eventually(lambda: len(server.received) == 1)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(30) == 0
        finally:
            worker.kill()
            worker.wait()
    assert messages(session)[0].state == "sent"
