"""Mailed links: one action on one object, kept as a hash, with an end. Looking changes nothing; a POST uses one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import LinkDead
from booking.models import Account, Appointment, LinkAction, LinkToken
from booking.services.sessions import hash_token, new_token

VERIFY_LIFE = timedelta(hours=24)
RESET_LIFE = timedelta(minutes=10)
SENT_AGAIN = frozenset({LinkAction.VERIFY_ADDRESS, LinkAction.RESET_PASSWORD})


@dataclass(frozen=True, slots=True)
class SeenLink:
    """What opening a link may know of it. `appointment` is the public id of the visit it is about, if any.
    `is_confirmed`: it was used to confirm an account's address, and that still holds."""

    action: LinkAction
    is_alive: bool
    may_be_sent_again: bool
    appointment: str | None
    expires_at: datetime
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
    return SeenLink(
        action=link.action,
        is_alive=is_alive(link, now),
        may_be_sent_again=link.used_at is None and link.action in SENT_AGAIN,
        appointment=appointment.public_id if appointment else None,
        expires_at=link.expires_at,
        is_confirmed=_is_confirmed(session, link),
    )


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
