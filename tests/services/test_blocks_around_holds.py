"""A hold that stood in a block when that was made: the block closes its time in the act that ends the hold."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.core.errors import SlotTaken
from booking.core.scheduling.calendar_change import BlockChange
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, BlockKind
from booking.services import blocks
from booking.services.appointments import cancel
from booking.services.blocks import BlockDetails
from booking.services.cancelling import undo_cancel
from booking.services.holds import HOLD_LENGTH, prune_holds, release_hold
from booking.services.ordering import VisitDetails
from booking.services.several import VisitWish, book_several
from booking.services.transaction import transaction
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.services.calendar_cast import HOUR, away, blocked
from tests.services.cast import (
    ANA,
    DORA,
    DR_CRUZ,
    FIRST_CONSULTATION,
    NORTHSIDE,
    OTHER_VISITOR,
    VISITOR,
    book,
    hold,
    new_nonce,
)
from tests.services.visit_cast import MINUTE, change, patient_of

AFTERNOON = NEXT_MONDAY_9 + 5 * HOUR


def block(session: Session) -> None:
    """Dr Cruz is away next Monday from nine to noon."""
    with transaction(session):
        blocks.add_blocks(session, away(), BlockDetails(BlockKind.LEAVE, "Leave"), actor=DORA, now=NOW)


def hours_closed(session: Session) -> float:
    return sum(ends - starts for starts, ends in blocked(session))


def test_a_hold_that_is_replaced_leaves_no_gap(session: Session) -> None:
    hold(session)
    block(session)
    assert hours_closed(session) == 2.25
    hold(session, starts_at=AFTERNOON)
    assert hours_closed(session) == 3


def test_several_visits_in_place_of_a_hold_leave_no_gap(session: Session) -> None:
    hold(session, DORA)
    block(session)
    wishes = [
        VisitWish(FIRST_CONSULTATION, NORTHSIDE, DR_CRUZ, AFTERNOON + number * timedelta(weeks=1)) for number in (0, 1)
    ]
    book_several(
        session, actor=DORA, patient=ANA, wishes=wishes, details=VisitDetails(None), nonce=new_nonce(), now=NOW
    )
    assert hours_closed(session) == 3


def test_what_is_held_may_still_be_booked_and_the_block_stays_around_it(session: Session) -> None:
    held = hold(session)
    block(session)
    book(session, held, VISITOR)
    assert blocked(session) == [(0.75, 3)]


def test_what_is_held_may_be_held_anew_by_the_same_person_and_by_nobody_else(session: Session) -> None:
    hold(session)
    block(session)
    assert hold(session).starts_at == NEXT_MONDAY_9
    assert hours_closed(session) == 2.25
    with pytest.raises(SlotTaken):
        hold(session, OTHER_VISITOR)


def test_holds_that_have_ended_leave_no_gap(session: Session) -> None:
    hold(session)
    block(session)
    prune_holds(session, now=NOW + HOLD_LENGTH + MINUTE)
    assert hours_closed(session) == 3


def block_at(session: Session, starts: float, ends: float) -> None:
    """Dr Cruz is away from so many hours after nine until so many."""
    with transaction(session):
        spans = ((to_minutes(NEXT_MONDAY_9 + starts * HOUR), to_minutes(NEXT_MONDAY_9 + ends * HOUR)),)
        blocks.add_blocks(
            session, BlockChange(DR_CRUZ, spans), BlockDetails(BlockKind.LEAVE, "Leave"), actor=DORA, now=NOW
        )


def test_a_block_that_takes_the_time_of_an_ended_hold_leaves_no_gap_in_the_next_one(session: Session) -> None:
    held = hold(session)
    hold(session, OTHER_VISITOR, starts_at=NEXT_MONDAY_9 + 1 * HOUR)
    block_at(session, 0, 1.5)
    block_at(session, 1.5, 3)
    assert hours_closed(session) == 1.5
    release_hold(session, actor=VISITOR, public_id=held.public_id, now=NOW + HOLD_LENGTH + MINUTE)
    assert hours_closed(session) == 3


def test_a_cancellation_may_be_taken_back_inside_a_block_that_was_laid_meanwhile(session: Session) -> None:
    visit = make_appointment(session)
    patient = patient_of(session, visit)
    cancel(session, actor=patient, public_id=visit.public_id, reason_code=None, note=None, now=NOW)
    block(session)
    assert hours_closed(session) == 2.25
    undo_cancel(session, actor=patient, public_id=visit.public_id, now=NOW + MINUTE)
    session.rollback()
    assert session.get_one(Appointment, visit.id).status is AppointmentStatus.BOOKED
    assert hours_closed(session) == 2.25


def test_a_visit_may_go_back_to_its_old_time_inside_a_block_while_that_waits_for_the_undo(session: Session) -> None:
    visit = make_appointment(session)
    patient = patient_of(session, visit)
    change(session, visit, patient, starts_at=AFTERNOON)
    block(session)
    change(session, visit, patient, starts_at=NEXT_MONDAY_9)
    session.rollback()
    assert session.get_one(Appointment, visit.id).starts_at == NEXT_MONDAY_9
    assert hours_closed(session) == 2.25


def test_the_end_of_an_undo_leaves_no_gap(session: Session) -> None:
    visit = make_appointment(session)
    patient = patient_of(session, visit)
    change(session, visit, patient, starts_at=AFTERNOON)
    block(session)
    assert hours_closed(session) == 2.25
    cancel(session, actor=patient, public_id=visit.public_id, reason_code=None, note=None, now=NOW + MINUTE)
    assert hours_closed(session) == 3
