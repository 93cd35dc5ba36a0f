"""The steps of the day: one press each, undone by one press, and never on top of somebody else's change."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import MoveNotAllowed, NotFound, RulesRefuse, SlotTaken
from booking.core.scheduling.lifecycle import AppointmentStatus as S
from booking.models import Appointment, AuditEvent, Reservation
from booking.queries.appointments import visit_for
from booking.services import visit_flow
from booking.services.visit_flow import move
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import DORA, ELI, VISITOR, hold

AT_NINE = NEXT_MONDAY_9


def step(
    session: Session, appointment: Appointment, after: S, *, version: int = 1, actor: Actor = DORA, minutes: int = 0
) -> Appointment:
    now = AT_NINE + timedelta(minutes=minutes)
    move(session, actor=actor, public_id=appointment.public_id, after=after, version=version, now=now)
    session.refresh(appointment)
    return appointment


def actions(session: Session) -> list[str]:
    return list(session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)))


def taken(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Reservation)) or 0


def test_a_visit_goes_through_its_day_and_every_step_is_recorded(session: Session) -> None:
    appointment = make_appointment(session)

    step(session, appointment, S.ARRIVED)
    step(session, appointment, S.IN_ROOM, version=2)
    step(session, appointment, S.DONE, version=3)

    assert (appointment.status, appointment.version, appointment.sequence) == (S.DONE, 4, 0)
    assert actions(session) == ["appointment_arrived", "appointment_in_room", "appointment_done"]
    assert taken(session) == 3


def test_undo_is_a_step_back_that_is_recorded_too(session: Session) -> None:
    appointment = make_appointment(session)

    step(session, appointment, S.ARRIVED)
    step(session, appointment, S.BOOKED, version=2)

    assert appointment.status is S.BOOKED
    assert actions(session) == ["appointment_arrived", "appointment_undone"]


def test_the_same_press_twice_is_one_step(session: Session) -> None:
    appointment = make_appointment(session)

    step(session, appointment, S.ARRIVED)
    step(session, appointment, S.ARRIVED)

    assert (appointment.version, actions(session)) == (2, ["appointment_arrived"])


def test_a_missed_visit_gives_its_time_back(session: Session) -> None:
    appointment = step(session, make_appointment(session), S.NO_SHOW)

    assert (appointment.status, taken(session)) == (S.NO_SHOW, 0)


def test_undoing_a_missed_visit_wins_its_time_again_though_it_has_begun(session: Session) -> None:
    appointment = step(session, make_appointment(session), S.NO_SHOW)

    step(session, appointment, S.BOOKED, version=2, minutes=20)

    assert (appointment.status, taken(session)) == (S.BOOKED, 3)


def test_a_time_that_was_given_away_is_not_won_back(session: Session) -> None:
    appointment = step(session, make_appointment(session), S.NO_SHOW)
    session.rollback()
    make_appointment(session, make_patient(session))

    with pytest.raises(SlotTaken):
        step(session, appointment, S.BOOKED, version=2, minutes=5)
    session.refresh(appointment)
    assert (appointment.status, taken(session)) == (S.NO_SHOW, 3)


def test_a_hold_on_the_freed_time_is_not_pushed_aside(session: Session) -> None:
    appointment = step(session, make_appointment(session), S.NO_SHOW)
    session.rollback()
    hold(session, now=NOW)

    with pytest.raises(SlotTaken):
        move(session, actor=DORA, public_id=appointment.public_id, after=S.BOOKED, version=2, now=NOW)


@pytest.mark.parametrize("actor", [ELI, VISITOR, Actor(), Actor(role=Role.SPECIALIST, resource_id=2)])
def test_a_strange_visit_is_not_found(session: Session, actor: Actor) -> None:
    appointment = make_appointment(session)

    with pytest.raises(NotFound):
        step(session, appointment, S.ARRIVED, actor=actor)


def test_a_patient_does_not_mark_their_own_visit(session: Session) -> None:
    appointment = make_appointment(session)
    ana = Actor(role=Role.PATIENT, patient_ids=frozenset({appointment.patient_id}))

    with pytest.raises(NotFound):
        step(session, appointment, S.ARRIVED, actor=ana)


@pytest.mark.parametrize(
    ("status", "after", "version"), [(S.BOOKED, S.ARRIVED, 2), (S.BOOKED, S.DONE, 1), (S.CANCELLED, S.BOOKED, 1)]
)
def test_a_stale_page_and_a_wrong_step_are_refused(session: Session, status: S, after: S, version: int) -> None:
    appointment = make_appointment(session, status=status)

    with pytest.raises(MoveNotAllowed):
        step(session, appointment, after, version=version)


@pytest.mark.parametrize(
    ("after", "minutes", "code"), [(S.NO_SHOW, -1, "not_begun"), (S.ARRIVED, -24 * 60, "not_today")]
)
def test_a_step_before_its_time_is_refused(session: Session, after: S, minutes: int, code: str) -> None:
    appointment = make_appointment(session)

    with pytest.raises(RulesRefuse) as refused:
        step(session, appointment, after, minutes=minutes)
    assert [refusal.code for refusal in refused.value.refusals] == [code]


def test_the_slower_of_two_presses_loses(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    appointment = make_appointment(session)
    stale = visit_for(session, DORA, appointment.public_id)
    step(session, appointment, S.ARRIVED)
    monkeypatch.setattr(visit_flow, "visit_for", lambda *_args, **_options: stale)

    with pytest.raises(MoveNotAllowed):
        step(session, appointment, S.NO_SHOW)
