"""What is to be done in the demo clinic: a safety answer for its specialist, with people who are told, and calls."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM
from booking.core.demo_logins import ADMINISTRATOR, SPECIALIST
from booking.core.people import email_key
from booking.core.questionnaires.answers import Chosen
from booking.core.questionnaires.library import SHIPPED
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.tasks import Escalation
from booking.models import (
    Account,
    AlertRecipient,
    Answer,
    Appointment,
    AskedForm,
    Clinic,
    QuestionnaireResponse,
    ResponseStatus,
    SafetyMode,
    new_public_id,
)
from booking.queries.appointments import Visit, select_visits
from booking.services.calling import ASKED_FOR_HELP
from booking.services.questionnaires import sealed_value
from booking.services.safety_answers import note_answers
from booking.services.tasks import ask_to_call

FORM, ITEM, SEVERAL_DAYS = "phq-9", "44260-8", "LA6569-3"
RESPONSE_MINUTES = 240
CALLS = (ASKED_FOR_HELP, "550")
"""Why the desk is to call somebody: asked by the patient, and since a message came back."""


def add_work(session: Session, clinic: Catalogue, *, now: datetime) -> None:
    """Add all of it to the open transaction; the logins and the visits are there."""
    _watch(session, now)
    specialist = clinic.resource_by_code.get(SPECIALIST.resource_code or "")
    coming = _coming(session, now)
    own = [visit for visit in coming if specialist is not None and visit.specialist_id == specialist.id]
    for visit in own[:1]:
        _answer(session, visit, now)
    others = [visit for visit in coming if visit not in own[:1]]
    for visit, reason in zip(others, CALLS, strict=False):
        ask_to_call(
            session, patient_id=visit.patient_id, appointment_id=visit.id, reason_code=reason, cause=f"demo|{visit.id}",
            now=now,
        )  # fmt: skip


def _watch(session: Session, now: datetime) -> None:
    """The specialist is told first; in so small a clinic the administrator is the back-up."""
    clinic = session.get_one(Clinic, 1)
    clinic.safety_mode, clinic.safety_hours = SafetyMode.MONITORED, "Monday to Friday, 9 am to 5 pm, not on holidays"
    clinic.safety_response_minutes, clinic.crisis_name = RESPONSE_MINUTES, "988 Suicide & Crisis Lifeline"
    clinic.crisis_text_line = "988"
    for login, rank in ((SPECIALIST, Escalation.FIRST), (ADMINISTRATOR, Escalation.BACK_UP)):
        account = session.scalars(sa.select(Account).where(Account.email_key == email_key(login.email))).one()
        session.add(AlertRecipient(account_id=account.id, rank=int(rank), named_at=now))
    session.flush()


def _coming(session: Session, now: datetime) -> list[Visit]:
    """The next visits that have no such form yet, without those that the demo's own patient has just booked."""
    has_form = sa.select(QuestionnaireResponse.appointment_id).where(QuestionnaireResponse.questionnaire == FORM)
    wanted = select_visits().where(
        Appointment.starts_at > now, Appointment.status == AppointmentStatus.BOOKED, Appointment.booked_at < now,
        Appointment.id.not_in(has_form),
    )  # fmt: skip
    rows = session.execute(wanted.order_by(Appointment.starts_at, Appointment.id).limit(50))
    return [Visit(*row) for row in rows]


def _answer(session: Session, visit: Visit, now: datetime) -> None:
    """One answer to a form that the visit was asked for as well, given away from the clinic a moment ago."""
    form, value = SHIPPED.latest(FORM), Chosen((SEVERAL_DAYS,))
    response = QuestionnaireResponse(
        public_id=new_public_id(), appointment_id=visit.id, patient_id=visit.patient_id, questionnaire=FORM,
        form_version=form.version, status=ResponseStatus.IN_PROGRESS, started_at=now,
    )  # fmt: skip
    session.add_all([response, AskedForm(appointment_id=visit.id, questionnaire=FORM, asked_at=now)])
    session.flush()
    row_key = new_public_id()
    sealed = sealed_value(session, row_key, value)
    session.add(Answer(row_key=row_key, response_id=response.id, link_id=ITEM, value_sealed=sealed, saved_at=now))
    note_answers(
        session, actor=SYSTEM, visit=visit, response_id=response.id, questionnaire=form, written={ITEM: value}, now=now
    )
