"""Somebody learns that backups are not made: by one open task, which the next good one ends, or a person."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.backup_files import BackupRefused
from booking.core.actor import Actor, Role
from booking.models import Task, TaskState
from booking.queries.backups import BackupState, backup_state
from booking.services import task_list
from booking.services.backup_watch import look_for_backups, note_failed, note_good
from booking.services.backups import back_up, backups_in
from tests.backups import PUBLIC, fill
from tests.factories import NOW, make_account
from tests.settings import FIELD_KEYS

HOUR = timedelta(hours=1)
FAILED = BackupRefused("no room")


def states(session: Session) -> list[tuple[str, str | None, str | None]]:
    session.rollback()
    return [
        (task.state, task.reason_code, task.outcome_code) for task in session.scalars(sa.select(Task).order_by(Task.id))
    ]


def is_late(session: Session, hours: float) -> bool:
    return look_for_backups(session, longest=26 * HOUR, now=NOW + hours * HOUR)


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes: the system refuses the write, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_failures_are_one_open_task_until_a_backup_is_good_again(session: Session) -> None:
    for day in range(3):
        note_failed(session, FAILED, now=NOW + timedelta(days=day))
    assert states(session) == [(TaskState.OPEN, "BackupRefused", None)]
    assert backup_state(session) == BackupState(None, is_worrying=True)
    note_good(session, now=NOW + timedelta(days=3))
    assert backup_state(session) == BackupState(NOW + timedelta(days=3), is_worrying=False)
    note_failed(session, FAILED, now=NOW + timedelta(days=3, hours=1))
    assert states(session) == [
        (TaskState.DONE, "BackupRefused", "backup_made"),
        (TaskState.OPEN, "BackupRefused", None),
    ]


def test_a_failure_after_somebody_ended_the_task_asks_anew(session: Session) -> None:
    fay = Actor(make_account(session, Role.ADMINISTRATOR).id, Role.ADMINISTRATOR)
    note_failed(session, FAILED, now=NOW)
    public_id = session.scalars(sa.select(Task.public_id)).one()
    task_list.finish(session, actor=fay, public_id=public_id, now=NOW)
    note_failed(session, FAILED, now=NOW + HOUR)
    assert [state for state, _, _ in states(session)] == [TaskState.DONE, TaskState.OPEN]


def test_a_backup_that_nobody_makes_is_noticed_from_the_first_look_on(session: Session) -> None:
    assert [is_late(session, hours) for hours in (0, 26, 26.1, 30)] == [False, False, True, True]
    assert states(session) == [(TaskState.OPEN, "overdue", None)]


def test_after_a_good_backup_or_a_task_that_was_ended_the_time_runs_anew(session: Session) -> None:
    note_good(session, now=NOW)
    assert [is_late(session, hours) for hours in (26, 27)] == [False, True]
    session.execute(sa.update(Task).values(state=TaskState.DONE, closed_at=NOW + 27 * HOUR))
    session.commit()
    assert [is_late(session, hours) for hours in (28, 53, 53.1)] == [False, False, True]
    assert len(states(session)) == 2


def test_a_backup_is_noted_as_good_by_whoever_makes_it(session: Session, tmp_path: Path) -> None:
    note_failed(session, FAILED, now=NOW)
    back_up(session, tmp_path, reader=PUBLIC, keys=FIELD_KEYS, now=NOW + HOUR)
    assert backup_state(session) == BackupState(NOW + HOUR, is_worrying=False)


def test_a_full_disk_leaves_no_half_backup_and_a_task_as_soon_as_there_is_room_for_one(
    session: Session, tmp_path: Path
) -> None:
    """SQLite has no room for the task either, until the worker looks; PostgreSQL is another process."""
    fill(session)
    is_late(session, 0)
    with pytest.raises(BackupRefused, match="File too large"), full_disk(2000):
        back_up(session, tmp_path / "new", reader=PUBLIC, keys=FIELD_KEYS, now=NOW)
    assert (backups_in(tmp_path / "new"), list((tmp_path / "new").glob("*.part"))) == ([], [])
    assert is_late(session, 27)
    assert [state for state, _, _ in states(session)] == [TaskState.OPEN]
