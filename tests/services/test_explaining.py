"""The explanation of what is offered, from the database: what takes the time is named, holds by their owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy.orm import Session

from booking.core.scheduling.explain import DayExplanation
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.slots import SlotQuery
from booking.models import Block, Reservation
from booking.services.availability import offered_slots
from booking.services.explaining import explain_slots
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.services.cast import DR_CRUZ, FIRST_CONSULTATION, NORTHSIDE, VISITOR, hold

NEXT_MONDAY = date(2026, 11, 30)
ONE_DAY = SlotQuery(FIRST_CONSULTATION, frozenset({NORTHSIDE}), frozenset({DR_CRUZ}), NEXT_MONDAY, NEXT_MONDAY, NOW)
NINE = to_minutes(NEXT_MONDAY_9)


def block(session: Session, hours: int) -> None:
    """Dr Cruz is away for an hour, so many hours after nine."""
    starts_at = NEXT_MONDAY_9 + timedelta(hours=hours)
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
    closed = Block(resource_id=DR_CRUZ, label="Teaching", **times)
    session.add(closed)
    session.flush()
    session.add(Reservation(resource_id=DR_CRUZ, lane=0, block_id=closed.id, **times))
    session.commit()


def explained(session: Session, query: SlotQuery = ONE_DAY, owner: str = "") -> DayExplanation:
    [day] = explain_slots(session, query, owner=owner)
    return day


def test_visits_blocks_and_holds_are_told_apart(session: Session) -> None:
    make_appointment(session)
    block(session, 1)
    hold(session, starts_at=NEXT_MONDAY_9 + timedelta(hours=2))

    day = explained(session)

    [taken] = [removal for removal in day.removals if removal.code == "taken"]
    assert taken.details == {
        "visit": ((NINE, NINE + 45),),
        "block": ((NINE + 60, NINE + 120),),
        "hold": ((NINE + 120, NINE + 165),),
    }
    assert day.slots == len(offered_slots(session, ONE_DAY))


def test_the_owners_hold_takes_nothing_away(session: Session) -> None:
    hold(session, VISITOR)

    assert explained(session, owner=VISITOR.owner).removals == ()
    assert [removal.code for removal in explained(session).removals] == ["taken"]


def test_a_hold_that_ran_out_takes_nothing_away(session: Session) -> None:
    held = hold(session, VISITOR)

    assert explained(session, replace(ONE_DAY, now=held.expires_at)).removals == ()


def test_a_day_beyond_the_horizon_is_explained_with_what_is_booked_there(session: Session) -> None:
    far = NEXT_MONDAY + timedelta(days=70)
    make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(days=70))

    day = explained(session, replace(ONE_DAY, first_on=far, last_on=far))

    assert [(removal.code, removal.slots_without) for removal in day.removals] == [("beyond_horizon", 21)]


def test_a_service_that_is_not_given_is_explained_too(session: Session) -> None:
    assert [removal.code for removal in explained(session, replace(ONE_DAY, service_id=99)).removals] == [
        "service_not_offered"
    ]
