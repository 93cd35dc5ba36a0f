"""Both databases for tests: migrated by Alembic once, holding the test clinic, put back before each test.

Each test commits for real: on SQLite to a copied file, on PostgreSQL to a database made from a template, whose rows are
put back before the next one. So what a service commits is what the next request reads, as in production.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import flask_migrate
from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.services.audit import CHAIN_KEY
from booking.services.sealed import KEYS
from booking.web.application import create_app
from tests.factories import make_clinic
from tests.postgres import PostgresServer
from tests.postgres_reset import Restorer, restorer
from tests.settings import AUDIT_KEY, FIELD_KEYS, settings_for


class Database(Protocol):
    """A database that can be put back to the migrated schema with the test clinic in it."""

    name: str
    url: str
    keeps_connections: bool
    """Whether those who are connected may stay so through a reset."""

    def reset(self) -> None:
        """Back to the start; nobody may be in a transaction."""

    def close(self) -> None:
        """Let go of what was kept open for the resets."""

    def copy(self, folder: Path) -> AbstractContextManager[str]:
        """The URL of another such database, for a program that runs beside other tests; gone at the end."""


class SqliteDatabase:
    name = "sqlite"
    keeps_connections = False

    def __init__(self, folder: Path) -> None:
        self.file = folder / "test.db"
        self.template = folder / "template.db"
        self.url = f"sqlite:///{self.file}"
        build(f"sqlite:///{self.template}", folder)

    def reset(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.template, self.file)

    def close(self) -> None:
        """Nothing is kept open."""

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        file = folder / "copy.db"
        shutil.copy(self.template, file)
        yield f"sqlite:///{file}"


class PostgresDatabase:
    name = "postgres"
    keeps_connections = True

    def __init__(self, server: PostgresServer, folder: Path, label: str) -> None:
        self.server = server
        self.database = f"test_{label}"
        self.template = f"template_{label}"
        self.url = server.url(self.database)
        self._restorer: Restorer | None = None
        build(server.create_database(self.template), folder)

    def reset(self) -> None:
        if self._restorer is None or not self._restorer.restore():
            self._make_anew()

    def close(self) -> None:
        if self._restorer is not None:
            self._restorer.close()

    def _make_anew(self) -> None:
        self.close()
        self.server.drop_database(self.database)
        self._restorer = restorer(self.server.create_database(self.database, template=self.template))

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:  # noqa: ARG002 - SQLite needs one; callers know no difference.
        with self.server.temporary_database("copy", template=self.template) as url:
            yield url


def build(url: str, folder: Path) -> None:
    """Migrate an empty database to head and put the test clinic in."""
    app = create_app(settings_for(url, folder))
    with app.app_context():
        flask_migrate.upgrade()
    with session_on(url) as session:
        make_clinic(session)
    if url.startswith("sqlite"):
        with session_on(url) as session:
            session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def session_on(url: str) -> Iterator[Session]:
    """A session on an engine of its own, with the field keys of the tests."""
    engine = create_engine(url)
    try:
        with Session(engine, info={KEYS: FIELD_KEYS, CHAIN_KEY: AUDIT_KEY}) as session:
            yield session
    finally:
        engine.dispose()
