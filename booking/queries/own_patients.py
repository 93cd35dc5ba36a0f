"""Patients as their own pages name them: those an account acts for, and a guest who has just booked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Appointment, Patient


@dataclass(frozen=True, slots=True)
class OwnPatient:
    """A patient as plain values."""

    id: int
    public_id: str
    given_name: str
    family_name: str
    born_on: date
    phone: str | None
    email: str | None

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


_COLUMNS = (
    Patient.id,
    Patient.public_id,
    Patient.given_name,
    Patient.family_name,
    Patient.born_on,
    Patient.phone,
    Patient.email,
)


def own_patients(session: Session, patient_ids: Iterable[int]) -> list[OwnPatient]:
    """These patients by name; [] for none, without a query."""
    wanted = sorted(patient_ids)
    if not wanted:
        return []
    order = (Patient.given_name, Patient.family_name, Patient.id)
    rows = session.execute(sa.select(*_COLUMNS).where(Patient.id.in_(wanted)).order_by(*order))
    return [OwnPatient(*row) for row in rows]


def guest_of_or_none(session: Session, visit_id: str) -> OwnPatient | None:
    """The patient who booked the visit of that public id for themselves without a login; asks for no permission."""
    wanted = (
        sa.select(*_COLUMNS)
        .join(Appointment, Appointment.patient_id == Patient.id)
        .where(
            Appointment.public_id == visit_id,
            Appointment.booked_by_account_id.is_(None),
            Appointment.booked_for_other.is_(False),
        )
    )
    row = session.execute(wanted).one_or_none()
    return None if row is None else OwnPatient(*row)
