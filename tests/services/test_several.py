"""Several visits at once: all of them or none, and every one in conflict is named with times that go with the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NonceReused, NotFound, SeveralRefused
from booking.core.scheduling.clinic import Audience
from booking.models import Appointment, AuditEvent, Message, Patient, Reservation
from booking.services.ordering import BookedVisit
from booking.services.several import Conflict, VisitWish, book_several
from tests.databases import Database
from tests.factories import NEXT_MONDAY_9, NOW, make_account, make_appointment, make_patient
from tests.services.cast import (
    ANA,
    BEN,
    DETAILS,
    DORA,
    DR_ADEYEMI,
    DR_CRUZ,
    FOLLOW_UP,
    LAKEVIEW,
    NORTHSIDE,
    VISITOR,
    acting_for,
    hold,
    new_nonce,
)
from tests.services.statements import counted_statements
from tests.services.visit_cast import AT_ELEVEN, AT_TEN, MINUTE, set_service

DAY = timedelta(days=1)
WEEKLY = tuple(NEXT_MONDAY_9 + number * 7 * DAY for number in range(3))


def wish(starts_at: datetime, specialist_id: int | None = DR_CRUZ, **values: Any) -> VisitWish:
    return replace(VisitWish(FOLLOW_UP, NORTHSIDE, specialist_id, starts_at), **values)


def book_all(session: Session, *wishes: VisitWish, **changes: Any) -> list[BookedVisit]:
    """Dora books them for Ana, who is new, unless said otherwise."""
    values: dict[str, Any] = {
        "actor": DORA, "patient": ANA, "details": DETAILS, "nonce": new_nonce(), "now": NOW,
    }  # fmt: skip
    return book_several(session, wishes=wishes, **{**values, **changes})


def conflicts(session: Session, *wishes: VisitWish, **changes: Any) -> tuple[Conflict, ...]:
    """What is in the way; nothing is kept."""
    before = counts(session)
    with pytest.raises(SeveralRefused) as refused:
        book_all(session, *wishes, **changes)
    assert counts(session) == before
    session.rollback()
    return refused.value.conflicts


def counts(session: Session) -> list[int]:
    session.rollback()
    return [
        session.scalar(sa.select(sa.func.count()).select_from(model)) or 0
        for model in (Appointment, Patient, Message, Reservation, AuditEvent)
    ]


def codes(conflict: Conflict) -> list[str]:
    return [refusal.code for refusal in conflict.refusals]


def test_all_are_booked_for_one_new_patient(session: Session) -> None:
    booked = book_all(session, *map(wish, WEEKLY))

    session.rollback()
    rows = [session.get_one(Appointment, one.appointment_id) for one in booked]
    assert [row.starts_at for row in rows] == list(WEEKLY)
    assert {row.patient_id for row in rows} == {booked[0].patient_id}
    assert len({row.reference for row in rows}) == 3
    assert [one.public_id for one in booked] == [row.public_id for row in rows]
    actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert actions == ["patient_created", *["appointment_booked"] * 3]
    assert session.scalar(sa.select(sa.func.count()).select_from(Reservation)) == 9


def test_one_in_conflict_stops_all_and_is_named(session: Session) -> None:
    make_appointment(session, starts_at=WEEKLY[1])

    [conflict] = conflicts(session, *map(wish, WEEKLY))

    assert (conflict.index, codes(conflict)) == (1, ["taken"])
    assert conflict.alternatives[0].starts_at == WEEKLY[1] + 45 * MINUTE


def test_every_conflict_is_named(session: Session) -> None:
    make_appointment(session, starts_at=WEEKLY[0])
    sunday = NEXT_MONDAY_9 - DAY

    found = conflicts(session, wish(WEEKLY[0]), wish(WEEKLY[1]), wish(sunday), wish(WEEKLY[2], service_id=99))

    assert [(one.index, codes(one)) for one in found] == [
        (0, ["taken"]),
        (2, ["outside_hours"]),
        (3, ["service_not_offered"]),
    ]


def test_wishes_must_not_overlap_each_other(session: Session) -> None:
    [conflict] = conflicts(session, wish(AT_TEN), wish(AT_TEN, DR_ADEYEMI))

    assert (conflict.index, codes(conflict)) == (1, ["patient_busy"])


def test_alternatives_leave_the_other_wishes_alone(session: Session) -> None:
    """Nine is taken. Nearest would be 9:30 and 9:45, which the wish for 9:30 does not leave."""
    make_appointment(session, ends_at=NEXT_MONDAY_9 + 30 * MINUTE)
    session.execute(sa.update(Reservation).values(ends_at=NEXT_MONDAY_9 + 30 * MINUTE))
    session.commit()

    [conflict] = conflicts(session, wish(NEXT_MONDAY_9), wish(NEXT_MONDAY_9 + 30 * MINUTE))

    assert [slot.starts_at for slot in conflict.alternatives] == [
        AT_TEN,
        AT_TEN + 15 * MINUTE,
        AT_TEN + 30 * MINUTE,
    ]


def test_earlier_wishes_count_for_gap_and_limit(session: Session) -> None:
    set_service(session, FOLLOW_UP, min_gap_days=7)
    ana = make_patient(session)
    actor = acting_for(ana)
    near = WEEKLY[0] + 2 * DAY

    [conflict] = conflicts(session, wish(WEEKLY[0]), wish(near), actor=actor, patient=ana.id)

    assert (conflict.index, codes(conflict)) == (1, ["gap_too_short"])
    assert all(abs(slot.starts_at - WEEKLY[0]) >= 6 * DAY for slot in conflict.alternatives)


def test_staff_go_past_the_rules_for_patients_with_a_reason(session: Session) -> None:
    set_service(session, FOLLOW_UP, min_gap_days=7)
    ana = make_patient(session)
    make_appointment(session, ana, service_id=FOLLOW_UP)
    near = [wish(NEXT_MONDAY_9 + DAY), wish(NEXT_MONDAY_9 + 2 * DAY)]

    assert [codes(one) for one in conflicts(session, *near, patient=ana.id)] == [["gap_too_short"]] * 2
    book_all(session, *near, patient=ana.id, override_reason="urgent")

    session.rollback()
    reasons = session.scalars(sa.select(AuditEvent.reason_code).where(AuditEvent.action == "appointment_booked"))
    assert list(reasons) == ["urgent", "urgent"]


def test_what_asks_for_an_account_is_booked_for_whoever_has_one(session: Session) -> None:
    set_service(session, FOLLOW_UP, audience=Audience.VERIFIED)
    ana, ben = make_patient(session), make_patient(session)
    make_account(session, patients=(ana,))

    assert book_all(session, wish(AT_TEN), patient=ana.id)
    [conflict] = conflicts(session, wish(AT_ELEVEN), patient=ben.id)
    assert codes(conflict) == ["verified_only"]
    assert book_all(session, wish(AT_ELEVEN), actor=acting_for(ben), patient=ben.id)


def test_the_same_form_twice_is_booked_once(session: Session) -> None:
    first = book_all(session, *map(wish, WEEKLY), nonce="several")

    assert book_all(session, *map(wish, WEEKLY), nonce="several") == first
    with pytest.raises(NonceReused):
        book_all(session, *map(wish, WEEKLY), nonce="several", patient=BEN)
    assert counts(session)[0] == 3


def test_own_holds_give_way(session: Session) -> None:
    hold(session, VISITOR, starts_at=AT_TEN)

    assert book_all(session, wish(AT_TEN), wish(AT_ELEVEN), actor=VISITOR)


def test_who_may_book_for_whom(session: Session) -> None:
    ana = make_patient(session)
    stranger = acting_for(make_patient(session))
    with pytest.raises(NotFound):
        book_all(session, wish(AT_TEN), actor=stranger, patient=ana.id)
    with pytest.raises(NotFound):
        book_all(session, wish(AT_TEN), wish(AT_TEN + DAY, None, location_id=LAKEVIEW))
    with pytest.raises(NotFound):
        book_all(session, wish(AT_TEN), patient=9999)
    with pytest.raises(ValueError, match="at least one"):
        book_all(session)
    everywhere = Actor(role=Role.ADMINISTRATOR, owner="desk-all")
    assert book_all(session, wish(AT_TEN), wish(AT_TEN + DAY, None, location_id=LAKEVIEW), actor=everywhere)


def test_reading_costs_the_same_for_many_wishes_as_for_few(session: Session, database: Database) -> None:
    """Writing grows with the visits; locks, busy times and the patient's calendar are read once."""
    ana = make_patient(session)
    book_all(session, wish(NEXT_MONDAY_9 + 4 * DAY))

    def reads(*wishes: VisitWish) -> int:
        with counted_statements(session) as sent:
            book_all(session, *wishes, patient=ana.id)
        return sum(statement.startswith(("SELECT", "WITH")) for statement in sent)

    few = reads(wish(AT_TEN))
    assert reads(*(wish(at + DAY) for at in WEEKLY)) == few
    assert few == {"sqlite": 3, "postgres": 5}[database.name]
