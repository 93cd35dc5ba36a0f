"""Audit events: written by services inside their own transaction, so that no change is without its event."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.audit_chain import ChainKey, new_mark, text_of
from booking.models import AuditEvent
from booking.queries.prepared import Batch, PreparedInsert

CHAIN_KEY = "audit_key"
"""Under this name the key travels in `session.info`, put there where the session is made."""

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
    patient_id: int | None = None,
) -> None:
    """Add the event to the open transaction. Ids and codes only: never a name, an answer or an address.

    `patient_id`: whom it is about, wherever it is about somebody. An event without a mark, since its session has no
    key, is found when the chain is checked."""
    insert, rows = batch_of(
        session, actor, action, object_kind, object_id, now=now, reason_code=reason_code, patient_id=patient_id
    )
    insert.execute(session.connection(), rows)


def batch_of(
    session: Session,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: int | None,
    *,
    now: datetime,
    reason_code: str | None = None,
    patient_id: int | None = None,
) -> Batch:
    """The same event, to be written together with other rows in the open transaction."""
    event = {
        "actor_account_id": actor.account_id,
        "actor_kind": actor.kind,
        "action": action,
        "object_kind": object_kind,
        "object_id": object_id,
        "reason_code": reason_code,
        "patient_id": patient_id if object_kind != "patient" else object_id,
        "network": actor.network or None,
        "session_ref": actor.session_ref or None,
    }
    key: ChainKey | None = session.info.get(CHAIN_KEY)
    mark = new_mark(key, text_of(tuple(event.values()), now)) if key else None
    return _INSERT, [{"at": now, **event, "mark": mark}]
