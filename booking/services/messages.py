"""The life of a message after it was planned: claimed, marked just before its text is sent, settled by the outcome.

Planning is in `outbox.py`. Every function is one short transaction; between them the worker talks to the mail server
with no transaction open. The guarantee and the table of states: docs/adr/0004-outbox-and-delivery.md.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.mailer import Accepted, BeginResult, DataResult, Permanent, Ready, SetupWrong, Temporary, Unknown
from booking.core.messages import NUDGE_KINDS, MessageKind, MessageState, retry_at
from booking.models import Message
from booking.queries.message_times import MessageOffer
from booking.queries.messages import (
    ADDRESS,
    NO_ADDRESS,
    REASON_AGAINST,
    UNVERIFIED,
    MessageFacts,
    MessageVisit,
    lock_due_or_none,
    lock_held,
    message_facts,
    with_subjects,
)
from booking.services import tasks
from booking.services.claims import Claim, MailOffice, Settled, mint_links
from booking.services.nudges import decided
from booking.services.transaction import transaction

Outcome = BeginResult | DataResult
NotSent = Ready | Temporary | Permanent | SetupWrong | Unknown

TOO_LATE = "too_late"
LEASE_LOST = "lease_lost"
ACCEPTED = "accepted"
OFFER_UNSENT = "offer_unsent"
UNKNOWN_OUTCOME = "unknown"

_WANTED = (
    with_subjects(Message.id)
    .where(Message.id == sa.bindparam("sought"), REASON_AGAINST.is_(None), sa.bindparam("to") == ADDRESS)
    .correlate(None)
)
_MINE = (Message.id == sa.bindparam("sought"), Message.owner == sa.bindparam("worker"))
_MARK = (
    sa.update(Message)
    .where(
        *_MINE,
        Message.state == MessageState.SENDING,
        Message.expires_at > sa.bindparam("now"),
        Message.id.in_(_WANTED),
    )
    .values(
        state=MessageState.DATA_SENT,
        data_sent_at=sa.bindparam("now"),
        lease_until=sa.bindparam("new_lease"),
    )
    .returning(Message.id)
    .execution_options(synchronize_session=False)
)
_SENT = (
    sa.update(Message)
    .where(*_MINE, Message.state == MessageState.DATA_SENT)
    .values(
        state=MessageState.SENT,
        settled_at=sa.bindparam("now"),
        last_code=ACCEPTED,
        owner=sa.null(),
        lease_until=sa.null(),
    )
    .returning(Message.id)
    .execution_options(synchronize_session=False)
)


def claim_one(session: Session, *, office: MailOffice, now: datetime) -> Claim | Settled | None:
    """Take the most urgent due message; None when there is none to take.

    One that must not be sent is settled right here, without a claim: no longer wanted, too late, or sent before with
    an outcome that nobody knows and no second try left. Never raises for what a row holds.
    """
    with transaction(session):
        message_id = lock_due_or_none(session, now=now, sent_before=now - office.resend_wait)
        if message_id is None:
            return None
        facts = decided(session, message_facts(session, message_id), now=now)
        settled = _settled_unsent(session, facts, now)
        return settled or _claim(session, facts, office, now)


def _settled_unsent(session: Session, facts: MessageFacts, now: datetime) -> Settled | None:
    """Settle the message when it must not be sent (again); None when it may be."""
    is_pointless = facts.reason_against is not None or facts.expires_at <= now
    if facts.state is MessageState.DATA_SENT and (is_pointless or facts.resends):
        # It may have arrived or not, and no worker will find out. A person looks.
        return _settle(session, facts, MessageState.FAILED, UNKNOWN_OUTCOME, now)
    if facts.reason_against is not None:
        return _settle(session, facts, MessageState.CANCELLED, facts.reason_against, now)
    if facts.expires_at <= now:
        return _settle(session, facts, MessageState.EXPIRED, TOO_LATE, now)
    return None


def _claim(session: Session, facts: MessageFacts, office: MailOffice, now: datetime) -> Claim:
    resends = facts.resends + (facts.state is MessageState.DATA_SENT)
    attempts = facts.attempts + 1
    _write(
        session, facts.id, state=MessageState.SENDING, owner=office.owner, lease_until=now + office.lease,
        attempts=attempts, resends=resends,
    )  # fmt: skip
    links = mint_links(session, facts, office=office, now=now)
    return Claim(facts=facts, owner=office.owner, links=links, claimed_at=now, attempts=attempts, resends=resends)


def mark_data_sent(session: Session, claim: Claim, *, office: MailOffice, now: datetime) -> Settled | None:
    """Decide once more and mark the message in one statement: from here its outcome may be unknown.

    None means: go on and send the text. Otherwise the text must not be sent; what became of the message is returned.
    """
    values = {
        "sought": claim.id,
        "worker": claim.owner,
        "to": claim.facts.to,
        "now": now,
        "new_lease": now + office.lease,
    }
    with transaction(session):
        is_wanted = decided(session, claim.facts, now=now).reason_against is None
        if is_wanted and session.execute(_MARK, values).one_or_none() is not None:
            return None
        return _settle_unmarked(session, claim, now)


def _settle_unmarked(session: Session, claim: Claim, now: datetime) -> Settled:
    state = lock_held(session, claim.id, owner=claim.owner)
    facts = decided(session, message_facts(session, claim.id), now=now)
    if state is not MessageState.SENDING:
        return Settled(facts.state, LEASE_LOST)
    settled = _settled_unsent(session, facts, now)
    if settled is None:
        # The letter is written to an address that is no longer the recipient's: it is written again at once.
        settled = Settled(MessageState.PENDING, "address_changed")
        _give_back(session, facts.id, due_at=now, last_code=settled.code, attempts=claim.attempts - 1)
    return settled


def record_outcome(session: Session, claim: Claim, outcome: Outcome, *, now: datetime) -> Settled:
    """Settle the message, or give it back for another try. A row that is no longer ours is left alone.

    `outcome` is what the mail server's last answer means; Ready is none, and raises ValueError.
    """
    with transaction(session):
        if isinstance(outcome, Accepted):
            return _record_sent(session, claim, now)
        state = lock_held(session, claim.id, owner=claim.owner)
        facts = message_facts(session, claim.id)
        if state not in {MessageState.SENDING, MessageState.DATA_SENT}:
            return Settled(facts.state, LEASE_LOST)
        return _record_unsent(session, claim, facts, outcome, now)


def _record_sent(session: Session, claim: Claim, now: datetime) -> Settled:
    """The common case, in one statement."""
    values = {"sought": claim.id, "worker": claim.owner, "now": now}
    if session.execute(_SENT, values).one_or_none() is not None:
        return Settled(MessageState.SENT, ACCEPTED)
    return Settled(message_facts(session, claim.id).state, LEASE_LOST)


def _record_unsent(session: Session, claim: Claim, facts: MessageFacts, outcome: NotSent, now: datetime) -> Settled:
    if isinstance(outcome, Ready):
        raise ValueError("the conversation has only begun")  # noqa: TRY004 - its meaning is wrong, not its type.
    if isinstance(outcome, Permanent):
        return _settle(session, facts, MessageState.FAILED, outcome.code, now)
    if isinstance(outcome, Temporary):
        later = retry_at(now, claim.attempts, jitter=secrets.randbelow(1001) / 1000)
        # Not after its end: then it is settled, and the desk hears of it, as soon as it is too late.
        _give_back(session, facts.id, due_at=min(later, facts.expires_at), last_code=outcome.code)
        return Settled(MessageState.PENDING, outcome.code)
    if isinstance(outcome, SetupWrong):
        tasks.ask_to_check_mail(session, reason_code=outcome.code, now=now)
        # Not the message's fault: it stays due, as if it had not been tried.
        _give_back(session, facts.id, due_at=now, last_code=outcome.code, attempts=claim.attempts - 1)
        return Settled(MessageState.PENDING, outcome.code)
    if claim.resends:
        return _settle(session, facts, MessageState.FAILED, UNKNOWN_OUTCOME, now)
    _write(session, facts.id, lease_until=now, last_code=outcome.code)
    return Settled(MessageState.DATA_SENT, outcome.code)


def _settle(session: Session, facts: MessageFacts, state: MessageState, code: str, now: datetime) -> Settled:
    """The end of the message; the desk is asked to call where somebody has to be told in another way."""
    _write(session, facts.id, state=state, settled_at=now, last_code=code, owner=None, lease_until=None)
    if facts.visit and _leaves_patient_untold(facts, facts.visit, state, now):
        cause = f"{facts.visit.id}|{UNVERIFIED}" if code == UNVERIFIED else f"message:{facts.id}"
        tasks.ask_to_call(
            session, patient_id=facts.visit.patient_id, appointment_id=facts.visit.id, reason_code=code, cause=cause,
            now=now,
        )  # fmt: skip
    if facts.offer and _leaves_offer_untold(facts, facts.offer, state, now):
        tasks.ask_to_call(
            session, patient_id=facts.offer.patient_id, appointment_id=None, reason_code=OFFER_UNSENT,
            cause=f"offer:{facts.offer.id}", now=now,
        )  # fmt: skip
    return Settled(state, code)


def _leaves_offer_untold(facts: MessageFacts, offer: MessageOffer, state: MessageState, now: datetime) -> bool:
    """Whether a time is kept for somebody who does not hear of it by mail."""
    if facts.reason_against is not None:
        return facts.reason_against == NO_ADDRESS and offer.expires_at > now
    return state is MessageState.FAILED and offer.expires_at > now


def _leaves_patient_untold(facts: MessageFacts, visit: MessageVisit, state: MessageState, now: datetime) -> bool:
    """Whether that end means that a patient does not hear what they ought to, about a visit still to come."""
    if visit.starts_at <= now or facts.kind in NUDGE_KINDS:
        return False
    if facts.reason_against is not None:
        return facts.reason_against == UNVERIFIED
    # The first reminder gives way to the second when that falls due.
    is_lost = state is MessageState.EXPIRED and facts.kind is not MessageKind.REMINDER_3D
    return state is MessageState.FAILED or is_lost


def _give_back(session: Session, message_id: int, *, due_at: datetime, last_code: str, **values: Any) -> None:
    _write(
        session, message_id, state=MessageState.PENDING, owner=None, lease_until=None, due_at=due_at,
        last_code=last_code, **values,
    )  # fmt: skip


def _write(session: Session, message_id: int, **values: Any) -> None:
    session.execute(
        sa.update(Message).where(Message.id == message_id).values(values).execution_options(synchronize_session=False)
    )
