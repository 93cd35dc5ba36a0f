"""An empty database of each kind, and Alembic's commands on it as the program runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from sqlalchemy.orm import Session

from booking.web.application import create_app
from tests.databases import session_on
from tests.postgres import PostgresServer
from tests.settings import settings_for


class Schema:
    """A database that begins without a single table."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._app = create_app(settings_for(url, folder))

    def upgrade(self, revision: str = "head") -> None:
        with self._app.app_context():
            flask_migrate.upgrade(revision=revision)

    def downgrade(self, revision: str = "base") -> None:
        with self._app.app_context():
            flask_migrate.downgrade(revision=revision)


@pytest.fixture(params=["sqlite", "postgres"])
def schema(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Schema]:
    """Empty, on each database in turn; `--database` chooses one of them."""
    chosen = request.config.getoption("--database")
    if chosen not in {"both", request.param}:
        pytest.skip(f"only {chosen} was asked for")
    if request.param == "sqlite":
        yield Schema(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.temporary_database("empty") as url:
        yield Schema(url, tmp_path)


@pytest.fixture
def at_head(schema: Schema) -> Iterator[Session]:
    """A session on the database with all tables."""
    schema.upgrade()
    with session_on(schema.url) as session:
        yield session
