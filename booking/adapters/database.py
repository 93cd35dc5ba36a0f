"""Engines of both databases, set up so that transactions, foreign keys and time-outs mean what the code assumes."""

from __future__ import annotations

import os
import select
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

SQLITE_PRAGMAS = (
    "busy_timeout=5000",
    "journal_mode=WAL",
    "foreign_keys=ON",
    "synchronous=FULL",
    "recursive_triggers=ON",
    "trusted_schema=OFF",
)
POSTGRES_OPTIONS = (
    "-c statement_timeout=15000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
    # A clinic's data lies in memory or on a disk without heads: what has a key is found by it, in small tables as well.
    " -c random_page_cost=1.1"
)


def engine_options(url: str) -> dict[str, Any]:
    """Keyword arguments for `create_engine`. Parameters stay out of errors: they may hold names and answers."""
    options: dict[str, Any] = {"hide_parameters": True}
    if url.startswith("postgresql"):
        options |= {"connect_args": {"options": POSTGRES_OPTIONS}}
    return options


def prepare_engine(engine: sa.Engine) -> None:
    """Let a dead connection be noticed before it is used, and transactions begin as the program means them."""
    if engine.dialect.name == "sqlite":
        _control_transactions(engine)
    else:
        _notice_lost_connections(engine)


def _notice_lost_connections(engine: sa.Engine) -> None:
    """Ask the server only when there is something to hear: a server that ends a connection sends word of it.

    SQLAlchemy's own pre-ping asks every time, and that question costs as much as a search."""

    @event.listens_for(engine, "checkout")
    def _check(dbapi: Any, _record: Any, _proxy: Any) -> None:
        watched = select.poll()
        watched.register(dbapi.fileno(), select.POLLIN)
        if not watched.poll(0):
            return
        try:
            engine.dialect.do_ping(dbapi)
        except dbapi.Error as lost:
            raise sa.exc.DisconnectionError from lost


def _control_transactions(engine: sa.Engine) -> None:
    """Take transaction control away from Python's SQLite driver: reads begin plainly, writes BEGIN IMMEDIATE.

    The driver's own rules make SELECTs unrepeatable and DDL untransactional; see docs/adr/0003."""

    @event.listens_for(engine, "do_connect")
    def _create(_dialect: Any, _record: Any, arguments: list[Any], named: dict[str, Any]) -> None:
        if not named.get("uri"):
            create_private(str(arguments[0]))

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            dbapi.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        is_write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def create_private(file: str) -> None:
    """Create the missing file of an SQLite database for its owner alone: it holds names, phones and addresses.

    SQLite would make it readable for all; its -wal and -shm take over the mode. A file that is there keeps its own."""
    if file in {"", ":memory:"}:
        return
    # What forbids the file, SQLite says when it opens it.
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def copy_sqlite(file: Path, into: Path) -> None:
    """A consistent copy of an SQLite database in use, as a new file for its owner alone. Raises sqlite3.Error."""
    create_private(str(into))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM INTO ?", (str(into),))


def create_engine(url: str) -> sa.Engine:
    """An engine outside the web application: tools, tests, benchmarks."""
    engine = sa.create_engine(url, **engine_options(url))
    prepare_engine(engine)
    return engine


def database_file(url: str) -> Path | None:
    """The file of an SQLite database, None for every other one."""
    parsed = sa.make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}
    return Path(parsed.database or "") if is_file else None
