"""The worker's nightly backup: off without a folder, and never the end of the worker."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.jobs import nightly_backup
from booking.jobs.nightly_backup import back_up, watch_backups
from booking.jobs.tools import open_tools
from booking.models import Task
from booking.services import backups
from booking.services.backups import NightlyBackups
from tests.backups import PUBLIC
from tests.factories import NOW
from tests.outbox import make_test_tools
from tests.settings import FIELD_KEYS, settings_for


@pytest.fixture(autouse=True)
def morning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly_backup, "utc_now", lambda: NOW)


def plan(folder: Path) -> NightlyBackups:
    return NightlyBackups(folder=folder, reader=PUBLIC, keys=FIELD_KEYS, keep=2)


def test_without_a_folder_nothing_is_done(session: Session) -> None:
    back_up(make_test_tools(session))


def test_one_backup_is_made_and_told(session: Session, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tools = replace(make_test_tools(session), backups=plan(tmp_path))
    with caplog.at_level(logging.INFO):
        back_up(tools)
        back_up(tools)
    assert len(backups.backups_in(tmp_path)) == 1
    told = [record.getMessage() for record in caplog.records if record.name == nightly_backup.__name__]
    assert [line[:23] for line in told] == ["the nightly backup has "]


def test_a_failure_is_logged_by_its_kind(session: Session, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    back_up(replace(make_test_tools(session), backups=plan(tmp_path / "file")))
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "the nightly backup failed (BackupRefused)"


def test_the_settings_say_whether_there_are_any(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with open_tools(settings_for(url, tmp_path)) as tools:
        assert (tools.backups, tools.backup_overdue) == (None, None)
    given = {"BACKUP_FOLDER": str(tmp_path / "nightly"), "BACKUP_PUBLIC_KEY": str(PUBLIC), "BACKUP_KEEP": "3"}
    with open_tools(settings_for(url, tmp_path, **given)) as tools:
        assert tools.backups is not None
        assert (tools.backups.folder, tools.backups.keep) == (tmp_path / "nightly", 3)
        assert tools.backup_overdue == timedelta(hours=26)


def test_backups_are_watched_where_there_is_a_key_for_them(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    watch_backups(make_test_tools(session))
    tools = replace(make_test_tools(session), backup_overdue=timedelta(hours=26))
    watch_backups(tools)
    assert caplog.records == []
    monkeypatch.setattr(nightly_backup, "utc_now", lambda: NOW + timedelta(hours=27))
    watch_backups(tools)
    [record] = caplog.records
    assert record.getMessage() == "no good backup for more than 26 hours"
    assert session.scalar(sa.select(Task.reason_code)) == "overdue"
