"""The one place that commits: what it refuses, and what it does when the database fails."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from booking.core.errors import BusyDatabase
from booking.models import Clinic, Heartbeat
from booking.services.transaction import end_read, read_without_transaction, transaction


def name_of_clinic(session: Session) -> str:
    session.rollback()
    return session.scalars(sa.select(Clinic.name)).one()


def rename_and_fail(session: Session) -> None:
    session.execute(sa.update(Clinic).values(name="Lost"))
    raise ZeroDivisionError


def test_what_is_written_is_kept(session: Session) -> None:
    with transaction(session):
        session.execute(sa.update(Clinic).values(name="Kept"))
    assert name_of_clinic(session) == "Kept"


def test_any_error_takes_everything_back(session: Session) -> None:
    with pytest.raises(ZeroDivisionError), transaction(session):
        rename_and_fail(session)
    assert name_of_clinic(session) == "Test Pain Clinic"


def test_a_transaction_inside_a_transaction_is_refused(session: Session) -> None:
    with transaction(session), pytest.raises(RuntimeError, match="inside a transaction"), transaction(session):
        pass


def test_unsaved_changes_are_refused(session: Session) -> None:
    session.scalars(sa.select(Clinic)).one().name = "Unsaved"
    with pytest.raises(RuntimeError, match="unsaved changes"), transaction(session):
        pass


def test_after_plain_reads_a_transaction_is_whole(session: Session) -> None:
    session.rollback()
    read_without_transaction(session)
    assert session.scalars(sa.select(Clinic.name)).one() == "Test Pain Clinic"
    with pytest.raises(ZeroDivisionError), transaction(session):
        rename_and_fail(session)
    assert name_of_clinic(session) == "Test Pain Clinic"


def test_an_open_transaction_stays_open(session: Session) -> None:
    with transaction(session):
        session.execute(sa.update(Clinic).values(name="Lost"))
        read_without_transaction(session)
        session.rollback()
    assert name_of_clinic(session) == "Test Pain Clinic"


# SQLite shows all statements of a transaction the same state, which readers there are to have.
@pytest.mark.postgres_only
def test_plain_reads_open_no_transaction_and_only_until_the_next_one(session: Session) -> None:
    instant = sa.select(sa.func.now())
    session.rollback()
    read_without_transaction(session)
    assert session.scalar(instant) != session.scalar(instant)
    session.rollback()
    assert session.scalar(instant) == session.scalar(instant)


# On PostgreSQL an unknown table is another class of error; the branch is the same.
@pytest.mark.sqlite_only
def test_a_failure_that_is_no_lock_stays_what_it_is(session: Session) -> None:
    with pytest.raises(OperationalError), transaction(session):
        session.execute(sa.text("SELECT * FROM nowhere"))
    assert name_of_clinic(session) == "Test Pain Clinic"


# On PostgreSQL writers of different rows do not wait for each other.
@pytest.mark.sqlite_only
def test_a_lock_that_does_not_come_is_told_as_a_busy_database(session: Session) -> None:
    engine = session.get_bind().engine
    with engine.connect().execution_options(write=True) as other:
        other.execute(sa.text("SELECT 1"))
        session.connection().exec_driver_sql("PRAGMA busy_timeout=50")
        with pytest.raises(BusyDatabase), transaction(session):
            pass


def test_ending_a_read_gives_the_connection_back(session: Session) -> None:
    session.execute(sa.text("SELECT 1"))
    assert session.in_transaction()
    end_read(session)
    assert not session.in_transaction()


def test_ending_a_read_never_loses_what_is_unsaved(session: Session) -> None:
    session.add(Heartbeat(name="unsaved"))
    with pytest.raises(RuntimeError, match="unsaved"):
        end_read(session)
