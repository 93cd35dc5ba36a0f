"""The ways to a time, each as something a client does in a race. A new way is one function and one line in WAYS.

A way prepares what it needs before the race (a visit to move, a visit to restore) and gives the deed. All deeds of a
round aim at overlapping visits at a place with one room, so that exactly one can get in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from sqlalchemy.orm import Session

from booking.models import Patient
from booking.services.appointments import BookedVisit, VisitDetails, book_at_desk, book_held
from booking.services.holds import HeldSlot, hold_slot
from tests.factories import NOW
from tests.services.cast import (
    ANA,
    DORA,
    DR_ADEYEMI,
    DR_CRUZ,
    FIRST_CONSULTATION,
    FOLLOW_UP,
    NORTHSIDE,
    Actor,
    new_nonce,
)
from tests.torture.racing import Deed

SPECIALISTS = (DR_CRUZ, DR_ADEYEMI)
STEP = timedelta(minutes=15)
_browsers = count(1)


@dataclass(frozen=True, slots=True)
class Target:
    """A visit that is wanted. Every target of a round holds the second quarter of an hour after the round's time."""

    starts_at: datetime
    service_id: int
    specialist_id: int | None


@dataclass(frozen=True, slots=True)
class Stage:
    """What ways prepare with: the test's own session, and patients who are known."""

    session: Session
    patients: tuple[Patient, ...]


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


def book_at(session: Session, target: Target) -> BookedVisit:
    return book_at_desk(
        session, actor=DORA, service_id=target.service_id, location_id=NORTHSIDE,
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


WAYS: Mapping[str, Way] = {
    "hold": hold,
    "public": public,
    "any": any_specialist,
    "desk": desk,
    "any at desk": any_at_desk,
}
