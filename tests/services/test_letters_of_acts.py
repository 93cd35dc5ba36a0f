"""From an act to its letter: a visit is moved, or cancelled and restored, or a freed time is offered and answered."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.adapters.letters import CALENDAR_METHODS, LetterWriter
from booking.adapters.mailer import Accepted
from booking.core.actor import Actor
from booking.core.messages import MessageKind
from booking.models import OfferState, Patient
from booking.services import messages
from booking.services.cancelling import cancel, undo_cancel
from booking.services.changing import change_visit
from booking.services.claims import Claim, letter_facts
from booking.services.links import look_at, opened
from booking.services.offers import decline_offer
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.outbox import OFFICE, plan_booking
from tests.services.cast import DR_CRUZ, NORTHSIDE, acting_for, new_nonce
from tests.services.waiting_cast import OFFICE_OPENS, frees, offered, waits


def letter_of_offer(session: Session) -> Claim:
    """The claim of the one letter that tells of an offer."""
    while True:
        claim = messages.claim_one(session, office=OFFICE, now=OFFICE_OPENS)
        assert isinstance(claim, Claim)
        if claim.facts.kind is MessageKind.WAITING_OFFER:
            return claim


def test_a_freed_time_is_told_and_its_link_answers(session: Session) -> None:
    patient: Patient = make_patient(session)
    waits(session, patient)
    frees(session)
    [offer] = offered(session, now=OFFICE_OPENS)
    claim = letter_of_offer(session)
    letter = LetterWriter().write(letter_facts(claim, OFFICE))
    assert (letter.subject, letter.to) == ("A time is free for you", patient.email)
    link = look_at(session, token=claim.links["answer"].rpartition("/")[2], now=OFFICE_OPENS)
    assert link is not None
    rights = opened(session, link_ids=[link.id], now=OFFICE_OPENS)
    assert rights.offer_ids == {offer.public_id}
    reader = Actor(owner="mail", offer_ids=rights.offer_ids)
    decline_offer(session, actor=reader, offer_public_id=offer.public_id, keep_looking=True, now=OFFICE_OPENS)
    session.refresh(offer)
    assert offer.state is OfferState.DECLINED


def told_after(session: Session, now: datetime) -> list[str]:
    """Send what is due by then; the subjects."""
    subjects = []
    while isinstance(claim := messages.claim_one(session, office=OFFICE, now=now), Claim):
        letter = LetterWriter().write(letter_facts(claim, OFFICE))
        assert messages.mark_data_sent(session, claim, office=OFFICE, now=now) is None
        messages.record_outcome(session, claim, Accepted(), now=now)
        subjects.append(letter.subject)
        if claim.facts.kind in CALENDAR_METHODS:
            assert f"SEQUENCE:{claim.facts.visit.sequence if claim.facts.visit else 0}" in letter.raw.decode()
    return subjects


def test_each_act_is_told_once_and_as_things_stand(session: Session) -> None:
    visit = make_appointment(session, sequence=0)
    plan_booking(session, visit)
    ana = acting_for(session.get_one(Patient, visit.patient_id))
    now = NOW
    assert told_after(session, now) == ["Your appointment on Mon 30 Nov, 9:00 am"]

    change_visit(
        session, actor=ana, public_id=visit.public_id, location_id=NORTHSIDE, specialist_id=DR_CRUZ,
        starts_at=NEXT_MONDAY_9 + timedelta(hours=1), nonce=new_nonce(), now=now,
    )  # fmt: skip
    assert told_after(session, now) == []
    now += timedelta(minutes=2)
    assert told_after(session, now) == ["New time: Mon 30 Nov, 10:00 am"]

    cancel(session, actor=ana, public_id=visit.public_id, reason_code=None, note=None, now=now)
    now += timedelta(minutes=2)
    assert told_after(session, now) == ["Your appointment on Mon 30 Nov is canceled"]

    undo_cancel(session, actor=ana, public_id=visit.public_id, now=now)
    now += timedelta(minutes=2)
    assert told_after(session, now) == ["Your appointment on Mon 30 Nov, 10:00 am stands again"]
