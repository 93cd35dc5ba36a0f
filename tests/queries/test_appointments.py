"""Who may see a visit, and in which order visits come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM, Actor, Role
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.queries.appointments import visit_for, visits_of_patients
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import DORA, ELI, VISITOR, acting_for

EVERYWHERE = Actor(role=Role.ADMINISTRATOR)
NURSE_AT_NORTHSIDE = Actor(role=Role.NURSE, location_ids=frozenset({1}))
DR_CRUZ = Actor(role=Role.SPECIALIST, resource_id=1)
DR_ADEYEMI = Actor(role=Role.SPECIALIST, resource_id=2)
SPECIALIST_WITHOUT_RESOURCE = Actor(role=Role.SPECIALIST)


def test_a_patient_sees_their_own_visit(session: Session) -> None:
    ana = make_patient(session)
    appointment = make_appointment(session, ana)
    visit = visit_for(session, acting_for(ana), appointment.public_id)

    assert visit is not None
    assert (visit.id, visit.patient_name) == (appointment.id, f"{ana.given_name} {ana.family_name}")
    assert (visit.patient_public_id, visit.starts_at) == (ana.public_id, NEXT_MONDAY_9)


def test_a_visit_opened_in_this_browser_session_is_seen(session: Session) -> None:
    appointment = make_appointment(session)
    guest = replace(VISITOR, visit_ids=frozenset({appointment.public_id}))

    assert visit_for(session, guest, appointment.public_id) is not None


@pytest.mark.parametrize("actor", [DORA, EVERYWHERE, NURSE_AT_NORTHSIDE, DR_CRUZ])
def test_those_whose_work_it_is_see_it(session: Session, actor: Actor) -> None:
    assert visit_for(session, actor, make_appointment(session).public_id) is not None


@pytest.mark.parametrize("actor", [VISITOR, acting_for(), ELI, DR_ADEYEMI, SPECIALIST_WITHOUT_RESOURCE, SYSTEM])
def test_for_everybody_else_it_does_not_exist(session: Session, actor: Actor) -> None:
    assert visit_for(session, actor, make_appointment(session).public_id) is None


def test_a_visit_without_specialist_is_no_specialists(session: Session) -> None:
    appointment = make_appointment(session, specialist_id=None, status=AppointmentStatus.CANCELLED)

    assert visit_for(session, SPECIALIST_WITHOUT_RESOURCE, appointment.public_id) is None


def test_an_unknown_visit_is_none(session: Session) -> None:
    assert visit_for(session, EVERYWHERE, "nothing") is None


def test_visits_of_patients_come_in_order_and_only_theirs(session: Session) -> None:
    ana, ben = make_patient(session), make_patient(session)
    later = make_appointment(session, ana, starts_at=NEXT_MONDAY_9 + timedelta(days=1))
    sooner = make_appointment(session, ana, status=AppointmentStatus.CANCELLED)
    make_appointment(session, ben, starts_at=NEXT_MONDAY_9 + timedelta(days=2))

    assert [v.id for v in visits_of_patients(session, [ana.id], since=NOW)] == [sooner.id, later.id]
    assert visits_of_patients(session, [], since=NOW) == []


def test_a_visit_that_goes_on_is_not_past(session: Session) -> None:
    ana = make_patient(session)
    make_appointment(session, ana)
    ends_at = NEXT_MONDAY_9 + timedelta(minutes=45)

    assert len(visits_of_patients(session, [ana.id], since=ends_at - timedelta(seconds=1))) == 1
    assert visits_of_patients(session, [ana.id], since=ends_at) == []
