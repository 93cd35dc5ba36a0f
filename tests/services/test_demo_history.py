"""What the demo tells of a patient's earlier visits."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.demo_logins import SPECIALIST
from booking.core.form_rules import FormRule, Moment
from booking.models import FollowUp, Patient, QuestionnaireResponse
from booking.services import demo_history
from booking.services.demo_answers import _answered_at
from tests.factories import NOW, make_appointment
from tests.services.forms_cast import fill_peg, send, visit_of


def calendar(session: Session, **more: Any) -> Any:
    """As much of the demo's calendar as is asked for here."""
    resources = {SPECIALIST.resource_code: SimpleNamespace(id=1)}
    clinic = SimpleNamespace(resource_by_code=resources, service_by_code=defaultdict(lambda: SimpleNamespace(id=2)))
    return SimpleNamespace(session=session, now=NOW, today=NOW.date(), clinic=clinic, **more)


def test_the_first_day_with_room_is_taken(session: Session) -> None:
    visit = make_appointment(session)
    patient, answers = session.get_one(Patient, visit.patient_id), iter([None, visit])
    own = calendar(session, add=lambda *_args, **_more: next(answers))
    found = demo_history._first_free(own, visit, patient, range(3))
    assert found is visit


def test_forms_of_earlier_visits_were_reviewed(session: Session) -> None:
    appointment = make_appointment(session)
    visit = visit_of(session, appointment.id)
    actor = Actor(None, Role.PATIENT, frozenset({visit.patient_id}))
    fill_peg(session, actor, visit, 4, 5, 6)
    send(session, actor, visit)
    demo_history.review(calendar(session), [appointment.id], note="Sleeps better.")
    row = session.scalars(sa.select(QuestionnaireResponse)).one()
    assert row.reviewed_at == row.completed_at
    assert row.review_note_sealed


def test_how_a_visit_went_is_told_the_day_after_and_not_before_that_has_come(session: Session) -> None:
    visit, rule = make_appointment(session), FormRule("day-after", due=Moment(2, "day", is_after=True))
    next_day = visit.ends_at + timedelta(days=1)
    assert _answered_at(visit, rule, visit.ends_at) is None
    assert visit.ends_at < (_answered_at(visit, rule, next_day) or NOW) < next_day
    soon = FormRule("pre-session", opens=Moment(1, "day"))
    assert _answered_at(visit, soon, visit.starts_at - timedelta(days=2)) is None
    assert (_answered_at(visit, FormRule("peg"), next_day) or next_day) < visit.starts_at


def test_without_a_visit_to_come_nothing_is_told(session: Session) -> None:
    demo_history.add_history(calendar(session))
    assert session.scalars(sa.select(FollowUp)).all() == []
