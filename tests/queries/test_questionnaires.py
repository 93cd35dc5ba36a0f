"""How far the forms of visits are, for lists."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.queries.questionnaires import forms_of_visits
from tests.factories import make_appointment, make_patient
from tests.services.forms_cast import counted, fill_peg, send, visit_of


def test_the_desk_sees_how_far_forms_are(session: Session) -> None:
    visit = visit_of(session, make_appointment(session, make_patient(session)).id)
    ana = Actor(None, Role.PATIENT, frozenset({visit.patient_id}))
    other = make_appointment(session, starts_at=visit.starts_at + timedelta(days=1), service_id=3)
    call = visit_of(session, other.id)
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    with counted(session) as asked:
        found = forms_of_visits(session, [visit, call])
    assert len(asked) == 2
    assert [(one.asked, one.begun, one.sent) for one in found.values()] == [(2, 1, 1), (0, 0, 0)]
