"""The life of a message: every state, met by everything that can happen to it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from booking.adapters.mailer import Accepted, Permanent, Ready, SetupWrong, Temporary, Unknown
from booking.core.messages import FINAL_STATES, RETRY_DELAYS, MessageKind, MessageState
from booking.models import Message, Patient
from booking.services import messages as service
from booking.services.claims import Claim, Settled
from booking.services.messages import Outcome
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.outbox import OFFICE, OTHER_OFFICE, change, messages, plan_booking, tasks

S = MessageState
SOON = NOW + timedelta(seconds=1)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def row(session: Session) -> Message:
    """The confirmation of a visit on the next Monday, due now."""
    return plan_booking(session, make_appointment(session))[0]


def claimed(session: Session, now: datetime = NOW) -> Claim:
    claim = service.claim_one(session, office=OFFICE, now=now)
    assert isinstance(claim, Claim)
    return claim


def marked(session: Session, now: datetime = NOW) -> Claim:
    claim = claimed(session, now)
    assert service.mark_data_sent(session, claim, office=OFFICE, now=now) is None
    return claim


def test_claiming_takes_the_row_for_a_lease(session: Session, row: Message) -> None:
    claim = claimed(session)
    session.refresh(row)
    assert (row.state, row.owner, row.attempts) == (S.SENDING, "worker-1", 1)
    assert row.lease_until == NOW + OFFICE.lease
    assert (claim.id, claim.attempts, claim.resends, claim.claimed_at) == (row.id, 1, 0, NOW)


def test_nothing_due_is_nothing_to_do(session: Session) -> None:
    assert service.claim_one(session, office=OFFICE, now=NOW) is None


CLAIMABLE = {
    "due": ({"state": S.PENDING, "due_at": NOW}, S.SENDING),
    "not due": ({"state": S.PENDING, "due_at": SOON}, S.PENDING),
    "leased": ({"state": S.SENDING, "lease_until": SOON, "owner": "x"}, S.SENDING),
    "lease lapsed": ({"state": S.SENDING, "lease_until": NOW, "owner": "x"}, S.SENDING),
    "sent to an unknown end, too early to ask": (
        {"state": S.DATA_SENT, "lease_until": NOW, "data_sent_at": NOW - timedelta(minutes=9), "owner": "x"},
        S.DATA_SENT,
    ),
    "sent to an unknown end, still leased": (
        {"state": S.DATA_SENT, "lease_until": SOON, "data_sent_at": NOW - timedelta(minutes=10), "owner": "x"},
        S.DATA_SENT,
    ),
    "sent to an unknown end": (
        {"state": S.DATA_SENT, "lease_until": NOW, "data_sent_at": NOW - timedelta(minutes=10), "owner": "x"},
        S.SENDING,
    ),
    **{state.value: ({"state": state}, state) for state in sorted(FINAL_STATES)},
}
TAKEN = {"due", "lease lapsed", "sent to an unknown end"}


@pytest.mark.parametrize("name", CLAIMABLE)
def test_what_may_be_claimed(session: Session, row: Message, name: str) -> None:
    values, after = CLAIMABLE[name]
    change(session, row, **values)
    claim = service.claim_one(session, office=OFFICE, now=NOW)
    session.refresh(row)
    assert (claim is not None, row.state) == (name in TAKEN, after)
    assert (row.owner == "worker-1") == (name in TAKEN)


def test_a_second_try_after_an_unknown_outcome_is_counted(session: Session, row: Message) -> None:
    change(session, row, **CLAIMABLE["sent to an unknown end"][0])
    assert claimed(session).resends == 1
    session.refresh(row)
    assert row.resends == 1


def test_there_is_no_third_try_after_unknown_outcomes(session: Session, row: Message) -> None:
    change(session, row, resends=1, **CLAIMABLE["sent to an unknown end"][0])
    assert service.claim_one(session, office=OFFICE, now=NOW) == Settled(S.FAILED, "unknown")
    assert [(task.kind, task.reason_code) for task in tasks(session)] == [("call_patient", "unknown")]


def test_an_unknown_outcome_is_not_tried_again_when_too_late(session: Session, row: Message) -> None:
    change(session, row, expires_at=NOW, **CLAIMABLE["sent to an unknown end"][0])
    assert service.claim_one(session, office=OFFICE, now=NOW) == Settled(S.FAILED, "unknown")


def test_the_most_urgent_message_comes_first(session: Session, row: Message) -> None:
    sooner = make_appointment(session, starts_at=NEXT_MONDAY_9 - timedelta(days=3))
    plan_booking(session, sooner)
    assert claimed(session).facts.appointment_id == sooner.id


@pytest.mark.parametrize("state", [S.PENDING, S.SENDING])
def test_what_is_too_late_expires(session: Session, row: Message, state: MessageState) -> None:
    change(session, row, state=state, expires_at=SOON, lease_until=SOON)
    assert service.claim_one(session, office=OFFICE, now=SOON) == Settled(S.EXPIRED, "too_late")
    session.refresh(row)
    assert (row.state, row.settled_at, row.last_code) == (S.EXPIRED, SOON, "too_late")


OUTCOMES: dict[str, tuple[Outcome, MessageState, str]] = {
    "accepted": (Accepted(), S.SENT, "accepted"),
    "temporary": (Temporary("451 4.7.1"), S.PENDING, "451 4.7.1"),
    "permanent": (Permanent("550 5.1.1"), S.FAILED, "550 5.1.1"),
    "set-up wrong": (SetupWrong("535"), S.PENDING, "535"),
    "unknown": (Unknown("drop"), S.DATA_SENT, "drop"),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_every_outcome_after_the_mark(session: Session, row: Message, name: str) -> None:
    outcome, state, code = OUTCOMES[name]
    claim = marked(session)
    assert service.record_outcome(session, claim, outcome, now=SOON) == Settled(state, code)
    session.refresh(row)
    assert (row.state, row.last_code) == (state, code)
    assert (row.settled_at is not None) == state.is_final


@pytest.mark.parametrize("name", ["temporary", "permanent", "set-up wrong"])
def test_every_outcome_before_the_mark(session: Session, row: Message, name: str) -> None:
    outcome, state, code = OUTCOMES[name]
    claim = claimed(session)
    assert service.record_outcome(session, claim, outcome, now=SOON) == Settled(state, code)
    session.refresh(row)
    assert (row.state, row.owner, row.lease_until) == (state, None, None)


@pytest.mark.parametrize("state", [state for state in MessageState if state not in {S.SENDING, S.DATA_SENT}])
@pytest.mark.parametrize("name", OUTCOMES)
def test_no_outcome_changes_a_row_that_was_given_back(
    session: Session, row: Message, name: str, state: MessageState
) -> None:
    claim = claimed(session)
    change(session, row, state=state, owner=None)
    settled = service.record_outcome(session, claim, OUTCOMES[name][0], now=SOON)
    session.refresh(row)
    assert (settled, row.state) == (Settled(state, "lease_lost"), state)


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_a_settled_row_stays_as_it_is(session: Session, row: Message, state: MessageState) -> None:
    claim = claimed(session)
    change(session, row, state=state)
    assert service.record_outcome(session, claim, Accepted(), now=SOON) == Settled(state, "lease_lost")


def test_ready_is_no_outcome(session: Session, row: Message) -> None:
    with pytest.raises(ValueError, match="only begun"):
        service.record_outcome(session, claimed(session), Ready(), now=SOON)


def test_a_worker_that_lost_its_lease_marks_and_records_nothing(session: Session, row: Message) -> None:
    slow = claimed(session)
    late = NOW + OFFICE.lease
    taken_over = service.claim_one(session, office=OTHER_OFFICE, now=late)
    assert isinstance(taken_over, Claim)
    assert service.mark_data_sent(session, slow, office=OFFICE, now=late) == Settled(S.SENDING, "lease_lost")
    assert service.record_outcome(session, slow, Accepted(), now=late) == Settled(S.SENDING, "lease_lost")
    session.refresh(row)
    assert (row.owner, row.state) == ("worker-2", S.SENDING)


def test_marking_twice_is_refused(session: Session, row: Message) -> None:
    claim = marked(session)
    assert service.mark_data_sent(session, claim, office=OFFICE, now=SOON) == Settled(S.DATA_SENT, "lease_lost")


def test_marking_renews_the_lease(session: Session, row: Message) -> None:
    marked(session, NOW)
    session.refresh(row)
    assert (row.data_sent_at, row.lease_until) == (NOW, NOW + OFFICE.lease)


def test_what_became_too_late_is_not_marked(session: Session, row: Message) -> None:
    claim = claimed(session)
    change(session, row, expires_at=SOON)
    assert service.mark_data_sent(session, claim, office=OFFICE, now=SOON) == Settled(S.EXPIRED, "too_late")


def test_a_letter_to_an_earlier_address_is_written_again(session: Session, row: Message) -> None:
    claim = claimed(session)
    change(session, session.get_one(Patient, row.patient_id), email="new@example.org")
    assert service.mark_data_sent(session, claim, office=OFFICE, now=SOON) == Settled(S.PENDING, "address_changed")
    again = claimed(session, SOON)
    assert (again.facts.to, again.attempts) == ("new@example.org", 1)


@pytest.mark.parametrize("attempt", range(1, len(RETRY_DELAYS) + 2))
def test_tries_become_rarer(session: Session, row: Message, attempt: int) -> None:
    change(session, row, attempts=attempt - 1)
    service.record_outcome(session, claimed(session), Temporary("connect"), now=NOW)
    session.refresh(row)
    delay = [*RETRY_DELAYS, timedelta(hours=1)][attempt - 1]
    assert delay <= row.due_at - NOW <= delay * 1.25


def test_the_next_try_is_never_after_the_end(session: Session, row: Message) -> None:
    change(session, row, expires_at=NOW + timedelta(seconds=5))
    service.record_outcome(session, claimed(session), Temporary("connect"), now=NOW)
    session.refresh(row)
    assert row.due_at == row.expires_at


def test_a_refusal_of_us_counts_as_no_try_and_alarms_once(session: Session, row: Message) -> None:
    for now in (NOW, SOON):
        service.record_outcome(session, claimed(session, now), SetupWrong("535 5.7.8"), now=now)
    session.refresh(row)
    assert (row.state, row.attempts, row.due_at) == (S.PENDING, 0, SOON)
    assert [(task.kind, task.reason_code, task.role) for task in tasks(session)] == [
        ("check_mail_server", "535 5.7.8", "administrator")
    ]


def test_an_unknown_outcome_is_tried_once_more_and_then_a_person_looks(session: Session, row: Message) -> None:
    service.record_outcome(session, marked(session), Unknown("timeout"), now=NOW)
    assert service.claim_one(session, office=OFFICE, now=NOW + timedelta(minutes=9)) is None
    second = marked(session, NOW + timedelta(minutes=10))
    assert second.facts.message_id == row.message_id
    settled = service.record_outcome(session, second, Unknown("timeout"), now=LATER)
    assert settled == Settled(S.FAILED, "unknown")
    assert [task.reason_code for task in tasks(session)] == ["unknown"]


def test_a_row_of_another_kind_of_trouble_never_blocks(session: Session, row: Message) -> None:
    orphan = change(session, row, appointment_id=None, expires_at=LATER)
    assert service.claim_one(session, office=OFFICE, now=NOW) == Settled(S.CANCELLED, "no_visit")
    assert orphan.id == messages(session)[0].id


def test_an_account_message_without_account_never_blocks(session: Session, row: Message) -> None:
    change(session, row, kind=MessageKind.RESET_PASSWORD)
    assert service.claim_one(session, office=OFFICE, now=NOW) == Settled(S.CANCELLED, "no_account")
