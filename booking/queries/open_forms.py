"""What is still to be filled in for one visit, for letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.questionnaires.progress import FormLine, VisitForms
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment
from booking.queries.questionnaires import forms_of_visits


@dataclass(frozen=True, slots=True)
class VisitRow:
    """What has to be known of a visit to say what it asks for."""

    id: int
    patient_id: int
    version: int
    service_id: int
    location_id: int
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    status: AppointmentStatus


ROW_COLUMNS = (
    Appointment.id,
    Appointment.patient_id,
    Appointment.version,
    Appointment.service_id,
    Appointment.location_id,
    Appointment.starts_at,
    Appointment.ends_at,
    Appointment.booked_at,
    Appointment.status,
)


def forms_of(session: Session, appointment_id: int) -> VisitForms:
    """The forms of that visit, which must exist."""
    row = session.execute(sa.select(*ROW_COLUMNS).where(Appointment.id == appointment_id)).one()
    visit = VisitRow(*row)
    return forms_of_visits(session, [visit])[visit.id]


def open_forms(session: Session, appointment_id: int, now: datetime) -> tuple[FormLine, ...]:
    """Those that somebody still has to fill in, and can."""
    return forms_of(session, appointment_id).open_lines(now)
