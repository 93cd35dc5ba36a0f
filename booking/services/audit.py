"""Audit events: written by services inside their own transaction, so that no change is without its event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.audit_chain import ChainKey, new_mark, text_of
from booking.models import AuditEvent
from booking.queries.prepared import PreparedInsert

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
    _INSERT.execute(
        session.connection(),
        [_row(session, actor, (action, object_kind, object_id), now, reason_code=reason_code, patient_id=patient_id)],
    )


def record_all(session: Session, actor: Actor, things: Sequence[tuple[str, str, int, int]], *, now: datetime) -> None:
    """Several events at once, one at least, in one statement: (action, object kind, object id, patient id)."""
    rows = [_row(session, actor, thing[:3], now, patient_id=thing[3]) for thing in things]
    _INSERT.execute(session.connection(), rows)


def _row(
    session: Session,
    actor: Actor,
    thing: tuple[str, str, int | None],
    now: datetime,
    *,
    reason_code: str | None = None,
    patient_id: int | None,
) -> dict[str, object]:
    """The event as it is written, with its mark."""
    action, object_kind, object_id = thing
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
    return {"at": now, **event, "mark": mark}
