"""The other times that a letter tells: the one a visit was moved from, and the one offered to somebody who waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind, MessageState
from booking.core.scheduling.clinic import VisitMode
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AppointmentTime, Location, Message, Service, WaitingEntry, WaitingOffer

TELLS_THE_TIME = frozenset({MessageKind.BOOKED, MessageKind.CHANGED, MessageKind.RESTORED})
"""Kinds after which the patient knows when the visit is."""


@dataclass(frozen=True, slots=True)
class EarlierTime:
    """When and where a visit was, or still is; `place` is street and city, wherever the visit took place."""

    starts_at: datetime
    tz_name: str
    place: str


@dataclass(frozen=True, slots=True)
class MessageOffer:
    """A time that is offered until `expires_at`, as its letter tells it. `place` is empty unless somebody has to come.

    `instead_of` is the visit that it would replace, None for somebody who has none."""

    id: int
    patient_id: int
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    mode: VisitMode
    place: str
    tz_name: str
    instead_of: EarlierTime | None


_PLACE = Location.street + ", " + Location.city

_was_told = (
    sa.select(Message.id)
    .where(
        Message.appointment_id == AppointmentTime.appointment_id,
        Message.appointment_version == AppointmentTime.version,
        Message.kind.in_(TELLS_THE_TIME),
        Message.state == MessageState.SENT,
    )
    .correlate(AppointmentTime)
    .exists()
)

_EARLIER = (
    sa.select(AppointmentTime.starts_at, Location.tz_name, _PLACE)
    .join(Location, Location.id == AppointmentTime.location_id)
    .where(AppointmentTime.appointment_id == sa.bindparam("appointment_id"))
    .order_by(sa.case((_was_told, 0), else_=1), AppointmentTime.version.desc())
    .limit(1)
)

_OFFER = (
    sa.select(
        WaitingOffer.id,
        WaitingEntry.patient_id,
        WaitingOffer.starts_at,
        WaitingOffer.ends_at,
        WaitingOffer.expires_at,
        Service.mode,
        _PLACE.label("place"),
        Location.tz_name,
        WaitingEntry.appointment_id,
    )
    .join(WaitingEntry, WaitingEntry.id == WaitingOffer.entry_id)
    .join(Location, Location.id == WaitingOffer.location_id)
    .join(Service, Service.id == WaitingOffer.service_id)
    .where(WaitingOffer.id == sa.bindparam("id"))
)

_PRESENT = (
    sa.select(Appointment.starts_at, Location.tz_name, _PLACE)
    .join(Location, Location.id == Appointment.location_id)
    .where(Appointment.id == sa.bindparam("id"), Appointment.status == AppointmentStatus.BOOKED)
)


def earlier_time_or_none(session: Session, appointment_id: int) -> EarlierTime | None:
    """The time that the visit had when its patient was last told one; else the last it had; None for one never moved.

    Somebody who is moved twice in a minute gets one letter, and knows nothing of the time in between.
    """
    row = session.execute(_EARLIER, {"appointment_id": appointment_id}).one_or_none()
    return None if row is None else EarlierTime(*row)


def message_offer(session: Session, offer_id: int) -> MessageOffer:
    """That offer, which must exist, with the visit that it would replace."""
    row = session.execute(_OFFER, {"id": offer_id}).one()
    present = session.execute(_PRESENT, {"id": row.appointment_id}).one_or_none()
    return MessageOffer(
        id=row.id,
        patient_id=row.patient_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        expires_at=row.expires_at,
        mode=row.mode,
        place=row.place if row.mode is VisitMode.IN_PERSON else "",
        tz_name=row.tz_name,
        instead_of=None if present is None else EarlierTime(*present),
    )
