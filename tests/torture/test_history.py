"""Scoreboard 2. Eight clients, some of them killed, do what people do, all at once; afterwards every answer that any of
them got is explained from what all of them wrote down and from the rows that are left."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent, Idempotency, Message, Reservation
from tests.databases import Database
from tests.factories import MONDAY, make_patient
from tests.live import wait_for
from tests.torture.history import FOREVER, OK, Call, HistoryClock, read_calls
from tests.torture.history_check import Finding, VisitRow, check
from tests.torture.history_client import CALL_MINUTES, Scene, start_client
from tests.torture.hours import hour_starts, open_for_years
from tests.torture.racing import CLIENTS, overlaps
from tests.torture.sizes import IS_LONG, SEED, print_figures, sized

CALLS = sized(600, 50_000)
KILLS = 20 if IS_LONG else 3
SPEED = 600.0
"""A hold of a quarter of an hour ends after a second and a half."""
HOURS = 14
PATIENTS = 12


@pytest.fixture
def scene(session: Session, database: Database, tmp_path: Path) -> Scene:
    """Two days, two specialists, and calls that need nothing but a specialist: then it can be told what they take."""
    session.execute(sa.text("UPDATE service SET audience = 'anyone' WHERE id = 3"))
    session.execute(sa.text(f"UPDATE service_segment SET minutes = {CALL_MINUTES} WHERE service_id = 3"))
    open_for_years(session)
    patients = tuple(make_patient(session).id for _ in range(PATIENTS))
    hours = tuple(at.isoformat() for at in hour_starts(MONDAY + timedelta(days=27), HOURS))
    session.rollback()
    return Scene(database.url, tmp_path, HistoryClock(time.monotonic(), SPEED), patients, hours, SEED)


def play(scene: Scene, calls: int, kills: int) -> list[Call]:
    """Let the clients call, kill some of them and start others in their place; all that they wrote down."""
    chance = Random(scene.seed)
    clients = {number: start_client(scene, number, calls // CLIENTS) for number in range(CLIENTS)}
    for _ in range(kills):
        number = chance.randrange(CLIENTS)
        wait_until_at_work(scene, number, clients[number])
        time.sleep(chance.uniform(0.0, 0.2))
        clients[number].kill()
        clients[number].join()
        left = calls // CLIENTS - len(read_calls(scene.folder, number))
        clients[number] = start_client(scene, number, max(left, 1))
    for client in clients.values():
        client.join()
    assert {client.exitcode for client in clients.values()} == {0}
    return [call for number in range(CLIENTS) for call in read_calls(scene.folder, number)]


def wait_until_at_work(scene: Scene, number: int, client: ForkServerProcess) -> None:
    """Until the client has written another line, or is through."""
    before = len(read_calls(scene.folder, number))
    wait_for(
        lambda: not client.is_alive() or len(read_calls(scene.folder, number)) > before,
        what=lambda: f"client {number} does nothing",
    )


def rows(session: Session) -> list[VisitRow]:
    """All visits as the database holds them."""
    session.rollback()

    def count(of: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count()).where(of).scalar_subquery()

    confirmations = sa.and_(Message.appointment_id == Appointment.id, Message.kind == MessageKind.BOOKED)
    events = sa.and_(AuditEvent.object_id == Appointment.id, AuditEvent.action == "appointment_booked")
    found = session.execute(
        sa.select(
            Appointment, Idempotency.nonce, count(Reservation.appointment_id == Appointment.id),
            count(confirmations) >= 1, count(events) == 1,
        ).join(Idempotency, Idempotency.subject == Appointment.public_id)
    )  # fmt: skip
    return [
        VisitRow(
            visit.public_id, nonce, visit.status is AppointmentStatus.BOOKED, visit.specialist_id or 0,
            to_minutes(visit.starts_at), visit.version, reservations, is_confirmed and is_audited,
        )
        for visit, nonce, reservations, is_confirmed, is_audited in found
    ]  # fmt: skip


@pytest.mark.torture
def test_every_answer_of_eight_clients_is_explained(session: Session, database: Database, scene: Scene) -> None:
    calls = play(scene, CALLS, KILLS)
    left = rows(session)

    findings = check(calls, left)
    told = Counter(call.outcome or "unknown" for call in calls)
    print_figures(f"history, {database.name}", calls=len(calls), unexplained=len(findings), told=dict(told))
    assert findings == []
    assert overlaps(session) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(Appointment)) == len(left)
    assert told[OK] > len(calls) / 4
    assert kinds(check([*calls, *forgeries(calls)], [*left, row("y", UNUSED + 240), row("z", UNUSED + 255)])) == FORGED


UNUSED = to_minutes(hour_starts(MONDAY, 1)[0])
FORGED = ["false_refusal", "lost", "overlap"]


def forgeries(calls: list[Call]) -> list[Call]:
    """The control, in what real clients wrote down: a promise without a visit, a refusal with nobody in the way, and
    two visits that overlap."""
    last = max(call.answered for call in calls if not call.is_unknown)
    return [
        booked("x", UNUSED, last), refused(UNUSED + 120, last), booked("y", UNUSED + 240, last, client=-1),
        booked("z", UNUSED + 255, last, client=-2),
    ]  # fmt: skip


def booked(visit: str, starts: int, invoked: float, *, client: int = 0, answered: float | None = None) -> Call:
    asked = {"starts": starts, "minutes": 45, "specialist": 1, "patient": client, "owner": "", "nonce": f"n-{visit}"}
    return Call(client, "book", invoked, answered or invoked + 0.1, OK, asked, {"visit": visit, "specialist": 1})


def row(visit: str, starts: int) -> VisitRow:
    return VisitRow(visit, f"n-{visit}", True, 1, starts, 1, 2, has_records=True)


def refused(starts: int, invoked: float) -> Call:
    return replace(booked("", starts, invoked, client=7), outcome="slot_taken", answer={})


TRUE_CALLS = [booked("a", 0, 1.0), booked("b", 60, 1.05, client=1), refused(30, 1.08)]
TRUE_ROWS = [row("a", 0), row("b", 60)]


def kinds(findings: list[Finding]) -> list[str]:
    return sorted(finding.kind for finding in findings)


def test_a_true_history_is_explained() -> None:
    assert check(TRUE_CALLS, TRUE_ROWS) == []


@pytest.mark.parametrize(
    ("call", "more_rows", "found"),
    [
        pytest.param(booked("c", 300, 2.0), [], ["lost"], id="forged 201"),
        pytest.param(refused(300, 2.0), [], ["false_refusal"], id="409 with nobody in the way"),
        pytest.param(refused(0, 0.5), [], ["false_refusal"], id="409 before anybody had booked"),
        pytest.param(booked("c", 15, 2.0, client=5), [row("c", 15)], ["overlap"], id="overlap of a specialist"),
        pytest.param(
            replace(refused(0, 2.0), outcome="not_found"), [], ["odd"], id="a refusal that nobody expects"
        ),
        pytest.param(
            replace(booked("c", 300, 2.0, answered=FOREVER), outcome="", answer={}), [], [], id="killed, and not done"
        ),
        pytest.param(
            replace(booked("c", 300, 2.0, answered=FOREVER), outcome="", answer={}), [row("c", 300)], [],
            id="killed, and done",
        ),
        pytest.param(refused(30, 2.0), [row("z", 600)], ["from_nowhere"], id="a visit that nobody booked"),
    ],
)  # fmt: skip
def test_the_checker_finds_what_is_forged(call: Call, more_rows: list[VisitRow], found: list[str]) -> None:
    assert kinds(check([*TRUE_CALLS, call], [*TRUE_ROWS, *more_rows])) == found
