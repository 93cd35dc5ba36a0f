"""Alembic's environment: our own, so that SQLite keeps its triggers and both databases migrate in transactions."""

from __future__ import annotations

import sqlite3
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.util import CommandError
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from booking.adapters.database import copy_sqlite, database_file
from booking.core.clock import utc_now
from booking.models import Base, UtcDateTime


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Migrations name plain SQL types, so that none of them ever imports the application."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def switch_off_foreign_keys(connection: sa.Connection) -> None:
    """SQLite ignores the pragma inside a transaction, so it goes to the driver before any statement."""
    raw = connection.connection.driver_connection
    assert raw is not None  # noqa: S101 - a connected pool always has one.
    raw.execute("PRAGMA foreign_keys=OFF")
    if raw.execute("PRAGMA foreign_keys").fetchone() != (0,):
        raise RuntimeError("SQLite did not switch off foreign keys; a rebuilt table would lose its children")


def refuse_orphans(connection: sa.Connection) -> None:
    """With foreign keys off, orphans would go unseen: look for them before the commit."""
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if orphans:
        raise RuntimeError(f"the migration leaves {len(orphans)} rows without their parent; nothing was changed")


def connect(engine: sa.Engine) -> sa.Connection:
    """A connection that writes. Raises CommandError, which Flask-Migrate tells in one line, when there is none."""
    try:
        return engine.connect().execution_options(write=True)
    except SQLAlchemyError as error:
        # Neither the driver's own words nor the query of the address: both may hold the password.
        address = engine.url.set(query={}).render_as_string(hide_password=True)
        raise CommandError(f"the database {address} cannot be opened ({type(error).__name__})") from None


def copy_before(engine: sa.Engine, current: tuple[str, ...]) -> None:
    """Before an SQLite database that is in use is changed, put a copy beside it: going back is to put that in place.

    PostgreSQL has backups of its own making; nothing is copied while there is nothing to lose."""
    file = database_file(engine.url.render_as_string(hide_password=False))
    wanted = destination()
    is_asked = current_app.config.get("COPY_BEFORE_UPGRADE", True)
    if file is None or not is_asked or not current or wanted is None or wanted in current:
        return
    copy = file.with_name(f"{file.name}.before-{wanted}-{utc_now():%Y%m%dT%H%M%S%fZ}")
    try:
        copy_sqlite(file, copy)
    except (OSError, sqlite3.Error) as error:
        raise CommandError(f"no copy of the database could be made, so nothing was changed ({error})") from None


def destination() -> str | None:
    """The revision that is asked for; None when the command only looks."""
    try:
        asked = context.get_revision_argument()
    except KeyError:
        return None
    return str(asked) if asked else "base"


def run() -> None:
    """Run the migrations in one transaction each, on the application's engine."""
    engine = current_app.extensions["migrate"].db.engine
    is_sqlite = engine.dialect.name == "sqlite"
    with connect(engine) as connection:
        if is_sqlite:
            switch_off_foreign_keys(connection)
        else:
            connection.exec_driver_sql("SET lock_timeout = '5s'")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=render_item,
            render_as_batch=False,
            compare_type=True,
            transactional_ddl=True,
            transaction_per_migration=True,
        )
        copy_before(engine, context.get_context().get_current_heads())
        with context.begin_transaction():
            context.run_migrations()
        if is_sqlite:
            refuse_orphans(connection)
    engine.dispose()


run()
