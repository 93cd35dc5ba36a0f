"""What would become of several visits, before they are booked: nothing is locked, and the booking agrees."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import SeveralRefused
from booking.models import Service
from booking.services.several import ProposedVisit, VisitWish, book_several, propose_several
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import DETAILS, DORA, DR_CRUZ, FOLLOW_UP, NORTHSIDE, new_nonce
from tests.services.test_several import DAY, WEEKLY, wish
from tests.services.visit_cast import AT_TEN
from tests.web.clinic_change import clinic_changed


def propose(session: Session, *wishes: VisitWish, patient_id: int | None = None) -> list[ProposedVisit]:
    return propose_several(session, actor=DORA, patient_id=patient_id, wishes=wishes, now=NOW)


def codes(proposed: ProposedVisit) -> list[str]:
    return [refusal.code for refusal in proposed.refusals]


def test_free_wishes_are_placed_and_named(session: Session) -> None:
    found = propose(session, *(wish(start, None) for start in WEEKLY))
    assert [one.slot.starts_at for one in found if one.slot] == list(WEEKLY)
    assert [(one.refusals, one.alternatives, one.to_override) for one in found] == [((), (), ())] * 3


def test_a_taken_wish_has_its_reason_and_times_beside_the_others(session: Session) -> None:
    make_appointment(session, starts_at=WEEKLY[1])
    first, second, third = propose(session, *map(wish, WEEKLY))
    assert first.slot
    assert third.slot
    assert (second.slot, codes(second)) == (None, ["taken"])
    assert len(second.alternatives) == 3
    booked = book_several(
        session,
        actor=DORA,
        patient=make_patient(session).id,
        wishes=[wish(start.starts_at) for start in (first.slot, second.alternatives[0], third.slot)],
        details=DETAILS,
        nonce=new_nonce(),
        now=NOW,
    )
    assert len(booked) == 3


def test_earlier_wishes_count_for_later_ones(session: Session) -> None:
    first, second = propose(session, wish(NEXT_MONDAY_9), wish(NEXT_MONDAY_9))
    assert first.slot
    assert "patient_busy" in codes(second)


def test_the_patients_own_visits_count(session: Session) -> None:
    ana = make_patient(session)
    make_appointment(session, ana, specialist_id=2, starts_at=AT_TEN)
    [one] = propose(session, wish(AT_TEN, DR_CRUZ), patient_id=ana.id)
    assert codes(one) == ["patient_busy"]


def test_rules_for_patients_are_named_and_leave_the_time_free(session: Session) -> None:
    session.execute(sa.update(Service).values(min_gap_days=14))
    clinic_changed(session)
    first, second = propose(session, *map(wish, WEEKLY[:2]))
    assert first.to_override == ()
    assert second.slot
    assert [refusal.code for refusal in second.to_override] == ["gap_too_short"]


def test_a_time_that_can_never_be_is_refused_and_the_booking_agrees(session: Session) -> None:
    closed = wish(NEXT_MONDAY_9 + 5 * DAY)
    [one] = propose(session, closed)
    assert codes(one) == ["outside_hours"]
    with pytest.raises(SeveralRefused) as refused:
        book_several(
            session, actor=DORA, patient=make_patient(session).id, wishes=[closed], details=DETAILS,
            nonce=new_nonce(), now=NOW,
        )  # fmt: skip
    assert refused.value.conflicts[0].refusals == one.refusals


def test_nothing_given_there_is_refused_without_other_times(session: Session) -> None:
    [one] = propose(session, VisitWish(999, NORTHSIDE, None, NEXT_MONDAY_9))
    assert (one.slot, one.alternatives) == (None, ())
    assert FOLLOW_UP != 999
