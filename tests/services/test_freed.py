"""Notes of freed times: one for each act that frees a time that is still to come."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment
from booking.services.appointments import cancel
from booking.services.visit_flow import move
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.services.cast import DORA, DR_CRUZ, PHONE_CALL
from tests.services.visit_cast import MINUTE, close_around, freed, taken

ENDS = NEXT_MONDAY_9 + 45 * MINUTE


def miss(session: Session, appointment: Appointment, minutes: int, *, after: AppointmentStatus, version: int) -> None:
    move(
        session, actor=DORA, public_id=appointment.public_id, after=after, version=version,
        now=NEXT_MONDAY_9 + minutes * MINUTE,
    )  # fmt: skip


def test_the_rest_of_a_missed_visit_is_free(session: Session) -> None:
    miss(session, make_appointment(session), 10, after=AppointmentStatus.NO_SHOW, version=1)

    [note] = freed(session)
    assert (note.cause, note.resource_id, note.starts_at, note.ends_at) == (
        "missed", DR_CRUZ, NEXT_MONDAY_9 + 10 * MINUTE, ENDS,
    )  # fmt: skip
    assert note.available_at == NEXT_MONDAY_9 + 10 * MINUTE


def test_nothing_is_free_of_a_visit_that_is_over(session: Session) -> None:
    miss(session, make_appointment(session), 45, after=AppointmentStatus.NO_SHOW, version=1)

    assert freed(session) == []


def test_a_patient_who_comes_after_all_takes_their_time_back(session: Session) -> None:
    appointment = make_appointment(session)
    miss(session, appointment, 10, after=AppointmentStatus.NO_SHOW, version=1)
    miss(session, appointment, 12, after=AppointmentStatus.BOOKED, version=2)

    assert freed(session) == []
    assert len(freed(session, settled=True)) == 1


def test_a_missed_visit_inside_a_block_closes_again(session: Session) -> None:
    appointment = make_appointment(session)
    block = close_around(session, appointment)

    miss(session, appointment, 10, after=AppointmentStatus.NO_SHOW, version=1)

    assert (DR_CRUZ, NEXT_MONDAY_9, ENDS) in taken(session, block_id=block.id)


@pytest.mark.parametrize("specialist_id", [DR_CRUZ, None])
def test_the_note_names_the_specialist_where_there_is_one(session: Session, specialist_id: int | None) -> None:
    status = AppointmentStatus.BOOKED if specialist_id else AppointmentStatus.ARRIVED
    appointment = make_appointment(session, specialist_id=specialist_id, service_id=PHONE_CALL, status=status)

    cancel(session, actor=DORA, public_id=appointment.public_id, reason_code="pat", note=None, now=NOW)

    assert [(note.location_id, note.resource_id) for note in freed(session)] == [(1, specialist_id)]


def test_no_time_of_the_past_is_noted(session: Session) -> None:
    appointment = make_appointment(session)
    late = ENDS + timedelta(minutes=1)

    cancel(session, actor=DORA, public_id=appointment.public_id, reason_code="pat", note=None, now=late)

    assert freed(session) == []
