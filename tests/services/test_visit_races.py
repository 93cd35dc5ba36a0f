"""Two acts on one visit, or on one time, at the same instant: exactly one of them is done, and nothing is half done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AppointmentTime
from booking.services.appointments import cancel, undo_cancel
from booking.services.changing import undo_change
from booking.services.confirming import confirm_visit
from booking.services.ordering import VisitDetails
from booking.services.several import VisitWish, book_several
from tests.databases import Database
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.services.cast import ANA, DORA, DR_ADEYEMI, DR_CRUZ, FOLLOW_UP, NORTHSIDE, book_for_caller, new_nonce
from tests.services.visit_cast import AT_ELEVEN, AT_TEN, MINUTE, change, patient_of, reread, taken
from tests.torture.racing import Deed, Racers, overlaps, racers

ROUNDS = 5
DAY = timedelta(days=1)
ON_DAYS = [NEXT_MONDAY_9 + number * DAY for number in range(ROUNDS)]


@pytest.fixture
def field(session: Session, database: Database) -> Iterator[Racers]:
    del session  # The database is fresh once the session's fixture has run.
    with racers(lambda: create_engine(database.url)) as ready:
        yield ready


def loaded(session: Session, appointment: Appointment) -> Appointment:
    """A copy that threads may read without its session."""
    session.refresh(appointment)
    session.expunge(appointment)
    session.rollback()
    return appointment


def is_whole(session: Session, appointment_id: int) -> bool:
    """Whether the visit has all its reservations at its own time, or none when it is cancelled."""
    session.rollback()
    row = session.get_one(Appointment, appointment_id, populate_existing=True)
    rows = taken(session, appointment_id=appointment_id)
    if row.status is AppointmentStatus.CANCELLED:
        return rows == set()
    return len(rows) == 3 and {starts for _, starts, _ in rows} == {row.starts_at}


def test_of_two_changes_of_one_page_one_is_done(session: Session, field: Racers) -> None:
    for at in ON_DAYS:
        appointment = loaded(session, make_appointment(session, starts_at=at))
        goals = (at + timedelta(hours=1), at + timedelta(hours=2))
        deeds = [
            lambda own, goal=goal, visit=appointment: change(own, visit, DORA, starts_at=goal, version=1)
            for goal in goals
        ]

        outcomes = field.race(*deeds)

        assert sorted(outcome.code for outcome in outcomes) == ["move_not_allowed", "ok"]
        assert is_whole(session, appointment.id)
        assert overlaps(session) == 0


def test_the_same_form_sent_twice_at_once_is_one_change(session: Session, field: Racers) -> None:
    for at in ON_DAYS:
        appointment = loaded(session, make_appointment(session, starts_at=at))
        nonce = new_nonce()

        def deed(own: Session, *, visit: Appointment = appointment, key: str = nonce) -> object:
            return change(own, visit, DORA, starts_at=visit.starts_at + timedelta(hours=1), nonce=key)

        first, second = field.race(deed, deed)

        assert first.code == second.code == "ok"
        assert first.answer == second.answer
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(AppointmentTime)) == ROUNDS


def test_a_change_and_a_cancelling_leave_a_whole_visit(session: Session, field: Racers) -> None:
    for at in ON_DAYS:
        appointment = loaded(session, make_appointment(session, starts_at=at))
        patient = patient_of(session, appointment)
        session.rollback()

        def moves(own: Session, *, visit: Appointment = appointment) -> object:
            return change(own, visit, DORA, starts_at=visit.starts_at + timedelta(hours=1), version=1)

        def cancels(own: Session, *, public_id: str = appointment.public_id, actor: object = patient) -> None:
            cancel(own, actor=actor, public_id=public_id, reason_code=None, note=None, now=NOW)

        moved, cancelled = field.race(moves, cancels)

        # Moved and then cancelled is a way to do both; the other way round is none.
        assert cancelled.code == "ok"
        assert moved.code in {"ok", "move_not_allowed"}
        assert is_whole(session, appointment.id)
        assert overlaps(session) == 0


def test_an_undo_and_somebody_elses_booking_never_both_get_the_time(session: Session, field: Racers) -> None:
    """Staff cancelled, so nothing is kept for the undo: the first to come gets the time."""
    for at in ON_DAYS:
        appointment = loaded(session, make_appointment(session, starts_at=at))
        cancel(session, actor=DORA, public_id=appointment.public_id, reason_code="pat", note=None, now=NOW)

        def undoes(own: Session, *, public_id: str = appointment.public_id) -> None:
            undo_cancel(own, actor=DORA, public_id=public_id, now=NOW + MINUTE)

        booking: Deed = lambda own, at=at: book_for_caller(own, starts_at=at, service_id=FOLLOW_UP)  # noqa: E731 - as the others.
        outcomes = field.race(undoes, booking)

        assert sorted(outcome.code for outcome in outcomes) == ["ok", "slot_taken"]
        assert is_whole(session, appointment.id)
        assert overlaps(session) == 0


def test_a_change_back_and_a_booking_of_the_old_time_never_both_get_it(session: Session, field: Racers) -> None:
    for at in ON_DAYS:
        appointment = loaded(session, make_appointment(session, starts_at=at))
        change(session, appointment, DORA, starts_at=at + timedelta(hours=1))

        def undoes(own: Session, *, public_id: str = appointment.public_id) -> object:
            return undo_change(own, actor=DORA, public_id=public_id, now=NOW + MINUTE)

        booking: Deed = lambda own, at=at: book_for_caller(own, starts_at=at, service_id=FOLLOW_UP)  # noqa: E731 - as the others.
        outcomes = field.race(undoes, booking)

        assert sorted(outcome.code for outcome in outcomes) == ["ok", "slot_taken"]
        assert is_whole(session, appointment.id)
        assert overlaps(session) == 0


def test_two_visits_that_swap_their_times_do_not_wait_for_each_other(session: Session, field: Racers) -> None:
    """Each wants the other's time: both are refused at worst, and no lock is waited for in a circle."""
    first = loaded(session, make_appointment(session, starts_at=AT_TEN))
    second = loaded(session, make_appointment(session, starts_at=AT_ELEVEN, specialist_id=DR_ADEYEMI))

    for _ in range(ROUNDS):
        outcomes = field.race(
            lambda own: change(own, first, DORA, starts_at=AT_ELEVEN, specialist_id=DR_ADEYEMI),
            lambda own: change(own, second, DORA, starts_at=AT_TEN),
        )
        assert {outcome.code for outcome in outcomes} == {"slot_taken"}
        assert all(outcome.seconds < 3 for outcome in outcomes)
    assert overlaps(session) == 0
    assert reread(session, session.merge(first)).version == 1


def test_confirming_and_moving_at_once_leave_a_whole_visit(session: Session, field: Racers) -> None:
    """Whoever confirms says which version they saw: the new time is not confirmed by them."""
    for at in ON_DAYS:
        appointment = loaded(session, make_appointment(session, starts_at=at))

        def moves(own: Session, *, visit: Appointment = appointment) -> object:
            return change(own, visit, DORA, starts_at=visit.starts_at + timedelta(hours=1))

        def confirms(own: Session, *, public_id: str = appointment.public_id) -> object:
            return confirm_visit(own, actor=DORA, public_id=public_id, now=NOW, version=1)

        moved, confirmed = field.race(moves, confirms)

        assert moved.code == "ok"
        assert confirmed.code in {"ok", "move_not_allowed"}
        assert is_whole(session, appointment.id)
        assert session.get_one(Appointment, appointment.id).confirmed_at is None


def test_several_at_once_in_opposite_orders_do_not_wait_in_a_circle(session: Session, field: Racers) -> None:
    session.rollback()
    wanted = [VisitWish(FOLLOW_UP, NORTHSIDE, who, AT_TEN) for who in (DR_CRUZ, DR_ADEYEMI)]
    wanted[1] = replace(wanted[1], starts_at=AT_ELEVEN)

    def books(wishes: list[VisitWish], own: Session) -> object:
        return book_several(
            own, actor=DORA, patient=ANA, wishes=wishes, details=VisitDetails(None), nonce=new_nonce(), now=NOW
        )

    outcomes = field.race(*[partial(books, wanted[::step]) for step in (1, -1, 1, -1)])

    assert sorted(outcome.code for outcome in outcomes) == ["ok", *["several_refused"] * 3]
    assert all(outcome.seconds < 3 for outcome in outcomes)
    assert overlaps(session) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(Appointment)) == 2
