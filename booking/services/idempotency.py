"""One answer per form: a repeated submit of the same nonce gets the first answer again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from booking.core.errors import NonceReused
from booking.models import Idempotency
from booking.queries.prepared import Prepared, PreparedInsert
from booking.services.locks import OWNER

_COLUMNS = ("owner", "nonce", "body_hash", "subject", "created_at")
_CLAIM = PreparedInsert(Idempotency, lambda insert: insert.on_conflict_do_nothing())
_VALUES = sa.select(*(sa.bindparam(name, type_=Idempotency.__table__.c[name].type) for name in _COLUMNS))
_CLAIM_AND_LOCK = Prepared(
    postgresql.insert(Idempotency)
    .from_select(_COLUMNS, _VALUES.select_from(OWNER.subquery("locked")))
    .on_conflict_do_nothing()
)
"""The same with the owner's lock, which SQLite does not need."""


def body_hash(body: Mapping[str, Any]) -> str:
    """Hash of what the form said, independent of the order of its fields."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def earlier_answer(session: Session, *, owner: str, nonce: str, body: str) -> str | None:
    """The public id that the first submit of this nonce led to, or None when it is new.

    Raises NonceReused when the same nonce came with another body. Call it inside the write transaction."""
    row = session.execute(
        sa.select(Idempotency.subject, Idempotency.body_hash).where(
            Idempotency.owner == owner, Idempotency.nonce == nonce
        )
    ).one_or_none()
    if row is None:
        return None
    if row.body_hash != body:
        raise NonceReused
    subject: str = row.subject
    return subject


def is_answered(session: Session, *, owner: str, nonce: str) -> bool:
    """Whether a form with this nonce was saved already, for a page that would ask something before it is."""
    known = sa.select(Idempotency.id).where(Idempotency.owner == owner, Idempotency.nonce == nonce)
    return session.scalar(known) is not None


def remember_answer(session: Session, *, owner: str, nonce: str, body: str, subject: str, now: datetime) -> None:
    """Keep the answer in the open transaction; its unique key lets exactly one of two racing submits through."""
    session.add(Idempotency(owner=owner, nonce=nonce, body_hash=body, subject=subject, created_at=now))


def claim_answer(
    session: Session, *, owner: str, nonce: str, body: str, subject: str, now: datetime, lock_owner: bool = False
) -> str | None:
    """Keep `subject` as the answer to this nonce; when it has one already, return that instead and keep nothing.

    First statement of the transaction: of two racing submits the second waits here, on PostgreSQL too, until it is
    known what became of the first. `lock_owner` takes the owner's lock with the same statement. Raises NonceReused when
    the same nonce came with another body."""
    values = {"owner": owner, "nonce": nonce, "body_hash": body, "subject": subject, "created_at": now}
    connection = session.connection()
    if lock_owner and connection.dialect.name == "postgresql":
        claimed = _CLAIM_AND_LOCK.execute(connection, values)
    else:
        claimed = _CLAIM.execute(connection, [values])
    return None if claimed.written else earlier_answer(session, owner=owner, nonce=nonce, body=body)
