"""Making backups: private files, one moment, a night's rhythm, and a task when it fails."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from booking.adapters import archives
from booking.adapters.archives import ArchiveWriter
from booking.adapters.backup_files import BackupRefused
from booking.models import Patient, Task
from booking.queries.guards import HEAD_REVISION
from booking.services import backups
from booking.services.backups import NightlyBackups, back_up_nightly, backups_in, made_at, prune_backups
from booking.services.restoring import read_through
from tests.backups import PUBLIC, back_up, fill, workshop
from tests.databases import session_on
from tests.factories import make_patient
from tests.settings import FIELD_KEYS

NIGHT = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
"""2:30 in New York, where the first location is."""


def plan(folder: Path, keep: int = 2) -> NightlyBackups:
    return NightlyBackups(folder=folder, reader=PUBLIC, keys=FIELD_KEYS, keep=keep)


def test_a_backup_is_private_whole_and_described_beside(session: Session, tmp_path: Path) -> None:
    fill(session)
    made = back_up(session, tmp_path / "new" / "folder")
    described = json.loads(made.file.with_suffix(".json").read_text())

    assert [path.suffix for path in sorted(made.file.parent.iterdir())] == [".backup", ".json"]
    assert {path.stat().st_mode & 0o777 for path in made.file.parent.iterdir()} == {0o600}
    assert made.file.parent.stat().st_mode & 0o777 == 0o700
    assert described["sha256"] == hashlib.sha256(made.file.read_bytes()).hexdigest()
    assert (described["size"], described["revision"]) == (made.size, HEAD_REVISION)
    assert described["field_keys"] == {"t1": 4}
    assert described["tables"]["patient"]["rows"] == 4
    assert described["audit_head"]["number"] > 0
    assert read_through(made.file, workshop(tmp_path)) == made.manifest


def test_neither_file_shows_a_name(session: Session, tmp_path: Path) -> None:
    make_patient(session, given_name="Zebedee")
    made = back_up(session, tmp_path)
    assert b"Zebedee" not in made.file.read_bytes() + made.file.with_suffix(".json").read_bytes()


def test_what_is_saved_while_it_is_made_is_not_in_it(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = session.get_bind().engine.url.render_as_string(hide_password=False)
    read = archives.read_rows

    def read_and_save(connection: sa.Connection, shape: archives.Shape) -> object:
        if shape.table == "account":
            with session_on(url) as other:
                make_patient(other)
        return read(connection, shape)

    monkeypatch.setattr(archives, "read_rows", read_and_save)
    made = back_up(session, tmp_path)
    assert made.manifest.tables["patient"][0] == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(Patient)) == 1


def test_a_folder_that_cannot_be_written_is_told(session: Session, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BackupRefused, match=r"cannot be written to .*Not a directory"):
        back_up(session, tmp_path / "file" / "folder")


def test_a_failure_leaves_no_half_file(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups.os, "fsync", fail)
    with pytest.raises(BackupRefused, match="No space left"):
        back_up(session, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_copy_without_its_manifest_is_refused(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ArchiveWriter, "blocks", lambda *_arguments, **_named: iter(()))
    with pytest.raises(BackupRefused, match="before its manifest"):
        back_up(session, tmp_path)


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    for day in range(1, 5):
        for ending in (".backup", ".json"):
            (tmp_path / f"respite-2026110{day}T020000Z-abcdef{ending}").touch()
    (tmp_path / "respite-another.backup").touch()
    assert prune_backups(tmp_path, keep=3) == 2
    assert [made_at(file) for file in backups_in(tmp_path)] == [
        None,
        datetime(2026, 11, 4, 2, tzinfo=UTC),
        datetime(2026, 11, 3, 2, tzinfo=UTC),
    ]
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_each_night_has_one_backup(session: Session, tmp_path: Path) -> None:
    nights = plan(tmp_path)
    assert back_up_nightly(session, nights, now=NIGHT - timedelta(hours=1)) is None
    assert back_up_nightly(session, nights, now=NIGHT) is not None
    assert back_up_nightly(session, nights, now=NIGHT + timedelta(hours=3)) is None
    for day in range(1, 4):
        assert back_up_nightly(session, nights, now=NIGHT + timedelta(days=day)) is not None
    assert len(backups_in(tmp_path)) == 2


def test_a_missed_night_is_made_up_for_in_the_day(session: Session, tmp_path: Path) -> None:
    assert back_up_nightly(session, plan(tmp_path), now=NIGHT + timedelta(hours=9)) is not None


def test_a_second_worker_leaves_it_to_the_first(session: Session, tmp_path: Path) -> None:
    back_up_nightly(session, plan(tmp_path / "one"), now=NIGHT)
    assert back_up_nightly(session, plan(tmp_path / "two"), now=NIGHT) is None


def test_a_failure_is_a_task_and_is_tried_again_after_an_hour(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    broken = plan(tmp_path / "file")
    with pytest.raises(BackupRefused):
        back_up_nightly(session, broken, now=NIGHT)
    [task] = session.scalars(sa.select(Task)).all()
    assert (task.kind, task.role, task.reason_code) == ("check_backup", "administrator", "BackupRefused")
    session.rollback()
    assert back_up_nightly(session, plan(tmp_path), now=NIGHT + timedelta(minutes=59)) is None
    monkeypatch.setattr(backups, "make_backup", _fail_in_the_database)
    with pytest.raises(OperationalError):
        back_up_nightly(session, plan(tmp_path), now=NIGHT + timedelta(minutes=61))
    assert session.scalar(sa.select(sa.func.count()).select_from(Task)) == 1


def _fail_in_the_database(*_: object, **__: object) -> None:
    raise OperationalError("SELECT", {}, Exception("gone"))
