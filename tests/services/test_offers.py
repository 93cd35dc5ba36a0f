"""Answers to offers: taken, declined, too late, twice, by whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, VisitAct
from booking.core.errors import BookingError, HoldExpired, NotFound, OfferOver, PatientBusy, RulesRefuse
from booking.core.messages import MessageKind, MessageState
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import (
    Appointment,
    AppointmentTime,
    AuditEvent,
    FreedTime,
    Message,
    OfferState,
    Patient,
    WaitingEntry,
    WaitingOffer,
    WaitingState,
)
from booking.queries.waiting import entries_of_patients, freed_times_now, waiting_for
from booking.services.appointments import cancel
from booking.services.offer_ends import end_offers
from booking.services.offers import AcceptedOffer, accept_offer, decline_offer, offer_context
from booking.services.waiting_list import end_waits
from tests.factories import NOW, make_appointment, make_patient
from tests.services.cast import (
    DORA,
    DR_ADEYEMI,
    ELI,
    FOLLOW_UP,
    OTHER_VISITOR,
    acting_for,
    book_for_caller,
    hold,
    new_nonce,
)
from tests.services.waiting_cast import (
    MONDAY_9,
    answering,
    frees,
    hold_of,
    letters,
    offered,
    offers,
    one_offer,
    opened,
    patient_of,
    visits,
    waits,
)
from tests.web.clinic_change import clinic_changed

SOON = NOW + timedelta(minutes=5)


def accept(session: Session, offer: WaitingOffer, actor: Actor | None = None, **changes: object) -> AcceptedOffer:
    values: dict[str, object] = {
        "actor": actor or answering(session, offer), "offer_public_id": offer.public_id, "now": SOON,
        "nonce": new_nonce(),
    }  # fmt: skip
    return accept_offer(session, **{**values, **changes})  # type: ignore[arg-type]  # values by name, as the callers of tests do.


def swap_offer(session: Session) -> tuple[Appointment, WaitingOffer]:
    """A visit in two weeks, and the offer of an earlier time in its place."""
    patient = make_patient(session)
    old = make_appointment(session, patient, starts_at=MONDAY_9 + timedelta(days=7))
    waits(session, patient, visit=old)
    frees(session)
    [offer] = offered(session)
    return old, offer


def test_accepting_books_the_time(session: Session) -> None:
    offer = one_offer(session)
    patient = patient_of(session, offer)

    taken = accept(session, offer)

    [visit] = visits(session, patient)
    assert (visit.public_id, visit.starts_at, visit.status) == (taken.public_id, MONDAY_9, AppointmentStatus.BOOKED)
    assert taken.before is None
    assert hold_of(session, offer) is None
    session.refresh(offer)
    waiting = session.get_one(WaitingEntry, offer.entry_id)
    assert (offer.state, offer.settled_at) == (OfferState.ACCEPTED, SOON)
    assert (waiting.state, waiting.live_key, waiting.appointment_id) == (WaitingState.PLACED, None, visit.id)


def test_the_letters_follow_the_answer(session: Session) -> None:
    offer = one_offer(session)
    taken = accept(session, offer)

    assert [letter.state for letter in letters(session, offer)] == [MessageState.CANCELLED]
    kinds = session.scalars(
        sa.select(Message.kind).join(Appointment).where(Appointment.public_id == taken.public_id)
    ).all()
    assert MessageKind.BOOKED in kinds


def test_accepting_moves_the_old_visit_and_frees_its_time(session: Session) -> None:
    old, offer = swap_offer(session)

    taken = accept(session, offer)

    session.refresh(old)
    assert taken == AcceptedOffer(old.public_id, MONDAY_9, MONDAY_9 + timedelta(days=7))
    assert (old.starts_at, old.version) == (MONDAY_9, 2)
    [before] = session.scalars(sa.select(AppointmentTime))
    assert before.reason_code == "pat-swl"
    freed = session.scalars(sa.select(FreedTime).order_by(FreedTime.id.desc())).first()
    assert freed is not None
    assert (freed.starts_at, freed.cause) == (MONDAY_9 + timedelta(days=7), "changed")


def test_the_old_time_is_offered_on_in_turn(session: Session) -> None:
    _, offer = swap_offer(session)
    accept(session, offer)
    second = waits(session)

    made = offered(session, now=SOON + timedelta(minutes=11))

    assert (made[-1].entry_id, made[-1].starts_at) == (second.id, MONDAY_9 + timedelta(days=7))


def test_the_new_time_may_overlap_the_old_one(session: Session) -> None:
    patient = make_patient(session)
    freed = book_for_caller(session)
    booked = book_for_caller(
        session, patient=patient.id, specialist_id=DR_ADEYEMI, starts_at=MONDAY_9 + timedelta(minutes=30)
    )
    waits(session, patient, visit=session.get_one(Appointment, booked.appointment_id))
    cancel(session, actor=DORA, public_id=freed.public_id, reason_code="pat", note=None, now=NOW)
    [offer] = offered(session)

    assert accept(session, offer).public_id == booked.public_id
    assert visits(session, patient)[0].starts_at == offer.starts_at == MONDAY_9


def test_accepting_twice_is_accepting_once(session: Session) -> None:
    offer = one_offer(session)
    actor = answering(session, offer)
    first = accept(session, offer, actor, nonce="same")

    assert accept(session, offer, actor, nonce="same") == first
    assert accept(session, offer, actor) == first
    assert len(visits(session, patient_of(session, offer))) == 1


def test_moving_twice_is_moving_once(session: Session) -> None:
    _, offer = swap_offer(session)

    assert accept(session, offer) == accept(session, offer)


def test_a_visitor_with_the_mailed_link_may_answer(session: Session) -> None:
    old, offer = swap_offer(session)

    assert accept(session, offer, opened(offer)).public_id == old.public_id


def test_a_visitor_with_the_link_that_moves_the_old_visit_may_answer(session: Session) -> None:
    old, offer = swap_offer(session)

    seen = Actor(owner="b", visit_ids=frozenset({old.public_id}))
    with pytest.raises(NotFound):
        accept(session, offer, seen)

    moving = replace(seen, link_acts=frozenset({(old.public_id, VisitAct.CHANGE)}))
    assert accept(session, offer, moving).public_id == old.public_id


def test_the_desk_may_answer_for_a_caller(session: Session) -> None:
    offer = one_offer(session)

    assert accept(session, offer, DORA).starts_at == MONDAY_9


@pytest.mark.parametrize("actor", [ELI, OTHER_VISITOR, Actor(owner="x", offer_ids=frozenset({"another"}))])
def test_strangers_see_no_offer(session: Session, actor: Actor) -> None:
    offer = one_offer(session)

    with pytest.raises(NotFound):
        accept(session, offer, actor)
    with pytest.raises(NotFound):
        decline_offer(session, actor=actor, offer_public_id=offer.public_id, keep_looking=True, now=SOON)
    assert offer_context(session, actor=actor, offer_public_id=offer.public_id, now=SOON) is None


def test_the_desk_of_one_place_does_not_move_a_visit_of_another(session: Session) -> None:
    old, offer = swap_offer(session)
    session.execute(sa.update(Appointment).where(Appointment.id == old.id).values(location_id=2))
    session.commit()

    with pytest.raises(NotFound):
        accept(session, offer, DORA)


def test_an_offer_that_does_not_exist_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        accept_offer(session, actor=DORA, offer_public_id="x" * 22, now=NOW, nonce=new_nonce())


def test_a_late_answer_gets_the_time_when_it_is_free(session: Session) -> None:
    offer = one_offer(session)
    late = offer.expires_at + timedelta(minutes=1)
    offered(session, now=late)

    assert accept(session, offer, now=late + timedelta(hours=1)).starts_at == MONDAY_9


def test_a_late_answer_before_the_worker_has_seen_it_gets_the_time(session: Session) -> None:
    offer = one_offer(session)

    assert accept(session, offer, now=offer.expires_at + timedelta(minutes=1)).starts_at == MONDAY_9


def test_a_late_answer_is_told_what_else_is_free(session: Session) -> None:
    offer = one_offer(session)
    late = offer.expires_at + timedelta(minutes=1)
    waits(session)
    offered(session, now=late)

    with pytest.raises(HoldExpired) as refused:
        accept(session, offer, now=late)
    assert len(refused.value.alternatives) == 3
    session.refresh(offer)
    assert offer.state is OfferState.EXPIRED


def test_who_declined_may_think_again(session: Session) -> None:
    offer = one_offer(session)
    decline_offer(
        session, actor=answering(session, offer), offer_public_id=offer.public_id, keep_looking=True, now=SOON
    )

    assert accept(session, offer).starts_at == MONDAY_9


def test_no_thanks_keeps_the_place_and_asks_the_next(session: Session) -> None:
    waiting, second = waits(session), waits(session, since=NOW - timedelta(days=1))
    frees(session)
    [offer] = offered(session)
    decline_offer(
        session, actor=answering(session, offer), offer_public_id=offer.public_id, keep_looking=True, now=SOON
    )

    session.refresh(waiting)
    assert waiting.state is WaitingState.WAITING
    made = offered(session, now=SOON + timedelta(minutes=1))
    assert [(one.entry_id, one.state) for one in made] == [
        (waiting.id, OfferState.DECLINED), (second.id, OfferState.OPEN),
    ]  # fmt: skip


def test_stopping_the_offers_ends_the_wait(session: Session) -> None:
    offer = one_offer(session)
    for _ in range(2):
        decline_offer(session, actor=opened(offer), offer_public_id=offer.public_id, keep_looking=False, now=SOON)

    waiting = session.get_one(WaitingEntry, offer.entry_id, populate_existing=True)
    assert (waiting.state, waiting.ended_at) == (WaitingState.LEFT, SOON)
    with pytest.raises(OfferOver) as refused:
        accept(session, offer)
    assert refused.value.details == {"state": "declined"}


def test_a_withdrawn_offer_takes_no_answer(session: Session) -> None:
    old, offer = swap_offer(session)
    cancel(session, actor=DORA, public_id=old.public_id, reason_code="pat", note=None, now=SOON)
    assert end_waits(session, now=SOON) == 1

    with pytest.raises(OfferOver) as refused:
        accept(session, offer)
    assert refused.value.details == {"state": "withdrawn"}


def test_who_has_a_visit_by_now_gets_none_on_top(session: Session) -> None:
    """Before the worker has looked at the list again."""
    offer = one_offer(session)
    book_for_caller(session, patient=patient_of(session, offer).id, starts_at=MONDAY_9 + timedelta(days=1))

    with pytest.raises(OfferOver) as refused:
        accept(session, offer)
    assert refused.value.details == {"state": "open"}


def test_a_patient_who_is_busy_by_now_is_told(session: Session) -> None:
    offer = one_offer(session)
    book_for_caller(
        session, patient=patient_of(session, offer).id, service_id=FOLLOW_UP, specialist_id=DR_ADEYEMI,
        starts_at=MONDAY_9,
    )  # fmt: skip

    with pytest.raises(PatientBusy):
        accept(session, offer)
    session.refresh(offer)
    assert offer.state is OfferState.OPEN


def test_an_old_visit_that_may_not_be_moved_any_more_stays(session: Session) -> None:
    _, offer = swap_offer(session)
    session.execute(sa.text("UPDATE service SET change_notice_minutes = 60 * 24 * 21"))
    clinic_changed(session)

    with pytest.raises(RulesRefuse) as refused:
        accept(session, offer)
    assert [refusal.code for refusal in refused.value.refusals] == ["too_late_to_change"]


def test_another_open_offer_is_withdrawn_when_a_late_answer_wins(session: Session) -> None:
    offer = one_offer(session)
    late = offer.expires_at + timedelta(minutes=1)
    offered(session, now=late)
    frees(session, starts_at=MONDAY_9 + timedelta(days=1), now=late)
    offered(session, now=late)

    accept(session, offer, now=late)

    assert [one.state for one in offers(session)] == [OfferState.ACCEPTED, OfferState.WITHDRAWN]


def test_a_refusal_leaves_everything_as_it_was(session: Session) -> None:
    """Killed or refused between the steps: the transaction is all or nothing."""
    old, offer = swap_offer(session)
    events = session.scalar(sa.select(sa.func.count(AuditEvent.seq)))
    session.execute(sa.text("UPDATE service SET is_active = false"))
    clinic_changed(session)

    with pytest.raises(BookingError):
        accept(session, offer)

    session.rollback()
    session.refresh(offer)
    session.refresh(old)
    assert (offer.state, old.version) == (OfferState.OPEN, 1)
    assert hold_of(session, offer) is not None
    assert session.scalar(sa.select(sa.func.count(AuditEvent.seq))) == events


def test_the_page_knows_what_may_be_done(session: Session) -> None:
    old, offer = swap_offer(session)
    actor = opened(offer)

    def context(at: datetime) -> tuple[bool, bool]:
        seen = offer_context(session, actor=actor, offer_public_id=offer.public_id, now=at)
        assert seen is not None
        assert seen.offer.visit_starts_at == old.starts_at
        return seen.is_open, seen.may_be_tried

    assert context(SOON) == (True, False)
    assert context(offer.expires_at) == (False, True)
    end_offers(session, now=offer.expires_at)
    assert context(offer.expires_at) == (False, True)
    assert context(MONDAY_9) == (False, False)
    decline_offer(session, actor=actor, offer_public_id=offer.public_id, keep_looking=False, now=SOON)
    assert context(SOON) == (False, False)


def test_who_waits_sees_their_place(session: Session) -> None:
    first, second = waits(session), waits(session, since=NOW - timedelta(days=1))
    seen = waiting_for(session, DORA, second.public_id, now=NOW)
    assert seen is not None
    patient = session.get_one(Patient, first.patient_id)
    [own] = entries_of_patients(session, acting_for(patient), [patient.id], now=NOW)
    assert (own.id, own.patient_id, own.has_visit) == (first.id, patient.id, False)
    assert entries_of_patients(session, OTHER_VISITOR, [patient.id], now=NOW) == []


def test_the_desk_sees_which_times_are_free(session: Session) -> None:
    frees(session)

    [freed] = freed_times_now(session, now=NOW)
    assert (freed.starts_at, freed.cause) == (MONDAY_9, "cancelled")
    assert freed_times_now(session, now=MONDAY_9 + timedelta(hours=1)) == []


def test_a_time_taken_by_an_acceptance_cannot_be_held(session: Session) -> None:
    offer = one_offer(session)
    accept(session, offer)

    with pytest.raises(BookingError):
        hold(session, now=SOON)
