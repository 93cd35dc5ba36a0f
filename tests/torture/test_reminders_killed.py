"""Workers killed while they send: nothing is lost, and a copy too many is explained by an outcome nobody could know."""

from __future__ import annotations

import random
import time
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.messages import MessageState
from tests.databases import Database
from tests.factories import NOW
from tests.outbox import tasks
from tests.torture.mail_room import (
    cancel_visit,
    confirmations,
    environ_for,
    mail_server,
    make_due_mail,
    sent_count,
    wait_until_settled,
)
from tests.torture.mail_worker import FastClock, start_worker
from tests.torture.sizes import IS_LONG

pytestmark = pytest.mark.torture

MAILS = 5000 if IS_LONG else 200
KILLS = 300 if IS_LONG else 10
FAULTS = 0.3 if IS_LONG else 0.15
SEED = 20261122
SPEED = 20
SCALED = {"MESSAGE_LEASE_SECONDS": "60", "MESSAGE_RESEND_WAIT_SECONDS": "60"}
PATIENCE = 1800 if IS_LONG else 120


def test_nothing_is_lost_when_workers_are_killed_and_the_mail_server_misbehaves(
    session: Session, database: Database, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    visits = make_due_mail(session, MAILS)
    clock = FastClock(utc_now(), NOW, SPEED)
    cancelled: dict[int, datetime] = {}
    kills = 0
    with mail_server(tmp_path, share=FAULTS, seed=SEED) as server:
        environ = environ_for(database.url, server, **SCALED)
        while kills < KILLS:
            worker = start_worker(environ, clock)
            time.sleep(chance.uniform(0.02, 0.3))
            if len(cancelled) < MAILS // 10:
                visit = chance.choice([one for one in visits if one not in cancelled])
                cancel_visit(session, visit, clock())
                cancelled[visit] = clock()
            worker.kill()
            worker.join()
            kills += 1
        worker = start_worker(environ, clock)
        rows = wait_until_settled(session, seconds=PATIENCE)
        worker.terminate()
        worker.join()
        copies = server.copies()
    print_figures("killed, with faults", len(rows), kills, copies, SEED)
    wanted = [row for row in rows if row.appointment_id not in cancelled]
    # Two outcomes in a row that nobody could know: a person looks, and nothing is lost unseen.
    on_the_list = {task.appointment_id for task in tasks(session) if task.reason_code == "unknown"}
    assert {row.state for row in wanted} <= {MessageState.SENT, MessageState.FAILED}
    assert {row.appointment_id for row in wanted if row.state is MessageState.FAILED} <= on_the_list
    assert [row.id for row in wanted if row.state is MessageState.SENT and not copies[row.message_id]] == []
    assert [row.id for row in rows if copies[row.message_id] > 1 + row.resends] == []
    assert max(row.resends for row in rows) <= 1
    arrived = [row for row in rows if row.appointment_id in cancelled and copies[row.message_id]]
    late = [row.id for row in arrived if row.data_sent_at > cancelled[row.appointment_id]]
    assert late == []


def test_two_hundred_mails_survive_kill_nine(session: Session, database: Database, tmp_path: Path) -> None:
    make_due_mail(session, 200)
    clock = FastClock(utc_now(), NOW, SPEED)
    with mail_server(tmp_path) as server:
        environ = environ_for(database.url, server, **SCALED)
        worker = start_worker(environ, clock)
        while not 20 <= sent_count(session) < 200:
            time.sleep(0.01)
        worker.kill()
        worker.join()
        before = sent_count(session)
        worker = start_worker(environ, clock)
        rows = wait_until_settled(session, seconds=PATIENCE)
        worker.terminate()
        worker.join()
        copies = server.copies()
    print_figures("kill -9 once", len(rows), 1, copies, 0)
    assert 20 <= before < 200
    assert {row.state for row in rows} == {MessageState.SENT}
    assert copies.keys() == {row.message_id for row in rows}
    assert sum(copies.values()) - len(copies) <= 1


def test_a_worker_that_notes_before_it_sends_loses_mail(session: Session, database: Database, tmp_path: Path) -> None:
    """The control: were the order wrong, this test would see it."""
    make_due_mail(session, 60)
    clock = FastClock(utc_now(), NOW, SPEED)
    with mail_server(tmp_path, share=0.3, seed=SEED) as server:
        worker = start_worker(environ_for(database.url, server, **SCALED), clock, is_hasty=True)
        rows = wait_until_settled(session, seconds=60)
        worker.kill()
        worker.join()
        copies = server.copies()
    lost = [row for row in confirmations(session) if row.state is MessageState.SENT and not copies[row.message_id]]
    assert len(rows) == 60
    assert lost


def print_figures(name: str, mails: int, kills: int, copies: dict[str, int], seed: int) -> None:
    extra = sum(copies.values()) - len(copies)
    print(f"{name}: {mails} mails, {kills} kills, {len(copies)} arrived, {extra} extra copies, seed {seed}")  # noqa: T201
