"""Mailed links: one action on one object, kept as a hash, with an end. Looking changes nothing; a POST uses one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import VisitAct
from booking.core.errors import LinkDead
from booking.core.people import email_key as email_key_of
from booking.models import Account, Appointment, LinkAction, LinkToken, Patient, WaitingEntry, WaitingOffer
from booking.services.sessions import hash_token, new_token

VERIFY_LIFE = timedelta(hours=24)
JOIN_LIFE = timedelta(hours=24)
RESET_LIFE = timedelta(minutes=10)
INVITATION_LIFE = timedelta(days=3)
NEW_ADDRESS_LIFE = timedelta(hours=24)
TAKE_BACK_LIFE = timedelta(days=8)
"""A change of address lives for a day, and can be taken back for seven more."""

SENT_AGAIN = frozenset({LinkAction.VERIFY_ADDRESS, LinkAction.RESET_PASSWORD})
ACTS: Mapping[LinkAction, frozenset[VisitAct]] = {
    LinkAction.OPEN_VISIT: frozenset(VisitAct),
    LinkAction.CONFIRM_VISIT: frozenset({VisitAct.CONFIRM, VisitAct.CHANGE}),
    LinkAction.CHANGE_VISIT: frozenset({VisitAct.CHANGE}),
    LinkAction.CANCEL_VISIT: frozenset({VisitAct.CANCEL, VisitAct.CHANGE}),
}
"""What may be done to a visit by each kind of link. Whoever is asked whether they come, or is about to cancel, is also
offered another time, so these links open that page too."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the links that a browser session has opened let it do now."""

    visit_ids: frozenset[str] = frozenset()
    acts: frozenset[tuple[str, VisitAct]] = frozenset()
    offer_ids: frozenset[str] = frozenset()
    waits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SeenLink:
    """What opening a link may know of it: the public ids of the visit, the offer or the wait it is about, if any.
    `is_confirmed`: it was used to confirm an account's address, and that still holds."""

    id: int
    action: LinkAction
    is_alive: bool
    may_be_sent_again: bool
    appointment: str | None
    offer: str | None
    wait: str | None
    is_confirmed: bool


def mint_link(
    session: Session,
    *,
    action: LinkAction,
    now: datetime,
    expires_at: datetime,
    account_id: int | None = None,
    patient_id: int | None = None,
    appointment_id: int | None = None,
    offer_id: int | None = None,
    waiting_entry_id: int | None = None,
    invitation_id: int | None = None,
    address_change_id: int | None = None,
    email_key: str | None = None,
) -> str:
    """Add the link to the open transaction and return its token, which exists nowhere else (256 random bits).

    `email_key` is the address that the link is mailed to: it proves that address and no other."""
    token = new_token()
    session.add(
        LinkToken(
            token_hash=hash_token(token),
            action=action,
            account_id=account_id,
            patient_id=patient_id,
            appointment_id=appointment_id,
            offer_id=offer_id,
            waiting_entry_id=waiting_entry_id,
            invitation_id=invitation_id,
            address_change_id=address_change_id,
            email_key=email_key,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return token


def any_link_or_none(session: Session, *, token: str) -> LinkToken | None:
    """The link of that token, whatever it is for and however old."""
    return session.scalars(sa.select(LinkToken).where(LinkToken.token_hash == hash_token(token))).one_or_none()


def is_alive(link: LinkToken, now: datetime) -> bool:
    """Neither used nor expired."""
    return link.used_at is None and link.expires_at > now


def look_at(session: Session, *, token: str, now: datetime) -> SeenLink | None:
    """What the link is for, for the page that opens it; None when there is none. Changes nothing: mail scanners
    open links too."""
    link = any_link_or_none(session, token=token)
    if link is None:
        return None
    appointment = session.get(Appointment, link.appointment_id) if link.appointment_id else None
    offer = session.get(WaitingOffer, link.offer_id) if link.offer_id else None
    wait = session.get(WaitingEntry, link.waiting_entry_id) if link.waiting_entry_id else None
    patient = session.get(Patient, link.patient_id) if link.patient_id else None
    return SeenLink(
        id=link.id,
        action=link.action,
        is_alive=is_alive(link, now) and (link.action in SENT_AGAIN or _reaches(link.email_key, patient)),
        may_be_sent_again=link.used_at is None and link.action in SENT_AGAIN,
        appointment=appointment.public_id if appointment else None,
        offer=offer.public_id if offer else None,
        wait=wait.public_id if wait else None,
        is_confirmed=_is_confirmed(session, link),
    )


def opened(session: Session, *, link_ids: Collection[int], now: datetime) -> Opened:
    """What these opened links are good for now; without a query when there are none.

    Asked anew with every request, so that a link that has run out, and one mailed to an address that is no longer the
    patient's, open nothing from then on.
    """
    if not link_ids:
        return Opened()
    rows = session.execute(_OPENED.where(LinkToken.id.in_(link_ids), LinkToken.expires_at > now)).all()
    good = [row for row in rows if row.email_key is None or row.email_key == _key_of(row.email)]
    visits = [(row.visit, row.action) for row in good if row.visit is not None and row.action in ACTS]
    return Opened(
        visit_ids=frozenset(visit for visit, _ in visits),
        acts=frozenset((visit, act) for visit, action in visits for act in ACTS[action]),
        offer_ids=frozenset(row.offer for row in good if row.offer is not None),
        waits=frozenset(row.wait for row in good if row.wait is not None),
    )


_OPENED = (
    sa.select(
        LinkToken.action,
        LinkToken.email_key,
        Patient.email,
        Appointment.public_id.label("visit"),
        WaitingOffer.public_id.label("offer"),
        WaitingEntry.public_id.label("wait"),
    )
    .outerjoin(Patient, Patient.id == LinkToken.patient_id)
    .outerjoin(Appointment, Appointment.id == LinkToken.appointment_id)
    .outerjoin(WaitingOffer, WaitingOffer.id == LinkToken.offer_id)
    .outerjoin(WaitingEntry, WaitingEntry.id == LinkToken.waiting_entry_id)
    .where(LinkToken.used_at.is_(None))
)


def _reaches(email_key: str | None, patient: Patient | None) -> bool:
    """Whether the address that a link was mailed to is the patient's still. A link that names none reaches anyway."""
    return email_key is None or patient is None or email_key == _key_of(patient.email)


def _key_of(email: str | None) -> str:
    return email_key_of(email) if email else ""


def _is_confirmed(session: Session, link: LinkToken) -> bool:
    """Whether the link was used, and the address it was mailed to is confirmed and still that of an active account."""
    if link.action is not LinkAction.VERIFY_ADDRESS or link.account_id is None or link.used_at is None:
        return False
    account = session.get_one(Account, link.account_id)
    is_its_address = link.email_key in {None, account.email_key}
    return account.is_active and is_its_address and account.email_verified_at is not None


def link_or_none(session: Session, *, token: str, action: LinkAction, now: datetime) -> LinkToken | None:
    """The living link of that token for that action; None when it is unknown, for something else, used or expired."""
    link = any_link_or_none(session, token=token)
    return link if link and link.action is action and is_alive(link, now) else None


def use_link(session: Session, *, token: str, action: LinkAction, now: datetime) -> LinkToken:
    """Mark the link as used, once: of two that race, one raises. Call it inside the write transaction.

    Raises LinkDead when `link_or_none` would find nothing."""
    link = link_or_none(session, token=token, action=action, now=now)
    if link is None:
        raise LinkDead
    used = session.execute(
        sa.update(LinkToken).where(LinkToken.id == link.id, LinkToken.used_at.is_(None)).values(used_at=now)
    )
    if not getattr(used, "rowcount", 0):
        raise LinkDead
    return link


def use_up_links(session: Session, *, action: LinkAction, account_id: int, now: datetime) -> None:
    """Let all other links of that kind of the account die, in the open transaction."""
    session.execute(
        sa.update(LinkToken)
        .where(LinkToken.action == action, LinkToken.account_id == account_id, LinkToken.used_at.is_(None))
        .values(used_at=now)
    )


def prolong_links(session: Session, *, waiting_entry_id: int, expires_at: datetime) -> None:
    """Let the links to that wait live as long as it lasts now, in the open transaction."""
    about = sa.update(LinkToken).where(LinkToken.waiting_entry_id == waiting_entry_id)
    session.execute(about.values(expires_at=expires_at).execution_options(synchronize_session=False))
