"""Another address for an account: asked for by its owner, confirmed from the new address, stopped from the old one.

Nothing tells whether the new address is known. The addresses of patients are not touched by any of this: an account and
a patient are written to at addresses of their own. Why each step is as it is: docs/adr/0015-changes-of-address.md.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import AddressKnown, LinkDead, NotFound
from booking.core.messages import MessageKind
from booking.core.people import email_key
from booking.models import Account, AddressChange, ChangeState, LinkAction
from booking.queries.accounts import account_by_email_or_none
from booking.services import audit, outbox
from booking.services.accounts import Door
from booking.services.links import NEW_ADDRESS_LIFE, TAKE_BACK_LIFE, link_or_none, use_link
from booking.services.rate_limits import Tried, take
from booking.services.sessions import end_sessions_of
from booking.services.transaction import transaction


def ask_for_address(session: Session, *, actor: Actor, door: Door, email: str, now: datetime) -> None:
    """Write to the new address for its confirmation, and to the present one so that it can be stopped.

    An address that has an account gets a letter that says so, and can never be confirmed; whoever asks learns nothing
    of it. Takes the place of an earlier question. The caller has had the person prove who they are. Raises NotFound
    without a login, TooManyTries."""
    if actor.account_id is None:
        raise NotFound
    key = email_key(email)
    for about in (f"account:{actor.account_id}", key):
        take(session, door.limiter, Tried.WRITE, actor=actor, account=about, network=door.network, now=now)
    with transaction(session):
        account = session.get_one(Account, actor.account_id)
        if key == account.email_key:
            return
        _replace_asked(session, account.id, now)
        change = AddressChange(
            account_id=account.id, old_email=account.email, new_email=email.strip(), new_key=key,
            state=ChangeState.ASKED, asked_at=now, expires_at=now + NEW_ADDRESS_LIFE, undo_until=now + TAKE_BACK_LIFE,
        )  # fmt: skip
        session.add(change)
        session.flush()
        _tell_new_address(session, change, now)
        outbox.plan_address_change(session, kind=MessageKind.ADDRESS_CHANGING, change=change, now=now)
        audit.record(session, actor, "address_change_asked", "account", account.id, now=now)


def _replace_asked(session: Session, account_id: int, now: datetime) -> None:
    asked = sa.update(AddressChange).where(
        AddressChange.account_id == account_id, AddressChange.state == ChangeState.ASKED
    )
    session.execute(asked.values(state=ChangeState.REPLACED, settled_at=now))


def _replace_later(session: Session, change: AddressChange, now: datetime) -> None:
    """What was asked for after it came from the same hands: none of it may lead back to where it had led."""
    later = sa.update(AddressChange).where(
        AddressChange.account_id == change.account_id,
        AddressChange.id > change.id,
        AddressChange.state.in_((ChangeState.ASKED, ChangeState.CONFIRMED)),
    )
    session.execute(later.values(state=ChangeState.REPLACED, settled_at=now))


def _tell_new_address(session: Session, change: AddressChange, now: datetime) -> None:
    known = account_by_email_or_none(session, change.new_key)
    if known is None:
        outbox.plan_address_change(session, kind=MessageKind.CONFIRM_NEW_ADDRESS, change=change, now=now)
    elif known.is_active:
        outbox.plan_account_message(session, kind=MessageKind.ACCOUNT_EXISTS, account_id=known.id, now=now)


def confirm_new_address(
    session: Session, *, actor: Actor, token: str, now: datetime, keep_session: str | None = None
) -> None:
    """The new address is that of the account from now on; its other sessions end. `keep_session` is a cookie's token.

    Only for who is logged in to that account: the link alone, in a mailbox that was mistyped, changes nothing. Raises
    LinkDead, also when the address has found another account meanwhile."""
    with transaction(session):
        change = _change_of(session, token, LinkAction.CONFIRM_NEW_ADDRESS, now)
        if change.account_id != actor.account_id or change.state is not ChangeState.ASKED or change.expires_at <= now:
            raise LinkDead
        use_link(session, token=token, action=LinkAction.CONFIRM_NEW_ADDRESS, now=now)
        account = session.get_one(Account, change.account_id)
        if not _give_address(session, account, change.new_email, now):
            raise LinkDead
        change.state, change.settled_at = ChangeState.CONFIRMED, now
        end_sessions_of(session, account.id, except_token=keep_session)
        audit.record(session, actor, "address_changed", "account", account.id, now=now)


def _change_of(session: Session, token: str, action: LinkAction, now: datetime) -> AddressChange:
    """The change of that link, locked. Raises LinkDead."""
    link = link_or_none(session, token=token, action=action, now=now)
    if link is None:
        raise LinkDead
    return session.scalars(
        sa.select(AddressChange).where(AddressChange.id == link.address_change_id).with_for_update()
    ).one()


def _give_address(session: Session, account: Account, email: str, now: datetime) -> bool:
    """Whether the address was free; of two accounts at the same moment the database lets one have it."""
    try:
        with session.begin_nested():
            account.email, account.email_key, account.email_verified_at = email, email_key(email), now
            session.flush()
    except IntegrityError:
        session.refresh(account)
        return False
    return True


def stop_change(session: Session, *, actor: Actor, token: str, now: datetime) -> None:
    """From the old address: what was asked for does not happen, or is taken back; every session of the account ends,
    and the old address gets a link to a new password, since somebody knew the present one.

    Raises LinkDead, and AddressKnown when the old address has a confirmed account of its own by now: sessions have
    ended then all the same, and people have to help."""
    is_back = True
    with transaction(session):
        change = _change_of(session, token, LinkAction.STOP_NEW_ADDRESS, now)
        if change.state not in {ChangeState.ASKED, ChangeState.CONFIRMED} or change.undo_until <= now:
            raise LinkDead
        use_link(session, token=token, action=LinkAction.STOP_NEW_ADDRESS, now=now)
        account = session.get_one(Account, change.account_id)
        was_confirmed = change.state is ChangeState.CONFIRMED
        if was_confirmed:
            _make_way(session, email_key(change.old_email))
            is_back = _give_address(session, account, change.old_email, now)
        change.state = ChangeState.TAKEN_BACK if was_confirmed else ChangeState.STOPPED
        change.settled_at = now
        _replace_later(session, change, now)
        end_sessions_of(session, account.id)
        if is_back:
            outbox.plan_account_message(session, kind=MessageKind.RESET_PASSWORD, account_id=account.id, now=now)
        audit.record(session, actor, "address_change_stopped", "account", account.id, now=now)
    if not is_back:
        raise AddressKnown


def _make_way(session: Session, key: str) -> None:
    """An account that somebody made with the old address meanwhile, and never confirmed, must not keep it."""
    squatting = sa.update(Account).where(Account.email_key == key, Account.email_verified_at.is_(None))
    released = sa.literal("released:").concat(Account.public_id)
    session.execute(squatting.values(email_key=released, is_active=False).execution_options(synchronize_session=False))
