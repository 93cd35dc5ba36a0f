"""Four workers on one outbox: every mail once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.messages import MessageState
from tests.databases import Database
from tests.factories import NOW
from tests.torture.mail_room import environ_for, mail_server, make_due_mail, wait_until_settled
from tests.torture.mail_worker import FastClock, start_worker
from tests.torture.sizes import IS_LONG

pytestmark = pytest.mark.torture

WORKERS = 4
MAILS = 2000 if IS_LONG else 200


def test_many_workers_send_every_mail_once(session: Session, database: Database, tmp_path: Path) -> None:
    make_due_mail(session, MAILS)
    clock = FastClock(utc_now(), NOW, speed=1)
    with mail_server(tmp_path) as server, ThreadPoolExecutor(WORKERS) as starters:
        environ = environ_for(database.url, server)
        workers = list(starters.map(lambda _: start_worker(environ, clock), range(WORKERS)))
        rows = wait_until_settled(session, seconds=600 if IS_LONG else 120)
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()
        copies = server.copies()
    assert {row.state for row in rows} == {MessageState.SENT}
    assert copies == {row.message_id: 1 for row in rows}
    assert {row.attempts for row in rows} == {1}
