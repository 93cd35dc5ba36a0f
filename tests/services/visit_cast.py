"""What is done to a booked visit, and what it leaves behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.messages import MessageKind, MessageState
from booking.models import Appointment, Block, FreedTime, Hold, Message, Patient, Reservation, Service
from booking.services.changing import ChangedVisit, change_visit
from tests.factories import NEXT_MONDAY_9, NOW
from tests.services.cast import DR_CRUZ, NORTHSIDE, acting_for, new_nonce
from tests.web.clinic_change import clinic_changed

MINUTE = timedelta(minutes=1)
AT_TEN = NEXT_MONDAY_9 + timedelta(hours=1)
AT_ELEVEN = NEXT_MONDAY_9 + timedelta(hours=2)


def set_service(session: Session, service_id: int = 1, **values: Any) -> None:
    """Change the clinic. Each change has a revision of its own, since catalogues are kept from test to test."""
    session.execute(sa.update(Service).where(Service.id == service_id).values(**values))
    clinic_changed(session)


def patient_of(session: Session, appointment: Appointment, **actor: Any) -> Actor:
    """The visit's own patient, logged in."""
    return acting_for(session.get_one(Patient, appointment.patient_id), **actor)


def change(
    session: Session,
    appointment: Appointment,
    actor: Actor | None = None,
    *,
    starts_at: datetime = AT_TEN,
    location_id: int = NORTHSIDE,
    specialist_id: int | None = DR_CRUZ,
    nonce: str | None = None,
    now: datetime = NOW,
    **options: Any,
) -> ChangedVisit:
    """The patient moves to ten o'clock with Dr Cruz, unless said otherwise."""
    return change_visit(
        session, actor=actor or patient_of(session, appointment), public_id=appointment.public_id,
        location_id=location_id, specialist_id=specialist_id, starts_at=starts_at, nonce=nonce or new_nonce(),
        now=now, **options,
    )  # fmt: skip


def reread(session: Session, appointment: Appointment) -> Appointment:
    session.rollback()
    session.refresh(appointment)
    return appointment


def taken(session: Session, **owner: int) -> set[tuple[int | None, datetime, datetime]]:
    """(resource or None for the patient, from, to) of the reservations of that appointment or hold."""
    rows = session.scalars(sa.select(Reservation).filter_by(**owner))
    return {(row.resource_id, row.starts_at, row.ends_at) for row in rows}


def holds(session: Session) -> list[Hold]:
    session.rollback()
    return list(session.scalars(sa.select(Hold).order_by(Hold.id)))


def freed(session: Session, *, settled: bool = False) -> list[FreedTime]:
    """Notes that are open, or those that are settled."""
    session.rollback()
    asked = FreedTime.settled_at.is_not(None) if settled else FreedTime.settled_at.is_(None)
    return list(session.scalars(sa.select(FreedTime).where(asked).order_by(FreedTime.id)))


def pending(session: Session) -> dict[MessageKind, datetime]:
    """What is not sent yet, with its due time."""
    session.rollback()
    rows = session.scalars(sa.select(Message).where(Message.state == MessageState.PENDING))
    return {row.kind: row.due_at for row in rows}


def send(session: Session, *kinds: MessageKind) -> None:
    """As if the worker had sent these of the pending ones."""
    session.rollback()
    due = sa.update(Message).where(Message.state == MessageState.PENDING, Message.kind.in_(kinds))
    session.execute(due.values(state=MessageState.SENT))
    session.commit()


def close_around(session: Session, appointment: Appointment, *, resource_id: int = DR_CRUZ) -> Block:
    """A block of an hour around the visit, which stays in it: so the block takes only what the visit leaves."""
    times = {"starts_at": appointment.starts_at, "ends_at": appointment.starts_at + 60 * MINUTE}
    block = Block(resource_id=resource_id, label="Meeting", **times)
    session.add(block)
    session.flush()
    rest = Reservation(resource_id=resource_id, lane=0, block_id=block.id, **times)
    rest.starts_at = appointment.ends_at
    session.add(rest)
    session.commit()
    return block
