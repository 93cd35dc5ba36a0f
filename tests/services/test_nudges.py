"""Reminders of forms: when they are written, and whether they are still wanted when they are sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.letters import LetterWriter
from booking.core.actor import Actor, Role
from booking.core.messages import MessageKind, MessageState
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import (
    Appointment,
    AskedForm,
    Clinic,
    Consent,
    ConsentKind,
    ConsentText,
    Message,
    Patient,
    Service,
    TaskState,
)
from booking.services import messages as service
from booking.services.claims import Claim, Settled, letter_facts
from booking.services.nudges import plan_nudges
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.outbox import OFFICE, change, make_unverified, messages, plan_booking, tasks
from tests.services.forms_cast import fill_peg, send, visit_of
from tests.web.clinic_change import clinic_changed

FRIDAY_10 = NEXT_MONDAY_9 - timedelta(days=3) + timedelta(hours=1)
THURSDAY_10 = FRIDAY_10 - timedelta(days=1)
TUESDAY_10 = NEXT_MONDAY_9 + timedelta(days=1, hours=1)


@pytest.fixture
def visit(session: Session) -> Appointment:
    """On Monday, with one form that is due on the Sunday before: reminded of on Thursday and Saturday."""
    ask_for(session, {"form": "peg", "due": "1 day before"})
    return make_appointment(session, booked_at=NOW - timedelta(days=3))


def ask_for(session: Session, *listed: object) -> None:
    session.execute(sa.update(Service).where(Service.id == 1).values(questionnaires=list(listed)))
    clinic_changed(session)


def answer(session: Session, visit: Appointment) -> None:
    ana = Actor(None, Role.PATIENT, frozenset({visit.patient_id}))
    fill_peg(session, ana, visit_of(session, visit.id), 4, 5, 6)
    send(session, ana, visit_of(session, visit.id))


def kinds(session: Session) -> list[MessageKind]:
    return [row.kind for row in messages(session)]


def claimed(session: Session, now: datetime = THURSDAY_10) -> Claim | Settled | None:
    return service.claim_one(session, office=OFFICE, now=now)


def test_one_is_written_when_it_is_due_and_once(session: Session, visit: Appointment) -> None:
    assert plan_nudges(session, now=THURSDAY_10 - timedelta(minutes=1)) == 0
    assert plan_nudges(session, now=THURSDAY_10 + timedelta(hours=2)) == 1
    assert plan_nudges(session, now=THURSDAY_10 + timedelta(hours=3)) == 0
    (row,) = messages(session)
    assert (row.kind, row.appointment_id, row.expires_at) == (
        MessageKind.FORM_NUDGE,
        visit.id,
        THURSDAY_10 + timedelta(hours=14),
    )
    claim = claimed(session, THURSDAY_10 + timedelta(hours=3))
    assert isinstance(claim, Claim)
    assert set(claim.links) == {"questions"}
    letter = LetterWriter().write(letter_facts(claim, OFFICE))
    assert letter.subject == "Before your appointment: a few questions"
    assert service.mark_data_sent(session, claim, office=OFFICE, now=THURSDAY_10 + timedelta(hours=3)) is None


def test_at_most_one_a_day_for_one_person(session: Session, visit: Appointment) -> None:
    patient = session.get_one(Patient, visit.patient_id)
    make_appointment(session, patient, starts_at=NEXT_MONDAY_9 + timedelta(hours=2), booked_at=NOW - timedelta(days=3))
    assert plan_nudges(session, now=THURSDAY_10) == 1


def test_a_reminder_of_that_day_asks_for_the_forms_already(session: Session) -> None:
    visit = make_appointment(session, booked_at=NOW - timedelta(days=3))
    plan_booking(session, visit)
    assert MessageKind.REMINDER_3D in kinds(session)
    assert plan_nudges(session, now=FRIDAY_10) == 0


def test_forms_that_staff_ask_for_are_reminded_of_too(session: Session) -> None:
    ask_for(session)
    visit = make_appointment(session)
    assert plan_nudges(session, now=FRIDAY_10) == 0
    session.add(AskedForm(appointment_id=visit.id, questionnaire="peg", asked_at=NOW))
    session.commit()
    assert plan_nudges(session, now=FRIDAY_10) == 1


def test_the_day_after_asks_how_it_went(session: Session) -> None:
    ask_for(session, {"form": "day-after", "opens": "1 day after", "due": "2 days after"})
    visit = make_appointment(session)
    change(session, visit, status=AppointmentStatus.DONE, version=3)
    assert plan_nudges(session, now=TUESDAY_10) == 1
    claim = claimed(session, TUESDAY_10)
    assert isinstance(claim, Claim)
    assert claim.facts.kind is MessageKind.FORM_AFTER
    assert LetterWriter().write(letter_facts(claim, OFFICE)).subject == "After your appointment: a few questions"


def test_nothing_is_written_for_whom_nothing_can_be_sent(session: Session, visit: Appointment) -> None:
    make_unverified(session, session.get_one(Patient, visit.patient_id))
    assert plan_nudges(session, now=THURSDAY_10) == 0


def test_nothing_is_written_before_there_is_a_clinic(session: Session) -> None:
    session.execute(sa.delete(Clinic))
    session.commit()
    clinic_changed_or_gone = plan_nudges(session, now=NOW)
    assert clinic_changed_or_gone == 0


def cancel(session: Session, visit: Appointment) -> None:
    change(session, visit, status=AppointmentStatus.CANCELLED)


def move(session: Session, visit: Appointment) -> None:
    change(session, visit, version=2)


def mute(session: Session, visit: Appointment) -> None:
    text = ConsentText(
        code="email-reminders", version=1, language="en", kind=ConsentKind.CHANNEL, title="Reminders", body="Yes.",
        published_at=NOW,
    )  # fmt: skip
    session.add(text)
    session.flush()
    session.add(Consent(patient_id=visit.patient_id, text_id=text.id, signed_at=NOW, signed_by="Ana", withdrawn_at=NOW))
    session.commit()


def come_back(session: Session, visit: Appointment) -> None:
    """The last mail to the patient was refused for good."""
    plan_booking(session, visit)
    session.execute(
        sa.update(Message)
        .where(Message.kind != MessageKind.FORM_NUDGE)
        .values(state=MessageState.FAILED, settled_at=NOW)
    )
    session.commit()


UNWANTED = [
    (answer, "forms_done"),
    (cancel, "visit_not_booked"),
    (move, "visit_changed"),
    (mute, "muted"),
    (come_back, "address_failing"),
]


@pytest.mark.parametrize(("happening", "code"), UNWANTED)
def test_what_is_no_longer_wanted_is_not_sent(
    session: Session, visit: Appointment, happening: Callable[[Session, Appointment], None], code: str
) -> None:
    plan_nudges(session, now=THURSDAY_10)
    happening(session, visit)
    settled = claimed(session)
    assert settled == Settled(MessageState.CANCELLED, code)
    assert [task for task in tasks(session) if task.state is TaskState.OPEN] == []


def test_a_form_that_comes_in_the_last_moment_stops_it(session: Session, visit: Appointment) -> None:
    plan_nudges(session, now=THURSDAY_10)
    claim = claimed(session)
    assert isinstance(claim, Claim)
    answer(session, visit)
    refused = service.mark_data_sent(session, claim, office=OFFICE, now=THURSDAY_10)
    assert refused == Settled(MessageState.CANCELLED, "forms_done")


def test_a_moved_visit_is_reminded_of_by_its_new_time(session: Session, visit: Appointment) -> None:
    later = NEXT_MONDAY_9 + timedelta(days=2)
    change(session, visit, starts_at=later, ends_at=later + timedelta(minutes=45), version=2)
    assert plan_nudges(session, now=THURSDAY_10) == 0
    assert plan_nudges(session, now=THURSDAY_10 + timedelta(days=2)) == 1
