"""Ways to the list of what is to be done, and to what follows a safety answer."""

from __future__ import annotations

import sqlalchemy as sa
from playwright.sync_api import Page

from booking.core.actor import SYSTEM
from booking.core.clock import utc_now
from booking.core.questionnaires.answers import Chosen
from booking.core.questionnaires.library import SHIPPED
from booking.models import Answer, Appointment, QuestionnaireResponse, ResponseStatus, Task
from booking.services.questionnaires import sealed_value
from booking.services.safety_answers import note_answers
from booking.services.tasks import ask_to_call
from booking.services.transaction import transaction
from tests.services.forms_cast import visit_of
from tests.ui.people import ANA, CRUZ, DORA
from tests.ui.stage import Stage
from tests.ui.ways import at, shows

ITEM, SEVERAL_DAYS = "44260-8", Chosen(("LA6569-3",))


def _safety_answer(stage: Stage) -> str:
    """The id of a new visit of Ana's, who has just given a safety answer."""
    public_id, now = stage.visit(), utc_now()
    with stage.program.session() as session:
        appointment_id = session.scalars(sa.select(Appointment.id).where(Appointment.public_id == public_id)).one()
        visit = visit_of(session, appointment_id)
        session.rollback()
        with transaction(session):
            response = QuestionnaireResponse(
                appointment_id=visit.id, patient_id=visit.patient_id, questionnaire="phq-9", form_version="1.0.0",
                status=ResponseStatus.IN_PROGRESS, started_at=now,
            )  # fmt: skip
            session.add(response)
            session.flush()
            sealed = sealed_value(session, public_id, SEVERAL_DAYS)
            session.add(
                Answer(row_key=public_id, response_id=response.id, link_id=ITEM, value_sealed=sealed, saved_at=now)
            )
            note_answers(
                session, actor=SYSTEM, visit=visit, response_id=response.id, questionnaire=SHIPPED.latest("phq-9"),
                written={ITEM: SEVERAL_DAYS}, now=now,
            )  # fmt: skip
    return public_id


def _safety_task(stage: Stage) -> str:
    public_id = _safety_answer(stage)
    with stage.program.session() as session:
        about = sa.select(Appointment.id).where(Appointment.public_id == public_id).scalar_subquery()
        return session.scalars(sa.select(Task.public_id).where(Task.appointment_id == about)).one()


def _call(stage: Stage) -> None:
    public_id = stage.visit()
    with stage.program.session() as session:
        appointment = session.scalars(sa.select(Appointment).where(Appointment.public_id == public_id)).one()
        about = {"patient_id": appointment.patient_id, "appointment_id": appointment.id}
        session.rollback()
        with transaction(session):
            ask_to_call(session, **about, reason_code="x", cause=public_id, now=utc_now())


@shows("questionnaires.note")
def help_after_a_safety_answer(stage: Stage) -> Page:
    return at(f"/visits/{_safety_answer(stage)}/forms/phq-9/note", by=ANA)(stage)


@shows("tasks.index")
def tasks_of_specialist(stage: Stage) -> Page:
    _safety_answer(stage)
    return at("/tasks/", by=CRUZ)(stage)


@shows("tasks.index")
def tasks_of_the_desk(stage: Stage) -> Page:
    """With calls, and with something urgent that others deal with."""
    _safety_answer(stage)
    _call(stage)
    return at("/tasks/", by=DORA)(stage)


@shows("tasks.task")
def a_safety_task(stage: Stage) -> Page:
    return at(f"/tasks/{_safety_task(stage)}", by=CRUZ)(stage)
