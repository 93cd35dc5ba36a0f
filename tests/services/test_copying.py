"""Copying rows into a migrated database: into the columns that are there, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from booking.adapters.backup_files import BackupRefused
from booking.adapters.database import create_engine
from booking.adapters.table_copy import Kind, Shape
from booking.services.copying import load
from tests.backups import migrate_with


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    url = f"sqlite:///{tmp_path / 'there.db'}"
    migrate_with(tmp_path)(url, "head")
    return create_engine(url)


HEARTBEAT = Shape("heartbeat", (("name", Kind.TEXT), ("beat_at", Kind.INSTANT)))
ROW = ["worker", "2026-11-23 13:00:00.000000"]


def names(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(sa.text("SELECT name FROM heartbeat")))


def test_rows_that_migrations_put_in_give_way(engine: sa.Engine) -> None:
    load(engine, [(HEARTBEAT, [["an old one", ROW[1]]])])
    load(engine, [(HEARTBEAT, [ROW])])
    assert names(engine) == ["worker"]


@pytest.mark.parametrize(
    "shape", [Shape("heartbeat", (("name", Kind.TEXT),)), Shape("pulse", HEARTBEAT.columns)], ids=["columns", "table"]
)
def test_other_columns_are_refused(engine: sa.Engine, shape: Shape) -> None:
    with pytest.raises(BackupRefused, match=f"the table {shape.table} has other columns here"):
        load(engine, [(shape, [["worker"]])])


def test_what_the_database_does_not_take_leaves_it_as_it_was(engine: sa.Engine) -> None:
    with pytest.raises(BackupRefused, match=r"do not fit into the database \(IntegrityError\)"):
        load(engine, [(HEARTBEAT, [ROW]), (HEARTBEAT, [ROW])])
    assert names(engine) == []


def test_a_database_that_will_not_make_room_is_told(engine: sa.Engine) -> None:
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.exec_driver_sql(
            "INSERT INTO audit_event (at, actor_kind, action, object_kind) "
            "VALUES ('2026-11-23 13:00:00.000000', '', '', '')"
        )
    with pytest.raises(BackupRefused, match=r"do not fit together \(IntegrityError\)"):
        load(engine, [(HEARTBEAT, [ROW])])
