"""The cast of the waiting list's tests: who waits, which time becomes free, who is offered it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.waiting import WaitingWish
from booking.models import Appointment, FreedTime, Hold, Message, Patient, WaitingEntry, WaitingOffer
from booking.services.appointments import cancel
from booking.services.offering import offer_freed_times
from booking.services.waiting_list import WaitingPlace, join
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import DORA, FIRST_CONSULTATION, acting_for

MONDAY_9 = NEXT_MONDAY_9
"""Dr Cruz's time that becomes free: an hour that the office is open, a week ahead."""

OFFICE_OPENS = datetime(2026, 11, 23, 14, 0, tzinfo=NOW.tzinfo)
"""Nine in New York on the day of NOW."""

WISH = WaitingWish(FIRST_CONSULTATION, date(2026, 11, 23), date(2026, 12, 23))


def waits(
    session: Session,
    patient: Patient | None = None,
    *,
    since: datetime = NOW - timedelta(days=10),
    visit: Appointment | None = None,
    priority: int | None = None,
    **wished: Any,
) -> WaitingEntry:
    """Somebody who waits for a first consultation, any time in the next month, unless said otherwise."""
    patient = patient or make_patient(session)
    wish = replace(WISH, **wished)
    place = join(
        session, actor=DORA, patient_id=patient.id, wish=wish, now=since, priority=priority,
        visit_public_id=visit.public_id if visit else None,
    )  # fmt: skip
    return entry(session, place)


def entry(session: Session, place: WaitingPlace) -> WaitingEntry:
    return session.scalars(sa.select(WaitingEntry).where(WaitingEntry.public_id == place.public_id)).one()


def frees(session: Session, *, starts_at: datetime = MONDAY_9, now: datetime = NOW, **overrides: Any) -> FreedTime:
    """A visit of somebody with Dr Cruz that the desk cancels: its time is free at once."""
    visit = make_appointment(session, starts_at=starts_at, **overrides)
    cancel(session, actor=DORA, public_id=visit.public_id, reason_code="pat", note=None, now=now)
    return session.scalars(sa.select(FreedTime).order_by(FreedTime.id.desc()).limit(1)).one()


def offered(session: Session, *, now: datetime = NOW) -> list[WaitingOffer]:
    """All offers after the worker has done its round, the newest last."""
    offer_freed_times(session, now=now)
    return offers(session)


def offers(session: Session) -> list[WaitingOffer]:
    session.rollback()
    return list(session.scalars(sa.select(WaitingOffer).order_by(WaitingOffer.id)))


def one_offer(session: Session, *, patient: Patient | None = None) -> WaitingOffer:
    """Somebody who waits, a time that becomes free, and the offer of it."""
    waits(session, patient)
    frees(session)
    [offer] = offered(session)
    return offer


def patient_of(session: Session, offer: WaitingOffer) -> Patient:
    waiting = session.get_one(WaitingEntry, offer.entry_id)
    return session.get_one(Patient, waiting.patient_id)


def answering(session: Session, offer: WaitingOffer) -> Actor:
    """The patient whom the offer was made, logged in."""
    return acting_for(patient_of(session, offer), owner="browser-waiting")


def opened(offer: WaitingOffer) -> Actor:
    """A visitor who has opened the mailed link of the offer."""
    return Actor(owner="browser-mail", offer_ids=frozenset({offer.public_id}))


def hold_of(session: Session, offer: WaitingOffer) -> Hold | None:
    return session.scalars(sa.select(Hold).where(Hold.owner == f"offer:{offer.public_id}")).one_or_none()


def letters(session: Session, offer: WaitingOffer) -> list[Message]:
    session.rollback()
    return list(session.scalars(sa.select(Message).where(Message.offer_id == offer.id)))


def visits(session: Session, patient: Patient) -> list[Appointment]:
    session.rollback()
    return list(session.scalars(sa.select(Appointment).where(Appointment.patient_id == patient.id)))
