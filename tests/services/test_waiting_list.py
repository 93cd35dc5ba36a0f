"""Joining and leaving the waiting list: by whom, for what, and when a wait is over by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.day_parts import DayPart
from booking.core.errors import NotFound, RulesRefuse
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.waiting import WaitingWish
from booking.models import Appointment, AuditEvent, Patient, WaitingEntry, WaitingState
from booking.queries.waiting import entries_by_id, everyone_waiting, waiting_for, wish_of
from booking.services.appointments import cancel
from booking.services.offering import offer_freed_times
from booking.services.waiting_list import end_waits, join, leave
from tests.factories import NOW, make_appointment, make_patient
from tests.services.cast import (
    DORA,
    DR_CRUZ,
    DR_LIND,
    ELI,
    FOLLOW_UP,
    LAKEVIEW,
    NORTHSIDE,
    OTHER_VISITOR,
    PHONE_CALL,
    acting_for,
    book_for_caller,
)
from tests.services.waiting_cast import MONDAY_9, WISH, entry, frees, hold_of, offered, waits

LATER = NOW + timedelta(days=1)


def joined(session: Session, actor: Actor, patient: Patient, **wished: Any) -> WaitingEntry:
    return entry(session, join(session, actor=actor, patient_id=patient.id, wish=replace(WISH, **wished), now=NOW))


def refusals(session: Session, actor: Actor, wish: WaitingWish) -> list[str]:
    patient = make_patient(session)
    mine = replace(actor, patient_ids=frozenset({patient.id}))
    with pytest.raises(RulesRefuse) as refused:
        join(session, actor=mine, patient_id=patient.id, wish=wish, now=NOW)
    return [refusal.code for refusal in refused.value.refusals]


def test_a_wish_is_kept_as_it_was_said(session: Session) -> None:
    patient = make_patient(session)
    wish = WaitingWish(
        FOLLOW_UP, date(2026, 12, 1), date(2026, 12, 24), frozenset({NORTHSIDE}), frozenset({DR_CRUZ}),
        frozenset({0, 4}), frozenset({DayPart.MORNING, DayPart.EVENING}), timedelta(hours=3),
    )  # fmt: skip
    place = join(session, actor=acting_for(patient), patient_id=patient.id, wish=wish, now=NOW)

    kept = entry(session, place)
    assert wish_of(kept) == wish
    assert (place.is_new, place.since, kept.state) == (True, NOW, WaitingState.WAITING)


def test_joining_again_changes_the_wishes_and_keeps_the_place(session: Session) -> None:
    patient = make_patient(session)
    first = join(session, actor=acting_for(patient), patient_id=patient.id, wish=WISH, now=NOW)
    again = join(
        session, actor=DORA, patient_id=patient.id, wish=replace(WISH, weekdays=frozenset({1})), now=LATER, priority=2
    )

    assert (again.public_id, again.is_new, again.since) == (first.public_id, False, NOW)
    [waiting] = everyone_waiting(session, now=LATER)
    assert (waiting.wish.weekdays, waiting.standing.priority) == (frozenset({1}), 2)
    actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert actions == ["waiting_joined", "waiting_changed"]


def test_priority_is_for_staff(session: Session) -> None:
    patient = make_patient(session)
    place = join(session, actor=acting_for(patient), patient_id=patient.id, wish=WISH, now=NOW, priority=9)

    assert entry(session, place).priority == 0


def test_two_services_are_two_waits(session: Session) -> None:
    patient = make_patient(session)
    joined(session, DORA, patient)
    joined(session, DORA, patient, service_id=FOLLOW_UP)

    assert len(everyone_waiting(session, now=NOW)) == 2


def test_after_leaving_one_may_join_anew_at_the_end(session: Session) -> None:
    patient = make_patient(session)
    first = joined(session, DORA, patient)
    leave(session, actor=acting_for(patient), public_id=first.public_id, now=NOW)
    again = join(session, actor=DORA, patient_id=patient.id, wish=WISH, now=LATER)

    assert (again.is_new, again.since) == (True, LATER)


def test_strangers_cannot_join_for_a_patient(session: Session) -> None:
    patient, other = make_patient(session), make_patient(session)
    for actor in (OTHER_VISITOR, acting_for(other)):
        with pytest.raises(NotFound):
            join(session, actor=actor, patient_id=patient.id, wish=WISH, now=NOW)


def test_nobody_waits_who_does_not_exist(session: Session) -> None:
    with pytest.raises(NotFound):
        join(session, actor=DORA, patient_id=999, wish=WISH, now=NOW)


def test_the_desk_lets_people_wait_at_its_own_locations(session: Session) -> None:
    patient = make_patient(session)
    with pytest.raises(NotFound):
        joined(session, DORA, patient, location_ids=frozenset({LAKEVIEW}))

    assert joined(session, ELI, patient, location_ids=frozenset({LAKEVIEW})).location_ids == [LAKEVIEW]


def test_an_opened_visit_is_enough_to_wait_for_an_earlier_one(session: Session) -> None:
    visit = make_appointment(session)
    opened = Actor(owner="b", visit_ids=frozenset({visit.public_id}))
    place = join(
        session, actor=opened, patient_id=visit.patient_id, wish=WISH, now=NOW, visit_public_id=visit.public_id
    )

    seen = waiting_for(session, opened, place.public_id, now=NOW)
    assert seen is not None
    assert (seen.visit_public_id, seen.has_visit) == (visit.public_id, True)
    leave(session, actor=opened, public_id=place.public_id, now=NOW)
    assert entry(session, place).state is WaitingState.LEFT


@pytest.mark.parametrize("wrong", ["patient", "service", "missing"])
def test_the_visit_to_replace_is_the_patients_own_of_that_service(session: Session, wrong: str) -> None:
    visit, other = make_appointment(session), make_patient(session)
    with pytest.raises(NotFound):
        join(
            session, actor=DORA, now=NOW,
            patient_id=other.id if wrong == "patient" else visit.patient_id,
            wish=replace(WISH, service_id=FOLLOW_UP) if wrong == "service" else WISH,
            visit_public_id="x" * 22 if wrong == "missing" else visit.public_id,
        )  # fmt: skip


@pytest.mark.parametrize("over", [{"status": AppointmentStatus.DONE}, {"starts_at": NOW}])
def test_a_visit_that_is_over_cannot_be_earlier(session: Session, over: dict[str, Any]) -> None:
    visit = make_appointment(session, **over)

    with pytest.raises(RulesRefuse) as refused:
        join(session, actor=DORA, patient_id=visit.patient_id, wish=WISH, now=NOW, visit_public_id=visit.public_id)
    assert [refusal.code for refusal in refused.value.refusals] == ["visit_over"]


def test_what_cannot_be_had_cannot_be_waited_for(session: Session) -> None:
    patient = Actor(owner="b")

    assert refusals(session, patient, replace(WISH, service_id=99)) == ["service_not_offered"]
    assert refusals(session, patient, replace(WISH, service_id=PHONE_CALL)) == ["staff_only"]
    assert refusals(session, patient, replace(WISH, location_ids=frozenset({7}), specialist_ids=frozenset({8}))) == [
        "not_given_here", "specialist_not_for_service",
    ]  # fmt: skip
    assert refusals(session, DORA, replace(WISH, last_on=date(2026, 11, 22), first_on=date(2026, 11, 1))) == [
        "dates_past"
    ]


def test_staff_let_people_wait_for_what_only_they_may_book(session: Session) -> None:
    assert joined(session, DORA, make_patient(session), service_id=PHONE_CALL).service_id == PHONE_CALL


def test_strangers_cannot_take_anybody_off_the_list(session: Session) -> None:
    waiting = waits(session, location_ids=frozenset({NORTHSIDE}))

    for actor in (ELI, OTHER_VISITOR, acting_for(make_patient(session))):
        with pytest.raises(NotFound):
            leave(session, actor=actor, public_id=waiting.public_id, now=NOW)
    with pytest.raises(NotFound):
        leave(session, actor=DORA, public_id="x" * 22, now=NOW)


def test_leaving_twice_is_leaving_once(session: Session) -> None:
    waiting = waits(session)
    leave(session, actor=DORA, public_id=waiting.public_id, now=NOW)
    leave(session, actor=DORA, public_id=waiting.public_id, now=LATER)

    session.refresh(waiting)
    assert waiting.ended_at == NOW


def test_leaving_withdraws_what_is_offered_and_the_next_is_asked(session: Session) -> None:
    first, second = waits(session), waits(session, since=NOW - timedelta(days=1))
    frees(session)
    [offer] = offered(session)
    leave(session, actor=DORA, public_id=first.public_id, now=NOW)

    made = offered(session, now=NOW + timedelta(minutes=1))
    assert [(one.entry_id, one.state.value) for one in made] == [(first.id, "withdrawn"), (second.id, "open")]
    assert hold_of(session, offer) is None


def reason_of(session: Session, waiting: WaitingEntry) -> str | None:
    """Why the wait is over: the word in the audit."""
    session.rollback()
    return session.scalars(
        sa.select(AuditEvent.reason_code).where(
            AuditEvent.action == "waiting_expired", AuditEvent.object_id == waiting.id
        )
    ).one_or_none()


def test_a_visit_of_the_service_ends_the_wait(session: Session) -> None:
    patient = make_patient(session)
    waiting = waits(session, patient)
    book_for_caller(session, patient=patient.id)

    assert end_waits(session, now=LATER) == 1
    assert reason_of(session, waiting) == "visit_booked"


def test_a_visit_of_another_service_or_a_cancelled_one_does_not(session: Session) -> None:
    patient = make_patient(session)
    waits(session, patient)
    book_for_caller(session, patient=patient.id, service_id=FOLLOW_UP)
    booked = book_for_caller(session, patient=patient.id, starts_at=MONDAY_9 + timedelta(hours=1))
    cancel(session, actor=DORA, public_id=booked.public_id, reason_code="pat", note=None, now=NOW)

    assert end_waits(session, now=LATER) == 0


def test_a_second_visit_does_not_end_the_wait_for_an_earlier_one(session: Session) -> None:
    patient = make_patient(session)
    waits(session, patient, visit=make_appointment(session, patient, starts_at=MONDAY_9 + timedelta(days=7)))
    book_for_caller(session, patient=patient.id)

    assert end_waits(session, now=LATER) == 0


@pytest.mark.parametrize("fate", [AppointmentStatus.CANCELLED, AppointmentStatus.DONE])
def test_the_end_of_the_old_visit_ends_the_wait(session: Session, fate: AppointmentStatus) -> None:
    patient = make_patient(session)
    old = make_appointment(session, patient)
    waiting = waits(session, patient, visit=old)
    session.execute(sa.update(Appointment).where(Appointment.id == old.id).values(status=fate))
    session.commit()

    assert end_waits(session, now=LATER) == 1
    assert reason_of(session, waiting) == "visit_over"


def test_the_old_visit_that_has_begun_ends_the_wait(session: Session) -> None:
    patient = make_patient(session)
    waits(session, patient, visit=make_appointment(session, patient))

    assert end_waits(session, now=MONDAY_9 - timedelta(minutes=1)) == 0
    assert end_waits(session, now=MONDAY_9) == 1


def test_nobody_writes_to_the_deceased(session: Session) -> None:
    patient = make_patient(session)
    waiting = waits(session, patient)
    visit = make_appointment(session, patient, service_id=FOLLOW_UP, starts_at=MONDAY_9 + timedelta(days=1))
    cancel(session, actor=DORA, public_id=visit.public_id, reason_code="pat-dec", note=None, now=NOW)

    assert offer_freed_times(session, now=NOW) == 0
    assert reason_of(session, waiting) == "patient_stopped"


def test_an_entry_that_does_not_exist_is_not_there(session: Session) -> None:
    assert entries_by_id(session, 999, now=NOW) == []
    assert waiting_for(session, DORA, "x" * 22, now=NOW) is None


def test_staff_of_all_locations_see_everybody(session: Session) -> None:
    waiting = waits(session, location_ids=frozenset({NORTHSIDE}))

    assert waiting_for(session, replace(DORA, location_ids=None), waiting.public_id, now=NOW) is not None
    assert waiting_for(session, replace(DORA, location_ids=frozenset()), waiting.public_id, now=NOW) is None


def test_a_specialist_of_another_place_may_be_wished_where_they_give_it(session: Session) -> None:
    assert joined(session, DORA, make_patient(session), specialist_ids=frozenset({DR_LIND})).specialist_ids == [DR_LIND]
