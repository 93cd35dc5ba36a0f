"""Migrations go up, down to nothing, and up again, and what stands at the top is what the start-up check asks for."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from booking.models import Base, guard
from booking.queries.guards import HEAD_REVISION, missing_guards, schema_revision
from booking.services.readiness import check_start
from tests.databases import session_on
from tests.factories import make_clinic
from tests.migrations.conftest import Schema

MIGRATIONS = Path(__file__).parents[2] / "migrations"
REVISIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


def tables(url: str) -> set[str]:
    with session_on(url) as session:
        return set(sa.inspect(session.connection()).get_table_names())


def frozen(name: str) -> ModuleType:
    """A migration's module, loaded from its file as Alembic does."""
    found = importlib.util.spec_from_file_location(name, MIGRATIONS / "versions" / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_up_down_and_up_again_ends_where_the_program_wants_it(schema: Schema) -> None:
    schema.upgrade()
    first = tables(schema.url)
    schema.downgrade()
    assert tables(schema.url) == {"alembic_version"}
    schema.upgrade()
    assert tables(schema.url) == first
    with session_on(schema.url) as session:
        check_start(session)


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_single_step_can_be_undone_alone(schema: Schema, revision: str) -> None:
    schema.upgrade(revision)
    before = columns(schema.url)
    schema.downgrade("-1")
    assert columns(schema.url) < before
    schema.upgrade(revision)
    assert columns(schema.url) == before


def columns(url: str) -> set[str]:
    """Every column with its table."""
    with session_on(url) as session:
        seen = sa.inspect(session.connection())
        return {f"{table}.{column['name']}" for table in seen.get_table_names() for column in seen.get_columns(table)}


def test_going_up_again_changes_nothing(schema: Schema) -> None:
    schema.upgrade()
    with session_on(schema.url) as session:
        make_clinic(session)
    schema.upgrade()
    with session_on(schema.url) as session:
        assert session.scalar(sa.text("SELECT name FROM clinic")) == "Test Pain Clinic"


def test_all_tables_of_the_models_are_there(at_head: Session) -> None:
    found = set(sa.inspect(at_head.connection()).get_table_names())
    assert found == {*Base.metadata.tables, "alembic_version"}


def test_there_is_one_head_and_the_program_asks_for_it(at_head: Session) -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD_REVISION]
    assert schema_revision(at_head) == HEAD_REVISION


def test_an_empty_database_has_no_revision(schema: Schema) -> None:
    with session_on(schema.url) as session:
        assert schema_revision(session) is None


def test_the_guards_that_migrations_build_are_those_the_program_asks_for(at_head: Session) -> None:
    assert missing_guards(at_head) == []


def test_the_frozen_texts_of_the_triggers_are_those_of_the_models() -> None:
    visits = frozen("20261122_2311_0002_keep_people_and_visits")
    record = frozen("20261122_2312_0003_record_answers_and_messages")
    chain = frozen("20261123_0608_0008_chain_audit_events")
    written = {*visits.SQLITE_GUARDS, *record.SQLITE_GUARDS, *chain.SQLITE_GUARDS}
    assert written == set(guard.SQLITE_TRIGGERS.values())
