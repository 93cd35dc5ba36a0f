"""The scene of the crash tests: two hundred visits with their mail due, a mail server as a process, and the count."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind, MessageState
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, Message
from booking.services import outbox
from booking.services.transaction import transaction
from tests.factories import NOW, make_patient
from tests.outbox import NEW_YORK
from tests.settings import BASE_ENV

ROOT = Path(__file__).parents[2]
OPEN_STATES = (MessageState.PENDING, MessageState.SENDING, MessageState.DATA_SENT)


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server in a process of its own; `log` has a line for every message that it accepted."""

    url: str
    log: Path

    def copies(self) -> Counter[str]:
        """How often each Message-ID was accepted, by the token that our row holds."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return Counter(line.strip("<>").partition("@")[0] for line in lines)


@contextmanager
def mail_server(folder: Path, *, share: float = 0.0, seed: int = 5, slow: float = 0.3) -> Iterator[MailServer]:
    """Serve until the end of the block; `share` of the messages meet a fault that passes."""
    log = folder / "accepted.log"
    command = [sys.executable, "-m", "tests.smtp_server", "--log", str(log)]
    command += ["--seed", str(seed), "--share", str(share), "--slow", str(slow)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield MailServer(f"smtp://127.0.0.1:{int(process.stdout.readline())}", log)
    finally:
        process.terminate()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def environ_for(database_url: str, server: MailServer, **changes: str) -> dict[str, str]:
    """The settings of a worker, as environment variables."""
    return {**BASE_ENV, "DATABASE_URL": database_url, "SMTP_URL": server.url, **changes}


def make_due_mail(session: Session, count: int) -> list[int]:
    """So many visits in a month, each with its confirmation due now; the ids of the visits. Without reservations,
    which no message asks about."""
    patient = make_patient(session)
    with transaction(session):
        visits = [_visit(patient.id, number) for number in range(count)]
        session.add_all(visits)
        session.flush()
        for visit in visits:
            outbox.plan_for_booking(session, appointment=visit, tz=NEW_YORK, has_email=True, now=NOW)
        return [visit.id for visit in visits]


def _visit(patient_id: int, number: int) -> Appointment:
    starts_at = NOW + timedelta(days=30, minutes=number)
    return Appointment(
        reference=f"M{number:07d}",
        patient_id=patient_id,
        service_id=1,
        location_id=1,
        specialist_id=1,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        status=AppointmentStatus.BOOKED,
        booked_at=NOW,
    )


def cancel_visit(session: Session, visit_id: int, now: datetime) -> None:
    """Cancel as the service does, as far as messages are concerned."""
    with transaction(session):
        visit = session.get_one(Appointment, visit_id)
        visit.status, visit.version = AppointmentStatus.CANCELLED, visit.version + 1
        outbox.plan_cancellation(session, appointment=visit, has_email=False, now=now)


def confirmations(session: Session) -> list[Message]:
    """The rows of all confirmations as they are now."""
    session.rollback()
    session.expire_all()
    return list(session.scalars(sa.select(Message).where(Message.kind == MessageKind.BOOKED)))


def wait_until_settled(session: Session, *, seconds: float) -> list[Message]:
    """The confirmations, when all of them have come to their end (or the time is up)."""
    ends = time.monotonic() + seconds
    while any(row.state in OPEN_STATES for row in confirmations(session)) and time.monotonic() < ends:
        time.sleep(0.1)
    return confirmations(session)


def sent_count(session: Session) -> int:
    """How many confirmations are known to have arrived."""
    return sum(row.state is MessageState.SENT for row in confirmations(session))
