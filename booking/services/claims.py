"""One message in a worker's hands: plain values, so that nothing touches the database while mail is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.adapters.letters import ClinicVoice, LetterFacts, OtherTime, VisitFacts, message_id_header
from booking.adapters.links import MailedAddresses
from booking.core.messages import ACCOUNT_KINDS, NOTICE_KINDS, NUDGE_KINDS, MessageKind, MessageState
from booking.core.people import email_key
from booking.core.waiting import end_of_wait
from booking.models import LinkAction
from booking.queries.message_times import EarlierTime, MessageOffer
from booking.queries.messages import MessageFacts, MessageVisit, MessageWait
from booking.queries.open_forms import open_forms
from booking.services.links import INVITATION_LIFE, NEW_ADDRESS_LIFE, TAKE_BACK_LIFE, mint_link
from booking.services.outbox import LINK_LIFE

FORM_LIFE, NO_TIME = timedelta(days=30), timedelta(0)
"""How long after a visit the link to its forms opens them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOffice:
    """What a worker knows besides the database: who it is, how long it may keep a message, how its letters are signed.

    `host` is the neutral domain of Message-IDs and calendar entries; letters are written in one of `languages`.
    """

    owner: str
    lease: timedelta
    resend_wait: timedelta
    base_url: str
    host: str
    sender_address: str
    reply_to: str
    languages: frozenset[str] = frozenset({"en"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A message that this worker, and nobody else until its lease ends, may send.

    `links` hold fresh tokens; `attempts` counts this try too, `resends` tries after an outcome that nobody knows.
    """

    facts: MessageFacts
    owner: str
    links: Mapping[str, str] = field(repr=False)
    claimed_at: datetime
    attempts: int
    resends: int

    @property
    def id(self) -> int:
        return self.facts.id


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a message, and why in one word."""

    state: MessageState
    code: str


def mint_links(session: Session, facts: MessageFacts, *, office: MailOffice, now: datetime) -> dict[str, str]:
    """The links of the letter by name. Their tokens are added to the open transaction: each try mints its own."""
    pages = MailedAddresses(office.base_url)
    if facts.kind is MessageKind.VERIFY_ADDRESS:
        return {"verify": _account_link(session, facts, LinkAction.VERIFY_ADDRESS, pages, now)}
    if facts.kind is MessageKind.RESET_PASSWORD:
        return {"reset": _account_link(session, facts, LinkAction.RESET_PASSWORD, pages, now)}
    if facts.kind is MessageKind.STAFF_INVITATION:
        return {"join": _account_link(session, facts, LinkAction.JOIN_STAFF, pages, now)}
    if facts.kind is MessageKind.ACCOUNT_EXISTS or facts.kind in NOTICE_KINDS:
        # Nobody has asked for a new password here, so no token leaves us: the page asks for the address first.
        return {"sign_in": pages.log_in, "reset": pages.forgotten_password}
    if facts.kind in _PEOPLE_LINKS:
        return _people_link(session, facts, pages, now)
    if facts.kind in {MessageKind.CARER_ADDED, MessageKind.URGENT_TASK}:
        return {"sign_in": pages.log_in}
    if facts.kind is MessageKind.CANCELLED:
        return {"choose_time": pages.choose_time}
    if facts.offer:
        return _offer_link(session, facts, facts.offer, pages, now)
    if facts.wait:
        return _wait_link(session, facts, facts.wait, pages, now)
    return _visit_links(session, facts, facts.visit, pages, now) if facts.visit else {}


def _form_link(
    session: Session, facts: MessageFacts, visit: MessageVisit, pages: MailedAddresses, now: datetime
) -> dict[str, str]:
    """The way to the forms of the visit, as long as they are taken; nothing else can be done by it."""
    is_after = facts.kind is MessageKind.FORM_AFTER
    token = mint_link(
        session, action=LinkAction.OPEN_VISIT, now=now, expires_at=visit.ends_at + (FORM_LIFE if is_after else NO_TIME),
        patient_id=facts.patient_id, appointment_id=facts.appointment_id, email_key=email_key(facts.to),
    )  # fmt: skip
    return {"questions": pages.mailed(token, "questions")}


def _account_link(
    session: Session, facts: MessageFacts, action: LinkAction, pages: MailedAddresses, now: datetime
) -> str:
    token = mint_link(
        session, action=action, now=now, expires_at=now + LINK_LIFE[facts.kind], account_id=facts.account_id,
        email_key=email_key(facts.to),
    )  # fmt: skip
    return pages.mailed(token)


_PEOPLE_LINKS = {
    MessageKind.CARER_INVITATION: ("invitation", LinkAction.ACCEPT_INVITATION, INVITATION_LIFE),
    MessageKind.CONFIRM_NEW_ADDRESS: ("confirm_address", LinkAction.CONFIRM_NEW_ADDRESS, NEW_ADDRESS_LIFE),
    MessageKind.ADDRESS_CHANGING: ("not_me", LinkAction.STOP_NEW_ADDRESS, TAKE_BACK_LIFE),
}


def _people_link(session: Session, facts: MessageFacts, pages: MailedAddresses, now: datetime) -> dict[str, str]:
    """The way to say yes or no, to confirm, or to stop it. The row it is about decides how long that can be done."""
    name, action, life = _PEOPLE_LINKS[facts.kind]
    token = mint_link(
        session, action=action, now=now, expires_at=now + life, account_id=facts.account_id,
        invitation_id=facts.invitation_id, address_change_id=facts.address_change_id, email_key=email_key(facts.to),
    )  # fmt: skip
    return {name: pages.mailed(token)}


def _visit_links(
    session: Session, facts: MessageFacts, visit: MessageVisit, pages: MailedAddresses, now: datetime
) -> dict[str, str]:
    """Links about a visit, each for one action and left out when it would lead to a refusal; they live until they are
    pointless."""
    if facts.kind in NUDGE_KINDS:
        return _form_link(session, facts, visit, pages, now)

    def minted(action: LinkAction, expires_at: datetime) -> str:
        return mint_link(
            session, action=action, now=now, expires_at=expires_at, patient_id=facts.patient_id,
            appointment_id=facts.appointment_id, email_key=email_key(facts.to),
        )  # fmt: skip

    opening = minted(LinkAction.OPEN_VISIT, visit.ends_at)
    links = {"open_visit": pages.mailed(opening)}
    if not visit.is_confirmed and now < visit.starts_at:
        links["confirm"] = pages.mailed(minted(LinkAction.CONFIRM_VISIT, visit.starts_at))
    if now < visit.starts_at - visit.change_notice:
        links["change"] = pages.mailed(minted(LinkAction.CHANGE_VISIT, visit.starts_at))
    if now < visit.starts_at - visit.cancel_notice:
        links["cancel"] = pages.mailed(minted(LinkAction.CANCEL_VISIT, visit.starts_at))
    if open_forms(session, visit.id, now):
        links["questions"] = pages.mailed(opening, "questions")
    return links | _proof_link(session, facts, visit, pages, now)


def _proof_link(
    session: Session, facts: MessageFacts, visit: MessageVisit, pages: MailedAddresses, now: datetime
) -> dict[str, str]:
    """The link by which a guest's address proves itself; none where that is not asked for."""
    if facts.kind is not MessageKind.BOOKED or facts.is_verified:
        return {}
    token = mint_link(
        session, action=LinkAction.VERIFY_ADDRESS, now=now, expires_at=visit.starts_at, patient_id=facts.patient_id,
        email_key=email_key(facts.to),
    )  # fmt: skip
    return {"verify": pages.mailed(token)}


def _offer_link(
    session: Session, facts: MessageFacts, offer: MessageOffer, pages: MailedAddresses, now: datetime
) -> dict[str, str]:
    """The way to the answer. It outlives the offer, for a late answer may still get the time, and the page says so."""
    token = mint_link(
        session, action=LinkAction.ANSWER_OFFER, now=now, expires_at=offer.starts_at, patient_id=facts.patient_id,
        offer_id=offer.id, email_key=email_key(facts.to),
    )  # fmt: skip
    return {"answer": pages.mailed(token)}


def _wait_link(
    session: Session, facts: MessageFacts, wait: MessageWait, pages: MailedAddresses, now: datetime
) -> dict[str, str]:
    """The way to what they wait for, to change it or to leave, as long as it lasts."""
    token = mint_link(
        session, action=LinkAction.OPEN_WAIT, now=now, expires_at=end_of_wait(wait.last_on),
        patient_id=facts.patient_id, waiting_entry_id=wait.id, email_key=email_key(facts.to),
    )  # fmt: skip
    return {"open_wait": pages.mailed(token)}


def letter_facts(claim: Claim, office: MailOffice) -> LetterFacts:
    """What the letter of the claim is made of. Raises ValueError for facts that no letter can be made of."""
    facts = claim.facts
    return LetterFacts(
        kind=facts.kind,
        to=facts.to,
        message_id=message_id_header(facts.message_id, office.host),
        written_at=claim.claimed_at,
        clinic=ClinicVoice(
            sender_name=facts.clinic_name,
            sender_address=office.sender_address,
            reply_to=office.reply_to,
            phone=facts.clinic_phone,
        ),
        links=claim.links,
        # An account has one name for everything; the first word of it greets well enough.
        first_name=facts.name.partition(" ")[0] if facts.kind in ACCOUNT_KINDS else facts.name,
        language=facts.language if facts.language in office.languages else "en",
        visit=_told_visit(facts, office),
        waits_until=facts.wait.last_on if facts.wait else None,
        link_valid_for=LINK_LIFE.get(facts.kind),
    )


def _told_visit(facts: MessageFacts, office: MailOffice) -> VisitFacts | None:
    if facts.offer:
        return _offered_visit(facts.offer)
    return _visit_facts(facts.visit, office) if facts.visit else None


def _visit_facts(visit: MessageVisit, office: MailOffice) -> VisitFacts:
    return VisitFacts(
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        tz=ZoneInfo(visit.tz_name),
        mode=visit.mode,
        place=visit.place,
        uid=f"{visit.public_id}@{office.host}",
        sequence=visit.sequence,
        other=_other_time(visit.before) if visit.before else None,
    )


def _offered_visit(offer: MessageOffer) -> VisitFacts:
    """An offered time is nobody's visit yet, so it is no entry of a calendar either."""
    return VisitFacts(
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        tz=ZoneInfo(offer.tz_name),
        mode=offer.mode,
        place=offer.place,
        uid="",
        sequence=0,
        other=_other_time(offer.instead_of) if offer.instead_of else None,
        kept_until=offer.expires_at,
    )


def _other_time(earlier: EarlierTime) -> OtherTime:
    return OtherTime(earlier.starts_at, ZoneInfo(earlier.tz_name), earlier.place)
