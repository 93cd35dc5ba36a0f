"""What all second steps share: what a change of them brings about, keeping the last one, and taking all away again.

A change is told to the account's owner by mail, stands in the audit log, and ends the account's other sessions.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import LastFactor, NotFound
from booking.core.messages import MessageKind
from booking.core.people import email_key
from booking.models import Account, AppKey, Passkey, RecoveryCode
from booking.queries.accounts import account_by_email_or_none
from booking.queries.credentials import factors_of
from booking.services import audit, outbox
from booking.services.sessions import end_sessions_of
from booking.services.transaction import transaction


def note_changed(
    session: Session,
    actor: Actor,
    account_id: int,
    action: str,
    *,
    keep: str,
    now: datetime,
    reason_code: str | None = None,
) -> None:
    """Record the change, tell the owner, and end all sessions of the account but that of the token `keep`."""
    audit.record(session, actor, action, "account", account_id, now=now, reason_code=reason_code)
    outbox.plan_account_message(session, kind=MessageKind.LOG_IN_CHANGED, account_id=account_id, now=now)
    end_sessions_of(session, account_id, except_token=keep or None)


def demand_another(session: Session, account_id: int, *, must_keep_one: bool) -> None:
    """Raise LastFactor when one of the account's second steps is about to go and it must keep one. The account's row
    is locked, so that of two that go at the same moment the second one waits and is refused."""
    session.execute(sa.select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    if must_keep_one and factors_of(session, account_id).count < 2:
        raise LastFactor


def forget_codes_without_factor(session: Session, account_id: int) -> None:
    """Without a second step there is nothing that recovery codes could stand in for."""
    session.flush()
    if not factors_of(session, account_id).has_any:
        session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


class ResetReason(StrEnum):
    """Why somebody's second steps are taken away; the reason code of the event."""

    LOST = "lost"
    REPLACED = "replaced"
    NOT_THEIRS = "not_theirs"
    OTHER = "other"


def reset_second_factors(session: Session, *, actor: Actor, email: str, now: datetime) -> None:
    """Take all second steps away from the account of that address, whose owner has lost them: the password alone logs
    in again, and who must have a second step is led to add one. Its sessions end, and its owner is told.

    For the operator of the program. Raises NotFound."""
    with transaction(session):
        _reset(session, actor, account_by_email_or_none(session, email_key(email)), None, now)


def reset_second_factors_of(
    session: Session, *, actor: Actor, public_id: str, reason: ResetReason, now: datetime
) -> None:
    """The same for administrators, about the account with that id, who works here or not: they know whom they help, and
    say why. Raises NotFound."""
    with transaction(session):
        found = sa.select(Account).where(Account.public_id == public_id)
        _reset(session, actor, session.scalars(found).one_or_none(), reason, now)


def _reset(session: Session, actor: Actor, account: Account | None, reason: ResetReason | None, now: datetime) -> None:
    """Raises NotFound, also for the own account: who is logged in to it can change its second steps anyway."""
    is_administrator = actor.is_system or actor.role is Role.ADMINISTRATOR
    if account is None or not is_administrator or actor.account_id == account.id:
        raise NotFound
    for rows in (AppKey, Passkey, RecoveryCode):
        session.execute(sa.delete(rows).where(rows.account_id == account.id))
    note_changed(session, actor, account.id, "second_factors_reset", keep="", now=now, reason_code=reason)
