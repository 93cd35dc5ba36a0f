"""Browser sessions in our own table: begin, write, renew, end. Contents are sealed; cookies are kept as hashes."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import STAFF_ROLES, Role
from booking.models import Account, AccountPreference, LoginSession
from booking.services.sealed import open_text, seal_text
from booking.services.transaction import transaction

STAFF_IDLE = timedelta(minutes=15)
PATIENT_IDLE = timedelta(minutes=30)
VISITOR_IDLE = timedelta(hours=2)
ABSOLUTE = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SessionAccount:
    """The account behind a session, as plain values. `wishes` is the key and the text of its sealed preferences."""

    id: int
    public_id: str
    name: str
    email: str
    role: Role
    resource_id: int | None
    is_verified: bool
    wishes: tuple[str | None, str | None] = field(default=(None, None), repr=False)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is still good."""

    id: int
    account: SessionAccount | None
    last_seen_at: datetime
    data: dict[str, Any] = field(default_factory=dict)


def hash_token(token: str) -> str:
    """SHA-256 of a random token; a 256-bit token needs no slower hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def idle_limit(role: Role | None) -> timedelta:
    """How long a session may stay unused. Source: reliability rules, NIST-style limits per role."""
    if role is None:
        return VISITOR_IDLE
    return STAFF_IDLE if role in STAFF_ROLES else PATIENT_IDLE


def open_session(session: Session, *, token: str, now: datetime) -> OpenSession | None:
    """The session of that cookie, or None when it is unknown, ended, idle for too long or of a disabled account."""
    row = session.connection().execute(_STORED, {"id_hash": hash_token(token)}).one_or_none()
    if row is None or row.revoked_at or row.expires_at <= now or row.last_seen_at + idle_limit(row.role) <= now:
        return None
    if row.account_id is not None and not row.is_active:
        return None
    account = None if row.account_id is None else _account_value(row)
    return OpenSession(row.id, account, row.last_seen_at, _open_data(session, row.id_hash, row.data_sealed))


# Columns instead of rows: every request asks this, and a loaded row costs several times its columns.
_STORED = (
    sa.select(
        LoginSession.id,
        LoginSession.id_hash,
        LoginSession.data_sealed,
        LoginSession.last_seen_at,
        LoginSession.expires_at,
        LoginSession.revoked_at,
        Account.id.label("account_id"),
        Account.public_id,
        Account.name,
        Account.email,
        Account.role,
        Account.resource_id,
        Account.email_verified_at,
        Account.is_active,
        AccountPreference.row_key.label("wishes_key"),
        AccountPreference.wishes_sealed,
    )
    .outerjoin(Account, Account.id == LoginSession.account_id)
    .outerjoin(AccountPreference, AccountPreference.account_id == LoginSession.account_id)
    .where(LoginSession.id_hash == sa.bindparam("id_hash"))
)


def _account_value(row: Any) -> SessionAccount:
    return SessionAccount(
        id=row.account_id,
        public_id=row.public_id,
        name=row.name,
        email=row.email,
        role=row.role,
        resource_id=row.resource_id,
        is_verified=row.email_verified_at is not None,
        wishes=(row.wishes_key, row.wishes_sealed),
    )


def _open_data(session: Session, id_hash: str, sealed: str) -> dict[str, Any]:
    try:
        text = open_text(session, "login_session", "data", id_hash, sealed)
    except CannotOpen:
        return {}
    data: dict[str, Any] = json.loads(text) if text else {}
    return data


def begin_session(
    session: Session, *, account_id: int | None, data: dict[str, Any], now: datetime, replaces: str | None = None
) -> str:
    """Make a session and return its cookie token. `replaces` is the token of the session that ends with it."""
    token = new_token()
    id_hash = hash_token(token)
    with transaction(session):
        if replaces:
            session.execute(sa.delete(LoginSession).where(LoginSession.id_hash == hash_token(replaces)))
        session.add(
            LoginSession(
                id_hash=id_hash,
                account_id=account_id,
                data_sealed=_sealed(session, id_hash, data),
                created_at=now,
                last_seen_at=now,
                expires_at=now + ABSOLUTE,
            )
        )
    return token


def _sealed(session: Session, id_hash: str, data: dict[str, Any]) -> str:
    text = json.dumps(data, separators=(",", ":"))
    sealed = seal_text(session, "login_session", "data", id_hash, text)
    return sealed or ""


def write_session(session: Session, *, token: str, data: dict[str, Any] | None, now: datetime) -> None:
    """Note that the session was used, and keep `data` unless it is None (unchanged)."""
    id_hash = hash_token(token)
    values: dict[str, Any] = {"last_seen_at": now}
    with transaction(session):
        if data is not None:
            values["data_sealed"] = _sealed(session, id_hash, data)
        session.execute(sa.update(LoginSession).where(LoginSession.id_hash == id_hash).values(values))


def end_session(session: Session, *, token: str) -> None:
    """Forget the session, so that a copied cookie opens nothing."""
    with transaction(session):
        session.execute(sa.delete(LoginSession).where(LoginSession.id_hash == hash_token(token)))


def prune_sessions(session: Session, *, now: datetime) -> int:
    """Delete sessions that can no longer open anything; returns how many."""
    with transaction(session):
        result = session.execute(
            sa.delete(LoginSession).where(
                sa.or_(LoginSession.expires_at <= now, LoginSession.last_seen_at <= now - VISITOR_IDLE)
            )
        )
        return int(getattr(result, "rowcount", 0))
