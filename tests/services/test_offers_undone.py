"""A place of the waiting list that is taken and given back: the old visit stands again, and the wait goes on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from booking.models import Appointment, WaitingEntry, WaitingOffer, WaitingState
from booking.services.changing import undo_change
from booking.services.offers import accept_offer
from tests.factories import NOW, make_appointment, make_patient
from tests.services.cast import FIRST_CONSULTATION, new_nonce
from tests.services.waiting_cast import MONDAY_9, answering, frees, offered, waits

SOON = NOW + timedelta(minutes=5)
LATER = SOON + timedelta(minutes=9)


def taken_and_given_back(session: Session, *, joins_again: bool = False) -> tuple[Appointment, WaitingOffer]:
    patient = make_patient(session)
    old = make_appointment(session, patient, starts_at=MONDAY_9 + timedelta(days=7))
    waits(session, patient, visit=old)
    frees(session)
    [offer] = offered(session)
    actor = answering(session, offer)
    accept_offer(session, actor=actor, offer_public_id=offer.public_id, now=SOON, nonce=new_nonce())
    if joins_again:
        waits(session, patient, visit=old, since=SOON)
    undo_change(session, actor=actor, public_id=old.public_id, now=LATER)
    session.refresh(old)
    return old, offer


def test_who_takes_it_back_waits_again_at_the_old_place(session: Session) -> None:
    old, offer = taken_and_given_back(session)
    assert old.starts_at == MONDAY_9 + timedelta(days=7)
    entry = session.get_one(WaitingEntry, offer.entry_id, populate_existing=True)
    assert (entry.state, entry.ended_at, entry.appointment_id) == (WaitingState.WAITING, None, old.id)
    assert entry.live_key == f"{old.patient_id}:{FIRST_CONSULTATION}"
    assert entry.created_at == NOW - timedelta(days=10)


def test_the_time_given_back_goes_to_the_next_and_not_to_them_again(session: Session) -> None:
    _, offer = taken_and_given_back(session)
    assert [one.id for one in offered(session, now=LATER)] == [offer.id]
    next_one = waits(session)
    frees(session, starts_at=MONDAY_9 + timedelta(hours=1), now=LATER)
    made = {(one.entry_id, one.starts_at) for one in offered(session, now=LATER) if one.id != offer.id}
    assert (offer.entry_id, MONDAY_9) not in made
    assert next_one.id in {entry_id for entry_id, _ in made}


def test_who_has_joined_again_meanwhile_waits_once(session: Session) -> None:
    _, offer = taken_and_given_back(session, joins_again=True)
    entry = session.get_one(WaitingEntry, offer.entry_id, populate_existing=True)
    assert entry.state is WaitingState.PLACED
