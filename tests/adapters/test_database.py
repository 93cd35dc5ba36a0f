"""The files of SQLite: whom they are readable for. The connections of PostgreSQL: which of them may be used again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from booking.adapters.database import create_engine
from tests.postgres import PostgresServer


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def write_to(url: str) -> sa.Engine:
    engine = create_engine(url)
    with engine.connect().execution_options(write=True) as connection:
        connection.exec_driver_sql("CREATE TABLE person (name TEXT)")
        connection.commit()
    return engine


def modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


def test_a_new_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    engine = write_to(f"sqlite:///{tmp_path / 'new.db'}")
    assert modes(tmp_path) == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}
    engine.dispose()


def test_a_database_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    file.touch()
    file.chmod(0o640)
    write_to(f"sqlite:///{file}").dispose()
    assert modes(tmp_path)["old.db"] == 0o640


def test_databases_without_a_file_make_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_to("sqlite://").dispose()
    assert modes(tmp_path) == {}


def test_the_address_of_a_file_is_left_to_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_to("sqlite:///file:own.db?uri=true").dispose()
    assert list(modes(tmp_path)) == ["own.db"]


def test_a_folder_that_is_missing_is_told_by_sqlite(tmp_path: Path) -> None:
    with pytest.raises(sa.exc.OperationalError, match="unable to open database file"):
        write_to(f"sqlite:///{tmp_path / 'missing' / 'new.db'}")


def test_a_connection_that_the_server_has_ended_is_replaced(postgres_server: PostgresServer) -> None:
    with postgres_server.temporary_database() as url:
        engine, other = create_engine(url), create_engine(url)
        with engine.connect() as connection:
            ended = connection.scalar(sa.text("SELECT pg_backend_pid()"))
        with other.connect() as connection:
            connection.execute(sa.text("SELECT pg_terminate_backend(:ended)"), {"ended": ended})
            while connection.scalar(
                sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :ended"), {"ended": ended}
            ):
                time.sleep(0.01)

        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT pg_backend_pid()")) != ended
        engine.dispose()
        other.dispose()


def test_a_connection_to_which_the_server_has_said_something_is_kept(postgres_server: PostgresServer) -> None:
    with postgres_server.temporary_database() as url:
        engine, other = create_engine(url), create_engine(url)
        with engine.connect() as connection:
            listener = connection.scalar(sa.text("SELECT pg_backend_pid()"))
            connection.execute(sa.text("LISTEN news"))
            connection.commit()
        with other.connect() as connection:
            connection.execute(sa.text("NOTIFY news"))
            connection.commit()
        time.sleep(0.05)

        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT pg_backend_pid()")) == listener
        engine.dispose()
        other.dispose()
