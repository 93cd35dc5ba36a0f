"""Before an SQLite database in use is changed, a copy is put beside it: going back is putting it in place."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from booking.queries.guards import HEAD_REVISION, schema_revision
from tests.databases import session_on
from tests.factories import make_clinic
from tests.migrations.conftest import Schema

pytestmark = pytest.mark.parametrize("schema", ["sqlite"], indirect=True)  # PostgreSQL has backups of its own.


def copies(folder: Path) -> list[Path]:
    return sorted(folder.glob("empty.db.before-*"))


def test_a_new_database_needs_no_copy_and_going_nowhere_makes_none(schema: Schema, tmp_path: Path) -> None:
    schema.upgrade()
    schema.upgrade()
    assert copies(tmp_path) == []


def test_the_copy_is_what_was_there_and_is_private(schema: Schema, tmp_path: Path) -> None:
    schema.upgrade()
    with session_on(schema.url) as session:
        make_clinic(session)
    schema.downgrade("-1")
    [copy] = copies(tmp_path)
    assert copy.stat().st_mode & 0o777 == 0o600
    with session_on(f"sqlite:///{copy}") as session:
        assert schema_revision(session) == HEAD_REVISION
        assert session.scalar(sa.text("SELECT name FROM clinic")) == "Test Pain Clinic"
    schema.upgrade()
    assert [HEAD_REVISION in found.name for found in copies(tmp_path)].count(True) == 1


def test_without_room_for_a_copy_nothing_is_changed(
    schema: Schema, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    schema.upgrade("0004")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("booking.adapters.database.copy_sqlite", fail)
    with pytest.raises(SystemExit):
        schema.upgrade()
    with session_on(schema.url) as session, closing(session):
        assert schema_revision(session) == "0004"
