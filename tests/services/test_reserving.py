"""The guard behind the locks, and what happens when a lock cannot be had."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Never

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.core.errors import BusyDatabase, SlotTaken
from booking.models import Appointment, Hold, Patient, Reservation
from booking.services import reserving
from booking.services.reserving import book_in_transaction
from tests.databases import Database, session_on
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import DORA, VISITOR, book, book_for_caller, hold
from tests.services.statements import counted_statements


def be_blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine believe that nothing is taken."""
    see = reserving.busy_for_booking
    monkeypatch.setattr(
        reserving, "busy_for_booking", lambda *asked, **options: see(*asked, **options)._replace(busy={})
    )


def test_the_guard_refuses_what_a_blind_engine_accepts(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_appointment(session)
    be_blind(monkeypatch)

    with caplog.at_level(logging.ERROR), pytest.raises(SlotTaken) as refused:
        hold(session)

    assert refused.value.alternatives[0].starts_at == NEXT_MONDAY_9 + timedelta(minutes=45)
    assert "guard refused" in caplog.text
    assert session.scalars(sa.select(Hold)).all() == []


def test_a_booking_that_the_guard_refuses_leaves_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    held = hold(session)
    session.execute(sa.delete(Reservation))
    session.commit()
    make_appointment(session)
    patients = session.scalar(sa.select(sa.func.count()).select_from(Patient))
    be_blind(monkeypatch)

    with pytest.raises(SlotTaken):
        book(session, held)

    assert session.scalar(sa.select(sa.func.count()).select_from(Appointment)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Patient)) == patients


def test_a_time_can_be_reserved_without_a_browser_session(session: Session) -> None:
    booked = book_for_caller(session, actor=replace(DORA, owner=""))

    assert booked.reference


def test_a_booking_costs_few_statements(session: Session, database: Database) -> None:
    """The nonce, all questions at once, then a statement for each table; on PostgreSQL one more for the locks."""
    ana_id = make_patient(session).id
    book_for_caller(session)
    with counted_statements(session) as for_somebody_new:
        book_for_caller(session, starts_at=NEXT_MONDAY_9 + timedelta(hours=1))
    with counted_statements(session) as for_ana:
        book_for_caller(session, starts_at=NEXT_MONDAY_9 + timedelta(hours=2), patient=ana_id)

    assert (len(for_somebody_new), len(for_ana)) == {"sqlite": (8, 6), "postgres": (9, 7)}[database.name]


def test_any_other_broken_constraint_is_a_bug(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"resource_id": 1, "lane": 0, "starts_at": NEXT_MONDAY_9, "ends_at": NEXT_MONDAY_9}
    monkeypatch.setattr(reserving, "_taken", lambda _allocation: broken)

    with pytest.raises(IntegrityError):
        hold(session)


@pytest.mark.postgres_only  # SQLite waits for its one write lock as long as it may; a second wait would double that.
def test_a_lock_that_could_not_be_had_is_tried_once_more(session: Session) -> None:
    tries: list[int] = []

    def work() -> str:
        tries.append(1)
        if len(tries) == 1:
            session.execute(sa.text("SELECT set_config('lock_timeout', '1ms', true)"))
            session.execute(sa.text("SELECT 1 FROM resource WHERE id = 1 FOR UPDATE"))
        return "done"

    with session_on(session.get_bind().engine.url.render_as_string(hide_password=False)) as other:
        other.execute(sa.text("SELECT 1 FROM resource WHERE id = 1 FOR UPDATE"))
        assert book_in_transaction(session, work, now=NOW) == "done"
    assert len(tries) == 2


def test_a_busy_database_is_told_and_nothing_is_kept(session: Session, database: Database) -> None:
    tries: list[int] = []

    def work() -> Never:
        tries.append(1)
        session.execute(sa.delete(Reservation))
        raise BusyDatabase

    held = hold(session)
    with pytest.raises(BusyDatabase):
        book_in_transaction(session, work, now=NOW)

    assert len(tries) == {"sqlite": 1, "postgres": 2}[database.name]
    assert book(session, held, VISITOR).reference


@pytest.mark.sqlite_only  # On PostgreSQL writers of different rows do not wait for each other.
def test_sqlite_gives_up_when_another_writer_keeps_the_lock(session: Session, database: Database) -> None:
    with session_on(database.url) as other:
        other.connection(execution_options={"write": True})
        session.connection().exec_driver_sql("PRAGMA busy_timeout=20")
        with pytest.raises(BusyDatabase):
            hold(session)
