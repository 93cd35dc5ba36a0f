"""Where a person is logged in, and how they end that: one of their sessions, or all at once."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.browsers import Device
from booking.core.errors import NotFound
from booking.models import LoginSession
from booking.services import audit
from booking.services.sessions import end_sessions_of, hash_token, idle_limit, network_of_session
from booking.services.transaction import transaction

HANDLE_BYTES = 16


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A session as its owner is shown it. `handle` names it in a form; `is_this` is the one that asks."""

    handle: str
    began_at: datetime
    last_seen_at: datetime
    device: Device
    network: str
    is_shared_computer: bool
    is_this: bool


def own_sessions(session: Session, *, account_id: int, token: str, now: datetime) -> list[OwnSession]:
    """The sessions of the account that still open something: the one of `token` first, then the last used ones."""
    rows = session.scalars(sa.select(LoginSession).where(LoginSession.account_id == account_id))
    found = [_shown(session, row, token) for row in rows if _is_alive(row, now)]
    return sorted(found, key=lambda one: (one.is_this, one.last_seen_at), reverse=True)


def _is_alive(row: LoginSession, now: datetime) -> bool:
    limit = idle_limit(row.role, is_shared_computer=row.is_shared_computer)
    return row.revoked_at is None and row.expires_at > now and row.last_seen_at + limit > now


def _shown(session: Session, row: LoginSession, token: str) -> OwnSession:
    return OwnSession(
        handle=handle_of(row.id_hash),
        began_at=row.created_at,
        last_seen_at=row.last_seen_at,
        device=Device(row.browser or "", row.system or ""),
        network=network_of_session(session, row.id_hash, row.network_sealed) or "",
        is_shared_computer=row.is_shared_computer,
        is_this=row.id_hash == hash_token(token),
    )


def handle_of(id_hash: str) -> str:
    """128 bits that follow from the stored hash: they name a session and open none."""
    digest = hashlib.sha256(f"handle of {id_hash}".encode()).digest()[:HANDLE_BYTES]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def end_own_session(session: Session, *, actor: Actor, handle: str, now: datetime) -> None:
    """End that session of the actor's account. Raises NotFound, also for another's and for one that has ended."""
    with transaction(session):
        hashes = session.scalars(sa.select(LoginSession.id_hash).where(LoginSession.account_id == actor.account_id))
        ended = next((id_hash for id_hash in hashes if handle_of(id_hash) == handle), None)
        if actor.account_id is None or ended is None:
            raise NotFound
        session.execute(sa.delete(LoginSession).where(LoginSession.id_hash == ended))
        audit.record(session, actor, "session_ended", "account", actor.account_id, now=now)


def log_out_everywhere(session: Session, *, actor: Actor, now: datetime, except_token: str | None = None) -> None:
    """End every session of the actor's account; `except_token` is that of one that stays."""
    if actor.account_id is None:
        raise NotFound
    with transaction(session):
        end_sessions_of(session, actor.account_id, except_token=except_token)
        audit.record(session, actor, "logged_out_everywhere", "account", actor.account_id, now=now)
