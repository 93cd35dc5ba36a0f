"""The one place that commits: what it refuses, and what it does when the database fails."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from booking.core.errors import BusyDatabase
from booking.models import Clinic
from booking.services.transaction import transaction


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
