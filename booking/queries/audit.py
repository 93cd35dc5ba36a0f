"""The audit events and their chain of seals, as they are read for sealing and for checking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.audit_chain import EMPTY, Event, Head
from booking.models import AuditEvent, AuditSeal

LATE = 10_000
"""A transaction that took its event's number may commit after this many later ones were sealed, and is still sealed.
What appears further back was put in by somebody else."""

EVENT_COLUMNS = tuple(getattr(AuditEvent, name) for name in Event._fields)


class Link(NamedTuple):
    """A seal, with its event as it is in the database now; None when that is gone."""

    number: int
    event_seq: int
    hash: str
    event: Event | None


def head(session: Session) -> Head:
    """The last link of the chain."""
    last = sa.select(AuditSeal.number, AuditSeal.hash).order_by(AuditSeal.number.desc()).limit(1)
    row = session.execute(last).one_or_none()
    return EMPTY if row is None else Head(*row)


def unsealed(session: Session, limit: int | None) -> list[Event]:
    """Events that wait for their seal, by number; late ones among them, those that came too late left out."""
    wanted = sa.select(*EVENT_COLUMNS).where(AuditEvent.seq > _sealed_for_good(session), _has_no_seal())
    return [Event(*row) for row in session.execute(wanted.order_by(AuditEvent.seq).limit(limit))]


def has_unsealed(session: Session) -> bool:
    """Whether there is anything to seal."""
    wanted = sa.select(AuditEvent.seq).where(AuditEvent.seq > _sealed_for_good(session), _has_no_seal()).limit(1)
    return session.scalar(wanted) is not None


def put_in_later(session: Session) -> int | None:
    """The number of the first event that lies among sealed ones, has no seal, and is too old to be late; or None."""
    strange = sa.select(sa.func.min(AuditEvent.seq)).where(AuditEvent.seq <= _sealed_for_good(session), _has_no_seal())
    found: int | None = session.scalar(strange)
    return found


def twice_there(session: Session) -> int | None:
    """The number of an event that is there twice, or None: the index that refuses that may have been dropped."""
    twice = sa.select(sa.func.max(AuditEvent.seq)).where(AuditEvent.mark.is_not(None))
    found: int | None = session.scalar(twice.group_by(AuditEvent.mark).having(sa.func.count() > 1).limit(1))
    return found


def links(session: Session, *, after: int | None, limit: int) -> Sequence[Link]:
    """The next links after that number, in their order; None for the first ones, whatever their numbers."""
    wanted = (
        sa.select(AuditSeal.number, AuditSeal.event_seq, AuditSeal.hash, *EVENT_COLUMNS)
        .outerjoin(AuditEvent, AuditEvent.seq == AuditSeal.event_seq)
        .where(sa.true() if after is None else AuditSeal.number > after)
        .order_by(AuditSeal.number)
        .limit(limit)
    )
    rows = session.connection().execute(wanted).all()
    return [Link(row[0], row[1], row[2], None if row[3] is None else Event._make(row[3:])) for row in rows]


def _sealed_for_good(session: Session) -> int:
    """Up to this number events have their seal, or never get one."""
    last: int | None = session.scalar(sa.select(sa.func.max(AuditSeal.event_seq)))
    return (last or 0) - LATE


def _has_no_seal() -> sa.ColumnElement[bool]:
    return ~sa.exists().where(AuditSeal.event_seq == AuditEvent.seq)
