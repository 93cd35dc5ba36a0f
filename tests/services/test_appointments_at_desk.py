"""Booking at the desk: for a caller, where one works, and past the rules for patients with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.errors import NotFound, RulesRefuse, SlotTaken
from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.clinic import Audience
from booking.core.scheduling.intervals import to_minutes
from booking.models import AccountPatient, Appointment, AuditEvent
from booking.services.appointments import BookedVisit, refusals_at_desk
from tests.factories import NEXT_MONDAY_9, NOW, make_account, make_appointment, make_patient
from tests.services.cast import (
    ANA,
    DORA,
    DR_CRUZ,
    ELI,
    FOLLOW_UP,
    INFUSION,
    NORTHSIDE,
    PHONE_CALL,
    VISITOR,
    book_for_caller,
    hold,
)
from tests.services.visit_cast import set_service

MINUTE = timedelta(minutes=1)


def rows(session: Session, model: type) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def the_appointment(session: Session, booked: BookedVisit) -> Appointment:
    session.rollback()
    return session.get_one(Appointment, booked.appointment_id)


def test_a_scheduler_books_for_a_caller(session: Session) -> None:
    ana = make_patient(session)

    booked = book_for_caller(session, patient=ana.id, specialist_id=None)

    assert the_appointment(session, booked).patient_id == ana.id


def test_a_scheduler_books_for_a_caller_who_is_new(session: Session) -> None:
    account = make_account(session, Role.SCHEDULER)
    dora = replace(DORA, account_id=account.id)

    booked = book_for_caller(session, actor=dora)

    assert the_appointment(session, booked).booked_by_account_id == account.id
    assert rows(session, AccountPatient) == 0


def test_the_desk_gets_the_first_answer_again_too(session: Session) -> None:
    first = book_for_caller(session, nonce="d1")

    assert book_for_caller(session, nonce="d1") == first


def test_a_scheduler_books_where_they_work_only(session: Session) -> None:
    with pytest.raises(NotFound):
        book_for_caller(session, actor=ELI)
    with pytest.raises(NotFound):
        book_for_caller(session, actor=VISITOR)


def test_an_unknown_patient_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        book_for_caller(session, patient=999_999)


def test_an_unknown_service_is_refused_for_a_known_patient(session: Session) -> None:
    with pytest.raises(RulesRefuse) as refused:
        book_for_caller(session, patient=make_patient(session).id, service_id=99)

    assert [r.code for r in refused.value.refusals] == ["service_not_offered"]


def test_a_service_for_staff_needs_no_reason(session: Session) -> None:
    assert book_for_caller(session, service_id=PHONE_CALL).reference


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"starts_at": NOW + 60 * MINUTE}, "too_soon"),
        ({"starts_at": NEXT_MONDAY_9 + timedelta(days=63)}, "beyond_horizon"),
        ({"service_id": INFUSION, "specialist_id": None}, "course_only"),
    ],
)
def test_rules_for_patients_are_overridden_with_a_reason_that_is_audited(
    session: Session, wish: dict[str, Any], code: str
) -> None:
    with pytest.raises(RulesRefuse) as refused:
        book_for_caller(session, **wish)
    assert [r.code for r in refused.value.refusals] == [code]

    book_for_caller(session, **wish, override_reason="agreed_by_phone")
    session.rollback()
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "appointment_booked")).one()
    assert event.reason_code == "agreed_by_phone"


def test_no_reason_gets_round_the_guard(session: Session) -> None:
    make_appointment(session)

    with pytest.raises(SlotTaken) as refused:
        book_for_caller(session, service_id=FOLLOW_UP, override_reason="agreed_by_phone")
    assert refused.value.alternatives[0].starts_at == NEXT_MONDAY_9 + 45 * MINUTE


def test_the_patients_own_visits_ask_for_a_reason_at_the_desk(session: Session) -> None:
    set_service(session, min_gap_days=7)
    ana = make_patient(session)
    make_appointment(session, ana)
    two_days_on = {"starts_at": NEXT_MONDAY_9 + timedelta(days=2), "patient": ana.id}

    with pytest.raises(RulesRefuse) as refused:
        book_for_caller(session, **two_days_on)
    asked = SlotRequest(1, NORTHSIDE, DR_CRUZ, to_minutes(two_days_on["starts_at"]), NOW)
    shown = refusals_at_desk(session, asked, patient_id=ana.id)
    assert [r.code for r in refused.value.refusals] == [r.code for r in shown] == ["gap_too_short"]
    assert refusals_at_desk(session, asked, patient_id=None) == ()
    session.rollback()
    assert book_for_caller(session, **two_days_on, override_reason="urgent").reference


def test_what_asks_for_an_account_needs_a_reason_for_whoever_has_none(session: Session) -> None:
    set_service(session, audience=Audience.VERIFIED)
    ana = make_patient(session)

    for patient in (ANA, ana.id):
        with pytest.raises(RulesRefuse) as refused:
            book_for_caller(session, patient=patient)
        assert [r.code for r in refused.value.refusals] == ["verified_only"]
    make_account(session, patients=(ana,))
    assert book_for_caller(session, patient=ana.id).reference


def test_what_patients_call_for_needs_no_reason_when_they_call(session: Session) -> None:
    set_service(session, contact_to_book=True)

    assert book_for_caller(session).reference
    with pytest.raises(RulesRefuse) as refused:
        hold(session, starts_at=NEXT_MONDAY_9 + timedelta(hours=1))
    assert [r.code for r in refused.value.refusals] == ["contact_only"]
