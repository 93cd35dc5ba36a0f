"""Ways to the pages of specialists, and to the desk's list of whom to book."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.questionnaires.answers import Chosen, Rows, Value
from booking.core.questionnaires.library import SHIPPED
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Answer, Appointment, FollowUp, FollowUpState, Patient, new_public_id
from booking.services.demo_answers import add_response, told_before
from tests.factories import make_appointment, make_patient
from tests.ui import steps
from tests.ui.people import CRUZ, DORA
from tests.ui.stage import Stage
from tests.ui.ways import add, at, shows

EARLIER, JUST_NOW = timedelta(days=20), timedelta(minutes=10)
TOLD: dict[str, dict[str, Value | None]] = {
    "intake": {
        "main-concern": Chosen(("crps",)),
        "how-long": Chosen(("1-5y",)),
        "bp": Chosen(("yes",)),
        "takes-medicines": Chosen(("yes",)),
        "medicines": Rows((("Lorazepam", "1 mg", "for the night"),)),
        "pain-areas": Chosen(("knee-l", "foot-l")),
    },
    "peg": {"75893-8": 7, "91145-3": 8, "91146-1": 6},
}


def a_told_visit(stage: Stage) -> str:
    """The id of a visit with Dr Cruz that has just begun, after one some weeks ago, with forms sent for both; made
    once."""
    with stage.program.session() as session:
        found = sa.select(Appointment.public_id).join(Patient, Patient.id == Appointment.patient_id)
        made = session.scalars(found.where(Patient.given_name == "Irene").order_by(Appointment.id.desc())).first()
        return made or _made(session)


def _made(session: Session) -> str:
    patient, now = make_patient(session, given_name="Irene"), utc_now().replace(second=0, microsecond=0)
    # Neither keeps its time any more, which others of this stage may have.
    stages = ((EARLIER, AppointmentStatus.DONE), (JUST_NOW, AppointmentStatus.ARRIVED))
    visits = [make_appointment(session, patient, starts_at=now - ago, status=status) for ago, status in stages]
    for visit in visits:
        for code, told in TOLD.items():
            rows = add_response(session, visit, SHIPPED.latest(code), told, at=told_before(visit, now))
            session.execute(sa.insert(Answer), rows)
    session.add(
        FollowUp(
            public_id=new_public_id(), patient_id=patient.id, appointment_id=visits[0].id, service_id=2, resource_id=1,
            wanted_by=now.date(), state=FollowUpState.OPEN, created_at=now,
        )
    )  # fmt: skip
    session.commit()
    return str(visits[1].public_id)


@shows("specialist.today")
def my_day(stage: Stage) -> Page:
    a_told_visit(stage)
    return at("/my-day/", by=CRUZ)(stage)


add("my_other_day", "specialist.day", "/my-day/2027-03-01", by=CRUZ)


@shows("specialist.before")
def before_the_visit(stage: Stage) -> Page:
    return at(f"/my-day/visits/{a_told_visit(stage)}", by=CRUZ)(stage)


@shows("specialist.before")
def before_a_visit_without_forms(stage: Stage) -> Page:
    return at(f"/my-day/visits/{stage.visit()}", by=CRUZ)(stage)


@shows("specialist.outcome")
def outcome(stage: Stage) -> Page:
    return at(f"/my-day/visits/{a_told_visit(stage)}/outcome", by=CRUZ)(stage)


@shows("specialist.outcome")
def outcome_with_errors(stage: Stage) -> Page:
    page = outcome(stage)
    page.get_by_label("By when").fill("soonish")
    steps.send(page, "Done, put it on the desk's list")
    return page


@shows("desk.follow_ups")
def to_book(stage: Stage) -> Page:
    a_told_visit(stage)
    page = at("/desk/to-book", by=DORA)(stage)
    page.locator(".to-book-drop summary").first.click()
    return page
