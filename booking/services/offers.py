"""Answering an offer of the waiting list: taking the time, or not. Who is asked next is for `offering.py`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, VisitAct
from booking.core.errors import HoldExpired, NotFound, OfferOver, RulesRefuse, SlotTaken
from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.rules import ChangeRequest, may_change
from booking.core.waiting import clinic_for_wait, why_over
from booking.models import Appointment, AppointmentTime, OfferState, WaitingState
from booking.queries.appointments import Visit, visit_for
from booking.queries.catalogue import catalogue, kept_catalogue
from booking.queries.waiting import Offer, entries_by_id, offer_for
from booking.services.appointments import book_in_place
from booking.services.changing import move_in_transaction
from booking.services.idempotency import body_hash, claim_answer
from booking.services.offer_ends import MOVED_UP, close_offer, end_wait, take_list
from booking.services.reserving import Wish, book_in_transaction
from booking.services.transaction import transaction
from booking.services.waiting_list import earliest_today

TAKEN_LATE = frozenset({OfferState.EXPIRED, OfferState.DECLINED})
"""After these the time may still be had, if nobody else has it and the person waits still."""


@dataclass(frozen=True, slots=True)
class AcceptedOffer:
    """The visit that the offer led to; the same again when it is accepted again. `before` is the start it had."""

    public_id: str
    starts_at: datetime
    before: datetime | None


@dataclass(frozen=True, slots=True)
class OfferContext:
    """An offer for the page that asks for the answer. `is_open`: the time is kept; `may_be_tried`: it may still be
    had, if it is free."""

    offer: Offer
    is_open: bool
    may_be_tried: bool


def offer_context(session: Session, *, actor: Actor, offer_public_id: str, now: datetime) -> OfferContext | None:
    """The offer, when it is the actor's business; None otherwise. Changes nothing."""
    offer = offer_for(session, actor, offer_public_id)
    if offer is None:
        return None
    is_open = offer.state is OfferState.OPEN and offer.expires_at > now
    is_waiting = offer.entry_state is WaitingState.WAITING and offer.starts_at > now
    is_late = offer.state is OfferState.OPEN or offer.state in TAKEN_LATE
    return OfferContext(offer, is_open and is_waiting, not is_open and is_waiting and is_late)


def accept_offer(session: Session, *, actor: Actor, offer_public_id: str, now: datetime, nonce: str) -> AcceptedOffer:
    """Take the offered time: as a new visit, or in place of the old one, whose time is offered on in turn.

    An answer that comes late gets the time as well, if it is still free. Accepting twice is accepting once. Raises
    NotFound, OfferOver (nobody waits here any more), HoldExpired or SlotTaken with alternatives, PatientBusy,
    RulesRefuse (`too_late_to_change` and others), MoveNotAllowed, NonceReused, BusyDatabase.
    """

    def work() -> AcceptedOffer:
        claim_answer(
            session, owner=actor.owner, nonce=nonce, body=body_hash({"offer": offer_public_id}),
            subject=offer_public_id, now=now,
        )  # fmt: skip
        take_list(session)
        offer = offer_for(session, actor, offer_public_id)
        if offer is None:
            raise NotFound
        if offer.state is OfferState.ACCEPTED:
            return _accepted_before(session, offer)
        return _accept(session, actor, offer, now)

    return book_in_transaction(session, work, now=now)


def _accepted_before(session: Session, offer: Offer) -> AcceptedOffer:
    """The answer to the first acceptance: its visit, and the start that the visit had before."""
    moved = sa.select(AppointmentTime.starts_at).where(
        AppointmentTime.appointment_id == offer.appointment_id, AppointmentTime.reason_code == MOVED_UP
    )
    before = session.scalars(moved.order_by(AppointmentTime.version.desc()).limit(1)).one_or_none()
    return AcceptedOffer(offer.visit_public_id or "", offer.starts_at, before)


def _accept(session: Session, actor: Actor, offer: Offer, now: datetime) -> AcceptedOffer:
    may_be_taken = offer.state is OfferState.OPEN or offer.state in TAKEN_LATE
    if not may_be_taken or not _waits_still(session, offer, now):
        raise OfferOver(state=offer.state.value)
    taken = _book(session, actor, offer, now) if offer.appointment_id is None else _swap(session, actor, offer, now)
    close_offer(session, offer, OfferState.ACCEPTED, actor=actor, now=now)
    appointment_id = session.scalars(sa.select(Appointment.id).where(Appointment.public_id == taken.public_id)).one()
    end_wait(
        session, offer.entry_id, WaitingState.PLACED, actor=actor, now=now, appointment_id=appointment_id
    )  # fmt: skip
    return taken


def _waits_still(session: Session, offer: Offer, now: datetime) -> bool:
    """Whether the wait goes on; who has booked meanwhile, or has no visit to move any more, gets none on top."""
    [waiting] = entries_by_id(session, offer.entry_id, now=now)
    today = earliest_today(catalogue(session), now)
    return waiting.state is WaitingState.WAITING and why_over(waiting.facts, now=now, today=today) is None


def _wish(actor: Actor, offer: Offer, now: datetime) -> Wish:
    """Exactly the offered time. Its rules hold for staff too, who answer here in the patient's place."""
    request = SlotRequest(
        offer.service_id, offer.location_id, offer.specialist_id, to_minutes(offer.starts_at), now, is_verified=True
    )
    is_kept = offer.state is OfferState.OPEN and offer.expires_at > now
    if_taken = SlotTaken if is_kept else HoldExpired
    return Wish(request, actor.owner, offer.hold_owner, offer.patient_id, if_taken=if_taken)


def _book(session: Session, actor: Actor, offer: Offer, now: datetime) -> AcceptedOffer:
    clinic = clinic_for_wait(kept_catalogue(session), offer.service_id, timedelta(0))
    booked = book_in_place(
        session, clinic, actor=actor, patient_id=offer.patient_id, wish=_wish(actor, offer, now), now=now
    )
    return AcceptedOffer(booked.public_id, offer.starts_at, None)


def _swap(session: Session, actor: Actor, offer: Offer, now: datetime) -> AcceptedOffer:
    visit = _old_visit(session, actor, offer)
    clinic = clinic_for_wait(kept_catalogue(session), offer.service_id, timedelta(0))
    asked = ChangeRequest(visit.starts_at, visit.status, apply_policies=not actor.is_staff)
    if refusals := may_change(asked, clinic.services[visit.service_id].policy, now):
        raise RulesRefuse(refusals)
    wish = replace(_wish(actor, offer, now), without_appointment=visit.id)
    moved = move_in_transaction(
        session, clinic, actor=actor, visit=visit, wish=wish, reason_code=MOVED_UP, now=now
    )  # fmt: skip
    return AcceptedOffer(moved.public_id, moved.starts_at, moved.before)


def _old_visit(session: Session, actor: Actor, offer: Offer) -> Visit:
    """The visit that moves, locked. Whoever may answer the offer may move it for this. Raises NotFound."""
    acting = replace(actor, patient_ids=actor.patient_ids | {offer.patient_id})
    visit = visit_for(session, acting, offer.visit_public_id or "", act=VisitAct.CHANGE, lock=True)
    if visit is None:
        raise NotFound
    return visit


def decline_offer(session: Session, *, actor: Actor, offer_public_id: str, keep_looking: bool, now: datetime) -> None:
    """No to this time: the place on the list is kept, or with `keep_looking` False given up.

    Nothing happens to an offer that is over already, but who wants no more offers gets none. Raises NotFound,
    BusyDatabase.
    """
    with transaction(session):
        take_list(session)
        offer = offer_for(session, actor, offer_public_id)
        if offer is None:
            raise NotFound
        if offer.state is OfferState.OPEN:
            close_offer(session, offer, OfferState.DECLINED, actor=actor, now=now)
        if not keep_looking and offer.entry_state is WaitingState.WAITING:
            end_wait(session, offer.entry_id, WaitingState.LEFT, actor=actor, now=now)
