"""Holds: kept for one browser session, replaced in one step, ended by the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import HoldExpired, NotFound, PatientBusy, RulesRefuse, SlotTaken
from booking.models import Block, Hold, Patient, Reservation
from booking.services.appointments import cancel
from booking.services.holds import HeldSlot, extend_hold, hold_for, hold_slot, prune_holds, release_hold
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import (
    DORA,
    DR_ADEYEMI,
    DR_CRUZ,
    FIRST_CONSULTATION,
    LAKEVIEW,
    NORTHSIDE,
    OTHER_VISITOR,
    PHONE_CALL,
    ROOM_1,
    ROOM_2,
    VISITOR,
    acting_for,
    hold,
)

MINUTE = timedelta(minutes=1)


def reserved(session: Session) -> list[tuple[int | None, int | None]]:
    """(resource, patient) of all reservations."""
    session.rollback()
    rows = session.execute(sa.select(Reservation.resource_id, Reservation.patient_id).order_by(Reservation.id))
    return [(row.resource_id, row.patient_id) for row in rows]


def test_a_hold_reserves_specialist_and_room_for_a_quarter_of_an_hour(session: Session) -> None:
    held = hold(session)

    assert held.specialist_id == DR_CRUZ
    assert (held.starts_at, held.ends_at) == (NEXT_MONDAY_9, NEXT_MONDAY_9 + 45 * MINUTE)
    assert (held.expires_at, held.extensions_left) == (NOW + 15 * MINUTE, 2)
    assert reserved(session) == [(DR_CRUZ, None), (ROOM_1, None)]


def test_a_held_time_is_refused_to_others_with_three_alternatives(session: Session) -> None:
    hold(session)

    with pytest.raises(SlotTaken) as refused:
        hold(session, OTHER_VISITOR)

    assert [s.starts_at - NEXT_MONDAY_9 for s in refused.value.alternatives] == [45 * MINUTE, 60 * MINUTE, 75 * MINUTE]
    assert len(reserved(session)) == 2


def test_a_new_hold_replaces_the_earlier_one(session: Session) -> None:
    first = hold(session)
    second = hold(session, starts_at=NEXT_MONDAY_9 + 15 * MINUTE)

    assert hold_for(session, actor=VISITOR, public_id=first.public_id) is None
    assert hold_for(session, actor=VISITOR, public_id=second.public_id) == second
    assert len(reserved(session)) == 2


def test_a_refused_hold_leaves_the_earlier_one(session: Session) -> None:
    make_appointment(session, starts_at=NEXT_MONDAY_9 + 60 * MINUTE)
    first = hold(session)

    with pytest.raises(SlotTaken):
        hold(session, starts_at=NEXT_MONDAY_9 + 60 * MINUTE)

    assert hold_for(session, actor=VISITOR, public_id=first.public_id) == first


def test_any_specialist_is_the_least_loaded_one(session: Session) -> None:
    make_appointment(session, starts_at=NEXT_MONDAY_9 + 120 * MINUTE)
    held = hold(session, specialist_id=None)

    assert (held.specialist_id, held.wanted_specialist_id) == (DR_ADEYEMI, None)


def test_an_ended_hold_gives_way_and_still_says_what_was_wanted(session: Session) -> None:
    first = hold(session)
    later = first.expires_at
    hold(session, OTHER_VISITOR, now=later)

    assert hold_for(session, actor=VISITOR, public_id=first.public_id) == first
    assert len(reserved(session)) == 2


def test_a_hold_is_found_by_its_owner_only(session: Session) -> None:
    held = hold(session)

    assert hold_for(session, actor=OTHER_VISITOR, public_id=held.public_id) is None
    assert hold_for(session, actor=Actor(), public_id=held.public_id) is None


def test_a_hold_belongs_to_a_browser_session(session: Session) -> None:
    with pytest.raises(ValueError, match="browser session"):
        hold(session, Actor())


@pytest.mark.parametrize(
    ("wish", "codes"),
    [
        ({"service_id": 99}, ["service_not_offered"]),
        ({"location_id": 99}, ["not_given_here"]),
        ({"location_id": LAKEVIEW}, ["outside_hours"]),
        ({"service_id": PHONE_CALL}, ["staff_only"]),
        ({"starts_at": NOW - 60 * MINUTE}, ["in_past", "outside_hours"]),
        ({"starts_at": NOW + 60 * MINUTE}, ["too_soon"]),
        ({"starts_at": NEXT_MONDAY_9 + 7 * MINUTE}, ["off_grid"]),
        ({"starts_at": NEXT_MONDAY_9 + timedelta(days=70)}, ["beyond_horizon"]),
    ],
)
def test_the_rules_refuse_with_every_reason(session: Session, wish: dict, codes: list[str]) -> None:
    with pytest.raises(RulesRefuse) as refused:
        hold(session, **wish)

    assert [r.code for r in refused.value.refusals] == codes
    assert reserved(session) == []


def test_rules_for_patients_do_not_bind_staff(session: Session) -> None:
    held = hold(session, DORA, service_id=PHONE_CALL, starts_at=NOW + 60 * MINUTE)

    assert held.service_id == PHONE_CALL


def test_a_hold_can_be_extended_twice(session: Session) -> None:
    held = hold(session)
    once = extend_hold(session, actor=VISITOR, public_id=held.public_id, now=NOW + 10 * MINUTE)
    twice = extend_hold(session, actor=VISITOR, public_id=held.public_id, now=NOW + 20 * MINUTE)

    assert (once.expires_at, once.extensions_left) == (NOW + 25 * MINUTE, 1)
    assert (twice.expires_at, twice.extensions_left) == (NOW + 35 * MINUTE, 0)
    with pytest.raises(RulesRefuse) as refused:
        extend_hold(session, actor=VISITOR, public_id=held.public_id, now=NOW + 30 * MINUTE)
    assert [r.code for r in refused.value.refusals] == ["no_extension_left"]


def test_an_ended_hold_cannot_be_extended(session: Session) -> None:
    held = hold(session)

    with pytest.raises(HoldExpired) as refused:
        extend_hold(session, actor=VISITOR, public_id=held.public_id, now=held.expires_at)

    assert refused.value.alternatives[0].starts_at == NEXT_MONDAY_9


def test_a_strange_hold_cannot_be_extended(session: Session) -> None:
    held = hold(session)

    with pytest.raises(NotFound):
        extend_hold(session, actor=OTHER_VISITOR, public_id=held.public_id, now=NOW)


def test_releasing_gives_the_time_back_at_once(session: Session) -> None:
    held = hold(session)
    release_hold(session, actor=VISITOR, public_id=held.public_id, now=NOW)
    release_hold(session, actor=VISITOR, public_id=held.public_id, now=NOW)

    assert reserved(session) == []
    assert session.scalar(sa.select(sa.func.count()).select_from(Hold)) == 0


def test_a_known_patient_is_not_held_a_time_of_another_visit_of_theirs(session: Session) -> None:
    ana = make_patient(session)
    make_appointment(session, ana)

    def hold_for_ana(actor: Actor) -> HeldSlot:
        return hold_slot(
            session, actor=actor, service_id=FIRST_CONSULTATION, location_id=NORTHSIDE, specialist_id=DR_ADEYEMI,
            starts_at=NEXT_MONDAY_9, now=NOW, patient_id=ana.id,
        )  # fmt: skip

    with pytest.raises(PatientBusy):
        hold_for_ana(acting_for(ana))
    with pytest.raises(PatientBusy):
        hold_for_ana(DORA)
    with pytest.raises(NotFound):
        hold_for_ana(VISITOR)


def test_a_hold_that_is_given_back_inside_a_block_closes_again(session: Session) -> None:
    held = hold(session)
    session.rollback()
    block = Block(resource_id=DR_CRUZ, starts_at=held.starts_at, ends_at=held.ends_at, label="Meeting")
    session.add(block)
    session.commit()

    release_hold(session, actor=VISITOR, public_id=held.public_id, now=NOW)

    assert reserved(session) == [(DR_CRUZ, None)]


def test_holds_for_an_undo_are_none_of_the_browser_sessions(session: Session) -> None:
    appointment = make_appointment(session)
    patient = session.get_one(Patient, appointment.patient_id)
    cancel(session, actor=acting_for(patient), public_id=appointment.public_id, reason_code=None, note=None, now=NOW)

    own = hold(session, acting_for(patient), specialist_id=DR_ADEYEMI)
    release_hold(session, actor=acting_for(patient), public_id=own.public_id, now=NOW)

    assert reserved(session) == [(DR_CRUZ, None), (ROOM_1, None)]


def test_nobody_releases_a_strange_hold(session: Session) -> None:
    held = hold(session)
    release_hold(session, actor=OTHER_VISITOR, public_id=held.public_id, now=NOW)

    assert len(reserved(session)) == 2


def test_pruning_frees_ended_holds_and_forgets_old_ones(session: Session) -> None:
    ended = hold(session)
    hold(session, OTHER_VISITOR, specialist_id=DR_ADEYEMI, now=NOW + 10 * MINUTE)

    assert prune_holds(session, now=ended.expires_at) == 0
    assert reserved(session) == [(DR_ADEYEMI, None), (ROOM_2, None)]
    assert prune_holds(session, now=ended.expires_at + timedelta(days=1)) == 1
    assert hold_for(session, actor=VISITOR, public_id=ended.public_id) is None


def test_a_hold_of_another_place_is_given_back_with_the_new_one(session: Session) -> None:
    hold(session)
    at_lakeview = hold(
        session, service_id=FIRST_CONSULTATION, location_id=LAKEVIEW, specialist_id=None,
        starts_at=NEXT_MONDAY_9 + 60 * MINUTE,
    )  # fmt: skip

    assert at_lakeview.location_id == LAKEVIEW
    assert DR_CRUZ not in [resource for resource, _ in reserved(session)]
