"""One booking on its way, and the rows that it becomes. Every entrance that books writes them with these functions."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.people import REFERENCE_ALPHABET, REFERENCE_LENGTH
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.slots import Slot
from booking.models import Appointment
from booking.queries.booking import PatientNow
from booking.queries.prepared import PreparedInsert
from booking.services import audit, outbox
from booking.services.patients import PatientDetails, create_described
from booking.services.sealed import seal_text

# Written past the unit of work, which costs several times the statement: every booking pays it.
_INSERT = PreparedInsert(Appointment, lambda insert: insert.returning(Appointment.id))

_RANDOM = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class VisitDetails:
    """What the person says of the visit; `needs` are codes. All of it is sealed."""

    reason: str | None
    needs: tuple[str, ...] = ()
    booked_for_other: bool = False


@dataclass(frozen=True, slots=True)
class NewVisit:
    """The row of a visit that was just written: what its reservations, messages and events refer to."""

    id: int
    public_id: str
    reference: str
    patient_id: int
    location_id: int
    starts_at: datetime
    version: int

    def as_booked(self) -> BookedVisit:
        """The answer to the booking."""
        return BookedVisit(self.id, self.public_id, self.reference, self.patient_id)


@dataclass(frozen=True, slots=True)
class BookedVisit:
    """The answer to a booking; the same again when the same form is sent again."""

    appointment_id: int
    public_id: str
    reference: str
    patient_id: int


@dataclass(frozen=True, slots=True)
class Order:
    """One booking on its way: everything but the time. `patient` is an id, or a person who is new."""

    actor: Actor
    public_id: str
    patient: PatientDetails | int
    details: VisitDetails
    now: datetime
    override_reason: str | None = None


def said(patient: PatientDetails | int, details: VisitDetails) -> dict[str, object]:
    """What the form said of person and visit, for the hash of its nonce."""
    return {"patient": patient if isinstance(patient, int) else asdict(patient), "details": asdict(details)}


def booked_visit(session: Session, public_id: str) -> BookedVisit:
    """The answer that was given when this visit was booked."""
    row = session.execute(
        sa.select(Appointment.id, Appointment.reference, Appointment.patient_id).where(
            Appointment.public_id == public_id
        )
    ).one()
    return BookedVisit(row.id, public_id, row.reference, row.patient_id)


def known_id(order: Order) -> int | None:
    """The id of the patient, None for a person who is new."""
    return order.patient if isinstance(order.patient, int) else None


def has_email(order: Order, known: PatientNow | None) -> bool:
    """Whether there is an address to write to: that of the known patient, or what the new person gave."""
    if isinstance(order.patient, int):
        return known is not None and known.has_email
    return bool((order.patient.email or "").strip())


def patient_of(session: Session, order: Order) -> int:
    """The id of the patient; the person who is new is added, as a patient of the account that books."""
    if isinstance(order.patient, int):
        return order.patient
    account_id = order.actor.account_id if order.actor.role is Role.PATIENT else None
    patient = create_described(session, order.patient, account_id=account_id, now=order.now)
    audit.record(session, order.actor, "patient_created", "patient", patient.id, now=order.now)
    return patient.id


def add_visit(session: Session, order: Order, slot: Slot, patient_id: int) -> NewVisit:
    """Write the visit's row, which gives it an id; its reservations are the caller's."""
    visit: dict[str, Any] = {
        "public_id": order.public_id,
        "reference": "".join(_RANDOM.choices(REFERENCE_ALPHABET, k=REFERENCE_LENGTH)),
        "patient_id": patient_id,
        "location_id": slot.location_id,
        "starts_at": slot.starts_at,
        "version": 1,
    }
    values = {
        **visit,
        **_sealed(session, order),
        "service_id": slot.service_id,
        "specialist_id": slot.specialist_id,
        "ends_at": slot.ends_at,
        "status": AppointmentStatus.BOOKED,
        "booked_by_account_id": order.actor.account_id,
        "booked_for_other": order.details.booked_for_other,
        "booked_at": order.now,
        "sequence": 0,
    }
    [[appointment_id]] = _INSERT.execute(session.connection(), [values]).rows
    return NewVisit(appointment_id, **visit)


def _sealed(session: Session, order: Order) -> dict[str, str | None]:
    needs = json.dumps(order.details.needs) if order.details.needs else None
    return {
        "reason_sealed": seal_text(session, "appointment", "reason", order.public_id, order.details.reason),
        "needs_sealed": seal_text(session, "appointment", "needs", order.public_id, needs),
    }


def tell_of_visit(session: Session, clinic: Catalogue, order: Order, appointment: NewVisit, *, has_email: bool) -> None:
    """The messages that the visit wants, and who booked it. Last, so that they are written in one go at the end."""
    now, tz = order.now, clinic.locations[appointment.location_id].tz
    outbox.plan_for_booking(session, appointment=appointment, tz=tz, has_email=has_email, now=now)
    audit.record(
        session,
        order.actor,
        "appointment_booked",
        "appointment",
        appointment.id,
        now=now,
        reason_code=order.override_reason,
        patient_id=appointment.patient_id,
    )
