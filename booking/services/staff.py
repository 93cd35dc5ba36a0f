"""Accounts of the people who work here: invite, change what they may do, disable; the invited choose a password.

Whoever may do less from now on is logged out at once. There is always somebody left who can administer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import STAFF_ROLES, Actor, Role
from booking.core.errors import AddressKnown, BookingError, LinkDead, NotFound
from booking.core.messages import MessageKind
from booking.models import Account, AccountLocation, LinkAction
from booking.services import audit, outbox, safety
from booking.services.accounts import new_account_or_none, places_of_work
from booking.services.administration import demand_administrator
from booking.services.links import link_or_none, use_link, use_up_links
from booking.services.passwords import demand_good_password, hash_password
from booking.services.sessions import end_sessions_of, new_token
from booking.services.transaction import transaction

WITH_CALENDAR = frozenset({Role.SPECIALIST, Role.NURSE})
"""Roles whose calendar is that of a resource."""


class LastAdministrator(BookingError):
    """Nobody would be left who can administer the clinic. Nothing was changed."""

    code = "last_administrator"


@dataclass(frozen=True, slots=True)
class Position:
    """What somebody does here. `resource_code` is the calendar that is theirs; no locations are all of them."""

    name: str
    role: Role
    resource_code: str | None = None
    location_codes: Collection[str] = ()


def invite(session: Session, *, actor: Actor, email: str, position: Position, now: datetime) -> str:
    """Make the account and mail its owner a link to choose a password; returns its public id.

    Raises AddressKnown, NotFound (no administrator; no such resource or location), ValueError for a patient's role."""
    _demand(actor, position)
    resource_id, location_ids = _places(session, position)
    # A password that nobody knows: until the link is used, nobody can log in.
    password_hash = hash_password(new_token())
    with transaction(session):
        account_id = new_account_or_none(
            session, email=email, name=position.name, password_hash=password_hash, role=position.role,
            resource_id=resource_id, now=now,
        )  # fmt: skip
        if account_id is None:
            raise AddressKnown
        session.add_all(AccountLocation(account_id=account_id, location_id=number) for number in location_ids)
        _mail_invitation(session, account_id, now)
        audit.record(session, actor, "staff_invited", "account", account_id, now=now, reason_code=position.role.value)
        return session.get_one(Account, account_id).public_id


def invite_again(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Mail a fresh link; the earlier ones open nothing more. Raises NotFound, also for one who has joined already."""

    def mail(account: Account) -> None:
        if account.email_verified_at is not None or not account.is_active:
            raise NotFound
        use_up_links(session, action=LinkAction.JOIN_STAFF, account_id=account.id, now=now)
        _mail_invitation(session, account.id, now)
        audit.record(session, actor, "staff_invited_again", "account", account.id, now=now)

    _with_account(session, actor, public_id, mail)


def change_position(session: Session, *, actor: Actor, public_id: str, position: Position, now: datetime) -> None:
    """Let the person do something else, or be called otherwise, from now on; they log in anew.

    Raises NotFound, LastAdministrator, ValueError for a patient's role."""
    _demand(actor, position)
    resource_id, location_ids = _places(session, position)

    def change(account: Account) -> None:
        if account.role is Role.ADMINISTRATOR and position.role is not Role.ADMINISTRATOR:
            _demand_another(session, account)
        account.name, account.role, account.resource_id = position.name, position.role, resource_id
        session.execute(sa.delete(AccountLocation).where(AccountLocation.account_id == account.id))
        session.add_all(AccountLocation(account_id=account.id, location_id=number) for number in location_ids)
        end_sessions_of(session, account.id)
        audit.record(session, actor, "staff_changed", "account", account.id, now=now, reason_code=position.role.value)

    _with_account(session, actor, public_id, change)


def set_active(session: Session, *, actor: Actor, public_id: str, is_active: bool, now: datetime) -> None:
    """Shut the account, or open it again; a shut one is logged out and cannot log in.

    Raises NotFound, LastAdministrator."""

    def change(account: Account) -> None:
        if not is_active and account.role is Role.ADMINISTRATOR:
            _demand_another(session, account)
        account.is_active = is_active
        if not is_active:
            end_sessions_of(session, account.id)
            for action in (LinkAction.JOIN_STAFF, LinkAction.RESET_PASSWORD):
                use_up_links(session, action=action, account_id=account.id, now=now)
            session.flush()
            safety.fall_back(session, now=now)
        done = "staff_enabled" if is_active else "staff_disabled"
        audit.record(session, actor, done, "account", account.id, now=now)

    _with_account(session, actor, public_id, change)


def join(session: Session, *, actor: Actor, token: str, password: str, now: datetime) -> None:
    """Use the invitation: the password holds, and the address is shown to be theirs. Does not log in.

    Raises LinkDead, WeakPassword (the link stays good), TooBusy."""
    link = link_or_none(session, token=token, action=LinkAction.JOIN_STAFF, now=now)
    account = _invited(session, link.account_id if link else None)
    demand_good_password(session, password, about=(account.name, account.email))
    password_hash = hash_password(password)
    with transaction(session):
        used = use_link(session, token=token, action=LinkAction.JOIN_STAFF, now=now)
        account = _invited(session, used.account_id)
        account.password_hash, account.email_verified_at = password_hash, now
        use_up_links(session, action=LinkAction.JOIN_STAFF, account_id=account.id, now=now)
        audit.record(session, actor, "staff_joined", "account", account.id, now=now)


def _invited(session: Session, account_id: int | None) -> Account:
    """The account of somebody who was invited and has not joined. Raises LinkDead."""
    account = session.get(Account, account_id) if account_id is not None else None
    if account is None or not account.is_active or account.email_verified_at is not None:
        raise LinkDead
    return account


def _demand(actor: Actor, position: Position) -> None:
    demand_administrator(actor)
    if position.role not in STAFF_ROLES:
        raise ValueError("patients register themselves")


def _places(session: Session, position: Position) -> tuple[int | None, list[int]]:
    code = position.resource_code if position.role in WITH_CALENDAR else None
    return places_of_work(session, code, position.location_codes)


def _mail_invitation(session: Session, account_id: int, now: datetime) -> None:
    outbox.plan_account_message(session, kind=MessageKind.STAFF_INVITATION, account_id=account_id, now=now)


def _with_account(session: Session, actor: Actor, public_id: str, work: Callable[[Account], None]) -> None:
    """Do it to the account of somebody who works here, in one transaction. Raises NotFound."""
    demand_administrator(actor)
    with transaction(session):
        found = sa.select(Account).where(Account.public_id == public_id, Account.role.in_(STAFF_ROLES))
        account = session.scalars(found).one_or_none()
        if account is None:
            raise NotFound
        work(account)


def _demand_another(session: Session, account: Account) -> None:
    """Raise LastAdministrator unless another one can log in. Their rows are locked: two do not leave at once."""
    can_log_in = sa.select(Account.id).where(
        Account.role == Role.ADMINISTRATOR, Account.is_active, Account.email_verified_at.is_not(None)
    )
    found = session.scalars(can_log_in.order_by(Account.id).with_for_update()).all()
    if not set(found) - {account.id}:
        raise LastAdministrator
