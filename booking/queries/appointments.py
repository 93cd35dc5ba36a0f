"""Appointments as plain values, for those who may see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role, VisitAct
from booking.core.scheduling.lifecycle import TIME_IS_FREE, AppointmentStatus
from booking.models import Appointment, Patient


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment with its patient's name; no health text. `is_mailed`: there is an address to write to."""

    id: int
    public_id: str
    reference: str
    patient_id: int
    patient_public_id: str
    patient_name: str
    patient_phone: str | None
    is_mailed: bool
    service_id: int
    location_id: int
    specialist_id: int | None
    starts_at: datetime
    ends_at: datetime
    status: AppointmentStatus
    version: int
    sequence: int
    cancelled_at: datetime | None
    booked_at: datetime
    confirmed_at: datetime | None
    patient_language: str


VISIT_COLUMNS = (
    Appointment.id,
    Appointment.public_id,
    Appointment.reference,
    Appointment.patient_id,
    Patient.public_id.label("patient_public_id"),
    (Patient.given_name + " " + Patient.family_name).label("patient_name"),
    Patient.phone.label("patient_phone"),
    Patient.email.is_not(None).label("is_mailed"),
    Appointment.service_id,
    Appointment.location_id,
    Appointment.specialist_id,
    Appointment.starts_at,
    Appointment.ends_at,
    Appointment.status,
    Appointment.version,
    Appointment.sequence,
    Appointment.cancelled_at,
    Appointment.booked_at,
    Appointment.confirmed_at,
    Patient.language.label("patient_language"),
)
"""What a Visit is read from, in its order."""


def select_visits() -> sa.Select[*tuple[Any, ...]]:
    """All visits with their patients, unordered; each row is the arguments of a Visit."""
    return sa.select(*VISIT_COLUMNS).join_from(Appointment, Patient, Patient.id == Appointment.patient_id)


def visit_for(
    session: Session, actor: Actor, public_id: str, *, act: VisitAct | None = None, lock: bool = False
) -> Visit | None:
    """The visit, when the actor may see it: their own patient's, one opened in this browser session, at a location
    where they work, or for a specialist one that they give. None for all others, as if it did not exist.

    `act`: what they are about to do; a visit opened by a mailed link is there only for what the link is for.
    `lock`: for whoever will change it in this transaction; all others who want that wait here, before any other lock.
    """
    wanted = select_visits().where(Appointment.public_id == public_id)
    if lock:
        wanted = wanted.with_for_update(of=Appointment, key_share=True)
    row = session.execute(wanted).one_or_none()
    visit = None if row is None else Visit(*row)
    if visit is None or not may_see(actor, visit):
        return None
    return visit if act is None or actor.may_act(act, public_id=public_id, patient_id=visit.patient_id) else None


def may_see(actor: Actor, visit: Visit) -> bool:
    """Whether the visit is the actor's business."""
    if actor.role is Role.SPECIALIST:
        return actor.resource_id is not None and actor.resource_id == visit.specialist_id
    if actor.is_staff:
        return actor.works_at(visit.location_id)
    return visit.patient_id in actor.patient_ids or visit.public_id in actor.visit_ids


def visits_of_patients(session: Session, patient_ids: Collection[int], *, since: datetime) -> list[Visit]:
    """All visits of these patients that end after `since`, cancelled ones too, the earliest first."""
    wanted = select_visits().where(Appointment.patient_id.in_(patient_ids), Appointment.ends_at > since)
    rows = session.execute(wanted.order_by(Appointment.starts_at, Appointment.id))
    return [Visit(*row) for row in rows]


class OwnTime(NamedTuple):
    """A visit that occupies its patient's time."""

    service_id: int
    location_id: int
    starts_at: datetime
    ends_at: datetime


def own_times(
    session: Session, patient_id: int, *, since: datetime | None = None, without_appointment: int | None = None
) -> list[OwnTime]:
    """The patient's visits that keep their time, those before `since` and the one that is being changed left out."""
    asked = own_times_asked(patient_id, since=since, without_appointment=without_appointment)
    return [OwnTime(*row) for row in session.connection().execute(_OWN_TIMES, asked)]


def own_times_asked(
    patient_id: int, *, since: datetime | None = None, without_appointment: int | None = None
) -> dict[str, Any]:
    """The parameters of `IS_OWN_TIME`."""
    return {"patient_id": patient_id, "visits_since": since or _EVER, "without": without_appointment or _NO_ID}


_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NO_ID = 0
IS_OWN_TIME = sa.and_(
    Appointment.patient_id == sa.bindparam("patient_id"),
    Appointment.starts_at >= sa.bindparam("visits_since"),
    Appointment.id != sa.bindparam("without"),
    *(Appointment.status != status for status in sorted(TIME_IS_FREE)),
)
"""Whether an appointment is one of `own_times`."""

# Built once: building a statement costs as much as running it.
_OWN_TIMES = (
    sa.select(Appointment.service_id, Appointment.location_id, Appointment.starts_at, Appointment.ends_at)
    .where(IS_OWN_TIME)
    .order_by(Appointment.starts_at, Appointment.id)
)
