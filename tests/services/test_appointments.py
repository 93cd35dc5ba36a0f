"""Booking: one way for every entrance, one answer for one form, nothing kept of what was refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import HoldExpired, NonceReused, NotFound, PatientBusy, RulesRefuse
from booking.core.messages import MessageKind
from booking.core.scheduling.clinic import Audience
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import AccountPatient, Appointment, AuditEvent, Hold, Idempotency, Message, Patient, Reservation
from booking.services.appointments import BookedVisit, VisitDetails
from booking.services.sealed import open_text
from tests.factories import NEXT_MONDAY_9, NOW, make_account, make_appointment, make_patient
from tests.services.cast import (
    ANA,
    BEN,
    DR_ADEYEMI,
    DR_CRUZ,
    NORTHSIDE,
    OTHER_VISITOR,
    ROOM_1,
    acting_for,
    book,
    hold,
)
from tests.services.visit_cast import set_service
from tests.web.clinic_change import clinic_changed

MINUTE = timedelta(minutes=1)


def rows(session: Session, model: type) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def the_appointment(session: Session, booked: BookedVisit) -> Appointment:
    session.rollback()
    return session.get_one(Appointment, booked.appointment_id)


def test_a_guest_books_what_they_hold(session: Session) -> None:
    booked = book(session, hold(session))
    appointment = the_appointment(session, booked)

    assert appointment.status is AppointmentStatus.BOOKED
    assert (appointment.starts_at, appointment.ends_at) == (NEXT_MONDAY_9, NEXT_MONDAY_9 + 45 * MINUTE)
    assert (appointment.specialist_id, appointment.service_id, appointment.location_id) == (DR_CRUZ, 1, NORTHSIDE)
    assert re.fullmatch("[2-9A-HJKMNP-TV-Z]{8}", booked.reference)
    assert (appointment.reference, appointment.public_id) == (booked.reference, booked.public_id)


def test_a_booking_reserves_specialist_room_and_patient_in_place_of_the_hold(session: Session) -> None:
    booked = book(session, hold(session))
    session.rollback()
    found = session.scalars(sa.select(Reservation).order_by(Reservation.id)).all()

    assert [(r.resource_id, r.lane, r.patient_id) for r in found] == [
        (DR_CRUZ, 0, None),
        (ROOM_1, 0, None),
        (None, None, booked.patient_id),
    ]
    assert {r.appointment_id for r in found} == {booked.appointment_id}
    assert rows(session, Hold) == 0


def test_buffers_take_the_resources_and_not_the_patient(session: Session) -> None:
    session.execute(sa.text("UPDATE service SET buffer_after_minutes = 10 WHERE id = 1"))
    clinic_changed(session)

    book(session, hold(session))
    session.rollback()
    lengths = {(r.resource_id, (r.ends_at - r.starts_at) / MINUTE) for r in session.scalars(sa.select(Reservation))}

    assert lengths == {(DR_CRUZ, 55), (ROOM_1, 55), (None, 45)}


def test_health_texts_are_sealed_with_the_key_of_their_row(session: Session) -> None:
    appointment = the_appointment(session, book(session, hold(session)))
    key = appointment.public_id

    assert "knee" not in (appointment.reason_sealed or "")
    assert open_text(session, "appointment", "reason", key, appointment.reason_sealed) == "pain in the knee"
    needs = open_text(session, "appointment", "needs", key, appointment.needs_sealed)
    assert json.loads(needs or "") == ["step_free"]


def test_nothing_said_is_nothing_kept(session: Session) -> None:
    appointment = the_appointment(session, book(session, hold(session), details=VisitDetails(None)))

    assert (appointment.reason_sealed, appointment.needs_sealed) == (None, None)


def test_confirmation_and_reminders_are_planned_in_the_same_transaction(session: Session) -> None:
    booked = book(session, hold(session))
    session.rollback()
    planned = session.scalars(sa.select(Message).order_by(Message.due_at)).all()

    assert [m.kind for m in planned] == [MessageKind.BOOKED, MessageKind.REMINDER_3D, MessageKind.REMINDER_1D]
    assert {(m.appointment_id, m.patient_id) for m in planned} == {(booked.appointment_id, booked.patient_id)}


def test_a_patient_without_an_address_gets_no_mail(session: Session) -> None:
    book(session, hold(session), patient=BEN)

    assert rows(session, Message) == 0


def test_the_audit_names_ids_and_codes_only(session: Session) -> None:
    booked = book(session, hold(session))
    session.rollback()
    events = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.seq)).all()

    assert [(e.action, e.object_id, e.actor_kind) for e in events] == [
        ("patient_created", booked.patient_id, "visitor"),
        ("appointment_booked", booked.appointment_id, "visitor"),
    ]


def test_a_guest_is_always_a_new_patient(session: Session) -> None:
    known = make_patient(session, given_name="Ana", family_name="Álvarez", email=ANA.email)

    booked = book(session, hold(session))

    assert booked.patient_id != known.id
    assert rows(session, AccountPatient) == 0


def test_an_account_that_books_for_a_new_person_may_act_for_them(session: Session) -> None:
    account = make_account(session)
    actor = replace(acting_for(account_id=account.id), owner="browser-a")

    booked = book(session, hold(session, actor), actor)
    session.rollback()
    link = session.scalars(sa.select(AccountPatient)).one()

    assert (link.account_id, link.patient_id, link.ends_at) == (account.id, booked.patient_id, None)
    assert the_appointment(session, booked).booked_by_account_id == account.id


def test_an_account_books_for_its_own_patient_without_renaming_them(session: Session) -> None:
    ana = make_patient(session, family_name="Original")
    actor = acting_for(ana)

    booked = book(session, hold(session, actor), actor, patient=ana.id)

    assert booked.patient_id == ana.id
    assert session.get_one(Patient, ana.id).family_name == "Original"
    assert rows(session, Patient) == 1


def test_nobody_books_for_a_patient_who_is_not_theirs(session: Session) -> None:
    ben = make_patient(session)
    held = hold(session)

    with pytest.raises(NotFound):
        book(session, held, patient=ben.id)


def test_a_hold_is_booked_by_its_owner_only(session: Session) -> None:
    held = hold(session)

    with pytest.raises(NotFound):
        book(session, held, OTHER_VISITOR)
    assert rows(session, Idempotency) == 0


def test_a_double_submit_gets_the_first_answer_again(session: Session) -> None:
    held = hold(session)
    first = book(session, held, nonce="n1")
    again = book(session, held, nonce="n1")

    assert again == first
    assert (rows(session, Appointment), rows(session, Patient), rows(session, Message)) == (1, 1, 3)


def test_the_same_form_with_other_contents_is_refused(session: Session) -> None:
    held = hold(session)
    book(session, held, nonce="n1")

    with pytest.raises(NonceReused):
        book(session, held, nonce="n1", patient=BEN)


def test_a_live_hold_keeps_its_time_though_the_notice_has_passed_meanwhile(session: Session) -> None:
    at_the_limit = hold(session, starts_at=NOW + timedelta(hours=2))

    booked = book(session, at_the_limit, now=NOW + 14 * MINUTE)

    assert the_appointment(session, booked).starts_at == NOW + timedelta(hours=2)


def test_a_live_hold_of_a_visit_that_has_begun_is_refused(session: Session) -> None:
    session.execute(sa.text("UPDATE service SET book_notice_minutes = 0 WHERE id = 1"))
    clinic_changed(session)
    begins = NOW + timedelta(hours=1)
    held = hold(session, starts_at=begins, now=begins - 5 * MINUTE)

    with pytest.raises(RulesRefuse) as refused:
        book(session, held, now=begins + MINUTE)
    assert [r.code for r in refused.value.refusals] == ["in_past"]


def test_an_ended_hold_is_taken_again_when_its_time_is_free(session: Session) -> None:
    held = hold(session, specialist_id=None)

    booked = book(session, held, now=held.expires_at)

    assert the_appointment(session, booked).starts_at == NEXT_MONDAY_9


def test_an_ended_hold_whose_time_is_taken_offers_others(session: Session) -> None:
    held = hold(session)
    hold(session, OTHER_VISITOR, now=held.expires_at)

    with pytest.raises(HoldExpired) as refused:
        book(session, held, now=held.expires_at)
    assert [s.starts_at - NEXT_MONDAY_9 for s in refused.value.alternatives] == [45 * MINUTE, 60 * MINUTE, 75 * MINUTE]
    assert (rows(session, Appointment), rows(session, Patient), rows(session, Idempotency)) == (0, 0, 0)


def test_an_ended_hold_that_the_rules_refuse_by_now_offers_others_too(session: Session) -> None:
    held = hold(session, starts_at=NOW + timedelta(hours=2))

    with pytest.raises(HoldExpired) as refused:
        book(session, held, now=held.expires_at)
    assert len(refused.value.alternatives) == 3


def test_a_patient_is_never_in_two_places(session: Session) -> None:
    ana = make_patient(session)
    make_appointment(session, ana, starts_at=NEXT_MONDAY_9 + 30 * MINUTE)
    actor = acting_for(ana)
    held = hold(session, actor, specialist_id=DR_ADEYEMI)

    with pytest.raises(PatientBusy):
        book(session, held, actor, patient=ana.id)
    assert rows(session, Hold) == 1


def test_a_patient_may_have_one_visit_right_after_another(session: Session) -> None:
    ana = make_patient(session)
    make_appointment(session, ana)
    actor = acting_for(ana)
    held = hold(session, actor, starts_at=NEXT_MONDAY_9 + 45 * MINUTE)

    assert book(session, held, actor, patient=ana.id).patient_id == ana.id


def test_a_logged_in_patient_books_what_asks_for_an_account_and_a_guest_does_not(session: Session) -> None:
    set_service(session, audience=Audience.VERIFIED)
    ana = make_patient(session)

    with pytest.raises(RulesRefuse):
        hold(session)
    held = hold(session, acting_for(ana))
    assert book(session, held, acting_for(ana), patient=ana.id).reference


def test_the_rules_about_other_visits_are_asked_when_a_held_time_is_booked(session: Session) -> None:
    """Who the patient is may be known only after the time was held."""
    set_service(session, min_gap_days=7)
    ana = make_patient(session)
    make_appointment(session, ana)
    held = hold(session, acting_for(ana), starts_at=NEXT_MONDAY_9 + timedelta(days=2))

    with pytest.raises(RulesRefuse) as refused:
        book(session, held, acting_for(ana), patient=ana.id)
    assert [r.code for r in refused.value.refusals] == ["gap_too_short"]
    session.rollback()
    assert rows(session, Hold) == 1
