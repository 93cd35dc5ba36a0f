"""The ways to a time, each as something a client does in a race. A new way is one function and one line in WAYS.

A way prepares what it needs before the race (a visit to move, a visit to restore) and gives the deed. All deeds of a
round aim at overlapping visits at a place with one room, so that exactly one can get in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.waiting import WaitingWish
from booking.models import Patient, WaitingOffer
from booking.services.appointments import BookedVisit, VisitDetails, book_at_desk, book_held
from booking.services.cancelling import cancel, undo_cancel
from booking.services.changing import ChangedVisit, change_visit, undo_change
from booking.services.holds import HeldSlot, hold_slot
from booking.services.offering import offer_freed_times
from booking.services.offers import accept_offer
from booking.services.several import VisitWish, book_several
from booking.services.waiting_list import join
from tests.factories import MONDAY, NOW, make_patient
from tests.services.cast import (
    ANA,
    DORA,
    DR_ADEYEMI,
    DR_CRUZ,
    DR_LIND,
    FIRST_CONSULTATION,
    FOLLOW_UP,
    LAKEVIEW,
    NORTHSIDE,
    Actor,
    acting_for,
    new_nonce,
)
from tests.torture.racing import Deed

SPECIALISTS = (DR_CRUZ, DR_ADEYEMI)
STEP = timedelta(minutes=15)
BOTH_DESKS = Actor(role=Role.SCHEDULER, owner="desk-of-both")
TAKEN = frozenset({"slot_taken", "hold_expired", "several_refused"})
"""What losers are told: by `several` and by a late answer in words of their own."""

_browsers = count(1)


@dataclass(frozen=True, slots=True)
class Target:
    """A visit that is wanted. Every target of a round holds the second quarter of an hour after the round's time."""

    starts_at: datetime
    service_id: int
    specialist_id: int | None


@dataclass(frozen=True, slots=True)
class Stage:
    """What ways prepare with: the test's own session, and hours at Lakeview that nobody else wants."""

    session: Session
    spare: Iterator[datetime]


Way = Callable[[Stage, Target], Deed]


def draw_target(chance: Random, starts_at: datetime) -> Target:
    """Two services, two starts and two specialists; each pair of them overlaps and wants the one room."""
    return Target(
        starts_at + chance.choice((0, 1)) * STEP,
        chance.choice((FIRST_CONSULTATION, FOLLOW_UP)),
        chance.choice(SPECIALISTS),
    )


def new_browser() -> Actor:
    return Actor(owner=f"racer-{next(_browsers)}")


def hold_at(session: Session, browser: Actor, target: Target) -> HeldSlot:
    return hold_slot(
        session, actor=browser, service_id=target.service_id, location_id=NORTHSIDE,
        specialist_id=target.specialist_id, starts_at=target.starts_at, now=NOW,
    )  # fmt: skip


def book_at(session: Session, target: Target, actor: Actor = DORA) -> BookedVisit:
    return book_at_desk(
        session, actor=actor, service_id=target.service_id, location_id=NORTHSIDE,
        specialist_id=target.specialist_id, starts_at=target.starts_at, patient=ANA, details=VisitDetails(None),
        nonce=new_nonce(), now=NOW, override_reason="race",
    )  # fmt: skip


def hold(_stage: Stage, target: Target) -> Deed:
    """Somebody presses a time and goes no further."""
    browser = new_browser()
    return lambda session: hold_at(session, browser, target)


def public(_stage: Stage, target: Target) -> Deed:
    """Somebody presses a time and fills in the form."""
    browser = new_browser()

    def hold_and_book(session: Session) -> BookedVisit:
        held = hold_at(session, browser, target)
        return book_held(
            session, actor=browser, hold_public_id=held.public_id, patient=ANA, details=VisitDetails(None),
            nonce=new_nonce(), now=NOW + STEP / 2,
        )  # fmt: skip

    return hold_and_book


def any_specialist(stage: Stage, target: Target) -> Deed:
    """The same for somebody who takes whoever is free."""
    return public(stage, replace(target, specialist_id=None))


def desk(_stage: Stage, target: Target) -> Deed:
    """A scheduler books for a caller."""
    return lambda session: book_at(session, target)


def any_at_desk(stage: Stage, target: Target) -> Deed:
    """A scheduler books whoever is free."""
    return desk(stage, replace(target, specialist_id=None))


def several(stage: Stage, target: Target) -> Deed:
    """A scheduler books two visits or none."""
    here = VisitWish(target.service_id, NORTHSIDE, target.specialist_id, target.starts_at)
    there = VisitWish(target.service_id, LAKEVIEW, DR_LIND, next(stage.spare))
    return lambda session: book_several(
        session, actor=BOTH_DESKS, patient=ANA, wishes=[there, here], details=VisitDetails(None), nonce=new_nonce(),
        now=NOW, override_reason="race",
    )  # fmt: skip


def change(stage: Stage, target: Target) -> Deed:
    """A patient moves the visit they have, to another place."""
    patient = make_patient(stage.session)
    public_id, actor = _visit_elsewhere(stage, target, patient), acting_for(patient, owner=new_browser().owner)
    return lambda session: change_to(session, actor, public_id, target)


def change_at_desk(stage: Stage, target: Target) -> Deed:
    """A scheduler moves a visit."""
    public_id = _visit_elsewhere(stage, target, make_patient(stage.session))
    return lambda session: change_to(session, BOTH_DESKS, public_id, target)


def _visit_elsewhere(stage: Stage, target: Target, patient: Patient) -> str:
    return book_at_desk(
        stage.session, actor=BOTH_DESKS, service_id=target.service_id, location_id=LAKEVIEW, specialist_id=DR_LIND,
        starts_at=next(stage.spare), patient=patient.id, details=VisitDetails(None), nonce=new_nonce(), now=NOW,
        override_reason="race",
    ).public_id  # fmt: skip


def change_to(session: Session, actor: Actor, public_id: str, target: Target) -> ChangedVisit:
    of_staff = {"service_id": target.service_id, "override_reason": "race"} if actor.is_staff else {}
    return change_visit(
        session, actor=actor, public_id=public_id, location_id=NORTHSIDE, specialist_id=target.specialist_id,
        starts_at=target.starts_at, nonce=new_nonce(), now=NOW, **of_staff,
    )  # fmt: skip


def restore(stage: Stage, target: Target) -> Deed:
    """A scheduler takes a cancelling back."""
    public_id = book_at(stage.session, target).public_id
    _cancel_at_desk(stage, public_id)
    return lambda session: undo_cancel(session, actor=DORA, public_id=public_id, now=NOW + STEP / 2)


def _cancel_at_desk(stage: Stage, public_id: str) -> None:
    cancel(stage.session, actor=DORA, public_id=public_id, reason_code="pat", note=None, now=NOW)


def undo_move(stage: Stage, target: Target) -> Deed:
    """A scheduler takes the moving of a visit back."""
    public_id = book_at(stage.session, target).public_id
    change_visit(
        stage.session, actor=BOTH_DESKS, public_id=public_id, location_id=LAKEVIEW, specialist_id=DR_LIND,
        starts_at=next(stage.spare), nonce=new_nonce(), now=NOW, override_reason="race",
    )  # fmt: skip
    return lambda session: undo_change(session, actor=BOTH_DESKS, public_id=public_id, now=NOW + STEP / 2)


def late_offer(stage: Stage, target: Target) -> Deed:
    """Somebody from the waiting list accepts when the time is not kept for them any more."""
    session, patient = stage.session, make_patient(stage.session)
    _execute(session, "UPDATE waiting_entry SET state = 'left'", "UPDATE freed_time SET settled_at = created_at")
    _cancel_at_desk(stage, book_at(session, target).public_id)
    wish = WaitingWish(target.service_id, MONDAY, MONDAY)
    join(session, actor=DORA, patient_id=patient.id, wish=wish, now=NOW)
    _execute(session, f"UPDATE waiting_entry SET last_on = '{target.starts_at.date()}' WHERE state = 'waiting'")
    offer_freed_times(session, now=NOW)
    offer = session.scalars(sa.select(WaitingOffer).order_by(WaitingOffer.id.desc()).limit(1)).one()
    public_id, actor = offer.public_id, acting_for(patient, owner=new_browser().owner)
    _execute(
        session,
        "UPDATE waiting_offer SET expires_at = made_at",
        "UPDATE hold SET expires_at = created_at WHERE purpose = 'offer'",
    )
    return lambda session: accept_offer(session, actor=actor, offer_public_id=public_id, now=NOW, nonce=new_nonce())


def _execute(session: Session, *statements: str) -> None:
    session.rollback()
    for statement in statements:
        session.execute(sa.text(statement))
    session.commit()


WAYS: Mapping[str, Way] = {
    "hold": hold,
    "public": public,
    "any": any_specialist,
    "desk": desk,
    "any at desk": any_at_desk,
    "several": several,
    "change": change,
    "change at desk": change_at_desk,
    "restore": restore,
    "undo move": undo_move,
    "late offer": late_offer,
}
PREPARED = {"change", "change at desk", "restore", "undo move", "late offer"}
"""Drawn less often, since what comes before the race takes longer than the race."""


def draw_ways(chance: Random, number: int) -> list[str]:
    """The ways of one round. One late offer at most, for the making of one ends the others."""
    weights = [1 if name in PREPARED else 3 for name in WAYS]
    names = chance.choices(list(WAYS), weights, k=number)
    spare = {turn for turn, name in enumerate(names) if name == "late offer" and turn > names.index("late offer")}
    return ["hold" if turn in spare else name for turn, name in enumerate(names)]
