"""Which messages are due, whether one is still wanted, and what its letter is made of. Reads only.

`REASON_AGAINST` is the one place that says what is wanted: it decides when a message is claimed, and once more in the
statement that marks it just before its text is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.consents import EMAIL_REMINDERS
from booking.core.messages import (
    ACCOUNT_KINDS,
    NUDGE_KINDS,
    REMINDER_KINDS,
    STRANGER_KINDS,
    VISITLESS_KINDS,
    MessageKind,
    MessageState,
)
from booking.core.scheduling.clinic import VisitMode
from booking.core.scheduling.lifecycle import TIME_IS_FREE, AppointmentStatus
from booking.models import (
    Account,
    AddressChange,
    Appointment,
    CarerInvitation,
    ChangeState,
    Clinic,
    InvitationState,
    Location,
    MailHold,
    Message,
    OfferState,
    Patient,
    Service,
    WaitingEntry,
    WaitingOffer,
    WaitingState,
)
from booking.queries.consents import is_withdrawn
from booking.queries.message_times import EarlierTime, MessageOffer, earlier_time_or_none, message_offer

UNVERIFIED = "unverified"
NO_ADDRESS = "no_address"
MUTED = "muted"


@dataclass(frozen=True, slots=True)
class MessageVisit:
    """The visit that a message is about, as its letter tells it. `place` is empty unless somebody has to come there.

    `before` is the time it was moved from, for messages that tell of moving; `is_confirmed`: the patient has said that
    they will come."""

    id: int
    public_id: str
    patient_id: int
    starts_at: datetime
    ends_at: datetime
    sequence: int
    mode: VisitMode
    place: str
    tz_name: str
    change_notice: timedelta
    cancel_notice: timedelta
    is_confirmed: bool
    before: EarlierTime | None


@dataclass(frozen=True, slots=True)
class MessageWait:
    """The entry of the waiting list that a message is about: what it waits until, and nothing of what it waits for."""

    id: int
    last_on: date


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message with all that its fate and its letter depend on.

    `visit` is None for messages about an account, for offers, which have `offer` instead, and for what greets those who
    wait, with `wait`. `reason_against` is a
    code, None when the message is wanted; whether it is too late is not looked at there.
    """

    id: int
    kind: MessageKind
    state: MessageState
    owner: str | None
    message_id: str
    attempts: int
    resends: int
    expires_at: datetime
    account_id: int | None
    patient_id: int | None
    appointment_id: int | None
    to: str
    name: str
    language: str | None
    is_verified: bool
    clinic_name: str
    clinic_phone: str
    reason_against: str | None
    visit: MessageVisit | None
    offer: MessageOffer | None = None
    wait: MessageWait | None = None
    invitation_id: int | None = None
    address_change_id: int | None = None


_IS_INVITATION = Message.kind == MessageKind.CARER_INVITATION
_IS_NEW_ADDRESS = Message.kind == MessageKind.CONFIRM_NEW_ADDRESS
_IS_OFFER = Message.kind == MessageKind.WAITING_OFFER
_IS_JOINING = Message.kind == MessageKind.WAITING_JOINED
_IS_VISIT = sa.and_(Message.appointment_id.is_not(None), sa.not_(_IS_OFFER))
_MAY_BE_OVER = (MessageKind.CANCELLED, MessageKind.FORM_AFTER)
REASON_AGAINST = sa.case(
    (sa.and_(Message.kind.in_(ACCOUNT_KINDS), Message.account_id.is_(None)), "no_account"),
    (sa.and_(_IS_OFFER, sa.or_(WaitingOffer.id.is_(None), WaitingOffer.state != OfferState.OPEN)), "offer_closed"),
    (
        sa.and_(_IS_INVITATION, sa.or_(CarerInvitation.id.is_(None), CarerInvitation.state != InvitationState.OPEN)),
        "invitation_over",
    ),
    (sa.and_(_IS_NEW_ADDRESS, AddressChange.state != ChangeState.ASKED), "change_over"),
    (
        sa.and_(
            Message.kind == MessageKind.ADDRESS_CHANGING,
            AddressChange.state.not_in((ChangeState.ASKED, ChangeState.CONFIRMED)),
        ),
        "change_over",
    ),
    (sa.and_(_IS_JOINING, sa.or_(WaitingEntry.id.is_(None), WaitingEntry.state != WaitingState.WAITING)), "wait_over"),
    (sa.and_(Message.kind.not_in(VISITLESS_KINDS), sa.not_(_IS_OFFER), Appointment.id.is_(None)), "no_visit"),
    (sa.and_(_IS_VISIT, Appointment.version != Message.appointment_version), "visit_changed"),
    (
        sa.and_(Message.kind == MessageKind.CANCELLED, Appointment.status != AppointmentStatus.CANCELLED),
        "visit_not_cancelled",
    ),
    (
        sa.and_(_IS_VISIT, Message.kind.not_in(_MAY_BE_OVER), Appointment.status != AppointmentStatus.BOOKED),
        "visit_not_booked",
    ),
    (
        sa.and_(Message.kind == MessageKind.FORM_AFTER, Appointment.status.in_(TIME_IS_FREE)),
        "visit_not_booked",
    ),
    (sa.and_(Message.kind.not_in(ACCOUNT_KINDS), Patient.email.is_(None)), NO_ADDRESS),
    (sa.and_(Message.kind.in_(REMINDER_KINDS | NUDGE_KINDS), Patient.email_verified_at.is_(None)), UNVERIFIED),
    (sa.and_(Message.kind.in_(REMINDER_KINDS | NUDGE_KINDS), is_withdrawn(EMAIL_REMINDERS)), MUTED),
    (sa.and_(Message.account_id.is_not(None), Account.is_active.is_(False)), "account_closed"),
    (
        sa.and_(Message.kind == MessageKind.VERIFY_ADDRESS, Account.email_verified_at.is_not(None)),
        "verified_already",
    ),
    else_=sa.null(),
)
"""NULL when the message is wanted as things stand, otherwise a code. Needs the joins of `with_subjects`."""

ADDRESS = sa.func.coalesce(
    CarerInvitation.email,
    sa.case((_IS_NEW_ADDRESS, AddressChange.new_email), else_=AddressChange.old_email),
    Patient.email,
    Account.email,
)


def with_subjects(*columns: Any) -> sa.Select[Any]:
    """A select of these columns from messages, each with account, patient, appointment, offer, wait, invitation and
    change of address where it has them."""
    return (
        sa.select(*columns)
        .select_from(Message)
        .outerjoin(Appointment, Appointment.id == Message.appointment_id)
        .outerjoin(Patient, Patient.id == Message.patient_id)
        .outerjoin(Account, Account.id == Message.account_id)
        .outerjoin(WaitingOffer, WaitingOffer.id == Message.offer_id)
        .outerjoin(WaitingEntry, WaitingEntry.id == Message.waiting_entry_id)
        .outerjoin(CarerInvitation, CarerInvitation.id == Message.invitation_id)
        .outerjoin(AddressChange, AddressChange.id == Message.address_change_id)
    )


_FACTS = (
    with_subjects(
        Message.id,
        Message.kind,
        Message.state,
        Message.owner,
        Message.message_id,
        Message.attempts,
        Message.resends,
        Message.expires_at,
        Message.account_id,
        Message.patient_id,
        Message.appointment_id,
        sa.func.coalesce(ADDRESS, ""),
        sa.case((Message.kind.in_(STRANGER_KINDS), ""), else_=sa.func.coalesce(Patient.given_name, Account.name, "")),
        Patient.language,
        sa.func.coalesce(Patient.email_verified_at, Account.email_verified_at).is_not(None),
        Clinic.sender_name,
        Clinic.phone,
        REASON_AGAINST,
    )
    .add_columns(
        Message.offer_id.label("offer_id"),
        Message.invitation_id.label("invitation_id"),
        Message.address_change_id.label("address_change_id"),
        WaitingEntry.id.label("waiting_entry_id"),
        WaitingEntry.last_on.label("last_on"),
        Appointment.public_id.label("public_id"),
        Appointment.starts_at.label("starts_at"),
        Appointment.ends_at.label("ends_at"),
        Appointment.sequence.label("sequence"),
        (Location.street + ", " + Location.city).label("place"),
        Location.tz_name.label("tz_name"),
        Appointment.confirmed_at.label("confirmed_at"),
        Service.change_notice_minutes.label("change_notice_minutes"),
        Service.cancel_notice_minutes.label("cancel_notice_minutes"),
        Service.mode.label("mode"),
    )
    .outerjoin(Location, Location.id == Appointment.location_id)
    .outerjoin(Service, Service.id == Appointment.service_id)
    .join(Clinic, sa.true())
    .where(Message.id == sa.bindparam("id"))
)
_OWN_COLUMN_COUNT = 18

IS_HELD = sa.select(MailHold.id).where(MailHold.released_at.is_(None), MailHold.due_until >= Message.due_at).exists()
"""After a restore, what may have been sent already waits for a person's word (services/mail_holds.py)."""

_DUE = (
    sa.select(Message.id)
    .where(
        sa.or_(
            sa.and_(Message.state == MessageState.PENDING, Message.due_at <= sa.bindparam("now")),
            sa.and_(Message.state == MessageState.SENDING, Message.lease_until <= sa.bindparam("now")),
            sa.and_(
                Message.state == MessageState.DATA_SENT,
                Message.lease_until <= sa.bindparam("now"),
                Message.data_sent_at <= sa.bindparam("sent_before"),
            ),
        ),
        sa.select(Clinic.id).exists(),
        sa.not_(IS_HELD),
    )
    .order_by(Message.expires_at, Message.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)


def lock_due_or_none(session: Session, *, now: datetime, sent_before: datetime) -> int | None:
    """The id of the most urgent message that somebody has to deal with now, locked; None when there is none.

    That is: pending and due, or claimed by a worker whose lease has lapsed; when its text had been sent already, only
    if that was at `sent_before` or earlier. On PostgreSQL rows that others hold are skipped. Call it in a write
    transaction.
    """
    found: int | None = session.scalar(_DUE, {"now": now, "sent_before": sent_before})
    return found


def message_facts(session: Session, message_id: int) -> MessageFacts:
    """What is known of that message now; it must exist, and so must a clinic."""
    row = session.execute(_FACTS, {"id": message_id}).one()
    offer = visit = wait = None
    if row.kind is MessageKind.WAITING_OFFER:
        offer = None if row.offer_id is None else message_offer(session, row.offer_id)
    elif row.kind is MessageKind.WAITING_JOINED:
        wait = None if row.waiting_entry_id is None else MessageWait(row.waiting_entry_id, row.last_on)
    elif row.public_id is not None:
        is_moved = row.kind is MessageKind.CHANGED
        visit = _visit(row, earlier_time_or_none(session, row.appointment_id) if is_moved else None)
    own = row[:_OWN_COLUMN_COUNT]
    return MessageFacts(*(*own, visit, offer, wait, row.invitation_id, row.address_change_id))


def _visit(row: Any, before: EarlierTime | None) -> MessageVisit:
    return MessageVisit(
        id=row.appointment_id,
        public_id=row.public_id,
        patient_id=row.patient_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        sequence=row.sequence,
        mode=row.mode,
        place=row.place if row.mode is VisitMode.IN_PERSON else "",
        tz_name=row.tz_name,
        change_notice=timedelta(minutes=row.change_notice_minutes),
        cancel_notice=timedelta(minutes=row.cancel_notice_minutes),
        is_confirmed=row.confirmed_at is not None,
        before=before,
    )


def lock_held(session: Session, message_id: int, *, owner: str) -> MessageState | None:
    """Lock that message; its state while that worker holds it, None when it is another's or nobody's by now."""
    held = sa.select(Message.state).where(Message.id == message_id, Message.owner == owner)
    return session.scalar(held.with_for_update())
