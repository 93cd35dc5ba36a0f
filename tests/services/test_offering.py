"""The worker's round: who is offered a freed time, until when, and what becomes of it when nobody takes it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.day_parts import DayPart
from booking.core.errors import SlotTaken
from booking.core.messages import MessageKind, MessageState
from booking.core.scheduling.clinic import Audience
from booking.models import (
    AuditEvent,
    FreedTime,
    HoldPurpose,
    OfferState,
    Reservation,
    WaitingOffer,
)
from booking.services.appointments import cancel
from booking.services.freed import FreedCause, note_freed
from booking.services.offer_ends import end_offers
from booking.services.transaction import transaction
from booking.services.waiting_list import join
from tests.factories import NOW, make_appointment, make_patient
from tests.services.cast import (
    DR_ADEYEMI,
    DR_CRUZ,
    FOLLOW_UP,
    LAKEVIEW,
    NORTHSIDE,
    PHONE_CALL,
    ROOM_1,
    acting_for,
    hold,
)
from tests.services.visit_cast import set_service
from tests.services.waiting_cast import (
    MONDAY_9,
    OFFICE_OPENS,
    WISH,
    frees,
    hold_of,
    letters,
    offered,
    offers,
    one_offer,
    waits,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_a_freed_time_is_offered_and_kept(session: Session) -> None:
    waiting = waits(session)
    frees(session)

    [offer] = offered(session)

    assert (offer.entry_id, offer.state) == (waiting.id, OfferState.OPEN)
    assert (offer.starts_at, offer.location_id, offer.specialist_id) == (MONDAY_9, NORTHSIDE, DR_CRUZ)
    held = hold_of(session, offer)
    assert held is not None
    assert held.purpose is HoldPurpose.OFFER
    assert held.expires_at > offer.expires_at
    with pytest.raises(SlotTaken):
        hold(session)


def test_two_hours_of_the_office_are_given_for_the_answer(session: Session) -> None:
    """It is eight in New York: the office opens at nine."""
    assert one_offer(session).expires_at == OFFICE_OPENS + 2 * HOUR


def test_the_letter_is_planned_with_the_offer(session: Session) -> None:
    offer = one_offer(session)

    [letter] = letters(session, offer)

    assert (letter.kind, letter.state, letter.due_at) == (MessageKind.WAITING_OFFER, MessageState.PENDING, NOW)
    assert letter.expires_at == offer.expires_at


def test_what_spoke_for_them_is_kept_with_the_offer(session: Session) -> None:
    offer = one_offer(session)

    assert offer.why == {
        "priority": 0, "has_visit": False, "days_waited": 10, "unanswered": 0, "misfit_minutes": 0,
    }  # fmt: skip


def test_every_step_is_in_the_audit(session: Session) -> None:
    offer = one_offer(session)
    offered(session, now=offer.expires_at)

    actions = list(session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)))
    assert [word for word in actions if word.startswith(("waiting", "offer", "freed"))] == [
        "waiting_joined", "offer_made", "offer_expired", "freed_time_settled",
    ]  # fmt: skip


def test_a_time_is_offered_to_one_at_a_time(session: Session) -> None:
    first, second = waits(session), waits(session, since=NOW - timedelta(days=5))
    frees(session)
    [offer] = offered(session)
    again = offered(session, now=NOW + MINUTE)

    assert offer.entry_id == first.id
    assert len(again) == 1
    later = offered(session, now=offer.expires_at)
    assert [(one.entry_id, one.state) for one in later] == [
        (first.id, OfferState.EXPIRED), (second.id, OfferState.OPEN),
    ]  # fmt: skip


def test_nobody_is_asked_twice_for_a_time_and_then_it_is_open_for_all(session: Session) -> None:
    waits(session)
    freed = frees(session)
    [offer] = offered(session)
    assert len(offered(session, now=offer.expires_at)) == 1

    session.refresh(freed)
    assert freed.settled_at == offer.expires_at
    assert hold(session, now=offer.expires_at).starts_at == MONDAY_9


def test_between_two_offers_the_time_stays_kept(session: Session) -> None:
    offer = one_offer(session)
    end_offers(session, now=offer.expires_at)

    with pytest.raises(SlotTaken):
        hold(session, now=offer.expires_at + MINUTE)


def test_without_a_worker_a_time_is_not_kept_for_ever(session: Session) -> None:
    offer = one_offer(session)

    assert hold(session, now=offer.expires_at + timedelta(minutes=3)).starts_at == MONDAY_9


def test_the_time_of_a_patient_who_may_undo_is_not_offered_yet(session: Session) -> None:
    """Negative control of the hold: from the eleventh minute on it is offered, before anybody else can have it."""
    waits(session)
    cancelled = make_patient(session)
    visit = make_appointment(session, cancelled)

    cancel(session, actor=acting_for(cancelled), public_id=visit.public_id, reason_code=None, note=None, now=NOW)

    assert offered(session, now=NOW + 9 * MINUTE) == []
    with pytest.raises(SlotTaken):
        hold(session, now=NOW + 11 * MINUTE)
    [offer] = offered(session, now=NOW + 11 * MINUTE)
    assert offer.starts_at == MONDAY_9
    assert hold_of(session, offer) is not None


@pytest.mark.parametrize(
    "wished",
    [
        {"location_ids": frozenset({LAKEVIEW})},
        {"specialist_ids": frozenset({DR_ADEYEMI})},
        {"weekdays": frozenset({1, 2})},
        {"day_parts": frozenset({DayPart.AFTERNOON})},
        {"first_on": date(2026, 12, 1)},
        {"last_on": date(2026, 11, 29)},
        {"notice": timedelta(days=8)},
    ],
)
def test_only_what_was_wished_for_is_offered(session: Session, wished: dict[str, Any]) -> None:
    actor_wish = wished if wished.get("location_ids") != frozenset({LAKEVIEW}) else {}
    waiting = waits(session, **actor_wish)
    if not actor_wish:
        waiting.location_ids = [LAKEVIEW]
        session.commit()
    frees(session)

    assert offered(session) == []


def test_what_was_wished_for_exactly_is_offered(session: Session) -> None:
    waits(
        session, location_ids=frozenset({NORTHSIDE}), specialist_ids=frozenset({DR_CRUZ}), weekdays=frozenset({0}),
        day_parts=frozenset({DayPart.MORNING}), first_on=date(2026, 11, 30), last_on=date(2026, 11, 30),
    )  # fmt: skip
    frees(session)

    assert len(offered(session)) == 1


def test_a_patient_who_is_busy_then_is_not_asked(session: Session) -> None:
    patient = make_patient(session)
    make_appointment(session, patient, service_id=FOLLOW_UP, specialist_id=DR_ADEYEMI, starts_at=MONDAY_9)
    session.execute(sa.update(Reservation).where(Reservation.resource_id == ROOM_1).values(resource_id=5))
    session.commit()
    waits(session, patient)
    frees(session)

    assert offered(session) == []


def test_an_earlier_time_than_the_visit_is_offered_only(session: Session) -> None:
    early, late = make_patient(session), make_patient(session)
    before = make_appointment(session, early, starts_at=MONDAY_9 - timedelta(days=3))
    after = make_appointment(session, late, starts_at=MONDAY_9 + timedelta(days=3))
    waits(session, early, visit=before)
    second = waits(session, late, visit=after, since=NOW - timedelta(days=1))
    frees(session)

    assert [offer.entry_id for offer in offered(session)] == [second.id]


def test_an_offer_ends_before_the_old_visit_could_no_longer_be_moved(session: Session) -> None:
    set_service(session, change_notice_minutes=7 * 1440)
    patient = make_patient(session)
    old = make_appointment(session, patient, starts_at=MONDAY_9 + HOUR + 7 * timedelta(minutes=15))
    waits(session, patient, visit=old, notice=timedelta(0))
    frees(session)

    [offer] = offered(session, now=NOW + 2 * HOUR)
    assert offer.expires_at == old.starts_at - timedelta(days=7)
    assert offer.expires_at < NOW + 4 * HOUR


def test_a_time_that_leaves_no_time_to_answer_is_not_offered(session: Session) -> None:
    set_service(session, change_notice_minutes=8 * 1440)
    patient = make_patient(session)
    old = make_appointment(session, patient, starts_at=MONDAY_9 + HOUR)
    waits(session, patient, visit=old, notice=timedelta(0))
    frees(session)

    assert offered(session) == []


def test_their_own_notice_takes_the_place_of_the_services(session: Session) -> None:
    set_service(session, book_notice_minutes=30 * 1440, audience=Audience.STAFF)
    waits(session, notice=timedelta(days=6))
    frees(session)

    assert len(offered(session)) == 1


def test_the_order_is_fair(session: Session) -> None:
    """By priority, then those without a visit, then the longest wait, then the fewest offers not taken, then fit."""
    has_visit = make_patient(session)
    visit = make_appointment(session, has_visit, starts_at=MONDAY_9 + timedelta(days=4))
    fifth = waits(session, has_visit, visit=visit, since=NOW - timedelta(days=30))
    fourth = waits(session, since=NOW - timedelta(days=2))
    third = waits(session, since=NOW - timedelta(days=9), service_id=FOLLOW_UP)
    second = waits(session, since=NOW - timedelta(days=9) + MINUTE)
    first = waits(session, since=NOW - timedelta(days=1), priority=1)
    freed = frees(session)

    for turn in range(8):
        now = NOW + turn * timedelta(hours=12)
        offered(session, now=now)
    session.refresh(freed)

    assert [offer.entry_id for offer in offers(session) if offer.starts_at == MONDAY_9] == [
        first.id, second.id, third.id, fourth.id, fifth.id,
    ]  # fmt: skip


def test_offers_not_taken_lately_let_others_go_first(session: Session) -> None:
    lazy, patient = waits(session), waits(session)
    session.add(
        WaitingOffer(
            entry_id=lazy.id, service_id=1, location_id=1, starts_at=NOW, ends_at=NOW + HOUR,
            state=OfferState.EXPIRED, made_at=NOW - timedelta(days=3), expires_at=NOW - timedelta(days=2), why={},
        )
    )  # fmt: skip
    session.commit()
    frees(session)

    assert offered(session)[-1].entry_id == patient.id


def test_an_entry_has_one_open_offer_at_most(session: Session) -> None:
    waits(session)
    frees(session)
    frees(session, starts_at=MONDAY_9 + 2 * HOUR)

    assert len(offered(session)) == 1


def test_two_times_go_to_two_people_at_once(session: Session) -> None:
    waits(session)
    waits(session)
    frees(session)
    frees(session, starts_at=MONDAY_9 + 2 * HOUR)

    assert {offer.starts_at for offer in offered(session)} == {MONDAY_9, MONDAY_9 + 2 * HOUR}


def test_a_long_freed_time_is_offered_in_parts(session: Session) -> None:
    """Nine to noon of Dr Cruz: as many as fit are asked at once, each for a time of their own."""
    first, second = waits(session), waits(session)
    with transaction(session):
        note_freed(
            session, location_id=None, resource_id=DR_CRUZ, starts_at=MONDAY_9, ends_at=MONDAY_9 + 3 * HOUR,
            cause=FreedCause.UNBLOCKED, available_at=NOW, now=NOW,
        )  # fmt: skip

    made = offered(session)

    assert [offer.entry_id for offer in made] == [first.id, second.id]
    assert [offer.starts_at for offer in made] == [MONDAY_9, MONDAY_9 + 45 * MINUTE]
    unsettled = session.scalars(sa.select(FreedTime).where(FreedTime.settled_at.is_(None)))
    assert [(freed.starts_at, freed.ends_at) for freed in unsettled] == [
        (offer.starts_at, offer.ends_at) for offer in made
    ]


def test_time_of_a_room_helps_whoever_works_there(session: Session) -> None:
    waits(session)
    with transaction(session):
        note_freed(
            session, location_id=NORTHSIDE, resource_id=ROOM_1, starts_at=MONDAY_9, ends_at=MONDAY_9 + HOUR,
            cause=FreedCause.UNBLOCKED, available_at=NOW, now=NOW,
        )  # fmt: skip

    assert len(offered(session)) == 1


def test_a_closed_service_is_not_offered(session: Session) -> None:
    waits(session)
    frees(session)
    set_service(session, is_active=False)

    assert offered(session) == []


def test_who_waits_for_a_service_without_times_of_this_length_is_asked_by_the_engine(session: Session) -> None:
    """The phone call takes 15 of the 45 minutes; what is left is offered by itself."""
    waits(session, service_id=PHONE_CALL)
    frees(session)
    [offer] = offered(session)

    assert offer.ends_at - offer.starts_at == 15 * MINUTE
    assert offer.why["misfit_minutes"] == 30
    assert session.scalar(sa.select(sa.func.count()).select_from(FreedTime)) == 2


def test_joining_from_the_own_account_is_enough(session: Session) -> None:
    patient = make_patient(session)
    join(session, actor=acting_for(patient), patient_id=patient.id, wish=WISH, now=NOW)
    frees(session)

    assert len(offered(session)) == 1
