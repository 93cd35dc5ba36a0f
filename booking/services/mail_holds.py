"""Holding mail back after a restore: what was due before it may have gone out already, and nobody can know.

Messages that fall due later are not concerned. The hold ends when a person decides: send what waits, or drop it.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM
from booking.core.messages import MessageState
from booking.models import MailHold, Message
from booking.queries.messages import IS_HELD
from booking.services import audit, tasks
from booking.services.transaction import end_read, transaction

RESTORED = "restored"
"""Why a message was dropped: it was due before its database was restored."""

_UNSETTLED = Message.state.in_((MessageState.PENDING, MessageState.SENDING, MessageState.DATA_SENT))


def hold_mail(session: Session, *, now: datetime) -> int:
    """Hold back all that is due until now, and ask an administrator to decide; returns how many messages wait.

    Where nothing waits there is nothing to decide."""
    with transaction(session):
        session.add(MailHold(due_until=now, created_at=now, released_at=None))
        session.flush()
        waiting = _count(session)
        if waiting:
            tasks.ask_to_decide_about_mail(session, now=now)
            audit.record(session, SYSTEM, "mail_held", "message", None, now=now)
        else:
            session.execute(sa.delete(MailHold).where(MailHold.released_at.is_(None), MailHold.due_until == now))
    return waiting


def held_count(session: Session) -> int:
    """How many messages wait for a person's decision."""
    count = _count(session)
    end_read(session)
    return count


def _count(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Message).where(_UNSETTLED, IS_HELD)) or 0


def release_mail(session: Session, *, is_sending: bool, now: datetime) -> int:
    """End every hold: what waits goes out as far as it is still wanted and in time, or is dropped. Returns how many
    messages that are."""
    with transaction(session):
        count = _count(session)
        if not is_sending:
            dropped = {"state": MessageState.CANCELLED, "settled_at": now, "last_code": RESTORED}
            session.execute(
                sa.update(Message)
                .where(_UNSETTLED, IS_HELD)
                .values(dropped | {"owner": None, "lease_until": None})
                .execution_options(synchronize_session=False)
            )
        session.execute(sa.update(MailHold).where(MailHold.released_at.is_(None)).values(released_at=now))
        tasks.close_mail_decision(session, is_sending=is_sending, now=now)
        audit.record(session, SYSTEM, "mail_released" if is_sending else "mail_dropped", "message", None, now=now)
    return count
