"""A specialist's day: the own visits alone, with reasons whose reading is written down once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent
from booking.queries.catalogue import catalogue
from booking.services.my_day import DayLine, read_day
from booking.services.sealed import seal_text
from tests.factories import NEXT_MONDAY_9, NOW, make_account, make_appointment


@pytest.fixture
def cruz(session: Session) -> Actor:
    account = make_account(session, Role.SPECIALIST, resource_id=1)
    return Actor(account.id, Role.SPECIALIST, resource_id=1)


def the_day(session: Session, actor: Actor) -> list[DayLine]:
    since = NEXT_MONDAY_9 - timedelta(hours=8)
    return read_day(session, catalogue(session), actor=actor, since=since, until=since + timedelta(days=1), now=NOW)


def with_reason(session: Session, sealed: str | None = None) -> Appointment:
    visit = make_appointment(session)
    reason = sealed or seal_text(session, "appointment", "reason", visit.public_id, "The stairs are hard.")
    session.execute(sa.update(Appointment).where(Appointment.id == visit.id).values(reason_sealed=reason))
    session.commit()
    return visit


def test_a_reason_is_read_and_that_is_written_down_once(session: Session, cruz: Actor) -> None:
    visit = with_reason(session)
    assert [line.reason for line in (*the_day(session, cruz), *the_day(session, cruz))] == ["The stairs are hard."] * 2
    looked = sa.select(AuditEvent.object_id).where(AuditEvent.action == "reason_read")
    assert session.scalars(looked).all() == [visit.id]


def test_a_reason_that_does_not_open_is_told(session: Session, cruz: Actor) -> None:
    with_reason(session, "v1.lost.AAAA")
    assert [(line.reason, line.is_readable) for line in the_day(session, cruz)] == [("", False)]


def test_only_own_visits_that_took_no_wrong_entry_are_there(session: Session, cruz: Actor) -> None:
    make_appointment(session, status=AppointmentStatus.ENTERED_IN_ERROR)
    make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(hours=2), specialist_id=2)
    assert the_day(session, cruz) == []


def test_what_changed_within_a_day_is_news(session: Session, cruz: Actor) -> None:
    make_appointment(session, booked_at=NOW - timedelta(hours=2))
    cancelled = {"status": AppointmentStatus.CANCELLED, "cancelled_at": NOW, "booked_at": NOW - timedelta(days=9)}
    make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(hours=2), **cancelled)
    news = [(line.is_new, line.is_moved, line.is_cancelled_lately) for line in the_day(session, cruz)]
    assert news == [(True, False, False), (False, False, True)]


@pytest.mark.parametrize("actor", [Actor(None, Role.SCHEDULER), Actor(None, Role.SPECIALIST)])
def test_nobody_else_has_such_a_day(session: Session, actor: Actor) -> None:
    with pytest.raises(NotFound):
        the_day(session, actor)
