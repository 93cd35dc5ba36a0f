"""Deletes what can be of no use any more and is nobody's history. Sessions, buckets and holds: in their own modules."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import AddressChange, CarerInvitation, Idempotency, LinkToken
from booking.services.transaction import transaction

LINKS_KEPT = timedelta(days=30)
"""A link that ran out can still say so, and offer a new one, for this long."""

ANSWERS_KEPT = timedelta(days=2)
"""A form sent again after this long is a new one. Browser sessions, which own the nonces, end much earlier."""

ADDRESSES_KEPT = timedelta(days=90)
"""Whoever asks what became of an invitation, or of a change of address, asks within this time."""


def prune_links(session: Session, *, now: datetime) -> int:
    """Delete mailed links long after their end; returns how many."""
    return _run(session, sa.delete(LinkToken).where(LinkToken.expires_at <= now - LINKS_KEPT))


def prune_answers(session: Session, *, now: datetime) -> int:
    """Delete the remembered answers to forms that nobody can send again; returns how many."""
    return _run(session, sa.delete(Idempotency).where(Idempotency.created_at <= now - ANSWERS_KEPT))


def forget_addresses(session: Session, *, now: datetime) -> int:
    """Forget addresses in invitations and changes that ended long ago; how many. The rows stay: letters name them."""
    ended = now - ADDRESSES_KEPT
    invitations = (
        sa.update(CarerInvitation)
        .where(CarerInvitation.expires_at <= ended, CarerInvitation.email != "")
        .values(email="", email_key="", live_key=None)
    )
    changes = (
        sa.update(AddressChange)
        .where(AddressChange.undo_until <= ended, AddressChange.old_email != "")
        .values(old_email="", new_email="", new_key="")
    )
    return _run(session, invitations) + _run(session, changes)


def _run(session: Session, statement: sa.Delete | sa.Update) -> int:
    with transaction(session):
        return int(getattr(session.execute(statement), "rowcount", 0))
