"""What the sweep of forms types where several people have to do their part one after the other: a form filled in with
help and sent, the note of the specialist beside it, a safety answer, and what was done about it."""

from __future__ import annotations

import sqlalchemy as sa

from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.tasks import SAFETY_ANSWER, Outcome
from booking.models import Appointment, Clinic, Service, Task, TaskState
from tests.house.cast import ANA, CRUZ
from tests.torture.every_form import Sweep
from tests.torture.hostile import Page
from tests.web.clinic_change import clinic_changed

FORM, PAGE, HARM, SEVERAL_DAYS = "phq-9", 4, "44260-8", "LA6569-3"
TOLD = "intake-short"


def takes_several_steps(sweep: Sweep) -> None:
    """All of it, at one visit of Ana's."""
    visit = sweep.books()
    sends_with_help(sweep, visit)
    writes_a_note(sweep, visit)
    answers_in_the_clinic(sweep, visit)
    says_what_was_done(sweep)


def sends_with_help(sweep: Sweep, visit: str) -> None:
    """In one browser, which remembers who helps."""
    client, forms = sweep.client(ANA), f"/visits/{visit}/forms"
    sweep.note(client.post(f"{forms}/helper", data={"helper": sweep.canaries.name()}), "several steps")
    sweep.fill_in(client, visit)
    review = Page(client.get(f"{forms}/{TOLD}/review").text)
    sweep.note(client.post(f"{forms}/{TOLD}/review", data=review.values), "several steps")


def writes_a_note(sweep: Sweep, visit: str) -> None:
    words = {"form": TOLD, f"{TOLD}-note": sweep.canaries.answer()}
    sweep.note(sweep.client(CRUZ).post(f"/my-day/visits/{visit}/note", data=words), "several steps")


def answers_in_the_clinic(sweep: Sweep, visit: str) -> None:
    """There the form that asks about self-harm is given, since somebody is with the patient."""
    session = sweep.driver.world.session
    session.rollback()
    session.execute(sa.update(Clinic).values(crisis_name="Lifeline"))
    arrived = {"status": AppointmentStatus.ARRIVED}
    session.execute(sa.update(Appointment).where(Appointment.public_id == visit).values(arrived))
    session.execute(sa.update(Service).where(Service.id == 1).values(questionnaires=[FORM]))
    clinic_changed(session)
    chosen = {f"a_{HARM}": SEVERAL_DAYS, f"v_{HARM}": "0", "form_version": "1.0.0", "action": "continue"}
    sweep.note(sweep.client(ANA).post(f"/visits/{visit}/forms/{FORM}/{PAGE}", data=chosen), "several steps")


def says_what_was_done(sweep: Sweep) -> None:
    session = sweep.driver.world.session
    session.rollback()
    waits = sa.select(Task.public_id).where(Task.kind == SAFETY_ANSWER, Task.state == TaskState.OPEN)
    task = session.scalars(waits.order_by(Task.id.desc())).first()
    words = {"outcome": Outcome.REACHED.value, "note": sweep.canaries.answer()}
    sweep.note(sweep.client(CRUZ).post(f"/tasks/{task}/done", data=words), "several steps")
