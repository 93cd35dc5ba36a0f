"""Workers and people at one instant: one time has one offer, one offer has one answer, and no time is taken twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.models import Appointment, FreedTime, OfferState, WaitingEntry, WaitingOffer, WaitingState
from booking.services.offer_ends import end_offers
from booking.services.offering import offer_freed_times
from booking.services.offers import accept_offer, decline_offer
from booking.services.waiting_list import join, leave
from tests.databases import Database
from tests.factories import NOW, make_appointment, make_patient
from tests.services.cast import DORA, hold, new_nonce
from tests.services.waiting_cast import MONDAY_9, WISH, answering, frees, offered, offers, one_offer, opened, waits
from tests.torture.racing import CLIENTS, Deed, Racers, overlaps, racers

ROUNDS = 4
SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def field(session: Session, database: Database) -> Iterator[Racers]:
    session.rollback()
    with racers(lambda: create_engine(database.url)) as ready:
        yield ready


def accepts(offer: WaitingOffer) -> Deed:
    actor, public_id, nonce = opened(offer), offer.public_id, new_nonce()
    return lambda session: accept_offer(session, actor=actor, offer_public_id=public_id, now=SOON, nonce=nonce)


def test_many_workers_make_one_offer_of_each_time(session: Session, field: Racers) -> None:
    for _ in range(3):
        waits(session)
    times = [MONDAY_9 + n * timedelta(hours=1) for n in range(3)]
    for starts_at in times:
        frees(session, starts_at=starts_at)

    outcomes = field.race(*[lambda one: offer_freed_times(one, now=NOW)] * CLIENTS)

    assert {outcome.code for outcome in outcomes} == {"ok"}
    # Whom two workers both want is passed over by one of them until its next round.
    offered(session, now=SOON)
    made = offers(session)
    assert sorted(offer.starts_at for offer in made) == times
    assert len({offer.entry_id for offer in made}) == 3
    assert overlaps(session) == 0


def test_accepting_at_once_from_many_places_is_accepting_once(session: Session, field: Racers) -> None:
    patient = make_patient(session)
    old = make_appointment(session, patient, starts_at=MONDAY_9 + timedelta(days=7))
    waits(session, patient, visit=old)
    frees(session)
    [offer] = offered(session)

    outcomes = field.race(*[accepts(offer) for _ in range(CLIENTS)])

    assert {outcome.code for outcome in outcomes} == {"ok"}
    assert len({outcome.answer for outcome in outcomes}) == 1
    session.rollback()
    session.refresh(old)
    assert (old.starts_at, old.version) == (MONDAY_9, 2)
    assert overlaps(session) == 0


@pytest.mark.parametrize("number", range(ROUNDS))
def test_accepting_races_the_end_of_the_offer(session: Session, field: Racers, number: int) -> None:
    """Whoever is first, there is one answer, and never a visit beside a second offer of its time."""
    offer = one_offer(session)
    waits(session)
    late = offer.expires_at
    actor, public_id = answering(session, offer), offer.public_id

    def accept(one: Session) -> object:
        return accept_offer(one, actor=actor, offer_public_id=public_id, now=late, nonce=f"n{number}")

    [accepted, *_] = field.race(
        accept, lambda one: end_offers(one, now=late), lambda one: offer_freed_times(one, now=late),
        lambda one: offer_freed_times(one, now=late),
    )  # fmt: skip

    states = [one.state for one in offers(session)]
    taken = session.scalar(
        sa.select(sa.func.count()).where(Appointment.starts_at == MONDAY_9, Appointment.status == "booked")
    )
    is_taken = accepted.code == "ok"
    assert accepted.code in {"ok", "hold_expired"}
    assert taken == int(is_taken)
    assert states.count(OfferState.ACCEPTED) == int(is_taken)
    assert states.count(OfferState.OPEN) == int(not is_taken)
    assert overlaps(session) == 0


@pytest.mark.parametrize("number", range(ROUNDS))
def test_yes_and_no_at_once_are_one_answer(session: Session, field: Racers, number: int) -> None:
    offer = one_offer(session)
    entry_public_id = session.get_one(WaitingEntry, offer.entry_id).public_id
    actor, public_id = opened(offer), offer.public_id

    [accepted, *_] = field.race(
        accepts(offer),
        lambda one: decline_offer(one, actor=actor, offer_public_id=public_id, keep_looking=False, now=SOON),
        lambda one: leave(one, actor=DORA, public_id=entry_public_id, now=SOON),
    )

    [after] = offers(session)
    waiting = session.get_one(WaitingEntry, offer.entry_id, populate_existing=True)
    is_taken = accepted.code == "ok"
    assert accepted.code in {"ok", "offer_over"}
    assert (after.state is OfferState.ACCEPTED) is is_taken
    assert waiting.state is (WaitingState.PLACED if is_taken else WaitingState.LEFT)
    assert overlaps(session) == 0


def test_nobody_slips_in_between_an_offer_and_the_next(session: Session, field: Racers) -> None:
    """While it is expired, offered on and asked for by others, the time is never anybody else's."""
    waits(session)
    waits(session)
    frees(session)
    [offer] = offered(session)
    late = offer.expires_at

    outcomes = field.race(
        lambda one: offer_freed_times(one, now=late),
        *[lambda one: hold(one, now=late) for _ in range(CLIENTS - 1)],
    )

    assert [outcome.code for outcome in outcomes] == ["ok", *["slot_taken"] * (CLIENTS - 1)]
    assert [one.state for one in offers(session)] == [OfferState.EXPIRED, OfferState.OPEN]


def test_joining_at_once_is_joining_once(session: Session, field: Racers) -> None:
    patient_id = make_patient(session).id

    outcomes = field.race(
        *[lambda one: join(one, actor=DORA, patient_id=patient_id, wish=WISH, now=NOW) for _ in range(CLIENTS)]
    )

    session.rollback()
    assert {outcome.code for outcome in outcomes} == {"ok"}
    assert len(session.scalars(sa.select(WaitingEntry)).all()) == 1


def test_a_worker_killed_between_two_steps_leaves_work_for_the_next(session: Session) -> None:
    """Each step is one transaction: after each of them another round goes on from there."""
    waits(session)
    waits(session)
    frees(session)
    [offer] = offered(session)
    end_offers(session, now=offer.expires_at)
    session.rollback()

    made = offered(session, now=offer.expires_at)

    assert [one.state for one in made] == [OfferState.EXPIRED, OfferState.OPEN]
    assert session.scalars(sa.select(FreedTime.settled_at)).all() == [None]
