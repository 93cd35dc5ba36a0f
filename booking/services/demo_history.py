"""One patient of the demo's specialist with two earlier visits and what was told at each, and follow-ups that wait for
the desk: the page before a visit, the specialist's day and the list to book have something to show."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from booking.core.demo_history import HISTORY, NOTE
from booking.core.demo_logins import SPECIALIST
from booking.core.demo_visits import Fate
from booking.core.questionnaires.library import SHIPPED
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import (
    Account,
    Answer,
    Appointment,
    FollowUp,
    FollowUpState,
    Patient,
    QuestionnaireResponse,
    ResponseStatus,
    new_public_id,
)
from booking.services.demo_answers import LOOK_BACK, add_response, told_before
from booking.services.demo_calendar import DemoCalendar, Wanted
from booking.services.sealed import seal_text

EARLIER: Final = (range(-30, -22), range(-21, -LOOK_BACK.days))
"""Days before today of the two visits behind the patient: earlier than those that get random answers."""
FOLLOW_UPS: Final = (-2, 9)
"""Days from today by which two follow-ups are wanted; one is overdue."""
MORNING: Final = 10 * 60


def add_history(calendar: DemoCalendar) -> None:
    """Add all of it to the open transaction, where the demo's specialist has a visit that it can stand before."""
    resource = calendar.clinic.resource_by_code.get(SPECIALIST.resource_code or "")
    if resource is None:
        return
    visit = _coming(calendar, resource.id)
    if visit is not None:
        _tell(calendar, [*_earlier(calendar, visit), visit])
    _want_follow_ups(calendar, resource.id)


def _coming(calendar: DemoCalendar, resource_id: int) -> Appointment | None:
    """The specialist's next visit, by preference later today."""
    return calendar.session.scalars(
        sa.select(Appointment)
        .join(Patient, Patient.id == Appointment.patient_id)
        .where(
            Appointment.specialist_id == resource_id,
            Appointment.status.in_((AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED)),
            Appointment.starts_at > calendar.now - timedelta(minutes=30),
            # The visit of the patient's own login is there to be filled in.
            Appointment.booked_at < calendar.now,
            Patient.email.is_not(None),
        )
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(1)
    ).one_or_none()


def _earlier(calendar: DemoCalendar, visit: Appointment) -> list[Appointment]:
    patient = calendar.session.get_one(Patient, visit.patient_id)
    found = [_first_free(calendar, visit, patient, days) for days in EARLIER]
    return [one for one in found if one is not None]


def _first_free(calendar: DemoCalendar, visit: Appointment, patient: Patient, days: range) -> Appointment | None:
    for offset in days:
        on = calendar.today + timedelta(days=offset)
        wanted = Wanted(visit.service_id, visit.location_id, visit.specialist_id, on, MORNING)
        made = calendar.add(wanted, patient, fate=Fate.DONE)
        if made is not None:
            return made
    return None


def _tell(calendar: DemoCalendar, visits: list[Appointment]) -> None:
    """What she told at each; the earlier ones were reviewed, the newest waits for it."""
    session, now = calendar.session, calendar.now
    rows = [
        row
        for visit, told in zip(visits, HISTORY[-len(visits) :], strict=True)
        for code, answers in told.items()
        for row in add_response(session, visit, SHIPPED.latest(code), answers, at=told_before(visit, now))
    ]
    session.execute(sa.insert(Answer), rows)
    review(calendar, [visit.id for visit in visits[:-1]], note=NOTE)


def review(calendar: DemoCalendar, visit_ids: list[int], *, note: str = "") -> None:
    """The specialist has read what was sent for these visits."""
    session, account_id = calendar.session, specialist_account_id(calendar)
    rows = session.scalars(sa.select(QuestionnaireResponse).where(QuestionnaireResponse.appointment_id.in_(visit_ids)))
    for row in rows:
        row.reviewed_at, row.reviewed_by_account_id = row.completed_at, account_id
        row.review_note_sealed = seal_text(session, "questionnaire_response", "review_note", row.public_id, note)
    session.flush()


def review_past(calendar: DemoCalendar) -> None:
    """The specialist has read what was sent for visits of earlier days."""
    resource = calendar.clinic.resource_by_code.get(SPECIALIST.resource_code or "")
    over = sa.select(Appointment.id).where(
        Appointment.specialist_id == (resource.id if resource else None),
        Appointment.starts_at < calendar.now - timedelta(days=1),
    )
    read = sa.update(QuestionnaireResponse).where(
        QuestionnaireResponse.appointment_id.in_(over),
        QuestionnaireResponse.status == ResponseStatus.COMPLETED,
        QuestionnaireResponse.reviewed_at.is_(None),
    )
    calendar.session.execute(
        read.values(
            reviewed_at=QuestionnaireResponse.completed_at,
            reviewed_by_account_id=specialist_account_id(calendar),
        ).execution_options(synchronize_session=False)
    )


def specialist_account_id(calendar: DemoCalendar) -> int | None:
    """The account of the demo's specialist."""
    return calendar.session.scalars(sa.select(Account.id).where(Account.email == SPECIALIST.email)).one_or_none()


def _want_follow_ups(calendar: DemoCalendar, resource_id: int) -> None:
    """After the specialist's last two visits that are done, of people who are no demo login."""
    session = calendar.session
    done = session.scalars(
        sa.select(Appointment)
        .join(Patient, Patient.id == Appointment.patient_id)
        .where(
            Appointment.specialist_id == resource_id,
            Appointment.status == AppointmentStatus.DONE,
            Appointment.starts_at < calendar.now - timedelta(hours=1),
            Patient.phone.is_not(None),
        )
        .order_by(Appointment.starts_at.desc(), Appointment.id)
        .limit(len(FOLLOW_UPS))
    )
    service, account_id = calendar.clinic.service_by_code.get("consultation-followup"), specialist_account_id(calendar)
    for visit, offset in zip(done, FOLLOW_UPS, strict=False):
        session.add(
            FollowUp(
                public_id=new_public_id(),
                patient_id=visit.patient_id,
                appointment_id=visit.id,
                service_id=service.id if service else visit.service_id,
                resource_id=resource_id,
                wanted_by=calendar.today + timedelta(days=offset),
                state=FollowUpState.OPEN,
                created_at=visit.ends_at,
                created_by_account_id=account_id,
            )
        )
    session.flush()
