"""The commands for backups and for moving: what they print and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from booking.adapters.archives import Manifest
from booking.cli.backup import noted
from booking.core.audit_chain import EMPTY
from booking.core.clock import utc_now
from booking.models import Message, Patient, Task
from booking.services.heartbeat import beat
from booking.services.restoring import Restored
from tests.backups import PRIVATE, PUBLIC, fill
from tests.databases import Database, session_on
from tests.programs import program_with
from tests.settings import settings_for

KEYS = {"BACKUP_PUBLIC_KEY": str(PUBLIC), "BACKUP_PRIVATE_KEY": str(PRIVATE)}


@pytest.fixture
def runner(app: Flask, database: Database, tmp_path: Path) -> Iterator[FlaskCliRunner]:
    with program_with(settings_for(database.url, tmp_path, **KEYS)) as program:
        yield program.test_cli_runner()


@pytest.fixture
def keyless(app: Flask, database: Database, tmp_path: Path) -> Iterator[FlaskCliRunner]:
    with program_with(settings_for(database.url, tmp_path)) as program:
        yield program.test_cli_runner()


@pytest.fixture
def elsewhere(app: Flask, tmp_path: Path) -> Iterator[FlaskCliRunner]:
    """The same program on an SQLite file that is not there yet."""
    with program_with(settings_for(f"sqlite:///{tmp_path / 'new.db'}", tmp_path, **KEYS)) as program:
        yield program.test_cli_runner()


def made(runner: FlaskCliRunner, folder: Path) -> str:
    result = runner.invoke(args=["backup", str(folder)])
    assert result.exit_code == 0, result.output
    return result.output.partition(": ")[0]


def test_a_backup_is_made_tried_and_restored(
    session: Session, runner: FlaskCliRunner, elsewhere: FlaskCliRunner, tmp_path: Path
) -> None:
    fill(session)
    file = made(runner, tmp_path / "backups")
    tried = runner.invoke(args=["backup", "verify", file])
    assert (tried.exit_code, tried.output[:20]) == (0, "The backup of 2026-1")
    restored = elsewhere.invoke(args=["restore", file])
    assert restored.exit_code == 0, restored.output
    assert "messages release --send" in restored.output
    again = elsewhere.invoke(args=["restore", file])
    assert (again.exit_code, "say --replace" in again.stderr) == (1, True)
    replaced = elsewhere.invoke(args=["restore", "--replace", file])
    assert "The database that was there is now" in replaced.output
    assert "A backup was restored at 2026-" in replaced.output
    assert "The audit log is whole" in elsewhere.invoke(args=["audit", "verify"]).output
    with session_on(f"sqlite:///{tmp_path / 'new.db'}") as there:
        assert there.scalar(sa.select(sa.func.count()).select_from(Patient)) == 4


def test_noted_ends_that_cannot_be_told_of_a_restore_are_to_be_set_aside(tmp_path: Path) -> None:
    settings = settings_for(f"sqlite:///{tmp_path}/x.db", tmp_path)
    settings.anchor_file.parent.mkdir(parents=True, exist_ok=True)
    settings.anchor_file.write_text("{what}\n")
    manifest = Manifest(made_at="", revision="", tables={}, field_keys={}, audit_head=EMPTY._asdict())
    assert "set it aside" in noted(Restored(manifest, 0, EMPTY), settings)


def test_a_bad_backup_is_told(runner: FlaskCliRunner, session: Session, tmp_path: Path) -> None:
    fill(session)
    session.execute(sa.update(Patient).values(contact_note_sealed="v1.t1.AAAA"))
    session.commit()
    file = made(runner, tmp_path)
    result = runner.invoke(args=["backup", "verify", file])
    assert result.exit_code == 1
    assert result.stderr.startswith("problem: values of patient.contact_note_sealed do not open")
    Path(file).write_bytes(b"something else")
    result = runner.invoke(args=["backup", "verify", file])
    assert result.stderr == "Error: the file is no backup of Respite\n"


def test_the_folder_may_come_from_the_settings(app: Flask, database: Database, tmp_path: Path) -> None:
    settings = settings_for(database.url, tmp_path, **KEYS, BACKUP_FOLDER=str(tmp_path / "nightly"))
    with program_with(settings) as program:
        assert program.test_cli_runner().invoke(args=["backup"]).exit_code == 0
    assert len(list((tmp_path / "nightly").iterdir())) == 2


def test_a_backup_that_fails_on_a_timer_is_a_task_until_one_is_good(
    session: Session, runner: FlaskCliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    failed = runner.invoke(args=["backup", str(tmp_path / "file" / "folder")])
    assert (failed.exit_code, "cannot be written" in failed.stderr) == (1, True)
    assert states(session) == [("open", "BackupRefused")]
    made(runner, tmp_path)
    assert states(session) == [("done", "BackupRefused")]
    monkeypatch.setattr("booking.services.backups.make_backup", gone)
    failed = runner.invoke(args=["backup", str(tmp_path)])
    assert (failed.exit_code, failed.stderr) == (1, "Error: the database does not give its rows (OperationalError)\n")
    assert states(session) == [("done", "BackupRefused"), ("open", "OperationalError")]


def states(session: Session) -> list[tuple[str, str | None]]:
    session.rollback()
    return [(task.state.value, task.reason_code) for task in session.scalars(sa.select(Task).order_by(Task.id))]


def gone(*_: object, **__: object) -> None:
    raise OperationalError("SELECT", {}, Exception("gone"))


def test_old_backups_go_where_a_number_is_given(runner: FlaskCliRunner, session: Session, tmp_path: Path) -> None:
    fill(session)
    older = tmp_path / "respite-20200101T020000Z-abcdef.backup"
    older.touch()
    result = runner.invoke(args=["backup", str(tmp_path), "--keep", "1"])
    assert (result.exit_code, older.exists()) == (0, False)
    assert Path(result.output.partition(": ")[0]).exists()


def test_what_is_missing_is_told_in_one_line(runner: FlaskCliRunner, keyless: FlaskCliRunner, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cases = [
        (runner, ["backup"], "Name a folder"),
        (runner, ["backup", str(tmp_path / "file" / "folder")], "cannot be written"),
        (keyless, ["backup", str(tmp_path)], "BACKUP_PUBLIC_KEY is not set"),
        (keyless, ["backup", "verify", "x"], "BACKUP_PRIVATE_KEY is not set"),
        (runner, ["backup", "new-keys", "a b"], "An id of a key"),
        (runner, ["restore", "missing"], "Nothing was restored: missing cannot be read"),
    ]
    for program, command, words in cases:
        result = program.invoke(args=command)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1), result.output
        assert words in result.stderr


def test_new_keys_are_two_settings(runner: FlaskCliRunner, tmp_path: Path) -> None:
    lines = runner.invoke(args=["backup", "new-keys", "b7"]).output.split()
    given = dict(line.split("=", 1) for line in lines)
    settings = settings_for("sqlite:///x.db", tmp_path, **given)
    assert settings.backup_public_key is not None
    assert settings.backup_public_key.id == "b7"
    assert settings.backup_private_key != settings.backup_public_key


def test_nothing_is_restored_or_moved_under_a_running_worker(
    runner: FlaskCliRunner, session: Session, tmp_path: Path
) -> None:
    beat(session, name="worker", now=utc_now())
    for command in (["restore", "x"], ["database", "move-to", f"sqlite:///{tmp_path / 'x.db'}"]):
        result = runner.invoke(args=command)
        assert (result.exit_code, "stop worker and web" in result.stderr) == (1, True)
    beat(session, name="worker", now=utc_now() - timedelta(minutes=2))
    assert runner.invoke(args=["database", "move-to", f"sqlite:///{tmp_path / 'x.db'}"]).exit_code == 0


def test_a_database_that_cannot_be_opened_is_told(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "odd.db").write_bytes(b"no database at all, but longer than a header of SQLite is" * 20)
    with program_with(settings_for(f"sqlite:///{tmp_path / 'odd.db'}", tmp_path, **KEYS)) as program:
        result = program.test_cli_runner().invoke(args=["restore", "x"])
    assert result.stderr == "Error: The database cannot be opened (DatabaseError).\n"


def test_moving_says_what_was_copied(runner: FlaskCliRunner, session: Session, tmp_path: Path) -> None:
    fill(session)
    url = f"sqlite:///{tmp_path / 'there.db'}"
    result = runner.invoke(args=["database", "move-to", url])
    assert result.exit_code == 0, result.output
    assert "tables were copied, and are the same there" in result.output
    again = runner.invoke(args=["database", "move-to", url])
    assert again.stderr.startswith("Error: Not moved: the target is not empty")
    odd = runner.invoke(args=["database", "move-to", "mysql://x"])
    assert odd.stderr == "Error: URL must start with sqlite:/// or postgresql://\n"


def test_mail_is_held_and_released(runner: FlaskCliRunner, session: Session) -> None:
    fill(session)
    session.execute(sa.update(Message).values(due_at=utc_now() - timedelta(minutes=1)))
    session.commit()
    assert runner.invoke(args=["messages", "hold"]).output == "3 messages wait.\n"
    assert runner.invoke(args=["messages", "release"]).exit_code == 2
    assert runner.invoke(args=["messages", "release", "--send"]).output == "3 messages may go out.\n"
    runner.invoke(args=["messages", "hold"])
    assert runner.invoke(args=["messages", "release", "--drop"]).output == "3 messages were dropped.\n"
