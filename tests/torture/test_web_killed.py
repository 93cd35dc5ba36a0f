"""Scoreboard 4. Web processes are killed while eight people book: what was promised is there, with its messages and its
audit event, and the next process serves.

It proves transactions, not the disk; that the database waits for the disk is asserted beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind
from booking.models import Appointment, AuditEvent, Idempotency, Message, Reservation
from tests.databases import Database, session_on
from tests.live import LiveProgram, running_program
from tests.torture.hours import open_for_years
from tests.torture.killing import (
    CAN_FIND_WORKERS,
    WAITS_FOR_DISK,
    complaints,
    damage,
    disk_settings,
    durable,
    kill_under_load,
)
from tests.torture.racing import overlaps
from tests.torture.sizes import IS_LONG, print_figures, sized
from tests.torture.writing import Promises, writers

pytestmark = [
    pytest.mark.torture,
    pytest.mark.on_demand,
    pytest.mark.skipif(not CAN_FIND_WORKERS, reason="finds the workers to kill by /proc"),
]

KILLS = sized(3, 200)
MASTER_EVERY = 10 if IS_LONG else 3
LONGEST_SECONDS = 5.0
SPLIT = "tests.torture.split_wsgi:app"


@contextmanager
def program_on(url: str, folder: Path, entry: str = "wsgi:app") -> Iterator[LiveProgram]:
    with session_on(url) as session:
        open_for_years(session)
    with running_program(url, folder, entry=entry) as program:
        yield program


def booking_while_killed(program: LiveProgram, kills: int, *, master_every: int) -> tuple[Promises, float]:
    """What was promised; the longest wait until all served again."""
    with writers(program) as promises:
        longest = kill_under_load(program, promises, kills, master_every=master_every)
    return promises, longest


def incomplete(session: Session) -> list[str]:
    """Visits that lack their confirmation, their audit event, their form's nonce or one of their three reservations."""

    def count(of: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count()).where(of).scalar_subquery()

    lacks = sa.or_(
        count(sa.and_(Message.appointment_id == Appointment.id, Message.kind == MessageKind.BOOKED)) != 1,
        count(
            sa.and_(AuditEvent.object_id == Appointment.id, AuditEvent.action == "appointment_booked")
        ) != 1,
        count(Idempotency.subject == Appointment.public_id) != 1,
        count(Reservation.appointment_id == Appointment.id) != 3,
    )  # fmt: skip
    session.rollback()
    return list(session.scalars(sa.select(Appointment.public_id).where(lacks)))


def lost(session: Session, promises: Promises) -> set[str]:
    """Visits that were promised and are not there."""
    return set(promises.visits) - set(session.scalars(sa.select(Appointment.public_id)))


def test_no_promised_visit_is_lost_when_web_processes_are_killed(database: Database, tmp_path: Path) -> None:
    with durable(database, tmp_path) as url, program_on(url, tmp_path) as program:
        promises, longest = booking_while_killed(program, KILLS, master_every=MASTER_EVERY)
        with program.session() as session:
            missing, halves, found = lost(session, promises), incomplete(session), overlaps(session)
            broken, waits = damage(session), disk_settings(session)
        failures = complaints(program)

    print_figures(
        f"web killed, {database.name}", kills=KILLS, promised=len(promises.visits), unknown=len(promises.unknown),
        lost=len(missing), incomplete=len(halves), seconds_until_all_serve=round(longest, 1),
    )  # fmt: skip
    assert promises.visits
    assert (missing, halves, found, broken, promises.odd, failures) == (set(), [], 0, [], [], [])
    assert waits in WAITS_FOR_DISK
    assert longest <= LONGEST_SECONDS or not IS_LONG


def test_messages_of_a_second_transaction_are_missed(database: Database, tmp_path: Path) -> None:
    """The control: were a booking two transactions, the same kills would leave halves."""
    with database.copy(tmp_path) as url, program_on(url, tmp_path, SPLIT) as program:
        promises, _ = booking_while_killed(program, 3, master_every=KILLS + 3)
        with program.session() as session:
            halves = incomplete(session)

    print_figures(f"web killed between two transactions, {database.name}", kills=3, incomplete=len(halves))
    assert promises.visits
    assert halves
