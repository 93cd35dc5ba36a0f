"""Moving between the databases: everything arrives and is the same, or nothing is moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.backup_files import BackupRefused
from booking.core.errors import BusyDatabase
from booking.models import Appointment, Patient
from booking.services import moving
from booking.services.moving import move
from booking.services.readiness import NotReady
from booking.services.transaction import transaction
from tests.backups import empty_database, fill, migrate_with
from tests.databases import session_on
from tests.factories import make_appointment, make_patient
from tests.settings import FIELD_KEYS


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path, lambda: request.getfixturevalue("postgres_server")) as url:
        yield url


def move_to(session: Session, url: str, folder: Path) -> moving.Moved:
    session.rollback()
    return move(session.get_bind().engine, url, keys=FIELD_KEYS, migrate=migrate_with(folder))


def test_everything_arrives_and_the_next_ids_are_free(session: Session, target: str, tmp_path: Path) -> None:
    fill(session)
    moved = move_to(session, target, tmp_path)
    assert moved.rows > 100
    with session_on(target) as there:
        query = sa.select(Patient.id, Patient.given_name, Patient.born_on, Patient.created_at).order_by(Patient.id)
        assert there.execute(query).all() == session.execute(query).all()
        make_appointment(there, starts_at=there.scalar(sa.select(sa.func.max(Appointment.ends_at))))


def test_a_target_with_anything_in_it_is_refused(session: Session, target: str, tmp_path: Path) -> None:
    migrate_with(tmp_path)(target, "0001")
    with pytest.raises(BackupRefused, match="not empty"):
        move_to(session, target, tmp_path)


def test_nobody_can_write_meanwhile(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(session)
    load = moving.load
    here = session.get_bind().engine.url.render_as_string(hide_password=False)

    def write_first(*arguments: object) -> None:
        with session_on(here) as other:
            other.execute(sa.text("SELECT 1"))
            timeout = "PRAGMA busy_timeout=50" if "sqlite" in here else "SET lock_timeout = 50"
            other.connection().connection.driver_connection.execute(timeout)
            if "postgres" in here:
                other.commit()
            with pytest.raises(BusyDatabase), transaction(other):
                other.execute(sa.update(Patient).values(language="es"))
        load(*arguments)  # type: ignore[arg-type] # handed on as they came.

    monkeypatch.setattr(moving, "load", write_first)
    assert move_to(session, f"sqlite:///{tmp_path / 'there.db'}", tmp_path).tables > 20


def test_rows_that_get_lost_are_told(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(session)
    rows = moving._all_rows
    monkeypatch.setattr(
        moving, "_all_rows", lambda found: (pair for pair in rows(found) if pair[0].table != "login_session")
    )
    with pytest.raises(BackupRefused, match="login_session has 0 rows instead of 1"):
        move_to(session, f"sqlite:///{tmp_path / 'there.db'}", tmp_path)


def test_rows_without_their_parent_are_told(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_patient(session)
    rows = moving._all_rows
    monkeypatch.setattr(
        moving, "_all_rows", lambda found: (pair for pair in rows(found) if pair[0].table != "resource")
    )
    with pytest.raises(BackupRefused, match="do not fit together"):
        move_to(session, f"sqlite:///{tmp_path / 'there.db'}", tmp_path)


def test_a_target_that_may_not_be_used_is_told(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_session: Session) -> None:
        raise NotReady(("trigger x is missing",))

    monkeypatch.setattr(moving, "check_start", refuse)
    with pytest.raises(BackupRefused, match="trigger x is missing"):
        move_to(session, f"sqlite:///{tmp_path / 'there.db'}", tmp_path)


def test_overlapping_visits_are_not_let_in_by_copying(
    session: Session, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guards of the target hold for what is copied: a source that has lost them is found out."""
    visit = make_appointment(session)
    rows = moving._all_rows

    def doubled(connection: sa.Connection) -> Iterator[tuple[moving.Shape, list[moving.Row]]]:
        with closing(rows(connection)) as batches:
            for shape, found in batches:
                yield shape, found
                if shape.table == "reservation":
                    place = [name for name, _ in shape.columns].index("id")
                    yield shape, [[*row[:place], row[place] + 1000, *row[place + 1 :]] for row in found]

    monkeypatch.setattr(moving, "_all_rows", doubled)
    with pytest.raises(BackupRefused, match="do not fit into the database"):
        move_to(session, target, tmp_path)
    assert visit.ends_at - visit.starts_at == timedelta(minutes=45)
