"""Entry point of a negative control: the same web server, whose messages are a second transaction after the booking."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from booking.cli import create_app
from booking.services import appointments, outbox
from booking.services.transaction import transaction

PAUSE_SECONDS = 0.3

plan_now, book_now = outbox.plan_for_booking, appointments.book_in_transaction
patch = pytest.MonkeyPatch()


def remember_plan(session: Session, **plan: Any) -> None:
    session.info["later"] = plan


def book_and_then_tell(session: Session, work: Callable[[], Any], *, now: datetime) -> Any:
    answer = book_now(session, work, now=now)
    plan = session.info.pop("later", None)
    time.sleep(PAUSE_SECONDS)
    with transaction(session):
        if plan is not None:
            plan_now(session, **plan)
    return answer


patch.setattr(outbox, "plan_for_booking", remember_plan)
patch.setattr(appointments, "book_in_transaction", book_and_then_tell)
app = create_app()
