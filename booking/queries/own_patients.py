"""The patients an account acts for, as its own pages name them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Patient


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


def own_patients(session: Session, patient_ids: Iterable[int]) -> list[OwnPatient]:
    """These patients by name; [] for none, without a query."""
    wanted = sorted(patient_ids)
    if not wanted:
        return []
    columns = (
        Patient.id,
        Patient.public_id,
        Patient.given_name,
        Patient.family_name,
        Patient.born_on,
        Patient.phone,
        Patient.email,
    )
    order = (Patient.given_name, Patient.family_name, Patient.id)
    return [
        OwnPatient(*row) for row in session.execute(sa.select(*columns).where(Patient.id.in_(wanted)).order_by(*order))
    ]
