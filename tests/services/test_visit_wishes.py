"""Who learns what was said of a visit when it was booked."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.models import Appointment, AuditEvent
from booking.queries.appointments import Visit, visit_for
from booking.services.sealed import seal_text
from booking.services.visit_wishes import VisitWishes, read_wishes
from tests.factories import NOW, make_appointment

CRUZ = Actor(account_id=1, role=Role.SPECIALIST, resource_id=1)
OTHER = Actor(account_id=2, role=Role.SPECIALIST, resource_id=2)
DORA = Actor(account_id=3, role=Role.SCHEDULER)
FAY = Actor(account_id=4, role=Role.ADMINISTRATOR)


@pytest.fixture
def appointment(session: Session) -> Appointment:
    return make_appointment(session)


def said(session: Session, appointment: Appointment, *, needs: list[str], reason: str | None) -> Visit:
    key = appointment.public_id
    appointment.needs_sealed = seal_text(session, "appointment", "needs", key, json.dumps(needs) if needs else None)
    appointment.reason_sealed = seal_text(session, "appointment", "reason", key, reason)
    session.commit()
    visit = visit_for(session, DORA, key)
    assert visit
    return visit


def reads(session: Session) -> int:
    count = sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action == "reason_read")
    return session.scalar(count) or 0


def test_the_specialist_of_the_visit_reads_both_and_it_is_recorded(session: Session, appointment: Appointment) -> None:
    visit = said(session, appointment, needs=["wheelchair"], reason="burning feet")
    assert read_wishes(session, actor=CRUZ, visit=visit, now=NOW) == VisitWishes(("wheelchair",), "burning feet")
    assert reads(session) == 1


@pytest.mark.parametrize("actor", [DORA, FAY, OTHER], ids=["scheduler", "administrator", "other specialist"])
def test_others_learn_what_makes_the_visit_easier_and_no_more(
    session: Session, appointment: Appointment, actor: Actor
) -> None:
    visit = said(session, appointment, needs=["interpreter", "low_light"], reason="burning feet")
    assert read_wishes(session, actor=actor, visit=visit, now=NOW) == VisitWishes(("interpreter", "low_light"))
    assert reads(session) == 0


def test_nothing_said_is_nothing_read(session: Session, appointment: Appointment) -> None:
    visit = said(session, appointment, needs=[], reason=None)
    assert read_wishes(session, actor=CRUZ, visit=visit, now=NOW) == VisitWishes()
    assert reads(session) == 0


def test_what_does_not_open_is_told_and_never_shown_as_nothing(session: Session, appointment: Appointment) -> None:
    visit = said(session, appointment, needs=["wheelchair"], reason="burning feet")
    appointment.needs_sealed = seal_text(session, "appointment", "needs", "another row", '["companion"]')
    session.commit()
    assert read_wishes(session, actor=CRUZ, visit=visit, now=NOW) == VisitWishes(is_readable=False)
