"""Restoring: all rows come back, into either kind of database; nobody is logged in, and what is bad is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.archives import ArchiveWriter
from booking.adapters.backup_files import BackupRefused
from booking.adapters.sealing import FieldKeys, new_key_entry
from booking.core.clock import utc_now
from booking.models import LinkToken, LoginSession, MailHold, Patient, Task
from booking.services import copying, restoring
from booking.services.backups import BackupMade
from booking.services.copying import differences, tallies
from booking.services.readiness import NotReady
from booking.services.restoring import Tried, restore, verify
from booking.services.sealed import open_text
from tests.backups import back_up, empty_database, fill, workshop
from tests.databases import session_on
from tests.factories import NOW, make_patient


@pytest.fixture
def made(session: Session, tmp_path: Path) -> BackupMade:
    fill(session)
    return back_up(session, tmp_path / "backups")


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, whichever the backup came from."""
    if request.config.getoption("--database") not in {"both", request.param}:
        pytest.skip("another database was asked for")
    with empty_database(request.param, tmp_path, lambda: request.getfixturevalue("postgres_server")) as url:
        yield url


def test_all_rows_come_back_into_either_database(made: BackupMade, target: str, tmp_path: Path) -> None:
    restored = restore(made.file, target, workshop(tmp_path), now=utc_now(), is_replacing=False)
    assert restored.manifest == made.manifest
    with session_on(target) as session:
        found = tallies(session.connection())
        session.rollback()
        rows = session.execute(sa.select(Patient.public_id, Patient.contact_note_sealed)).all()
        notes = {open_text(session, "patient", "contact_note", key, sealed) for key, sealed in rows}
        session.rollback()
        make_patient(session)
    touched = {"login_session", "audit_event", "audit_seal", "mail_hold", "task", "heartbeat", "field_key_check"}
    differing = {line.split()[2] for line in differences(made.manifest.tables, found)}
    assert differing <= touched
    assert notes == {"note 0", "note 1", "note 2", None}


def test_afterwards_nobody_is_logged_in_no_link_opens_and_mail_waits(
    session: Session, made: BackupMade, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'restored.db'}"
    now = NOW + timedelta(hours=1)
    restored = restore(made.file, url, workshop(tmp_path), now=now, is_replacing=False)
    assert restored.held_messages > 0
    with session_on(url) as there:
        alive = sa.select(sa.func.count()).where(LoginSession.revoked_at.is_(None))
        live_links = sa.select(sa.func.count()).where(LinkToken.expires_at > now)
        assert (there.scalar(alive), there.scalar(live_links)) == (0, 0)
        assert there.scalars(sa.select(MailHold.due_until)).all() == [now]
        assert "decide_about_mail" in there.scalars(sa.select(Task.kind)).all()
    assert session.scalar(sa.select(sa.func.count()).where(LoginSession.revoked_at.is_(None))) == 1


def test_a_good_backup_is_found_good(made: BackupMade, tmp_path: Path) -> None:
    assert verify(made.file, workshop(tmp_path)) == Tried(made.manifest, ())


def test_a_backup_by_other_keys_is_refused(made: BackupMade, tmp_path: Path) -> None:
    for entry, why in (("t2", "which FIELD_KEYS lacks"), ("t1", "not made by an installation with these")):
        others = workshop(tmp_path, keys=FieldKeys.parse(new_key_entry(entry)))
        with pytest.raises(BackupRefused, match=why):
            verify(made.file, others)


def test_values_and_keys_that_do_not_open_are_told(session: Session, tmp_path: Path) -> None:
    fill(session)
    first, second = session.scalars(sa.select(Patient).where(Patient.contact_note_sealed.is_not(None)).limit(2))
    first.contact_note_sealed, second.contact_note_sealed = second.contact_note_sealed, "in plain words"
    session.commit()
    tried = verify(back_up(session, tmp_path).file, workshop(tmp_path))
    assert tried.problems == ("values of patient.contact_note_sealed do not open, key t1",)


def test_a_lost_key_is_told_before_it_is_needed(session: Session, tmp_path: Path) -> None:
    fill(session)
    make_patient(session, contact_note_sealed="v1.t2.AAAAAAAAAAAAAAAAAAAAAAAA")
    tried = verify(back_up(session, tmp_path).file, workshop(tmp_path))
    assert tried.problems == ("values of patient.contact_note_sealed do not open, key t2",)


@pytest.mark.sqlite_only  # Tampering past the triggers is told by the chain on both; this way of it is SQLite's.
def test_a_changed_audit_log_is_told(session: Session, made: BackupMade, tmp_path: Path) -> None:
    raw = session.get_bind().engine.url.database
    session.rollback()
    with closing(sqlite3.connect(str(raw))) as connection, connection:
        connection.execute("DROP TRIGGER audit_event_no_update")
        connection.execute("UPDATE audit_event SET action = 'nothing' WHERE seq = 1")
    tried = verify(back_up(session, tmp_path).file, workshop(tmp_path))
    assert [problem[:31] for problem in tried.problems] == ["the audit log does not fit at l"]


def test_rows_that_do_not_arrive_are_told(made: BackupMade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_rows = copying.load_rows

    def lose_one(connection: sa.Connection, shape: copying.Shape, rows: list[copying.Row]) -> None:
        load_rows(connection, shape, rows[1:] if shape.table == "login_session" else rows)

    monkeypatch.setattr(copying, "load_rows", lose_one)
    tried = verify(made.file, workshop(tmp_path))
    assert tried.problems[0] == "the table login_session has 0 rows instead of 1"


def test_a_table_with_other_rows_is_told() -> None:
    assert differences({"a": (1, "x"), "b": (2, "y"), "c": (1, "z")}, {"a": (1, "x"), "b": (2, "n")}) == [
        "the table b has other rows than it should have",
        "the table c has 0 rows instead of 1",
    ]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match=r"none\.backup cannot be read: No such file"):
        verify(tmp_path / "none.backup", workshop(tmp_path))


def test_a_backup_of_a_newer_release_is_refused(
    made: BackupMade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "HEAD_REVISION", "0001")
    with pytest.raises(BackupRefused, match="newer release"):
        verify(made.file, workshop(tmp_path))


def test_an_archive_without_end_is_refused(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = ArchiveWriter.blocks

    def cut(self: ArchiveWriter, *arguments: object, **named: object) -> Iterator[bytes]:
        lines = list(blocks(self, *arguments, **named))  # type: ignore[arg-type] # handed on as they came.
        yield from lines[:-1]

    monkeypatch.setattr(ArchiveWriter, "blocks", cut)
    monkeypatch.setattr(ArchiveWriter, "manifest", None, raising=False)
    with pytest.raises(BackupRefused, match="not complete"):
        verify(back_up(session, tmp_path).file, workshop(tmp_path))


class TestIntoAFile:
    """SQLite: what is there is never written over, and never lost."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        file = tmp_path / "place.db"
        for suffix in restoring.SIDE_FILES:
            Path(f"{file}{suffix}").write_text(f"old{suffix}")
        return file

    def test_a_database_that_is_there_stays_unless_told(self, made: BackupMade, place: Path, tmp_path: Path) -> None:
        with pytest.raises(BackupRefused, match="say --replace"):
            restore(made.file, f"sqlite:///{place}", workshop(tmp_path), now=utc_now(), is_replacing=False)
        assert place.read_text() == "old"

    def test_what_was_there_is_set_aside_with_its_side_files(
        self, made: BackupMade, place: Path, tmp_path: Path
    ) -> None:
        restored = restore(made.file, f"sqlite:///{place}", workshop(tmp_path), now=utc_now(), is_replacing=True)
        assert restored.set_aside is not None
        assert [Path(f"{restored.set_aside}{suffix}").read_text() for suffix in restoring.SIDE_FILES] == [
            "old", "old-wal", "old-shm",
        ]  # fmt: skip
        assert place.stat().st_mode & 0o777 == 0o600
        assert not list(tmp_path.glob("*restoring*"))
        with session_on(f"sqlite:///{place}") as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(Patient)) == 4

    def test_stale_side_files_alone_go_first(self, made: BackupMade, place: Path, tmp_path: Path) -> None:
        place.unlink()
        restored = restore(made.file, f"sqlite:///{place}", workshop(tmp_path), now=utc_now(), is_replacing=False)
        assert restored.set_aside is None
        with session_on(f"sqlite:///{place}") as session:
            assert session.scalar(sa.text("PRAGMA integrity_check")) == "ok"

    def test_a_bad_backup_changes_nothing(self, made: BackupMade, place: Path, tmp_path: Path) -> None:
        content = bytearray(made.file.read_bytes())
        content[-100] ^= 1
        made.file.write_bytes(bytes(content))
        with pytest.raises(BackupRefused):
            restore(made.file, f"sqlite:///{place}", workshop(tmp_path), now=utc_now(), is_replacing=True)
        assert place.read_text() == "old"
        assert not list(tmp_path.glob("*restoring*"))

    def test_a_backup_with_problems_changes_nothing(
        self, made: BackupMade, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(restoring, "_unreadable", lambda *_: ["values do not open"])
        with pytest.raises(BackupRefused, match="values do not open"):
            restore(made.file, f"sqlite:///{place}", workshop(tmp_path), now=utc_now(), is_replacing=True)
        assert place.read_text() == "old"


@pytest.mark.postgres_only  # A file of SQLite is set aside; here a new database is the way.
def test_a_postgres_database_must_be_new(session: Session, made: BackupMade, tmp_path: Path) -> None:
    url = session.get_bind().engine.url.render_as_string(hide_password=False)
    session.rollback()
    with pytest.raises(BackupRefused, match="not empty"):
        restore(made.file, url, workshop(tmp_path), now=utc_now(), is_replacing=True)


def test_a_database_that_may_not_be_used_is_told(
    made: BackupMade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_session: Session) -> None:
        raise NotReady(("trigger x is missing",))

    monkeypatch.setattr(restoring, "check_start", refuse)
    assert verify(made.file, workshop(tmp_path)).problems == ("trigger x is missing",)


def test_a_backup_that_was_not_read_to_its_end_has_no_manifest(made: BackupMade, tmp_path: Path) -> None:
    with restoring.opened(made.file, workshop(tmp_path)) as reader, pytest.raises(BackupRefused, match="not complete"):
        restoring._manifest(reader)
