"""Writes message rows in the transaction that causes them. Sending, claiming and settling are in `messages.py`."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.messages import (
    GONE_STATES,
    NOTICE_KINDS,
    VISIT_NEWS,
    MessageKind,
    MessageState,
    PlannedMessage,
    dedup_key,
    message_now,
    messages_for_booking,
    messages_for_cancelling,
    messages_for_change,
    messages_for_undo,
    news_of_undo,
)
from booking.models import (
    AddressChange,
    Appointment,
    AppointmentTime,
    CarerInvitation,
    Message,
    WaitingEntry,
    WaitingOffer,
    new_public_id,
)
from booking.queries.prepared import PreparedInsert
from booking.services.links import INVITATION_LIFE, JOIN_LIFE, NEW_ADDRESS_LIFE, RESET_LIFE, VERIFY_LIFE

CHANNEL = "email"
LINK_LIFE = {
    MessageKind.VERIFY_ADDRESS: VERIFY_LIFE,
    MessageKind.RESET_PASSWORD: RESET_LIFE,
    MessageKind.ACCOUNT_EXISTS: timedelta(hours=24),
    MessageKind.STAFF_INVITATION: JOIN_LIFE,
    MessageKind.CARER_INVITATION: INVITATION_LIFE,
    MessageKind.CARER_ADDED: timedelta(days=3),
    MessageKind.URGENT_TASK: timedelta(hours=12),
    MessageKind.CONFIRM_NEW_ADDRESS: NEW_ADDRESS_LIFE,
    MessageKind.ADDRESS_CHANGING: NEW_ADDRESS_LIFE,
    **dict.fromkeys(NOTICE_KINDS, timedelta(days=3)),
}
"""How long a message about an account stays worth sending, and how long the link in it lives from then on."""

# Written past the unit of work, which costs several times the statement: every booking pays it.
_INSERT = PreparedInsert(Message)


class VisitRow(Protocol):
    """What messages say of the row of a visit, whether it was just written or read."""

    @property
    def id(self) -> int: ...
    @property
    def patient_id(self) -> int: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def version(self) -> int: ...


def plan_for_booking(session: Session, *, appointment: VisitRow, tz: ZoneInfo, has_email: bool, now: datetime) -> None:
    """Confirmation and reminders of a booked visit; nothing for a patient without an address."""
    if has_email:
        _add_visit_messages(session, appointment, messages_for_booking(appointment.starts_at, now, tz), now)


def plan_cancellation(session: Session, *, appointment: Appointment, has_email: bool, now: datetime) -> None:
    """Drop what is not sent yet and tell of the cancelling; call it after the appointment's version was raised."""
    _drop_pending(session, appointment, now, "visit_cancelled")
    if has_email:
        _add_visit_messages(session, appointment, messages_for_cancelling(appointment.starts_at, now), now)


def plan_change(session: Session, *, appointment: Appointment, tz: ZoneInfo, has_email: bool, now: datetime) -> None:
    """Drop what is not sent yet, tell of the new time and plan its reminders; call it after the version was raised."""
    _drop_pending(session, appointment, now, "visit_changed")
    if has_email:
        _add_visit_messages(session, appointment, messages_for_change(appointment.starts_at, now, tz), now)


def plan_undo(session: Session, *, appointment: Appointment, tz: ZoneInfo, has_email: bool, now: datetime) -> None:
    """Drop what is not sent yet and tell what the patient does not know: nothing when the mail of the act had not gone.

    Reminders that were dropped come back; none that has gone out comes twice. Call it after the visit was put back and
    its version raised.
    """
    _drop_pending(session, appointment, now, "undone")
    if not has_email:
        return
    gone = session.execute(
        sa.select(Message.kind, Message.due_at, Message.appointment_version)
        .where(Message.appointment_id == appointment.id, Message.state.in_(GONE_STATES))
        .order_by(Message.appointment_version.desc(), Message.id.desc())
    ).all()
    told = next((row for row in gone if row.kind in VISIT_NEWS), None)
    is_told_time = told is not None and _is_time_of(session, appointment, told.appointment_version)
    news = news_of_undo(told.kind if told else None, is_told_time=is_told_time)
    reminded = {(row.kind, row.due_at) for row in gone}
    wanted = messages_for_undo(news, appointment.starts_at, booked_at=appointment.booked_at, undone_at=now, tz=tz)
    untold = [planned for planned in wanted if (planned.kind, planned.due_at) not in reminded]
    _add_visit_messages(session, appointment, untold, now)


def _is_time_of(session: Session, appointment: Appointment, version: int) -> bool:
    """Whether the visit is where and when it was at that version."""
    told = session.scalars(
        sa.select(AppointmentTime)
        .where(AppointmentTime.appointment_id == appointment.id, AppointmentTime.version >= version)
        .order_by(AppointmentTime.version)
        .limit(1)
    ).one_or_none()
    return told is None or _whereabouts(told) == _whereabouts(appointment)


def _whereabouts(row: Appointment | AppointmentTime) -> tuple[object, ...]:
    return row.service_id, row.location_id, row.specialist_id, row.starts_at


def _drop_pending(session: Session, appointment: Appointment, now: datetime, code: str) -> None:
    session.execute(
        sa.update(Message)
        .where(Message.appointment_id == appointment.id, Message.state == MessageState.PENDING)
        .values(state=MessageState.CANCELLED, settled_at=now, last_code=code)
    )


def drop_all_for_patient(session: Session, *, patient_id: int, now: datetime) -> None:
    """Nothing more is to reach this person, about no visit."""
    session.execute(
        sa.update(Message)
        .where(Message.patient_id == patient_id, Message.state == MessageState.PENDING)
        .values(state=MessageState.CANCELLED, settled_at=now, last_code="stopped")
    )


def plan_offer(session: Session, *, offer: WaitingOffer, patient_id: int, now: datetime) -> None:
    """Tell of an offered time at once; pointless when the offer ends. Also without an address: then people call."""
    planned = message_now(MessageKind.WAITING_OFFER, now, valid_for=offer.expires_at - now)
    key = dedup_key(planned.kind, f"offer:{offer.id}", 1, f"patient:{patient_id}", CHANNEL)
    row = {**_row(planned, key, now), "patient_id": patient_id, "offer_id": offer.id}
    _INSERT.execute(session.connection(), [row])


def drop_offer(session: Session, *, offer_id: int, now: datetime) -> None:
    """Nothing more is to be said of this offer."""
    session.execute(
        sa.update(Message)
        .where(Message.offer_id == offer_id, Message.state == MessageState.PENDING)
        .values(state=MessageState.CANCELLED, settled_at=now, last_code="offer_closed")
    )


def plan_joining(session: Session, *, entry: WaitingEntry, ends_at: datetime, now: datetime) -> None:
    """Tell at once that somebody waits from now on, with the way to their entry; pointless when its days are over."""
    planned = message_now(MessageKind.WAITING_JOINED, now, valid_for=ends_at - now)
    key = dedup_key(planned.kind, f"waiting:{entry.id}", 1, f"patient:{entry.patient_id}", CHANNEL)
    row = {**_row(planned, key, now), "patient_id": entry.patient_id, "waiting_entry_id": entry.id}
    _INSERT.execute(session.connection(), [row])


def plan_nudge(
    session: Session,
    *,
    kind: MessageKind,
    visit: VisitRow,
    on: date,
    due_at: datetime,
    expires_at: datetime,
    now: datetime,
) -> bool:
    """Remind of forms on that local date; False when the patient was reminded of any on that date already."""
    recipient = f"patient:{visit.patient_id}"
    planned = PlannedMessage(kind, due_at.astimezone(UTC), expires_at.astimezone(UTC))
    row = {
        **_row(planned, dedup_key(MessageKind.FORM_NUDGE, f"forms:{on.isoformat()}", 1, recipient, CHANNEL), now),
        "patient_id": visit.patient_id,
        "appointment_id": visit.id,
        "appointment_version": visit.version,
    }
    known = sa.select(Message.id).where(Message.dedup_key == row["dedup_key"])
    if session.scalar(known) is not None:
        return False
    _INSERT.execute(session.connection(), [row])
    return True


def plan_account_message(session: Session, *, kind: MessageKind, account_id: int, now: datetime) -> None:
    """A message about the account itself, due at once."""
    planned = message_now(kind, now, valid_for=LINK_LIFE[kind])
    key = dedup_key(kind, f"account:{account_id}", int(now.timestamp() * 1000), f"account:{account_id}", CHANNEL)
    _INSERT.execute(session.connection(), [{**_row(planned, key, now), "account_id": account_id}])


def plan_invitation(session: Session, *, invitation: CarerInvitation, now: datetime) -> None:
    """Ask somebody, at an address of which nothing is known, to help a patient; due at once."""
    _plan_about(
        session, MessageKind.CARER_INVITATION, "invitation", invitation.id, invitation.invited_by_account_id, now,
        invitation_id=invitation.id,
    )  # fmt: skip


def plan_carer_added(session: Session, *, invitation_id: int, account_id: int, now: datetime) -> None:
    """Tell the patient's own account who has said yes; due at once."""
    _plan_about(session, MessageKind.CARER_ADDED, "invitation", invitation_id, account_id, now)


def plan_urgent(session: Session, *, task_id: int, height: int, account_id: int, now: datetime) -> None:
    """Tell somebody of the staff that an urgent task is waiting, and nothing else; due at once. `height` is how far it
    has climbed: each step may tell the same person anew."""
    planned = message_now(MessageKind.URGENT_TASK, now, valid_for=LINK_LIFE[MessageKind.URGENT_TASK])
    key = dedup_key(planned.kind, f"task:{task_id}", height + 1, f"account:{account_id}", CHANNEL)
    _INSERT.execute(session.connection(), [{**_row(planned, key, now), "account_id": account_id}])


def drop_urgent(session: Session, *, task_id: int, now: datetime) -> None:
    """It is done: nobody needs to be told any more."""
    session.execute(
        sa.update(Message)
        .where(
            Message.dedup_key.startswith(f"{MessageKind.URGENT_TASK.value}|task:{task_id}|", autoescape=True),
            Message.state == MessageState.PENDING,
        )
        .values(state=MessageState.CANCELLED, settled_at=now, last_code="done")
    )


def plan_address_change(session: Session, *, kind: MessageKind, change: AddressChange, now: datetime) -> None:
    """Write to the new address of an account for its confirmation, or to the old one about it; due at once."""
    _plan_about(session, kind, "address_change", change.id, change.account_id, now, address_change_id=change.id)


def _plan_about(
    session: Session, kind: MessageKind, subject: str, subject_id: int, account_id: int, now: datetime, **about: int
) -> None:
    planned = message_now(kind, now, valid_for=LINK_LIFE[kind])
    key = dedup_key(kind, f"{subject}:{subject_id}", 1, f"account:{account_id}", CHANNEL)
    _INSERT.execute(session.connection(), [{**_row(planned, key, now), "account_id": account_id, **about}])


def _add_visit_messages(
    session: Session, appointment: VisitRow, wanted: Iterable[PlannedMessage], now: datetime
) -> None:
    recipient = f"patient:{appointment.patient_id}"
    about = f"appointment:{appointment.id}"
    rows = [
        {
            **_row(planned, dedup_key(planned.kind, about, appointment.version, recipient, CHANNEL), now),
            "patient_id": appointment.patient_id,
            "appointment_id": appointment.id,
            "appointment_version": appointment.version,
        }
        for planned in wanted
    ]
    if rows:
        _INSERT.execute(session.connection(), rows)


def _row(planned: PlannedMessage, key: str, now: datetime) -> dict[str, Any]:
    return {
        "public_id": new_public_id(),
        "attempts": 0,
        "resends": 0,
        "dedup_key": key,
        "kind": planned.kind,
        "channel": CHANNEL,
        "due_at": planned.due_at,
        "expires_at": planned.expires_at,
        "state": MessageState.PENDING,
        "message_id": secrets.token_urlsafe(18),
        "created_at": now,
    }
