"""Deletes what can be of no use any more and is nobody's history. Sessions, buckets and holds: in their own modules."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Idempotency, LinkToken
from booking.services.transaction import transaction

LINKS_KEPT = timedelta(days=30)
"""A link that ran out can still say so, and offer a new one, for this long."""

ANSWERS_KEPT = timedelta(days=2)
"""A form sent again after this long is a new one. Browser sessions, which own the nonces, end much earlier."""


def prune_links(session: Session, *, now: datetime) -> int:
    """Delete mailed links long after their end; returns how many."""
    return _delete(session, sa.delete(LinkToken).where(LinkToken.expires_at <= now - LINKS_KEPT))


def prune_answers(session: Session, *, now: datetime) -> int:
    """Delete the remembered answers to forms that nobody can send again; returns how many."""
    return _delete(session, sa.delete(Idempotency).where(Idempotency.created_at <= now - ANSWERS_KEPT))


def _delete(session: Session, statement: sa.Delete) -> int:
    with transaction(session):
        return int(getattr(session.execute(statement), "rowcount", 0))
