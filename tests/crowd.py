"""Makes the small test clinic a large one: twenty specialists with full days, and patients with a long past."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.scheduling.clinic import ResourceKind
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, Patient, Reservation, Resource, WeeklyHours
from booking.models.base import new_public_id
from tests.factories import make_patient
from tests.web.clinic_change import clinic_changed

NORTHSIDE = 1
SPECIALISTS_MORE = 18
PAST_VISITS = 300
LENGTH = timedelta(minutes=45)


def grow(session: Session, patient: Patient, *, now: datetime, busy_at: datetime) -> None:
    """18 more specialists at Northside, each with a visit of somebody else at `busy_at`; 300 past visits of `patient`.

    The two specialists of the small clinic become twenty.
    """
    specialists = _more_specialists(session)
    others = [make_patient(session).id for _ in range(SPECIALISTS_MORE)]
    _visits(
        session,
        [(other, member, busy_at) for other, member in zip(others, specialists, strict=True)],
        AppointmentStatus.BOOKED,
    )
    past = [(patient.id, 1, now - timedelta(days=number)) for number in range(1, PAST_VISITS + 1)]
    _visits(session, past, AppointmentStatus.DONE)
    clinic_changed(session)


def _more_specialists(session: Session) -> list[int]:
    members = [
        Resource(code=f"dr-{n}", kind=ResourceKind.SPECIALIST, name=f"Dr {n}", lanes=1, pools=[], languages=["en"])
        for n in range(SPECIALISTS_MORE)
    ]
    session.add_all(members)
    session.flush()
    session.add_all(
        WeeklyHours(resource_id=member.id, location_id=NORTHSIDE, weekday=day, starts_minute=540, ends_minute=1020)
        for member in members
        for day in range(5)
    )
    return [member.id for member in members]


def _visits(session: Session, visits: list[tuple[int, int, datetime]], status: AppointmentStatus) -> None:
    """Visits of (patient, specialist, start) with their reservations."""
    rows = [
        {
            "public_id": new_public_id(), "reference": new_public_id()[:8], "patient_id": patient_id, "service_id": 1,
            "location_id": NORTHSIDE, "specialist_id": member, "starts_at": starts_at, "ends_at": starts_at + LENGTH,
            "status": status, "booked_at": starts_at - LENGTH,
        }
        for patient_id, member, starts_at in visits
    ]  # fmt: skip
    ids = session.scalars(sa.insert(Appointment).returning(Appointment.id, sort_by_parameter_order=True), rows).all()
    taken = [
        {"appointment_id": id_, "starts_at": row["starts_at"], "ends_at": row["ends_at"], **whose}
        for id_, row in zip(ids, rows, strict=True)
        for whose in (
            {"resource_id": row["specialist_id"], "lane": 0, "patient_id": None},
            {"resource_id": None, "lane": None, "patient_id": row["patient_id"]},
        )
    ]
    session.execute(sa.insert(Reservation), taken)
