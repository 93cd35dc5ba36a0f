"""What the demo's own patient has told: forms sent for her first visit, which the specialist has read, and the long
form asked once more for the next visit, of which she has begun a part."""

from __future__ import annotations

from itertools import islice
from typing import Final

import sqlalchemy as sa

from booking.core.demo_history import AGAIN, HISTORY
from booking.core.questionnaires.library import SHIPPED
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Answer, Appointment, AskedForm, Patient
from booking.services.demo_answers import add_response, told_before
from booking.services.demo_calendar import DemoCalendar
from booking.services.demo_history import review, specialist_account_id

INTAKE: Final = "intake"
FIRST_FORMS: Final = (INTAKE, "peg", "phq-2")
BEGUN: Final = 4
"""So many answers of the next form are there; the rest is there to be filled in."""


def add_forms_of_login(calendar: DemoCalendar, patient: Patient) -> None:
    """Add all of it to the open transaction, where her first visit has asked for the long form."""
    visits = calendar.session.scalars(
        sa.select(Appointment).where(Appointment.patient_id == patient.id).order_by(Appointment.starts_at)
    ).all()
    asking = {one.id for one in calendar.clinic.services.values() if INTAKE in one.questionnaires}
    done = [one for one in visits if one.status is AppointmentStatus.DONE and one.service_id in asking]
    coming = [one for one in visits if one.starts_at > calendar.now]
    for visit in done[:1]:
        _tell(calendar, visit)
    for visit in coming[:1] if done else ():
        _ask_again(calendar, visit)


def _tell(calendar: DemoCalendar, visit: Appointment) -> None:
    at = told_before(visit, calendar.now)
    for code in FIRST_FORMS:
        rows = add_response(calendar.session, visit, SHIPPED.latest(code), HISTORY[0][code], at=at)
        calendar.session.execute(sa.insert(Answer), rows)
    review(calendar, [visit.id])


def _ask_again(calendar: DemoCalendar, visit: Appointment) -> None:
    session, now = calendar.session, calendar.now
    session.add(
        AskedForm(
            appointment_id=visit.id,
            questionnaire=INTAKE,
            asked_at=now,
            asked_by_account_id=specialist_account_id(calendar),
        )
    )
    begun = dict(islice(AGAIN.items(), BEGUN))
    rows = add_response(session, visit, SHIPPED.latest(INTAKE), begun, at=now, is_sent=False)
    session.execute(sa.insert(Answer), rows)
