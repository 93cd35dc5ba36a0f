"""No guard, no start: every guard object is looked up by its text, and the guard is tried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.adapters.sealing import FieldKeys, new_key_entry
from booking.models import FieldKeyCheck, Heartbeat, Reservation, Resource
from booking.models.guard import POSTGRES_CONSTRAINTS, POSTGRES_TRIGGERS, SQLITE_TRIGGERS
from booking.queries import guards
from booking.services import readiness
from booking.services.backup_watch import note_good
from booking.services.readiness import NotReady, check_start, guard_refuses, report
from booking.services.sealed import KEYS
from tests.databases import session_on
from tests.factories import NOW


def run(session: Session, *statements: str) -> None:
    for statement in statements:
        session.execute(sa.text(statement))
    session.commit()


def problems_at_start(session: Session) -> tuple[str, ...]:
    with pytest.raises(NotReady) as refused:
        check_start(session)
    return refused.value.problems


def emptied(trigger: str) -> str:
    """The same trigger by name, that does nothing."""
    head, _, _ = SQLITE_TRIGGERS[trigger].partition(" BEGIN ")
    return f"{head} BEGIN SELECT 1; END"


def test_a_whole_database_may_be_used_and_the_probe_leaves_nothing(session: Session) -> None:
    before = session.scalar(sa.select(sa.func.count()).select_from(Resource))
    check_start(session)
    check_start(session)

    assert session.scalar(sa.select(sa.func.count()).select_from(Resource)) == before
    assert session.scalar(sa.select(sa.func.count()).select_from(Reservation)) == 0


@pytest.mark.sqlite_only  # The guard of SQLite is made of triggers.
@pytest.mark.parametrize("trigger", sorted(SQLITE_TRIGGERS))
def test_a_missing_trigger_stops_the_start(session: Session, trigger: str) -> None:
    run(session, f"DROP TRIGGER {trigger}")

    assert problems_at_start(session) == (f"trigger {trigger} is missing or altered",)


@pytest.mark.sqlite_only  # The guard of SQLite is made of triggers.
@pytest.mark.parametrize("trigger", sorted(SQLITE_TRIGGERS))
def test_an_emptied_trigger_that_kept_its_name_stops_the_start(session: Session, trigger: str) -> None:
    run(session, f"DROP TRIGGER {trigger}", emptied(trigger))

    assert problems_at_start(session) == (f"trigger {trigger} is missing or altered",)


@pytest.mark.sqlite_only  # PostgreSQL has no pragmas.
@pytest.mark.parametrize(
    ("pragma", "wrong"), [("foreign_keys", "OFF"), ("recursive_triggers", "OFF"), ("journal_mode", "DELETE")]
)
def test_a_pragma_that_is_not_as_set_stops_the_start(session: Session, pragma: str, wrong: str) -> None:
    engine = session.get_bind().engine
    engine.dispose()

    @event.listens_for(engine, "connect")
    def _spoil(dbapi, _record) -> None:
        dbapi.execute(f"PRAGMA {pragma}={wrong}")

    try:
        [problem] = problems_at_start(session)
    finally:
        event.remove(engine, "connect", _spoil)
        session.rollback()
        engine.dispose()
    assert problem.startswith(f"PRAGMA {pragma}")


@pytest.mark.postgres_only  # The guard of PostgreSQL is made of constraints.
@pytest.mark.parametrize("constraint", sorted(POSTGRES_CONSTRAINTS))
def test_a_missing_constraint_stops_the_start(session: Session, constraint: str) -> None:
    run(session, f"ALTER TABLE reservation DROP CONSTRAINT {constraint}")

    assert problems_at_start(session) == (f"constraint {constraint} is missing or altered",)


@pytest.mark.postgres_only  # The guard of PostgreSQL is made of constraints.
@pytest.mark.parametrize("constraint", sorted(POSTGRES_CONSTRAINTS))
@pytest.mark.parametrize("weakened", ["DEFERRABLE", "WHERE (resource_id = 0)"])
def test_a_weakened_constraint_that_kept_its_name_stops_the_start(
    session: Session, constraint: str, weakened: str
) -> None:
    run(
        session,
        f"ALTER TABLE reservation DROP CONSTRAINT {constraint}",
        f"ALTER TABLE reservation ADD CONSTRAINT {constraint} EXCLUDE USING gist ("
        f"tstzrange(starts_at, ends_at, '[)') WITH &&) {weakened}",
    )

    assert problems_at_start(session) == (f"constraint {constraint} is missing or altered",)


@pytest.mark.postgres_only  # On SQLite these are among the triggers above.
@pytest.mark.parametrize("trigger", POSTGRES_TRIGGERS)
@pytest.mark.parametrize("how", ["DROP TRIGGER {name} ON {table}", "ALTER TABLE {table} DISABLE TRIGGER {name}"])
def test_an_audit_trigger_that_does_not_fire_stops_the_start(session: Session, trigger: str, how: str) -> None:
    run(session, how.format(name=trigger, table=POSTGRES_TRIGGERS[trigger]))

    assert problems_at_start(session) == (f"trigger {trigger} is missing",)


def test_a_guard_that_looks_right_and_does_not_refuse_stops_the_start(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_overlap_guard(session):
        monkeypatch.setattr(readiness, "missing_guards", lambda _session: [])
        assert not guard_refuses(session)
        [problem] = problems_at_start(session)

    assert "does not refuse" in problem
    assert session.scalar(sa.select(sa.func.count()).select_from(Reservation)) == 0


@contextmanager
def without_overlap_guard(session: Session) -> Iterator[None]:
    if session.get_bind().dialect.name == "sqlite":
        run(session, "DROP TRIGGER reservation_no_overlap_insert")
    else:
        run(session, "ALTER TABLE reservation DROP CONSTRAINT reservation_lane_free")
    yield


def test_a_refusal_of_something_else_is_no_guard(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    run(session, "INSERT INTO heartbeat (name, beat_at) VALUES ('web', '2026-11-23 12:00:00.000000')")

    def break_another_constraint(probed: Session) -> None:
        probed.execute(sa.insert(Heartbeat).values(name="web", beat_at=NOW))

    monkeypatch.setattr(readiness, "_insert_overlap", break_another_constraint)

    assert not guard_refuses(session)


def test_a_database_of_another_revision_stops_the_start(session: Session) -> None:
    run(session, "UPDATE alembic_version SET version_num = '0001'")

    assert problems_at_start(session) == (
        f"the database is at migration 0001, this program needs {guards.HEAD_REVISION}",
    )


def test_a_database_that_was_never_migrated_stops_the_start(session: Session) -> None:
    run(session, "DROP TABLE alembic_version")

    assert problems_at_start(session) == (
        f"the database is at migration none, this program needs {guards.HEAD_REVISION}",
    )
    assert guards.schema_revision(session) is None


def test_a_field_key_is_noted_once_and_missed_later(session: Session) -> None:
    check_start(session)
    assert [row.key_id for row in session.scalars(sa.select(FieldKeyCheck))] == ["t1"]

    session.info[KEYS] = FieldKeys.parse(new_key_entry("t1"))
    [problem] = problems_at_start(session)
    assert problem.startswith("FIELD_KEYS: key t1")


def test_the_report_says_when_the_worker_was_seen(session: Session) -> None:
    assert (report(session, now=NOW).is_ready, report(session, now=NOW).worker_seen_seconds) == (True, None)

    run(session, "INSERT INTO heartbeat (name, beat_at) VALUES ('worker', '2026-11-23 12:59:00.000000')")
    assert report(session, now=NOW).worker_seen_seconds == 60
    assert report(session, now=NOW).backup_made_seconds is None
    note_good(session, now=NOW - timedelta(hours=1))
    assert report(session, now=NOW).backup_made_seconds == 3600


def test_the_report_is_red_without_guard_or_database(session: Session, tmp_path) -> None:
    run(session, "UPDATE alembic_version SET version_num = '0001'")
    assert not report(session, now=NOW).is_ready

    with session_on(f"sqlite:///{tmp_path}/missing/none.db") as nowhere:
        assert report(nowhere, now=NOW).problems == ("database: OperationalError",)


def test_the_guard_is_named_by_the_error_it_raises(session: Session) -> None:
    with pytest.raises(IntegrityError) as broken:
        run(session, "INSERT INTO heartbeat (name, beat_at) VALUES ('web', NULL)")

    assert not readiness.is_guard_refusal(broken.value)
