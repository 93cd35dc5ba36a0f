"""Booking and cancelling. Each function is one transaction with its messages, its audit event and its answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import HoldExpired, NotFound, RulesRefuse, SlotTaken
from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.rules import Refusal
from booking.core.scheduling.slots import Slot
from booking.models import new_public_id
from booking.queries.catalogue import catalogue, is_current, kept_catalogue
from booking.services.cancelling import cancel, undo_cancel
from booking.services.follow_ups import settle_in_booking
from booking.services.holds import HeldSlot, hold_for, request_of
from booking.services.idempotency import body_hash, claim_answer
from booking.services.ordering import (
    BookedVisit,
    NewVisit,
    Order,
    VisitDetails,
    add_visit,
    booked_visit,
    has_email,
    known_id,
    patient_of,
    said,
    tell_of_visit,
)
from booking.services.overriding import OVERRIDABLE, refusals_never_overridden, refusals_to_override
from booking.services.patients import PatientDetails
from booking.services.reserving import OtherClinic, ReservedFor, Wish, book_in_transaction, reserve, with_calendar

__all__ = [
    "OVERRIDABLE",
    "BookedVisit",
    "PatientDetails",
    "VisitDetails",
    "book_at_desk",
    "book_held",
    "cancel",
    "refusals_at_desk",
    "undo_cancel",
]


def book_held(
    session: Session,
    *,
    actor: Actor,
    hold_public_id: str,
    patient: PatientDetails | int,
    details: VisitDetails,
    nonce: str,
    now: datetime,
) -> BookedVisit:
    """Turn the browser session's hold into a visit: for a new patient, or for one the actor may act for (id).

    When the hold has ended, the same time is taken again if it is free. Raises NotFound, HoldExpired or SlotTaken with
    alternatives, PatientBusy, RulesRefuse, NonceReused, BusyDatabase. Sent again with its nonce, it gives the same
    answer.
    """
    if isinstance(patient, int) and patient not in actor.patient_ids:
        raise NotFound
    order = Order(actor, new_public_id(), patient, details, now)
    body = body_hash({"hold": hold_public_id, **said(patient, details)})

    def work() -> BookedVisit:
        if earlier := _earlier(session, order, nonce, body):
            return earlier
        held = hold_for(session, actor=actor, public_id=hold_public_id)
        if held is None:
            raise NotFound
        return _book(session, kept_catalogue(session), order, _wish_for(held, actor, now))

    return book_in_transaction(session, work, now=now)


def _wish_for(held: HeldSlot, actor: Actor, now: datetime) -> Wish:
    """A live hold was checked by the rules when it began, and keeps its specialist; an ended one is asked for anew."""
    asked = replace(request_of(held, now), apply_policies=not actor.is_staff, is_verified=actor.role is Role.PATIENT)
    if held.expires_at <= now:
        return Wish(asked, actor.owner, if_taken=HoldExpired, is_owner_locked=True)
    if held.starts_at < now:
        raise RulesRefuse((Refusal("in_past"),))
    kept = replace(asked, specialist_id=held.specialist_id, now=held.created_at)
    return Wish(kept, actor.owner, if_taken=SlotTaken, is_owner_locked=True)


def book_at_desk(
    session: Session,
    *,
    actor: Actor,
    service_id: int,
    location_id: int,
    specialist_id: int | None,
    starts_at: datetime,
    patient: PatientDetails | int,
    details: VisitDetails,
    nonce: str,
    now: datetime,
    override_reason: str | None = None,
    follow_up: str | None = None,
) -> BookedVisit:
    """Book for a caller, at a location where the actor works. `override_reason` is a code that the audit keeps, without
    which what only binds patients is refused; `follow_up` the public id of the follow-up that this visit settles.

    Raises NotFound, RulesRefuse, SlotTaken with alternatives, PatientBusy, NonceReused, BusyDatabase."""
    if not actor.works_at(location_id):
        raise NotFound
    asked = SlotRequest(service_id, location_id, specialist_id, to_minutes(starts_at), now, apply_policies=False)
    order = Order(actor, new_public_id(), patient, details, now, override_reason)
    body = body_hash(
        {"time": asked.starts, "place": (service_id, location_id, specialist_id), **said(patient, details)}
    )

    def work() -> BookedVisit:
        if earlier := _earlier(session, order, nonce, body):
            return earlier
        clinic = kept_catalogue(session)
        wish = Wish(asked, actor.owner, patient_id=known_id(order), is_owner_locked=True)
        if not override_reason and (refusals := refusals_to_override(session, clinic, wish)):
            raise RulesRefuse(refusals) if is_current(session, clinic) else OtherClinic
        booked = _book(session, clinic, order, wish)
        if follow_up:
            settle_in_booking(session, actor, follow_up, booked.public_id, now)
        return booked

    return book_in_transaction(session, work, now=now)


def book_in_place(
    session: Session, clinic: Catalogue, *, actor: Actor, patient_id: int, wish: Wish, now: datetime
) -> BookedVisit:
    """Book for a known patient within the caller's transaction and by the rules of `clinic`.

    For a time that the clinic itself has offered; the caller has authorised it. Raises what `reserve` raises.
    """
    return _book(session, clinic, Order(actor, new_public_id(), patient_id, VisitDetails(None), now), wish)


def refusals_at_desk(
    session: Session, asked: SlotRequest, *, patient_id: int | None, without_appointment: int | None = None
) -> tuple[Refusal, ...]:
    """All that stands against that time and that patient at the desk, but for what is taken: first what a reason gets
    past, then what none does. For the page.

    The patient's other visits are only read where a reason is asked for; else the act finds them. `without_appointment`
    is the visit that is to be moved there.
    """
    clinic, wish = catalogue(session), Wish(asked, patient_id=patient_id, without_appointment=without_appointment)
    overridable = refusals_to_override(session, clinic, wish)
    if overridable:
        wish = with_calendar(session, clinic, wish)
    return (*overridable, *refusals_never_overridden(clinic, wish.request))


def _earlier(session: Session, order: Order, nonce: str, body: str) -> BookedVisit | None:
    """What this form has led to already; None when it is new, and then its answer is kept with the booking.

    The owner's lock is had from here on."""
    subject = claim_answer(
        session, owner=order.actor.owner, nonce=nonce, body=body, subject=order.public_id, now=order.now,
        lock_owner=True,
    )  # fmt: skip
    return None if subject is None else booked_visit(session, subject)


def _book(session: Session, clinic: Catalogue, order: Order, wish: Wish) -> BookedVisit:
    """Reserve, then write messages and audit events into the open transaction."""
    made: list[NewVisit] = []

    def keep(slot: Slot) -> ReservedFor:
        made.append(add_visit(session, order, slot, patient_of(session, order)))
        return ReservedFor(appointment_id=made[0].id, patient_id=made[0].patient_id)

    wish = replace(wish, patient_id=known_id(order))
    reserved = reserve(session, wish, now=order.now, keep=keep, clinic=clinic)
    tell_of_visit(session, clinic, order, made[0], has_email=has_email(order, reserved.patient))
    return made[0].as_booked()
