"""Fixtures shared by all tests: both databases, a session, the application, a browser-like client."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.extensions import db
from booking.models import Account
from booking.services import sessions
from booking.services.audit import CHAIN_KEY
from booking.services.sealed import KEYS
from booking.web.application import create_app
from tests.databases import Database, PostgresDatabase, SqliteDatabase
from tests.measuring import Measuring
from tests.postgres import PostgresServer, running_postgres
from tests.postgres_keeper import MEMORY, has_room
from tests.settings import AUDIT_KEY, FIELD_KEYS, settings_for
from tests.work_units import WorkUnits, is_together

# A zone that is neither UTC nor any location's, so that an accidental local time shows.
os.environ["TZ"] = "Pacific/Chatham"
time.tzset()


# Nothing in the tests asserts a time: a busy machine is no mistake of the program's.
hypothesis.settings.register_profile("respite", deadline=None)
hypothesis.settings.load_profile("respite")


def pytest_configure(config: pytest.Config) -> None:
    """Files of tests go into memory where there is room: thousands of small databases wait for a disk otherwise."""
    config.pluginmanager.register(Measuring())
    if has_room(MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgres", "both"), default="both")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--database")
    names = ["sqlite", "postgres"] if chosen == "both" else [chosen]
    if metafunc.definition.get_closest_marker("sqlite_only"):
        names = [name for name in names if name == "sqlite"]
    if metafunc.definition.get_closest_marker("postgres_only"):
        names = [name for name in names if name == "postgres"]
    metafunc.parametrize("database", names, indirect=True, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What stays together, on SQLite, first: one process runs it from end to end, and none shall begin last of all.

    The others stay where they are, so that each process changes from one database to the other once.
    """
    if "TORTURE" not in os.environ:
        left_out = [item for item in items if item.get_closest_marker("on_demand")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    items.sort(key=lambda item: not is_together(item.nodeid) or "[postgres" in item.nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """See there."""
    return WorkUnits(config, log)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("database")
    with closing(_database(request, folder)) as made:
        yield made


def _database(request: pytest.FixtureRequest, folder: Path) -> Database:
    if request.param == "sqlite":
        return SqliteDatabase(folder)
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return PostgresDatabase(server, folder, f"{os.getpid()}")


@pytest.fixture(scope="session")
def shared_app(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = create_app(settings_for(database.url, tmp_path_factory.mktemp("data")))
    app.config["TESTING"] = True
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(shared_app: Flask, database: Database) -> Iterator[Flask]:
    """The application on a fresh database. Form tokens are off here; tests/house turns them on for every route."""
    database.reset()
    yield shared_app
    with shared_app.app_context():
        db.session.remove()
        if not database.keeps_connections:
            db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session of its own on the application's database; services commit for real."""
    with app.app_context():
        engine = db.engine
    with Session(engine, info={KEYS: FIELD_KEYS, CHAIN_KEY: AUDIT_KEY}) as session:
        yield session


@pytest.fixture
def client_as(app: Flask, session: Session) -> Callable[[Account], FlaskClient]:
    """A client that is logged in as the account."""

    def make(account: Account) -> FlaskClient:
        token = sessions.begin_session(session, account_id=account.id, data={}, now=utc_now())
        client = app.test_client()
        client.set_cookie("respite_session", token, domain="localhost")
        return client

    return make


@pytest.fixture
def sqlite_file(database: Database) -> Path:
    if not isinstance(database, SqliteDatabase):
        raise TypeError("only for tests marked sqlite_only")
    return database.file
