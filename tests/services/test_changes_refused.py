"""Which changes of a visit are refused, and to whom: times, rules, rights, pages out of date."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import MoveNotAllowed, NotFound, PatientBusy, RulesRefuse, SlotTaken
from booking.core.scheduling.clinic import Audience
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import AuditEvent, Reservation
from booking.queries.appointments import visit_for
from booking.services import changing
from booking.services.changing import refusals_of_changing
from booking.services.holds import hold_slot
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import (
    DORA,
    DR_ADEYEMI,
    DR_CRUZ,
    DR_LIND,
    ELI,
    FOLLOW_UP,
    LAKEVIEW,
    VISITOR,
    acting_for,
)
from tests.services.visit_cast import (
    AT_ELEVEN,
    AT_TEN,
    MINUTE,
    change,
    freed,
    holds,
    patient_of,
    reread,
    set_service,
    taken,
)

EVERYBODY = Actor(role=Role.SCHEDULER, owner="desk-all")
LATEST = NEXT_MONDAY_9 - timedelta(days=1)


def codes(refused: pytest.ExceptionInfo[RulesRefuse]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


@pytest.mark.parametrize("specialist_id", [DR_CRUZ, None])
def test_the_same_time_is_no_change(session: Session, specialist_id: int | None) -> None:
    appointment = make_appointment(session)

    with pytest.raises(RulesRefuse) as refused:
        change(session, appointment, starts_at=NEXT_MONDAY_9, specialist_id=specialist_id)
    assert codes(refused) == ["same_time"]


def test_a_taken_time_is_refused_with_alternatives_and_the_old_one_stays(session: Session) -> None:
    make_appointment(session, starts_at=AT_TEN)
    appointment = make_appointment(session)
    before = taken(session, appointment_id=appointment.id)

    with pytest.raises(SlotTaken) as refused:
        change(session, appointment)

    starts = {slot.starts_at for slot in refused.value.alternatives}
    assert NEXT_MONDAY_9 + 15 * MINUTE in starts
    assert reread(session, appointment).starts_at == NEXT_MONDAY_9
    assert taken(session, appointment_id=appointment.id) == before
    assert (holds(session), freed(session)) == ([], [])


def test_a_visit_never_moves_onto_another_of_the_same_patient(session: Session) -> None:
    ana = make_patient(session)
    make_appointment(session, ana, starts_at=AT_TEN, specialist_id=DR_ADEYEMI)
    appointment = make_appointment(session, ana)

    with pytest.raises(PatientBusy):
        change(session, appointment)
    assert reread(session, appointment).starts_at == NEXT_MONDAY_9


def test_a_patient_moves_until_the_notice_and_no_longer(session: Session) -> None:
    set_service(session, change_notice_minutes=24 * 60)
    appointment = make_appointment(session)

    with pytest.raises(RulesRefuse) as refused:
        change(session, appointment, starts_at=AT_ELEVEN, now=LATEST + timedelta(seconds=1))
    assert "too_late_to_change" in codes(refused)
    assert change(session, appointment, now=LATEST).starts_at == AT_TEN


def test_staff_move_also_after_the_notice(session: Session) -> None:
    set_service(session, change_notice_minutes=24 * 60)

    assert change(session, make_appointment(session), DORA, now=LATEST + MINUTE).version == 2


@pytest.mark.parametrize("status", [AppointmentStatus.ARRIVED, AppointmentStatus.CANCELLED, AppointmentStatus.DONE])
def test_only_a_booked_visit_moves(session: Session, status: AppointmentStatus) -> None:
    with pytest.raises(MoveNotAllowed):
        change(session, make_appointment(session, status=status), DORA)


@pytest.mark.parametrize("actor", [VISITOR, acting_for(), ELI, Actor(role=Role.SPECIALIST, resource_id=2)])
def test_a_strange_visit_is_not_found(session: Session, actor: Actor) -> None:
    with pytest.raises(NotFound):
        change(session, make_appointment(session), actor)


def test_staff_move_only_to_where_they_work(session: Session) -> None:
    appointment = make_appointment(session)

    with pytest.raises(NotFound):
        change(session, appointment, DORA, location_id=LAKEVIEW, specialist_id=DR_LIND)
    moved = change(session, appointment, EVERYBODY, location_id=LAKEVIEW, specialist_id=DR_LIND)

    assert moved.version == 2
    after = reread(session, appointment)
    assert (after.location_id, after.specialist_id) == (LAKEVIEW, DR_LIND)


def test_staff_give_another_service_and_patients_do_not(session: Session) -> None:
    appointment = make_appointment(session)

    with pytest.raises(RulesRefuse) as refused:
        change(session, appointment, service_id=FOLLOW_UP)
    change(session, appointment, DORA, service_id=FOLLOW_UP, starts_at=NEXT_MONDAY_9)

    assert codes(refused) == ["service_not_offered"]
    after = reread(session, appointment)
    assert (after.service_id, after.ends_at) == (FOLLOW_UP, NEXT_MONDAY_9 + 30 * MINUTE)


def test_a_page_that_is_out_of_date_changes_nothing(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment, DORA, version=1)

    with pytest.raises(MoveNotAllowed):
        change(session, appointment, DORA, starts_at=AT_ELEVEN, version=1)
    assert change(session, appointment, DORA, starts_at=AT_ELEVEN, version=2).version == 3


def test_rules_for_patients_need_a_reason_at_the_desk(session: Session) -> None:
    far = NEXT_MONDAY_9 + timedelta(days=84)
    appointment = make_appointment(session)

    with pytest.raises(RulesRefuse) as refused:
        change(session, appointment, DORA, starts_at=far)
    assert codes(refused) == ["beyond_horizon"]
    change(session, appointment, DORA, starts_at=far, override_reason="urgent")

    [event] = session.scalars(sa.select(AuditEvent))
    assert event.reason_code == "urgent"
    with pytest.raises(RulesRefuse):
        change(session, appointment, starts_at=far + timedelta(days=7), now=NOW)


def test_the_visit_itself_does_not_count_against_gap_and_limit(session: Session) -> None:
    set_service(session, min_gap_days=7, visit_limit_count=1, visit_limit_days=30)
    ana = make_patient(session)
    appointment = make_appointment(session, ana)

    assert change(session, appointment).version == 2
    with pytest.raises(RulesRefuse) as refused:
        hold_slot(
            session, actor=acting_for(ana), service_id=1, location_id=1, specialist_id=DR_CRUZ,
            starts_at=NEXT_MONDAY_9 + timedelta(days=2), now=NOW, patient_id=ana.id,
        )  # fmt: skip
    assert codes(refused) == ["gap_too_short", "visit_limit"]


@pytest.mark.parametrize(
    ("values", "code"),
    [({"audience": Audience.STAFF}, "staff_only"), ({"contact_to_book": True}, "contact_only")],
)
def test_what_patients_do_not_book_they_do_not_move(session: Session, values: dict[str, Any], code: str) -> None:
    set_service(session, **values)
    appointment = make_appointment(session)
    actor = patient_of(session, appointment)

    with pytest.raises(RulesRefuse) as refused:
        change(session, appointment)
    visit = visit_for(session, actor, appointment.public_id)
    assert visit is not None
    assert [r.code for r in refusals_of_changing(session, actor, visit, now=NOW)] == codes(refused) == [code]
    assert refusals_of_changing(session, DORA, visit, now=NOW) == ()


def test_a_guest_with_a_link_moves_what_asks_for_an_account(session: Session) -> None:
    set_service(session, audience=Audience.VERIFIED)
    appointment = make_appointment(session)
    its_id = frozenset({appointment.public_id})

    assert change(session, appointment, replace(VISITOR, visit_ids=its_id, booked_ids=its_id)).version == 2


def test_the_slower_of_two_changes_loses(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the row had not been locked: the swap itself compares."""
    appointment = make_appointment(session)
    stale = visit_for(session, DORA, appointment.public_id)
    session.rollback()
    change(session, appointment, DORA)
    monkeypatch.setattr(changing, "visit_for", lambda *_args, **_options: stale)

    with pytest.raises(MoveNotAllowed):
        change(session, appointment, DORA, starts_at=AT_ELEVEN)
    assert reread(session, appointment).starts_at == AT_TEN
    rows = session.scalars(sa.select(Reservation.starts_at).where(Reservation.appointment_id == appointment.id))
    assert set(rows) == {AT_TEN}
