"""Writes message rows in the transaction that causes them. Sending, claiming and settling are in `messages.py`."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.messages import (
    MessageKind,
    MessageState,
    PlannedMessage,
    dedup_key,
    message_now,
    messages_for_booking,
    messages_for_cancelling,
)
from booking.models import Appointment, Message
from booking.services.links import RESET_LIFE, VERIFY_LIFE

CHANNEL = "email"
LINK_LIFE = {
    MessageKind.VERIFY_ADDRESS: VERIFY_LIFE,
    MessageKind.RESET_PASSWORD: RESET_LIFE,
    MessageKind.ACCOUNT_EXISTS: timedelta(hours=24),
}
"""How long a message about an account stays worth sending, and how long the link in it lives from then on."""


def plan_for_booking(
    session: Session, *, appointment: Appointment, tz: ZoneInfo, has_email: bool, now: datetime
) -> None:
    """Confirmation and reminders of a booked visit; nothing for a patient without an address."""
    if has_email:
        for planned in messages_for_booking(appointment.starts_at, now, tz):
            _add_visit_message(session, appointment, planned, now)


def plan_cancellation(session: Session, *, appointment: Appointment, has_email: bool, now: datetime) -> None:
    """Drop what is not sent yet and tell of the cancelling; call it after the appointment's version was raised."""
    session.execute(
        sa.update(Message)
        .where(Message.appointment_id == appointment.id, Message.state == MessageState.PENDING)
        .values(state=MessageState.CANCELLED, settled_at=now, last_code="visit_cancelled")
    )
    if has_email:
        for planned in messages_for_cancelling(appointment.starts_at, now):
            _add_visit_message(session, appointment, planned, now)


def drop_all_for_patient(session: Session, *, patient_id: int, now: datetime) -> None:
    """Nothing more is to reach this person, about no visit."""
    session.execute(
        sa.update(Message)
        .where(Message.patient_id == patient_id, Message.state == MessageState.PENDING)
        .values(state=MessageState.CANCELLED, settled_at=now, last_code="stopped")
    )


def plan_account_message(session: Session, *, kind: MessageKind, account_id: int, now: datetime) -> None:
    """A message about the account itself, due at once."""
    planned = message_now(kind, now, valid_for=LINK_LIFE[kind])
    key = dedup_key(kind, f"account:{account_id}", int(now.timestamp() * 1000), f"account:{account_id}", CHANNEL)
    session.add(_row(planned, key, now, account_id=account_id))


def _add_visit_message(session: Session, appointment: Appointment, planned: PlannedMessage, now: datetime) -> None:
    recipient = f"patient:{appointment.patient_id}"
    key = dedup_key(planned.kind, f"appointment:{appointment.id}", appointment.version, recipient, CHANNEL)
    row = _row(planned, key, now, patient_id=appointment.patient_id)
    row.appointment_id = appointment.id
    row.appointment_version = appointment.version
    session.add(row)


def _row(
    planned: PlannedMessage, key: str, now: datetime, *, patient_id: int | None = None, account_id: int | None = None
) -> Message:
    return Message(
        dedup_key=key,
        kind=planned.kind,
        channel=CHANNEL,
        patient_id=patient_id,
        account_id=account_id,
        due_at=planned.due_at,
        expires_at=planned.expires_at,
        state=MessageState.PENDING,
        message_id=secrets.token_urlsafe(18),
        created_at=now,
    )
