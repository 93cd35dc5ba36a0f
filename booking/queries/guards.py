"""Whether the database still holds its guards: read from its own catalogues, compared with what we expect."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models.guard import POSTGRES_CONSTRAINTS, POSTGRES_TRIGGERS, SQLITE_TRIGGERS

HEAD_REVISION = "0011"


def missing_guards(session: Session) -> list[str]:
    """A line per guard that is missing or not as expected; empty when all are there."""
    if session.get_bind().dialect.name == "sqlite":
        return _missing_on_sqlite(session)
    return _missing_on_postgres(session)


def _missing_on_sqlite(session: Session) -> list[str]:
    rows = session.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    found: dict[str, str] = {row.name: row.sql for row in rows}
    problems = [
        f"trigger {name} is missing or altered"
        for name, sql in SQLITE_TRIGGERS.items()
        if _normal(found.get(name, "")) != _normal(sql)
    ]
    for pragma, wanted in (("foreign_keys", 1), ("recursive_triggers", 1), ("journal_mode", "wal")):
        if session.scalar(sa.text(f"PRAGMA {pragma}")) != wanted:
            problems.append(f"PRAGMA {pragma} is not {wanted}")
    return problems


def _normal(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip()


def _missing_on_postgres(session: Session) -> list[str]:
    rows = session.execute(
        sa.text(
            "SELECT conname AS name, pg_get_constraintdef(oid) AS sql FROM pg_constraint"
            " WHERE contype = 'x' AND convalidated AND NOT condeferrable"
        )
    )
    found: dict[str, str] = {row.name: row.sql for row in rows}
    problems = [
        f"constraint {name} is missing or altered"
        for name, wanted in POSTGRES_CONSTRAINTS.items()
        if _normal(found.get(name, "")) != wanted
    ]
    on_tables = session.execute(
        sa.text("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'")
    )
    triggers = {(name, table) for name, table in on_tables}
    return problems + [
        f"trigger {name} is missing" for name, on in POSTGRES_TRIGGERS.items() if (name, on) not in triggers
    ]


def schema_revision(session: Session) -> str | None:
    """The migration the database stands at, or None when it was never migrated."""
    if not sa.inspect(session.connection()).has_table("alembic_version"):
        return None
    revision: str | None = session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return revision
