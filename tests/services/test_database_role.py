"""The rights that deploy/postgresql/roles.sql gives to web and worker: enough to work, too few to take a guard away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.core.clock import utc_now
from booking.services.audit import CHAIN_KEY
from booking.services.heartbeat import beat
from booking.services.readiness import check_start
from booking.services.sealed import KEYS
from tests.databases import Database
from tests.services.cast import book, hold
from tests.settings import AUDIT_KEY, FIELD_KEYS

ROLES = Path(__file__).parents[2] / "deploy" / "postgresql" / "roles.sql"
GIVEN = re.compile(r"GRANT ([A-Z, ]+) ON (TABLES|SEQUENCES) TO respite;")

pytestmark = pytest.mark.postgres_only  # SQLite knows no roles.


@pytest.fixture
def limited(session: Session, database: Database) -> Iterator[Session]:
    """A session with those rights and no others."""
    role = f"{database.url.rpartition('/')[2].partition('?')[0]}_program"
    rights = GIVEN.findall(ROLES.read_text(encoding="utf-8"))
    _run(
        session,
        f"CREATE ROLE {role}",
        *(f"GRANT {given} ON ALL {kind} IN SCHEMA public TO {role}" for given, kind in rights),
    )
    engine = create_engine(database.url)
    sa.event.listen(engine, "connect", lambda dbapi, _record: _become(dbapi, role))
    try:
        with Session(engine, info={KEYS: FIELD_KEYS, CHAIN_KEY: AUDIT_KEY}) as found:
            yield found
    finally:
        engine.dispose()
        _run(session, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def _run(session: Session, *statements: str) -> None:
    for statement in statements:
        session.execute(sa.text(statement))
    session.commit()


def _become(dbapi, role: str) -> None:
    dbapi.execute(f"SET ROLE {role}")
    dbapi.commit()


def test_the_program_starts_and_books_with_them(limited: Session) -> None:
    check_start(limited)
    assert book(limited, hold(limited)).reference
    beat(limited, name="worker", now=utc_now())


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE reservation DROP CONSTRAINT reservation_lane_free",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "TRUNCATE audit_event",
        "DROP TABLE patient CASCADE",
        "CREATE TABLE own (id int)",
    ],
)
def test_a_guard_is_not_theirs_to_take(limited: Session, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"must be owner|permission denied"):
        limited.execute(sa.text(statement))
    limited.rollback()
