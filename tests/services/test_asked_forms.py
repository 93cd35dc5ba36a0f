"""Forms that staff ask for at one visit, and withdraw; what a patient can fill in when."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import FormClosed, NotFound
from booking.core.questionnaires.progress import Progress
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent, Patient, Service
from booking.queries.appointments import Visit
from booking.queries.questionnaires import forms_of_visits
from booking.services.asked_forms import ask_form, withdraw_form
from booking.services.filled_forms import form_of_visit, forms_of_visit
from tests.factories import NEXT_MONDAY_9, NOW, make_account, make_appointment, make_patient
from tests.services.forms_cast import PAIN, counted, fill_peg, page, save, send, visit_of
from tests.web.clinic_change import clinic_changed

NURSE = Actor(None, Role.NURSE)


@pytest.fixture
def visit(session: Session) -> Visit:
    return visit_of(session, make_appointment(session, make_patient(session)).id)


@pytest.fixture
def ana(visit: Visit) -> Actor:
    return Actor(None, Role.PATIENT, frozenset({visit.patient_id}))


@pytest.fixture
def desk(session: Session) -> Actor:
    return Actor(make_account(session, Role.SCHEDULER).id, Role.SCHEDULER)


def codes(session: Session, visit: Visit) -> list[str]:
    return [form.code for form in forms_of_visit(session, visit=visit)]


def time_forms(session: Session, *listed: object) -> None:
    """Let first consultations ask for these."""
    session.execute(sa.update(Service).where(Service.id == 1).values(questionnaires=list(listed)))
    clinic_changed(session)


def test_one_more_form_is_asked_for_and_withdrawn_again(session: Session, visit: Visit, desk: Actor) -> None:
    for _ in range(2):
        ask_form(session, actor=desk, public_id=visit.public_id, code="gad-7", now=NOW)
    assert codes(session, visit) == ["intake-short", "peg", "gad-7"]
    for _ in range(2):
        withdraw_form(session, actor=desk, public_id=visit.public_id, code="gad-7", now=NOW)
    assert codes(session, visit) == ["intake-short", "peg"]
    said = session.execute(sa.select(AuditEvent.action, AuditEvent.reason_code).order_by(AuditEvent.seq)).all()
    assert [tuple(one) for one in said] == [("form_asked", "gad-7"), ("form_withdrawn", "gad-7")]


def test_a_form_of_the_service_is_withdrawn_for_one_visit_and_asked_for_again(
    session: Session, visit: Visit, desk: Actor
) -> None:
    withdraw_form(session, actor=desk, public_id=visit.public_id, code="peg", now=NOW)
    assert codes(session, visit) == ["intake-short"]
    ask_form(session, actor=desk, public_id=visit.public_id, code="peg", now=NOW)
    assert codes(session, visit) == ["intake-short", "peg"]


def test_what_was_sent_cannot_be_withdrawn(session: Session, visit: Visit, ana: Actor, desk: Actor) -> None:
    fill_peg(session, ana, visit, 4, 5, 6)
    send(session, ana, visit)
    with pytest.raises(FormClosed):
        withdraw_form(session, actor=desk, public_id=visit.public_id, code="peg", now=NOW)


def test_only_who_decides_asks_and_only_for_what_exists(session: Session, visit: Visit, desk: Actor) -> None:
    with pytest.raises(NotFound):
        ask_form(session, actor=NURSE, public_id=visit.public_id, code="gad-7", now=NOW)
    with pytest.raises(NotFound):
        ask_form(session, actor=desk, public_id=visit.public_id, code="no-such-form", now=NOW)
    with pytest.raises(FormClosed):
        ask_form(session, actor=desk, public_id=visit.public_id, code="gad-7", now=visit.starts_at)


def test_a_form_that_opens_later_takes_no_answers_yet(session: Session, visit: Visit, ana: Actor) -> None:
    time_forms(session, {"form": "peg", "opens": "3 days before"})
    form = form_of_visit(session, visit=visit, code="peg")
    assert form.is_later(NOW)
    assert not form.is_later(NEXT_MONDAY_9)
    with pytest.raises(FormClosed):
        save(session, ana, visit, page(PAIN, "4"))


def test_a_form_about_the_visit_is_taken_when_it_is_over(session: Session, ana: Actor, visit: Visit) -> None:
    time_forms(session, {"form": "day-after", "opens": "0 days after", "due": "2 days after"}, "peg")
    session.execute(sa.update(Appointment).values(status=AppointmentStatus.DONE))
    session.commit()
    over = visit_of(session, visit.id)
    later = NEXT_MONDAY_9 + timedelta(hours=3)
    after, peg = forms_of_visit(session, visit=over)
    assert after.takes_answers(later)
    assert not peg.takes_answers(later)


def test_a_withdrawn_form_that_was_begun_stays_with_its_visit(
    session: Session, visit: Visit, ana: Actor, desk: Actor
) -> None:
    fill_peg(session, ana, visit, 4)
    withdraw_form(session, actor=desk, public_id=visit.public_id, code="peg", now=NOW)
    assert codes(session, visit) == ["intake-short", "peg"]
    assert form_of_visit(session, visit=visit, code="peg").takes_answers(NOW)
    session.execute(sa.update(Appointment).values(status=AppointmentStatus.CANCELLED))
    session.commit()
    assert not form_of_visit(session, visit=visit_of(session, visit.id), code="peg").takes_answers(NOW)


def test_the_desk_sees_states_with_a_constant_number_of_statements(session: Session, visit: Visit, ana: Actor) -> None:
    time_forms(session, {"form": "intake-short", "visits": "first"}, {"form": "peg", "due": "1 day before"})
    patient = session.get_one(Patient, visit.patient_id)
    later = make_appointment(session, patient, starts_at=NEXT_MONDAY_9 + timedelta(days=7))
    fill_peg(session, ana, visit, 4, 5, 6)
    send(session, ana, visit)
    visits = [visit, visit_of(session, later.id)]
    with counted(session) as asked:
        found = forms_of_visits(session, visits)
    assert len(asked) == 3
    first, second = found[visit.id], found[later.id]
    assert [(line.code, line.progress(first.times, NOW)) for line in first.lines] == [
        ("intake-short", Progress.SENT), ("peg", Progress.DONE)
    ]  # fmt: skip
    assert first.overall(NOW) is Progress.STARTED
    assert [line.code for line in second.lines] == ["peg"]
    assert second.late_count(NEXT_MONDAY_9 + timedelta(days=7)) == 1
