"""Killing web processes while people are at work, and asking the database afterwards whether it is whole."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.databases import Database, build
from tests.live import LiveProgram, wait_for
from tests.postgres import running_postgres
from tests.torture.sizes import SEED

CAN_FIND_WORKERS = Path("/proc/self/stat").exists()
PROMISES_BETWEEN = 5
WORKERS = 2
WAITS_FOR_DISK = (["2"], ["on", "on", "on"])


class AtWork(Protocol):
    """People who work without a pause and note what they are promised."""

    @property
    def count(self) -> int:
        """How much was promised so far."""


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


def kill_under_load(program: LiveProgram, people: AtWork, kills: int, *, master_every: int) -> float:
    """Kill workers, and at times the process above them, each time after some more was promised. The longest wait, in
    seconds, until all served again."""
    chance, longest = Random(SEED), 0.0
    for number in range(1, kills + 1):
        wait_for_promises(program, people)
        time.sleep(chance.uniform(0.0, 0.3))
        began = time.monotonic()
        ended = kill(program, chance, is_master=number % master_every == 0)
        wait_for(partial(serve_again, program, ended), what=program.logs)
        longest = max(longest, time.monotonic() - began)
    return longest


def wait_for_promises(program: LiveProgram, people: AtWork) -> None:
    """Until some more was promised, so that every kill meets people at work, however slow the machine."""
    enough = people.count + PROMISES_BETWEEN
    wait_for(lambda: people.count >= enough, what=program.logs)


def kill(program: LiveProgram, chance: Random, *, is_master: bool) -> set[int]:
    """The workers that end by it: of a dead master all, as a service manager ends what is left of the group. Left alone
    they would go on for half a minute with the connections that they have, and keep the port."""
    workers = workers_of(program.web_pid)
    if not is_master:
        killed = chance.choice(workers)
        os.kill(killed, signal.SIGKILL)
        return {killed}
    for pid in (program.web_pid, *workers):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), what=program.logs)
    program.start_web()
    return set(workers)


def serve_again(program: LiveProgram, ended: set[int]) -> bool:
    """Whether as many workers as before are there, none of them one of those, and the program answers."""
    workers = workers_of(program.web_pid)
    return len(workers) == WORKERS and not ended & set(workers) and program.is_ready()


def workers_of(master: int) -> list[int]:
    """The children of that process that are alive."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            stat = (entry / "stat").read_text() if entry.name.isdecimal() else ""
        except OSError:
            continue
        state, parent = stat.rpartition(")")[2].split()[:2] if stat else ("Z", "0")
        if int(parent) == master and state != "Z":
            found.append(int(entry.name))
    return found


def disk_settings(session: Session) -> list[str]:
    """What the database answers when asked whether it waits for the disk: one of WAITS_FOR_DISK."""
    if session.get_bind().dialect.name == "sqlite":
        return [str(session.scalar(sa.text("PRAGMA synchronous")))]
    return [
        str(session.scalar(sa.text(f"SHOW {name}"))) for name in ("fsync", "synchronous_commit", "full_page_writes")
    ]


def damage(session: Session) -> list[str]:
    """What SQLite finds wrong with its file; PostgreSQL has checked its own at recovery."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    checked = [row[0] for row in session.execute(sa.text("PRAGMA integrity_check"))]
    dangling = [str(row) for row in session.execute(sa.text("PRAGMA foreign_key_check"))]
    return [line for line in checked if line != "ok"] + dangling


def complaints(program: LiveProgram) -> list[str]:
    """Failures in the logs, but for gunicorn's word that a worker was killed."""
    return [line for line in program.complaints() if "SIGKILL" not in line]
