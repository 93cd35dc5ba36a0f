"""Whether a message is still wanted: asked when it is claimed, and once more just before its text is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.adapters.mailer import Accepted, Permanent
from booking.core.messages import MessageKind, MessageState
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Account, Appointment, Message, OfferState, Patient, TaskState, WaitingOffer
from booking.services import messages as service
from booking.services import tasks as task_service
from booking.services.claims import Claim, Settled
from booking.services.transaction import transaction
from tests.factories import NEXT_MONDAY_9, NOW, make_account, make_appointment, make_offer, make_patient
from tests.outbox import OFFICE, change, make_unverified, messages, plan_account, plan_booking, plan_offer, tasks

K, S = MessageKind, MessageState
ONE_DAY_BEFORE = NEXT_MONDAY_9 - timedelta(hours=23)
THREE_DAYS_BEFORE = NEXT_MONDAY_9 - timedelta(days=3) + timedelta(hours=1)


def only(session: Session, kind: MessageKind) -> Message:
    """The message of that kind, all others taken away."""
    rows = {row.kind: row for row in messages(session)}
    for other in rows.keys() - {kind}:
        session.delete(rows[other])
    session.commit()
    return rows[kind]


def claim_of(session: Session, row: Message) -> Claim:
    claim = service.claim_one(session, office=OFFICE, now=max(row.due_at, NOW))
    assert isinstance(claim, Claim)
    return claim


def cancel(session: Session, visit: Appointment) -> None:
    change(session, visit, status=AppointmentStatus.CANCELLED, version=2)


def move(session: Session, visit: Appointment) -> None:
    change(session, visit, version=2)


def arrive(session: Session, visit: Appointment) -> None:
    change(session, visit, status=AppointmentStatus.ARRIVED)


def forget_address(session: Session, visit: Appointment) -> None:
    change(session, session.get_one(Patient, visit.patient_id), email=None)


def doubt_address(session: Session, visit: Appointment) -> None:
    make_unverified(session, session.get_one(Patient, visit.patient_id))


UNWANTED = [
    (K.BOOKED, cancel, "visit_changed"),
    (K.BOOKED, move, "visit_changed"),
    (K.BOOKED, arrive, "visit_not_booked"),
    (K.BOOKED, forget_address, "no_address"),
    (K.REMINDER_3D, cancel, "visit_changed"),
    (K.REMINDER_3D, move, "visit_changed"),
    (K.REMINDER_3D, arrive, "visit_not_booked"),
    (K.REMINDER_3D, doubt_address, "unverified"),
    (K.REMINDER_1D, cancel, "visit_changed"),
    (K.REMINDER_1D, move, "visit_changed"),
    (K.REMINDER_1D, forget_address, "no_address"),
    (K.REMINDER_1D, doubt_address, "unverified"),
]
Happening = Callable[[Session, Appointment], None]


@pytest.mark.parametrize(("kind", "happening", "code"), UNWANTED)
def test_what_is_no_longer_wanted_is_not_claimed(
    session: Session, kind: MessageKind, happening: Happening, code: str
) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    row = only(session, kind)
    happening(session, visit)
    assert service.claim_one(session, office=OFFICE, now=row.due_at) == Settled(S.CANCELLED, code)


@pytest.mark.parametrize(("kind", "happening", "code"), UNWANTED)
def test_what_stops_being_wanted_is_not_marked(
    session: Session, kind: MessageKind, happening: Happening, code: str
) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    claim = claim_of(session, only(session, kind))
    happening(session, visit)
    settled = service.mark_data_sent(session, claim, office=OFFICE, now=claim.claimed_at)
    assert settled == Settled(S.CANCELLED, code)


@pytest.mark.parametrize("happening", [cancel, move])
def test_an_unknown_outcome_about_a_visit_that_changed_calls_nobody(session: Session, happening: Happening) -> None:
    visit = make_appointment(session)
    row = plan_booking(session, visit)[0]
    change(session, row, state=S.DATA_SENT, lease_until=NOW, data_sent_at=NOW - timedelta(hours=1), owner="x")
    happening(session, visit)
    assert service.claim_one(session, office=OFFICE, now=NOW) == Settled(S.FAILED, "unknown")
    assert tasks(session) == []


def test_an_unverified_address_gets_the_confirmation_and_no_reminder(session: Session) -> None:
    visit = make_appointment(session)
    doubt_address(session, visit)
    booked, first, second = plan_booking(session, visit)
    claim = claim_of(session, booked)
    assert claim.links.keys() == {"open_visit", "confirm", "change", "cancel", "questions", "verify"}
    service.mark_data_sent(session, claim, office=OFFICE, now=NOW)
    service.record_outcome(session, claim, Accepted(), now=NOW)
    for row in (first, second):
        assert service.claim_one(session, office=OFFICE, now=row.due_at) == Settled(S.CANCELLED, "unverified")
    [task] = tasks(session)
    assert (task.kind, task.reason_code, task.appointment_id) == ("call_patient", "unverified", visit.id)
    assert (task.patient_id, task.role, task.due_at) == (visit.patient_id, "scheduler", first.due_at)


def test_one_call_for_an_unverified_address_even_after_the_call_was_made(session: Session) -> None:
    visit = make_appointment(session)
    doubt_address(session, visit)
    first = plan_booking(session, visit)[1]
    only(session, K.REMINDER_3D)
    service.claim_one(session, office=OFFICE, now=first.due_at)
    change(session, tasks(session)[0], state=TaskState.DONE)
    plan = plan_booking(session, change(session, visit, version=2))
    for row in plan[1:]:
        service.claim_one(session, office=OFFICE, now=row.due_at)
    assert len(tasks(session)) == 1


def test_confirming_the_address_in_time_brings_the_reminder(session: Session) -> None:
    visit = make_appointment(session)
    doubt_address(session, visit)
    plan_booking(session, visit)
    row = only(session, K.REMINDER_1D)
    change(session, session.get_one(Patient, visit.patient_id), email_verified_at=NOW)
    assert claim_of(session, row).facts.kind is K.REMINDER_1D


@pytest.mark.parametrize(
    ("kind", "now", "calls"),
    [
        (K.BOOKED, NEXT_MONDAY_9, 0),
        (K.REMINDER_3D, ONE_DAY_BEFORE, 0),
        (K.REMINDER_1D, NEXT_MONDAY_9 - timedelta(hours=1), 1),
        (K.REMINDER_1D, NEXT_MONDAY_9, 0),
    ],
    ids=["visit has begun", "the next reminder is due", "nobody told the patient", "nothing left to tell"],
)
def test_who_is_called_when_a_message_came_too_late(
    session: Session, kind: MessageKind, now: object, calls: int
) -> None:
    plan_booking(session, make_appointment(session))
    only(session, kind)
    assert service.claim_one(session, office=OFFICE, now=now) == Settled(S.EXPIRED, "too_late")
    assert len(tasks(session)) == calls


def test_two_refused_messages_about_one_visit_make_one_open_call(session: Session) -> None:
    for row in plan_booking(session, make_appointment(session))[:2]:
        claim = claim_of(session, row)
        service.record_outcome(session, claim, Permanent("550"), now=row.due_at)
    assert len(tasks(session)) == 1


def test_a_later_refusal_makes_a_new_call_when_the_first_was_made(session: Session) -> None:
    booked, reminder, _ = plan_booking(session, make_appointment(session))
    service.record_outcome(session, claim_of(session, booked), Permanent("550"), now=NOW)
    change(session, tasks(session)[0], state=TaskState.DONE)
    service.record_outcome(session, claim_of(session, reminder), Permanent("550"), now=reminder.due_at)
    assert [task.state for task in tasks(session)] == [TaskState.DONE, TaskState.OPEN]


def test_the_same_cause_asks_once(session: Session) -> None:
    visit = make_appointment(session)
    for state in (TaskState.DONE, TaskState.OPEN):
        with transaction(session):
            task_service.ask_to_call(
                session, patient_id=visit.patient_id, appointment_id=visit.id, reason_code="550", cause="message:1",
                now=NOW,
            )  # fmt: skip
        change(session, tasks(session)[0], state=state)
    assert len(tasks(session)) == 1


def verify_account(session: Session, account: Account) -> None:
    change(session, account, email_verified_at=NOW)


def close_account(session: Session, account: Account) -> None:
    change(session, account, is_active=False)


@pytest.mark.parametrize("kind", [K.VERIFY_ADDRESS, K.RESET_PASSWORD, K.ACCOUNT_EXISTS, K.NEW_LOG_IN])
def test_messages_about_an_account_are_wanted_while_it_is_open(session: Session, kind: MessageKind) -> None:
    account = make_account(session, email_verified_at=None)
    row = plan_account(session, account, kind)
    assert claim_of(session, row).facts.to == account.email
    change(session, row, state=S.PENDING)
    close_account(session, account)
    assert service.claim_one(session, office=OFFICE, now=NOW) == Settled(S.CANCELLED, "account_closed")


def test_a_confirmed_address_is_not_asked_for_again(session: Session) -> None:
    account = make_account(session, email_verified_at=None)
    plan_account(session, account, K.VERIFY_ADDRESS)
    verify_account(session, account)
    assert service.claim_one(session, office=OFFICE, now=NOW) == Settled(S.CANCELLED, "verified_already")


def test_a_refused_message_about_an_account_calls_nobody(session: Session) -> None:
    row = plan_account(session, make_account(session), K.RESET_PASSWORD)
    assert service.record_outcome(session, claim_of(session, row), Permanent("550"), now=NOW).state is S.FAILED
    assert tasks(session) == []


def decline(session: Session, offer: WaitingOffer, _patient: Patient) -> None:
    change(session, offer, state=OfferState.DECLINED)


def lose_address(session: Session, _offer: WaitingOffer, patient: Patient) -> None:
    change(session, patient, email=None)


@pytest.mark.parametrize(
    ("happening", "code", "calls"),
    [(decline, "offer_closed", 0), (lose_address, "no_address", 1)],
)
def test_an_offer_is_mailed_while_it_is_open_and_there_is_an_address(
    session: Session, happening: Callable[[Session, WaitingOffer, Patient], None], code: str, calls: int
) -> None:
    patient = make_patient(session)
    offer = make_offer(session, patient)
    row = plan_offer(session, offer, patient)
    claim = claim_of(session, row)
    happening(session, offer, patient)
    assert service.mark_data_sent(session, claim, office=OFFICE, now=NOW) == Settled(S.CANCELLED, code)
    assert [(task.reason_code, task.patient_id) for task in tasks(session)] == [("offer_unsent", patient.id)] * calls


def test_an_offer_goes_to_an_unverified_address_too(session: Session) -> None:
    patient = make_patient(session)
    offer = make_offer(session, patient)
    make_unverified(session, patient)
    claim = claim_of(session, plan_offer(session, offer, patient))
    assert service.mark_data_sent(session, claim, office=OFFICE, now=NOW) is None
    assert tasks(session) == []


def test_a_refused_offer_is_told_by_phone_while_there_is_time(session: Session) -> None:
    patient = make_patient(session)
    offer = make_offer(session, patient)
    claim = claim_of(session, plan_offer(session, offer, patient))
    assert service.record_outcome(session, claim, Permanent("550"), now=NOW).state is S.FAILED
    [task] = tasks(session)
    assert (task.kind, task.reason_code, task.appointment_id) == ("call_patient", "offer_unsent", None)


def test_an_offer_that_ran_out_calls_nobody(session: Session) -> None:
    patient = make_patient(session)
    offer = make_offer(session, patient)
    plan_offer(session, offer, patient)
    assert service.claim_one(session, office=OFFICE, now=offer.expires_at) == Settled(S.EXPIRED, "too_late")
    assert tasks(session) == []


@pytest.mark.parametrize("kind", [K.CHANGED, K.RESTORED])
@pytest.mark.parametrize(
    ("happening", "code"), [(cancel, "visit_changed"), (move, "visit_changed"), (arrive, "visit_not_booked")]
)
def test_a_changed_visit_is_told_as_it_is_now(
    session: Session, kind: MessageKind, happening: Happening, code: str
) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    row = change(session, only(session, K.BOOKED), kind=kind)
    happening(session, visit)
    assert service.claim_one(session, office=OFFICE, now=row.due_at) == Settled(S.CANCELLED, code)
