"""What happens while a time is offered: it is taken, withdrawn, or somebody else is at work on it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import BusyDatabase
from booking.core.messages import MessageState
from booking.models import (
    Closure,
    FreedTime,
    OfferState,
    Reservation,
    WaitingEntry,
    WaitingOffer,
    WaitingState,
)
from booking.services import offer_ends, offering
from booking.services.offer_ends import end_offers
from booking.services.offering import offer_freed_times
from booking.services.waiting_list import end_waits, leave
from tests.databases import Database
from tests.factories import NOW
from tests.services.cast import (
    DORA,
    book_for_caller,
    hold,
)
from tests.services.statements import counted_statements
from tests.services.waiting_cast import (
    MONDAY_9,
    answering,
    frees,
    hold_of,
    letters,
    offered,
    offers,
    one_offer,
    waits,
)
from tests.web.clinic_change import clinic_changed

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_a_time_that_is_taken_again_is_settled(session: Session) -> None:
    waits(session)
    freed = frees(session)
    book_for_caller(session)

    assert offered(session) == []
    session.refresh(freed)
    assert freed.settled_at == NOW


def test_a_time_that_is_over_is_settled(session: Session) -> None:
    waits(session)
    freed = frees(session)

    assert offered(session, now=MONDAY_9 + HOUR) == []
    session.refresh(freed)
    assert freed.settled_at is not None


def test_an_offer_whose_time_cannot_be_had_any_more_is_withdrawn(session: Session) -> None:
    offer = one_offer(session)
    session.add(Closure(location_id=None, starts_on=date(2026, 11, 30), ends_on=date(2026, 11, 30), name="Storm"))
    clinic_changed(session)

    assert end_offers(session, now=NOW + MINUTE) == 1
    session.refresh(offer)
    assert offer.state is OfferState.WITHDRAWN
    assert [letter.state for letter in letters(session, offer)] == [MessageState.CANCELLED]


def test_an_offer_that_was_answered_meanwhile_is_left_alone(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = one_offer(session)
    stale = offer_ends.open_offers(session)
    leave(
        session,
        actor=answering(session, offer),
        public_id=session.get_one(WaitingEntry, offer.entry_id).public_id,
        now=NOW,
    )
    real = offer_ends.open_offers
    monkeypatch.setattr(offer_ends, "open_offers", lambda asked, **only: real(asked, **only) if only else stale)

    assert end_offers(session, now=offer.expires_at) == 0


def test_a_wait_that_ends_meanwhile_is_passed_over(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody leaves between the search and the offer: the next one is asked."""
    first, second = waits(session), waits(session, since=NOW - timedelta(days=3))
    frees(session)
    seen = offering.everyone_waiting(session, now=NOW)
    leave(session, actor=DORA, public_id=first.public_id, now=NOW)
    monkeypatch.setattr(offering, "everyone_waiting", lambda *_args, **_options: seen)

    assert [offer.entry_id for offer in offered(session)] == [second.id]


def test_a_time_that_is_lost_at_the_last_moment_is_not_offered(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search is blind here; the reservation is not."""
    waits(session)
    freed = frees(session)
    book_for_caller(session)
    monkeypatch.setattr(offering, "busy_for", lambda *_args, **_options: {})

    assert offered(session) == []
    session.refresh(freed)
    assert freed.settled_at == NOW


def test_without_the_hold_two_would_get_one_time(session: Session) -> None:
    """Negative control: the hold is what keeps an offered time."""
    offer = one_offer(session)
    held = hold_of(session, offer)
    assert held is not None
    session.execute(sa.delete(Reservation).where(Reservation.hold_id == held.id))
    session.commit()

    assert hold(session, now=NOW + MINUTE).starts_at == MONDAY_9


@pytest.mark.parametrize("cut", ["whole", "elsewhere"])
def test_a_freed_time_that_another_worker_has_taken_up_is_left_to_it(
    session: Session, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    waits(session)
    freed = frees(session)
    real = offering.take_list

    def meanwhile(asked: Session) -> None:
        real(asked)
        values = {"settled_at": NOW} if cut == "whole" else {"ends_at": MONDAY_9 + 20 * MINUTE}
        asked.execute(sa.update(FreedTime).where(FreedTime.id == freed.id).values(**values))

    monkeypatch.setattr(offering, "take_list", meanwhile)

    assert offer_freed_times(session, now=NOW) == 0
    assert offers(session) == []


def test_a_busy_database_is_tried_again_with_the_next_round(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    waits(session)
    frees(session)

    def busy(_session: Session) -> None:
        raise BusyDatabase

    with monkeypatch.context() as patched:
        patched.setattr(offering, "take_list", busy)
        assert offer_freed_times(session, now=NOW) == 0
    assert offer_freed_times(session, now=NOW) == 1


def test_a_round_with_nothing_to_do_is_a_normal_round(session: Session) -> None:
    assert offer_freed_times(session, now=NOW) == 0
    assert end_offers(session, now=NOW) == 0
    assert end_waits(session, now=NOW) == 0


def test_a_wait_is_over_when_its_dates_are(session: Session) -> None:
    waiting = waits(session, last_on=date(2026, 11, 24))

    assert end_waits(session, now=datetime(2026, 11, 25, 5, 30, tzinfo=NOW.tzinfo)) == 0
    assert end_waits(session, now=datetime(2026, 11, 25, 6, 30, tzinfo=NOW.tzinfo)) == 1
    session.refresh(waiting)
    assert (waiting.state, waiting.live_key) == (WaitingState.EXPIRED, None)


def test_a_round_costs_the_same_with_a_long_history(session: Session, database: Database) -> None:
    """What was offered and answered long ago costs the worker nothing. Locks are statements on PostgreSQL."""
    waiting = waits(session)
    session.add_all(
        WaitingOffer(
            entry_id=waiting.id, service_id=1, location_id=1, starts_at=NOW - timedelta(days=80),
            ends_at=NOW - timedelta(days=79), made_at=NOW - timedelta(days=90), expires_at=NOW - timedelta(days=89),
            state=OfferState.EXPIRED, why={},
        )
        for _ in range(20)
    )  # fmt: skip
    session.commit()
    frees(session)

    with counted_statements(session) as sent:
        assert offer_freed_times(session, now=NOW) == 1
    assert len(sent) == {"sqlite": 21, "postgres": 23}[database.name]
