"""Seals audit events in order. The worker does it every few seconds, so that no booking waits for the chain.

Links are numbered in the order of sealing, not of the events: an event whose transaction commits late is sealed late,
and numbers that a database gave away and never used leave no gap. One sealer at a time: on SQLite by BEGIN IMMEDIATE,
on PostgreSQL by a lock, and on both by the key of the table.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.audit_chain import ChainKey, link_after
from booking.models import AuditSeal
from booking.queries import audit as chain
from booking.services.transaction import end_read, transaction

BATCH = 500
"""Links in one short transaction: nobody who books waits for more."""

_LOCK = 0x4155444954
"""The advisory lock of the sealers, "AUDIT" in ASCII."""


def seal_new(session: Session, key: ChainKey) -> int:
    """Seal what waits; returns how many events were sealed. Reads first, so that an idle worker takes no lock."""
    sealed = 0
    while chain.has_unsealed(session):
        sealed += seal_some(session, key)
    end_read(session)
    return sealed


def seal_some(session: Session, key: ChainKey) -> int:
    """Seal one batch in a transaction of its own; returns how many."""
    with transaction(session):
        _let_one_in(session)
        last = chain.head(session)
        rows = []
        for event in chain.unsealed(session, BATCH):
            last = link_after(key, last, event)
            rows.append({"number": last.number, "event_seq": event.seq, "hash": last.hash})
        if rows:
            session.execute(sa.insert(AuditSeal), rows)
    return len(rows)


def _let_one_in(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.cast(_LOCK, sa.BigInteger))))
