"""Scoreboard 4. Web processes are killed while eight people book: what was promised is there, with its messages and its
audit event, and the next process serves.

It proves transactions, not the disk; that the database waits for the disk is asserted beside it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind
from booking.models import Appointment, AuditEvent, Idempotency, Message, Reservation
from tests.databases import Database, build, session_on
from tests.live import LiveProgram, running_program, wait_for
from tests.postgres import running_postgres
from tests.torture.hours import open_for_years
from tests.torture.racing import overlaps
from tests.torture.sizes import IS_LONG, SEED, print_figures, sized
from tests.torture.writing import Promises, writers

pytestmark = [
    pytest.mark.torture,
    pytest.mark.on_demand,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the workers to kill by /proc"),
]

KILLS = sized(3, 200)
MASTER_EVERY = 10 if IS_LONG else 3
LONGEST_SECONDS = 5.0
PROMISES_BETWEEN = 5
SPLIT = "tests.torture.split_wsgi:app"


@contextmanager
def durable(database: Database, folder: Path) -> Iterator[str]:
    """A copy of the database that waits for the disk as in production: SQLite always does, our PostgreSQL when told."""
    if database.name == "sqlite":
        with database.copy(folder) as url:
            yield url
        return
    with running_postgres(is_durable=True) as server, server.temporary_database("crash") as url:
        build(url, folder)
        yield url


@contextmanager
def program_on(url: str, folder: Path, entry: str = "wsgi:app") -> Iterator[LiveProgram]:
    with session_on(url) as session:
        open_for_years(session)
    with running_program(url, folder, entry=entry) as program:
        yield program


def workers_of(master: int) -> list[int]:
    """The children of that process."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            stat = (entry / "stat").read_text() if entry.name.isdecimal() else ""
        except OSError:
            continue
        if stat and int(stat.rpartition(")")[2].split()[1]) == master:
            found.append(int(entry.name))
    return found


def kill_under_load(program: LiveProgram, kills: int, *, master_every: int) -> tuple[Promises, float]:
    """Kill workers, and at times the process above them. What was promised; the longest wait until all served again."""
    chance, longest = Random(SEED), 0.0
    with writers(program) as promises:
        for number in range(1, kills + 1):
            wait_for_promises(program, promises)
            time.sleep(chance.uniform(0.0, 0.3))
            began = time.monotonic()
            is_master = number % master_every == 0
            kill(program, chance, is_master=is_master)
            wait_for(lambda: len(workers_of(program.web_pid)) == 2 and program.is_ready(), what=program.logs)
            longest = max(longest, time.monotonic() - began)
    return promises, longest


def wait_for_promises(program: LiveProgram, promises: Promises) -> None:
    """Until some more visits were promised, so that every kill meets people at work, however slow the machine."""
    enough = len(promises.visits) + PROMISES_BETWEEN
    wait_for(lambda: len(promises.visits) >= enough, what=program.logs)


def kill(program: LiveProgram, chance: Random, *, is_master: bool) -> None:
    workers = workers_of(program.web_pid)
    os.kill(program.web_pid if is_master else chance.choice(workers), signal.SIGKILL)
    if is_master:
        # They end by themselves when they notice; until then the port is theirs.
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), what=program.logs)
        program.start_web()


def incomplete(session: Session) -> list[str]:
    """Visits that lack their confirmation, their audit event, their form's nonce or one of their three reservations."""

    def count(of: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count()).where(of).scalar_subquery()

    lacks = sa.or_(
        count(sa.and_(Message.appointment_id == Appointment.id, Message.kind == MessageKind.BOOKED)) != 1,
        count(
            sa.and_(AuditEvent.object_id == Appointment.id, AuditEvent.action == "appointment_booked")
        ) != 1,
        count(Idempotency.subject == Appointment.public_id) != 1,
        count(Reservation.appointment_id == Appointment.id) != 3,
    )  # fmt: skip
    session.rollback()
    return list(session.scalars(sa.select(Appointment.public_id).where(lacks)))


def lost(session: Session, promises: Promises) -> set[str]:
    """Visits that were promised and are not there."""
    return set(promises.visits) - set(session.scalars(sa.select(Appointment.public_id)))


def disk_settings(session: Session) -> list[str]:
    """What the database answers when asked whether it waits for the disk."""
    if session.get_bind().dialect.name == "sqlite":
        return [str(session.scalar(sa.text("PRAGMA synchronous")))]
    return [
        str(session.scalar(sa.text(f"SHOW {name}"))) for name in ("fsync", "synchronous_commit", "full_page_writes")
    ]


WAITS_FOR_DISK = (["2"], ["on", "on", "on"])


def damage(session: Session) -> list[str]:
    """What SQLite finds wrong with its file; PostgreSQL has checked its own at recovery."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    checked = [row[0] for row in session.execute(sa.text("PRAGMA integrity_check"))]
    dangling = [str(row) for row in session.execute(sa.text("PRAGMA foreign_key_check"))]
    return [line for line in checked if line != "ok"] + dangling


def test_no_promised_visit_is_lost_when_web_processes_are_killed(database: Database, tmp_path: Path) -> None:
    with durable(database, tmp_path) as url, program_on(url, tmp_path) as program:
        promises, longest = kill_under_load(program, KILLS, master_every=MASTER_EVERY)
        with program.session() as session:
            missing, halves, found = lost(session, promises), incomplete(session), overlaps(session)
            broken, waits = damage(session), disk_settings(session)
        complaints = [line for line in program.complaints() if "SIGKILL" not in line]

    print_figures(
        f"web killed, {database.name}", kills=KILLS, promised=len(promises.visits), unknown=len(promises.unknown),
        lost=len(missing), incomplete=len(halves), seconds_until_all_serve=round(longest, 1),
    )  # fmt: skip
    assert promises.visits
    assert (missing, halves, found, broken, promises.odd, complaints) == (set(), [], 0, [], [], [])
    assert waits in WAITS_FOR_DISK
    assert longest <= LONGEST_SECONDS or not IS_LONG


def test_messages_of_a_second_transaction_are_missed(database: Database, tmp_path: Path) -> None:
    """The control: were a booking two transactions, the same kills would leave halves."""
    with database.copy(tmp_path) as url, program_on(url, tmp_path, SPLIT) as program:
        promises, _ = kill_under_load(program, 3, master_every=KILLS + 3)
        with program.session() as session:
            halves = incomplete(session)

    print_figures(f"web killed between two transactions, {database.name}", kills=3, incomplete=len(halves))
    assert promises.visits
    assert halves
