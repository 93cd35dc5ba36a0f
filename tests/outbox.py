"""What tests of messages share: a world of planned messages, a worker's tools, and a way to look at the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.adapters.letters import LetterWriter
from booking.adapters.mailer import Mailer, RecordingMailer
from booking.core.messages import MessageKind, MessageState
from booking.jobs.tools import Tools
from booking.models import Account, Appointment, Message, Patient, Task, WaitingOffer
from booking.services import outbox
from booking.services.audit import CHAIN_KEY
from booking.services.claims import MailOffice
from booking.services.sealed import KEYS
from booking.services.transaction import transaction
from tests.factories import NOW
from tests.settings import AUDIT_KEY, FIELD_KEYS

OFFICE = MailOffice(
    owner="worker-1",
    lease=timedelta(minutes=15),
    resend_wait=timedelta(minutes=10),
    base_url="http://localhost:8000",
    host="localhost",
    sender_address="appointments@clinic.example",
    reply_to="desk@clinic.example",
)
OTHER_OFFICE = replace(OFFICE, owner="worker-2")
NEW_YORK = ZoneInfo("America/New_York")
_WRITER = LetterWriter()


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **lengths: float) -> datetime:
        self.now += timedelta(**lengths)
        return self.now


def make_test_tools(
    session: Session, *, mailer: Mailer | None = None, clock: Callable[[], datetime] | None = None
) -> Tools:
    """Tools on the session's database; letters go to a RecordingMailer unless another one is given."""
    return Tools(
        sessions=sessionmaker(session.get_bind(), info={KEYS: FIELD_KEYS, CHAIN_KEY: AUDIT_KEY}),
        mailer=mailer or RecordingMailer(),
        writer=_WRITER,
        office=OFFICE,
        clock=clock or Clock(),
    )


def plan_booking(
    session: Session, appointment: Appointment, *, now: datetime = NOW, tz: ZoneInfo = NEW_YORK
) -> list[Message]:
    """Plan as a booking does; the rows, the first due first."""
    with transaction(session):
        outbox.plan_for_booking(session, appointment=appointment, tz=tz, has_email=True, now=now)
    return messages(session)


def plan_account(session: Session, account: Account, kind: MessageKind, *, now: datetime = NOW) -> Message:
    """Plan a message about the account; its row."""
    with transaction(session):
        outbox.plan_account_message(session, kind=kind, account_id=account.id, now=now)
    return messages(session)[-1]


def plan_offer(session: Session, offer: WaitingOffer, patient: Patient, *, now: datetime = NOW) -> Message:
    """A message of an offer, as the waiting list plans it; its row."""
    with transaction(session):
        session.add(
            Message(
                dedup_key=f"waiting_offer|offer:{offer.id}", kind=MessageKind.WAITING_OFFER, patient_id=patient.id,
                offer_id=offer.id, due_at=now, expires_at=offer.expires_at, state=MessageState.PENDING,
                message_id=f"offer-{offer.id}", created_at=now,
            )
        )  # fmt: skip
    return next(row for row in messages(session) if row.offer_id == offer.id)


def messages(session: Session) -> list[Message]:
    """All rows as the database has them now, the first due first."""
    session.rollback()
    session.expire_all()
    return list(session.scalars(sa.select(Message).order_by(Message.due_at, Message.id)))


def states(session: Session) -> dict[MessageKind, MessageState]:
    """The state of the (only) message of each kind."""
    return {row.kind: row.state for row in messages(session)}


def tasks(session: Session) -> list[Task]:
    """All tasks, oldest first."""
    session.rollback()
    session.expire_all()
    return list(session.scalars(sa.select(Task).order_by(Task.id)))


def change(session: Session, row: Any, **values: Any) -> Any:
    """Set columns of a row and commit."""
    session.rollback()
    session.refresh(row)
    for name, value in values.items():
        setattr(row, name, value)
    session.commit()
    return row


def make_unverified(session: Session, patient: Patient) -> None:
    """As a guest's address is."""
    change(session, patient, email_verified_at=None)
