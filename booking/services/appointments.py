"""Booking and cancelling. Each function is one transaction with its messages, its audit event and its answer."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import HoldExpired, NotFound, RulesRefuse, SlotTaken
from booking.core.people import REFERENCE_ALPHABET, REFERENCE_LENGTH
from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.rules import Refusal
from booking.core.scheduling.slots import Slot
from booking.models import Appointment, Patient, new_public_id
from booking.queries.catalogue import catalogue
from booking.services import audit, outbox
from booking.services.cancelling import cancel, undo_cancel
from booking.services.holds import HeldSlot, hold_for, request_of
from booking.services.idempotency import body_hash, claim_answer
from booking.services.overriding import OVERRIDABLE, needs_override, refusals_to_override
from booking.services.patients import PatientDetails, create_described
from booking.services.reserving import ReservedFor, Wish, book_in_transaction, reserve
from booking.services.sealed import seal_text

__all__ = [
    "OVERRIDABLE",
    "BookedVisit",
    "PatientDetails",
    "VisitDetails",
    "book_at_desk",
    "book_held",
    "cancel",
    "needs_override",
    "undo_cancel",
]


@dataclass(frozen=True, slots=True)
class VisitDetails:
    """What the person says of the visit; `needs` are codes. All of it is sealed."""

    reason: str | None
    needs: tuple[str, ...] = ()
    booked_for_other: bool = False


@dataclass(frozen=True, slots=True)
class BookedVisit:
    """The answer to a booking; the same again when the same form is sent again."""

    appointment_id: int
    public_id: str
    reference: str
    patient_id: int


@dataclass(frozen=True, slots=True)
class _Order:
    """One booking on its way: everything but the time."""

    actor: Actor
    public_id: str
    patient: PatientDetails | int
    details: VisitDetails
    now: datetime
    override_reason: str | None = None


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
    order = _Order(actor, new_public_id(), patient, details, now)
    body = body_hash({"hold": hold_public_id, **_said(patient, details)})

    def work() -> BookedVisit:
        if earlier := _earlier(session, order, nonce, body):
            return earlier
        held = hold_for(session, actor=actor, public_id=hold_public_id)
        if held is None:
            raise NotFound
        return _book(session, catalogue(session), order, _wish_for(held, actor, now))

    return book_in_transaction(session, work, now=now)


def _wish_for(held: HeldSlot, actor: Actor, now: datetime) -> Wish:
    """A live hold was checked by the rules when it began, and keeps its specialist; an ended one is asked for anew."""
    asked = replace(request_of(held, now), apply_policies=not actor.is_staff, is_verified=actor.role is Role.PATIENT)
    if held.expires_at <= now:
        return Wish(asked, actor.owner, if_taken=HoldExpired)
    if held.starts_at < now:
        raise RulesRefuse((Refusal("in_past"),))
    kept = replace(asked, specialist_id=held.specialist_id, now=held.created_at)
    return Wish(kept, actor.owner, if_taken=SlotTaken)


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
) -> BookedVisit:
    """Book for a caller, at a location where the actor works. `override_reason` is a code that the audit keeps.

    What only binds patients (notice, horizon, courses, gap, limit) is refused without such a code. Raises NotFound,
    RulesRefuse, SlotTaken with alternatives, PatientBusy, NonceReused, BusyDatabase.
    """
    if not actor.works_at(location_id):
        raise NotFound
    asked = SlotRequest(service_id, location_id, specialist_id, to_minutes(starts_at), now, apply_policies=False)
    order = _Order(actor, new_public_id(), patient, details, now, override_reason)
    body = body_hash(
        {"time": asked.starts, "place": (service_id, location_id, specialist_id), **_said(patient, details)}
    )

    def work() -> BookedVisit:
        if earlier := _earlier(session, order, nonce, body):
            return earlier
        clinic = catalogue(session)
        wish = Wish(asked, actor.owner, patient_id=patient if isinstance(patient, int) else None)
        if not override_reason and (refusals := refusals_to_override(session, clinic, wish)):
            raise RulesRefuse(refusals)
        return _book(session, clinic, order, wish)

    return book_in_transaction(session, work, now=now)


def book_in_place(
    session: Session, clinic: Catalogue, *, actor: Actor, patient_id: int, wish: Wish, now: datetime
) -> BookedVisit:
    """Book for a known patient within the caller's transaction and by the rules of `clinic`.

    For a time that the clinic itself has offered; the caller has authorised it. Raises what `reserve` raises.
    """
    return _book(session, clinic, _Order(actor, new_public_id(), patient_id, VisitDetails(None), now), wish)


def _said(patient: PatientDetails | int, details: VisitDetails) -> dict[str, object]:
    return {"patient": patient if isinstance(patient, int) else asdict(patient), "details": asdict(details)}


def _earlier(session: Session, order: _Order, nonce: str, body: str) -> BookedVisit | None:
    """What this form has led to already; None when it is new, and then its answer is kept with the booking."""
    subject = claim_answer(
        session, owner=order.actor.owner, nonce=nonce, body=body, subject=order.public_id, now=order.now
    )
    if subject is None:
        return None
    row = session.execute(
        sa.select(Appointment.id, Appointment.reference, Appointment.patient_id).where(Appointment.public_id == subject)
    ).one()
    return BookedVisit(row.id, subject, row.reference, row.patient_id)


def _book(session: Session, clinic: Catalogue, order: _Order, wish: Wish) -> BookedVisit:
    """Reserve, then write messages and audit events into the open transaction."""
    known = _known_patient(session, order.patient)
    made: list[tuple[Appointment, Patient]] = []

    def keep(slot: Slot) -> ReservedFor:
        patient = known or _new_patient(session, order)
        appointment = _appointment(session, order, slot, patient.id)
        session.add(appointment)
        session.flush()
        made.append((appointment, patient))
        return ReservedFor(appointment_id=appointment.id, patient_id=patient.id)

    wish = replace(wish, patient_id=known.id if known else None)
    reserve(session, wish, now=order.now, keep=keep, clinic=clinic)
    [(appointment, patient)] = made
    _tell(session, clinic, order, appointment, patient)
    return BookedVisit(appointment.id, appointment.public_id, appointment.reference, patient.id)


def _tell(session: Session, clinic: Catalogue, order: _Order, appointment: Appointment, patient: Patient) -> None:
    """The messages that the visit wants, and who did what. Last, so that they are written in one go at the end."""
    now, tz = order.now, clinic.locations[appointment.location_id].tz
    outbox.plan_for_booking(session, appointment=appointment, tz=tz, has_email=patient.email is not None, now=now)
    if not isinstance(order.patient, int):
        audit.record(session, order.actor, "patient_created", "patient", patient.id, now=now)
    reason_code = order.override_reason
    audit.record(
        session, order.actor, "appointment_booked", "appointment", appointment.id, now=now, reason_code=reason_code
    )


def _known_patient(session: Session, patient: PatientDetails | int) -> Patient | None:
    """The patient of that id, or None for a person who is new. Raises NotFound."""
    if not isinstance(patient, int):
        return None
    known = session.get(Patient, patient)
    if known is None:
        raise NotFound
    return known


def _new_patient(session: Session, order: _Order) -> Patient:
    assert not isinstance(order.patient, int)  # noqa: S101 - a known patient was found before; this tells the type checker.
    account_id = order.actor.account_id if order.actor.role is Role.PATIENT else None
    return create_described(session, order.patient, account_id=account_id, now=order.now)


def _appointment(session: Session, order: _Order, slot: Slot, patient_id: int) -> Appointment:
    needs = json.dumps(order.details.needs) if order.details.needs else None
    return Appointment(
        public_id=order.public_id,
        reference="".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH)),
        patient_id=patient_id,
        service_id=slot.service_id,
        location_id=slot.location_id,
        specialist_id=slot.specialist_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        status=AppointmentStatus.BOOKED,
        reason_sealed=seal_text(session, "appointment", "reason", order.public_id, order.details.reason),
        needs_sealed=seal_text(session, "appointment", "needs", order.public_id, needs),
        booked_by_account_id=order.actor.account_id,
        booked_for_other=order.details.booked_for_other,
        booked_at=order.now,
    )
