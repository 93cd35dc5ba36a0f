"""A booking and a change of hours at the same instant: no visit is left outside the hours unless somebody was asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.core.actor import SYSTEM
from booking.core.clinic_file.plan import ClinicPlan
from booking.core.errors import RulesRefuse
from booking.core.scheduling.calendar_change import DateChange
from booking.models import BlockKind, Clinic, HoursException, WeeklyHours
from booking.queries.catalogue import catalogue, kept_catalogue
from booking.queries.clinic_plan import stored_plan
from booking.services import calendar_changes, hours, locks
from booking.services.appointments import cancel
from booking.services.blocks import BlockDetails, add_blocks
from booking.services.clinic import new_revision, store_clinic
from booking.services.clinic_loading import load_clinic
from booking.services.reserving import OtherClinic, run_twice_if_busy
from booking.services.transaction import transaction
from tests.databases import Database, session_on
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.services.calendar_cast import asked, away, blocked
from tests.services.cast import DORA, DR_CRUZ, FOLLOW_UP, NORTHSIDE, book_for_caller, hold
from tests.services.visit_cast import set_service
from tests.torture.racing import PATIENCE_SECONDS, Racers, overlaps, racers

ROUNDS = 6
WEEK = timedelta(weeks=1)


@pytest.fixture
def field(session: Session, database: Database) -> Iterator[Racers]:
    del session  # The database is fresh once the session's fixture has run.
    with racers(lambda: create_engine(database.url)) as ready:
        yield ready


def away_on(on: date) -> DateChange:
    return DateChange(DR_CRUZ, NORTHSIDE, on, ())


def book(session: Session, *, weeks: int = 0) -> object:
    return book_for_caller(
        session, starts_at=NEXT_MONDAY_9 + weeks * WEEK, service_id=FOLLOW_UP, specialist_id=DR_CRUZ,
    )  # fmt: skip


def test_a_visit_is_seen_by_the_change_or_sees_the_new_hours(session: Session, field: Racers) -> None:
    for weeks in range(ROUNDS):
        change = away_on(NEXT_MONDAY_9.date() + weeks * WEEK)

        booked, saved = field.race(
            lambda own, weeks=weeks: book(own, weeks=weeks),
            lambda own, change=change: calendar_changes.save(own, asked(change), actor=DORA, now=NOW),
        )

        assert sorted([booked.code, saved.code]) in (["new_hits", "ok"], ["ok", "rules_refuse"])
        assert (saved.code == "ok") == (booked.code == "rules_refuse")
    assert overlaps(session) == 0


@pytest.mark.postgres_only
def test_a_booking_that_waits_for_a_change_of_hours_is_judged_by_the_new_ones(
    session: Session, database: Database
) -> None:
    with session_on(database.url) as own, ThreadPoolExecutor(1) as pool:
        with transaction(session):
            locks.take_resources(session, [DR_CRUZ])
            hours.write_date(session, away_on(NEXT_MONDAY_9.date()), actor=DORA, now=NOW)
            booking = pool.submit(book, own)
            wait_for_a_waiter(session)
        with pytest.raises(RulesRefuse) as refused:
            booking.result(PATIENCE_SECONDS)
    assert [refusal.code for refusal in refused.value.refusals] == ["outside_hours"]


@pytest.mark.postgres_only
def test_a_change_that_waits_for_another_goes_by_the_hours_that_it_has_made(
    session: Session, database: Database
) -> None:
    monday = NEXT_MONDAY_9.date()
    with session_on(database.url) as own, ThreadPoolExecutor(1) as pool:
        with transaction(session):
            locks.take_resources(session, [DR_CRUZ])
            hours.write_date(session, away_on(monday), actor=DORA, now=NOW)
            back = asked(DateChange(DR_CRUZ, NORTHSIDE, monday, None))
            saving = pool.submit(calendar_changes.save, own, back, actor=DORA, now=NOW)
            wait_for_a_waiter(session)
        saving.result(PATIENCE_SECONDS)
    assert session.scalars(sa.select(HoursException)).all() == []


@pytest.mark.postgres_only
def test_a_cancellation_waits_for_the_block_that_is_laid_around_its_visit(session: Session, database: Database) -> None:
    visit = make_appointment(session)
    with session_on(database.url) as own, ThreadPoolExecutor(1) as pool:
        with transaction(session):
            add_blocks(session, away(), BlockDetails(BlockKind.LEAVE, "Leave"), actor=DORA, now=NOW)
            cancelling = pool.submit(
                cancel, own, actor=DORA, public_id=visit.public_id, reason_code="pat", note=None, now=NOW
            )
            wait_for_a_waiter(session)
        cancelling.result(PATIENCE_SECONDS)
    assert blocked(session) == [(0, 0.75), (0.75, 3)]


def without_hours(session: Session) -> ClinicPlan:
    """The stored clinic, in which nobody is there at any time."""
    stored = stored_plan(session, catalogue(session), blocks_from=NOW)
    session.rollback()
    return replace(stored, resources=tuple(replace(one, weekly_hours=()) for one in stored.resources))


@pytest.mark.postgres_only
def test_a_booking_that_waits_for_a_loading_is_judged_by_what_was_loaded(session: Session, database: Database) -> None:
    plan = without_hours(session)
    with session_on(database.url) as own, ThreadPoolExecutor(1) as pool:
        with transaction(session):
            locks.take_clinic(session)
            store_clinic(session, plan, actor=SYSTEM, now=NOW)
            booking = pool.submit(book, own)
            wait_for_a_waiter(session)
        with pytest.raises(RulesRefuse) as refused:
            booking.result(PATIENCE_SECONDS)
    assert [refusal.code for refusal in refused.value.refusals] == ["outside_hours"]


@pytest.mark.postgres_only
def test_a_loading_waits_for_whoever_books(session: Session, database: Database) -> None:
    """Else a visit that was allowed by the old hours would be stored after the new ones."""
    plan = without_hours(session)
    with session_on(database.url) as own, ThreadPoolExecutor(1) as pool:
        with transaction(session):
            locks.take_resources(session, [DR_CRUZ])
            loading = pool.submit(load_clinic, own, plan, actor=SYSTEM, now=NOW)
            wait_for_a_waiter(session)
            assert session.scalars(sa.select(WeeklyHours)).all() != []
        loading.result(PATIENCE_SECONDS)
    assert session.scalars(sa.select(WeeklyHours)).all() == []


def wait_for_a_waiter(session: Session) -> None:
    """Until another transaction waits for a lock of this one."""
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    until = time.monotonic() + PATIENCE_SECONDS
    while not session.scalar(waiting):
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.02)


def test_hours_that_another_process_has_changed_are_read_again(session: Session, database: Database) -> None:
    kept_catalogue(session)
    session.rollback()
    with session_on(database.url) as other:
        calendar_changes.save(other, asked(away_on(NEXT_MONDAY_9.date())), actor=DORA, now=NOW)
    with pytest.raises(RulesRefuse):
        hold(session)


def test_rules_that_another_process_has_changed_are_read_again(session: Session, database: Database) -> None:
    set_service(session, book_notice_minutes=30 * 24 * 60)
    kept_catalogue(session)
    session.rollback()
    with session_on(database.url) as other:
        set_service(other, book_notice_minutes=0)
    assert book_for_caller(session).reference


def test_a_clinic_that_changes_without_end_is_busy(session: Session) -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(session.execute(sa.select(Clinic.revision)).scalar_one())
        raise OtherClinic

    with pytest.raises(OtherClinic) as busy:
        run_twice_if_busy(session, work)
    assert (len(tries), busy.value.code) == (2, "busy_database")
    assert new_revision() not in tries
