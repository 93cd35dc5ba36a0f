"""Confirming: said once, kept, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import MoveNotAllowed, NotFound
from booking.core.messages import MessageKind
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent
from booking.services.confirming import confirm_visit
from tests.factories import NOW, make_appointment
from tests.services.cast import DORA, ELI, VISITOR, acting_for, book, hold
from tests.services.visit_cast import MINUTE, change, patient_of, pending, reread


def test_a_patient_says_that_they_come_once(session: Session) -> None:
    appointment = make_appointment(session)
    actor = patient_of(session, appointment)

    first = confirm_visit(session, actor=actor, public_id=appointment.public_id, now=NOW)
    again = confirm_visit(session, actor=DORA, public_id=appointment.public_id, now=NOW + MINUTE)

    after = reread(session, appointment)
    assert first == again == after.confirmed_at == NOW
    assert (after.version, after.sequence, after.status) == (1, 0, AppointmentStatus.BOOKED)
    [event] = session.scalars(sa.select(AuditEvent))
    assert (event.action, event.object_id) == ("appointment_confirmed", appointment.id)


def test_reminders_stay_wanted(session: Session) -> None:
    booked = book(session, hold(session))
    session.rollback()
    before = pending(session)
    its_id = frozenset({booked.public_id})

    confirm_visit(
        session, actor=replace(VISITOR, visit_ids=its_id, booked_ids=its_id), public_id=booked.public_id, now=NOW
    )

    assert pending(session) == before
    assert MessageKind.REMINDER_1D in before
    assert session.get_one(Appointment, booked.appointment_id).version == 1


def test_nobody_confirms_a_time_that_they_have_not_seen(session: Session) -> None:
    appointment = make_appointment(session)
    actor = patient_of(session, appointment)
    change(session, appointment, DORA)

    with pytest.raises(MoveNotAllowed):
        confirm_visit(session, actor=actor, public_id=appointment.public_id, now=NOW, version=1)
    assert confirm_visit(session, actor=actor, public_id=appointment.public_id, now=NOW, version=2) == NOW


@pytest.mark.parametrize("status", [AppointmentStatus.CANCELLED, AppointmentStatus.ARRIVED])
def test_what_is_not_booked_is_not_confirmed(session: Session, status: AppointmentStatus) -> None:
    appointment = make_appointment(session, status=status)

    with pytest.raises(MoveNotAllowed):
        confirm_visit(session, actor=DORA, public_id=appointment.public_id, now=NOW)


@pytest.mark.parametrize("actor", [VISITOR, acting_for(), ELI])
def test_a_strange_visit_is_not_found(session: Session, actor: Actor) -> None:
    appointment = make_appointment(session)

    with pytest.raises(NotFound):
        confirm_visit(session, actor=actor, public_id=appointment.public_id, now=NOW)
