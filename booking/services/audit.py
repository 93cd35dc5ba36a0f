"""Audit events: written by services inside their own transaction, so that no change is without its event."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.models import AuditEvent
from booking.queries.prepared import PreparedInsert

# Written past the unit of work, which costs several times the statement: every booking pays it.
_INSERT = PreparedInsert(AuditEvent)


def record(
    session: Session,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: int | None,
    *,
    now: datetime,
    reason_code: str | None = None,
) -> None:
    """Add the event to the open transaction. Ids and codes only: never a name, an answer or an address."""
    event = {
        "at": now,
        "actor_account_id": actor.account_id,
        "actor_kind": actor.kind,
        "action": action,
        "object_kind": object_kind,
        "object_id": object_id,
        "reason_code": reason_code,
    }
    _INSERT.execute(session.connection(), [event])
