"""Scoreboard 15. Backups are made while eight people book, and all of them are restored: nothing that was promised
before a backup began may be missing from it.

The control copies the file of SQLite as any program would: rows are missing, or the copy is none.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from booking.adapters.database import create_engine
from booking.adapters.sealing import seal
from booking.core.clock import utc_now
from booking.core.messages import MessageState
from booking.models import Answer, Appointment, LoginSession, Message, QuestionnaireResponse, new_public_id
from booking.services.backups import make_backup
from booking.services.messages import claim_one
from booking.services.restoring import restore
from tests.backups import PUBLIC, workshop
from tests.databases import Database, session_on
from tests.factories import NOW, make_appointment
from tests.live import LiveProgram, running_program, wait_for
from tests.outbox import OFFICE
from tests.settings import FIELD_KEYS
from tests.torture.hours import open_for_years
from tests.torture.sizes import IS_LONG, print_figures, sized
from tests.torture.writing import Promises, writers

pytestmark = [pytest.mark.torture, pytest.mark.on_demand]

BACKUPS = sized(3, 50)
PROMISES_BETWEEN = 5
CONTROL_COPIES = 3
MEGABYTES = sized(2, 500)
ANSWER_BYTES = 2_000
MOST_SECONDS = 60.0


@contextmanager
def program_on(url: str, folder: Path) -> Iterator[LiveProgram]:
    with session_on(url) as session:
        open_for_years(session)
    with running_program(url, folder) as program:
        yield program


def under_load(program: LiveProgram, copies: int, copy: Callable[[int], Path]) -> list[tuple[Path, list[str]]]:
    """Make copies while people book; each with the visits that were promised before it began."""
    made = []
    with writers(program) as promises:
        for number in range(copies):
            wait_for_promises(program, promises)
            promised = list(promises.visits)
            made.append((copy(number), promised))
    assert promises.odd == []
    return made


def wait_for_promises(program: LiveProgram, promises: Promises) -> None:
    enough = len(promises.visits) + PROMISES_BETWEEN
    wait_for(lambda: len(promises.visits) >= enough, what=program.logs)


def missing(url: str, promised: list[str]) -> int:
    """How many of the promised visits are not in that database."""
    with session_on(url) as session:
        return len(set(promised) - set(session.scalars(sa.select(Appointment.public_id))))


def sessions_alive(url: str) -> int:
    with session_on(url) as session:
        return session.scalar(sa.select(sa.func.count()).where(LoginSession.revoked_at.is_(None))) or 0


def mails_due_at_once(url: str) -> int:
    """How many messages a worker would send right after the restore; all of them may have been sent before."""
    due = 0
    with session_on(url) as session:
        waiting = sa.select(sa.func.count()).where(Message.state == MessageState.PENDING, Message.due_at <= utc_now())
        assert session.scalar(waiting)
        while claim_one(session, office=OFFICE, now=utc_now() + timedelta(seconds=1)) is not None:
            due += 1
    return due


def test_nothing_promised_is_missing_from_any_backup(database: Database, tmp_path: Path) -> None:
    lost = alive = mails = 0
    with database.copy(tmp_path) as url:
        engine = create_engine(url)

        def back_up(_number: int) -> Path:
            return make_backup(engine, tmp_path / "backups", reader=PUBLIC, keys=FIELD_KEYS, now=utc_now()).file

        with program_on(url, tmp_path / "program") as program:
            made = under_load(program, BACKUPS, back_up)
        engine.dispose()
    began = time.monotonic()
    for number, (file, promised) in enumerate(made):
        target = f"sqlite:///{tmp_path / f'restored-{number}.db'}"
        restore(file, target, workshop(tmp_path), now=utc_now(), is_replacing=False)
        lost += missing(target, promised)
        alive += sessions_alive(target)
        mails += mails_due_at_once(target)

    seconds = (time.monotonic() - began) / BACKUPS
    print_figures(
        f"backups, {database.name}", backups=BACKUPS, promised=len(made[-1][1]), missing=lost, sessions_alive=alive,
        mails_again=mails, seconds_each=round(seconds, 1),
    )  # fmt: skip
    assert (lost, alive, mails) == (0, 0, 0)


def fill(url: str, megabytes: int) -> None:
    """Sealed answers of two kilobytes, as large together as asked for."""
    with session_on(url) as session:
        visit = make_appointment(session)
        response = QuestionnaireResponse(
            appointment_id=visit.id, patient_id=visit.patient_id, questionnaire="long", form_version="1",
            status="completed", started_at=NOW, completed_at=NOW,
        )  # fmt: skip
        session.add(response)
        session.flush()
        for number in range(megabytes):
            rows = [sealed_answer(response.id, f"{number}/{item}") for item in range(1_000_000 // ANSWER_BYTES)]
            session.execute(sa.insert(Answer), rows)
        session.commit()


def sealed_answer(response_id: int, item: str) -> dict[str, object]:
    row_key = new_public_id()
    text = secrets.token_urlsafe(ANSWER_BYTES * 9 // 16)
    value = seal(FIELD_KEYS, "answer", "value", row_key, text)
    return {
        "row_key": row_key, "response_id": response_id, "link_id": item, "value_sealed": value, "version": 1,
        "saved_at": NOW,
    }  # fmt: skip


@pytest.mark.skipif(not IS_LONG, reason="times are judged in the long form")
def test_a_large_backup_is_restored_within_a_minute(database: Database, tmp_path: Path) -> None:
    with database.copy(tmp_path) as url:
        fill(url, MEGABYTES)
        engine = create_engine(url)
        made = make_backup(engine, tmp_path / "backups", reader=PUBLIC, keys=FIELD_KEYS, now=utc_now())
        engine.dispose()
    began = time.monotonic()
    restore(made.file, f"sqlite:///{tmp_path / 'restored.db'}", workshop(tmp_path), now=utc_now(), is_replacing=False)
    seconds = time.monotonic() - began
    print_figures(
        f"large backup, {database.name}", megabytes=MEGABYTES, rows=made.manifest.rows, seconds=round(seconds, 1)
    )
    assert seconds <= MOST_SECONDS


@pytest.mark.sqlite_only  # A server's files are copied by nobody; a single file invites it.
def test_a_plain_copy_of_the_file_misses_what_was_promised(database: Database, tmp_path: Path) -> None:
    """The control: what was committed last is in the -wal file, which the copy of the database does not hold."""
    file = tmp_path / "copy.db"

    def copy(number: int) -> Path:
        return Path(shutil.copy(file, tmp_path / f"plain-{number}.db"))

    with database.copy(tmp_path) as url, program_on(url, tmp_path / "program") as program:
        made = under_load(program, CONTROL_COPIES, copy)

    bad = sum(not is_whole(plain) or missing(f"sqlite:///{plain}", promised) > 0 for plain, promised in made)
    print_figures("backups by plain copy", copies=CONTROL_COPIES, bad=bad)
    assert bad


def is_whole(file: Path) -> bool:
    connection = sqlite3.connect(file)
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
