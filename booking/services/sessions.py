"""Browser sessions in our own table: begin, write, renew, end. Contents are sealed; cookies are kept as hashes.

What ends the sessions of an account calls `end_sessions_of` in its own transaction; a role that changed and an account
that was disabled end them in any case. What asks for a fresh proof asks `is_fresh`; what proves calls `note_proven`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import STAFF_ROLES, Role
from booking.core.browsers import Device
from booking.core.merging import merged
from booking.models import Account, AccountLocation, AccountPreference, LoginSession, ProvenBy
from booking.services.sealed import open_text, seal_text
from booking.services.transaction import read_without_transaction, transaction

STAFF_IDLE = timedelta(minutes=15)
PATIENT_IDLE = timedelta(minutes=30)
SHARED_IDLE = timedelta(minutes=10)
"""For a patient who said that others use the computer too."""

VISITOR_IDLE = timedelta(hours=2)
ABSOLUTE = timedelta(hours=12)
WARNING = timedelta(minutes=2)
"""How long before the end of a session its pages warn."""

FRESH = timedelta(minutes=10)
"""How long a proof counts for what asks for one, unless the settings say otherwise: another address or second factor,
and what administrators change."""

KNOWN_AFTER_END = timedelta(hours=12)
"""How long the row of a login that ran out still tells whose it was, so that what they typed can be kept for them."""

SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SessionAccount:
    """The account behind a session, as plain values. `wishes` is the key and the text of its sealed preferences;
    `location_ids` None works at all locations."""

    id: int
    public_id: str
    name: str
    email: str
    role: Role
    resource_id: int | None
    is_verified: bool
    wishes: tuple[str | None, str | None] = field(default=(None, None), repr=False)
    location_ids: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is still good."""

    id: int
    account: SessionAccount | None
    last_seen_at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None
    authenticated_at: datetime | None = None
    proven_by: ProvenBy | None = None
    is_shared_computer: bool = False

    @property
    def idle_limit(self) -> timedelta:
        """How long this session may stay unused."""
        return idle_limit(self.account.role if self.account else None, is_shared_computer=self.is_shared_computer)


@dataclass(frozen=True, slots=True)
class Arrival:
    """From where somebody logs in, as they are told in the list of their own sessions."""

    device: Device = field(default_factory=Device)
    network: str = ""


def hash_token(token: str) -> str:
    """SHA-256 of a random token; a 256-bit token needs no slower hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def idle_limit(role: Role | None, *, is_shared_computer: bool = False) -> timedelta:
    """How long a session may stay unused. Source: reliability rules, NIST-style limits per role."""
    if role is None:
        return VISITOR_IDLE
    limit = STAFF_IDLE if role in STAFF_ROLES else PATIENT_IDLE
    return min(limit, SHARED_IDLE) if is_shared_computer else limit


def is_fresh(opened: OpenSession, now: datetime, within: timedelta = FRESH) -> bool:
    """Whether the person proved a moment ago who they are."""
    return opened.authenticated_at is not None and now - opened.authenticated_at < within


def open_session(session: Session, *, token: str, now: datetime, reads_only: bool = False) -> OpenSession | None:
    """The session of that cookie. None when it is unknown or ended, was idle for too long, or is of an account that is
    disabled or has got another role. `reads_only`: what follows will most likely write nothing."""
    if reads_only:
        read_without_transaction(session)
    row = _stored_or_none(session, token)
    if row is None or _has_run_out(row, now):
        return None
    account = None if row.account_id is None else _account_value(row)
    data = _open_data(session, row.id_hash, row.data_sealed)
    return OpenSession(
        row.id,
        account,
        row.last_seen_at,
        data,
        row.expires_at,
        row.authenticated_at,
        row.proven_by,
        row.is_shared_computer,
    )


def run_out_account_or_none(session: Session, *, token: str, now: datetime) -> int | None:
    """Whose login that was, when it was ended by nothing but time. It opens nothing; what is typed there is kept."""
    row = _stored_or_none(session, token)
    return row.account_id if row is not None and _has_run_out(row, now) else None


def _stored_or_none(session: Session, token: str) -> Any:
    """The row of a session that nobody ended, of an account that may be in. It may have run out."""
    row = session.connection().execute(_STORED, {"id_hash": hash_token(token)}).one_or_none()
    if row is None or row.revoked_at:
        return None
    is_refused = row.account_id is not None and (not row.is_active or row.session_role not in {None, row.role})
    return None if is_refused else row


def _has_run_out(row: Any, now: datetime) -> bool:
    limit = idle_limit(row.role, is_shared_computer=row.is_shared_computer)
    return bool(row.expires_at <= now or row.last_seen_at + limit <= now)


# Of the people who work here alone: where. Brought along, since the way to the database costs more than the answer.
_LOCATIONS = (
    sa.select(sa.func.aggregate_strings(sa.cast(AccountLocation.location_id, sa.String), ","))
    .where(AccountLocation.account_id == Account.id)
    .scalar_subquery()
)
# Columns instead of rows: every request asks this, and a loaded row costs several times its columns.
_STORED = (
    sa.select(
        LoginSession.id,
        LoginSession.id_hash,
        LoginSession.data_sealed,
        LoginSession.last_seen_at,
        LoginSession.expires_at,
        LoginSession.revoked_at,
        LoginSession.role.label("session_role"),
        LoginSession.authenticated_at,
        LoginSession.proven_by,
        LoginSession.is_shared_computer,
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
        _LOCATIONS.label("locations"),
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
        location_ids=location_ids_of(row.locations),
    )


def location_ids_of(packed: str | None) -> frozenset[int] | None:
    """Where a person works, of the numbers as the query packs them; None is everywhere."""
    return frozenset(map(int, packed.split(","))) if packed else None


def _open_data(session: Session, id_hash: str, sealed: str) -> dict[str, Any]:
    try:
        text = open_text(session, "login_session", "data", id_hash, sealed)
    except CannotOpen:
        return {}
    data: dict[str, Any] = json.loads(text) if text else {}
    return data


def begin_session(
    session: Session,
    *,
    account_id: int | None,
    data: dict[str, Any],
    now: datetime,
    replaces: str | None = None,
    proven_by: ProvenBy = ProvenBy.PASSWORD,
    arrival: Arrival | None = None,
    is_shared_computer: bool = False,
) -> str:
    """Make a session and return its cookie token. `replaces` is the token of the session that ends with it."""
    token = new_token()
    id_hash = hash_token(token)
    with transaction(session):
        if replaces:
            session.execute(sa.delete(LoginSession).where(LoginSession.id_hash == hash_token(replaces)))
        row = LoginSession(
            id_hash=id_hash,
            account_id=account_id,
            data_sealed=_sealed(session, id_hash, data),
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE,
            is_shared_computer=is_shared_computer,
        )
        if account_id is not None:
            _note_login(session, row, account_id, arrival or Arrival(), proven_by)
        session.add(row)
    return token


def _note_login(session: Session, row: LoginSession, account_id: int, arrival: Arrival, proven_by: ProvenBy) -> None:
    row.role = session.scalar(sa.select(Account.role).where(Account.id == account_id))
    row.authenticated_at, row.proven_by = row.created_at, proven_by
    row.browser, row.system = arrival.device.browser or None, arrival.device.system or None
    row.network_sealed = seal_text(session, "login_session", "network", row.id_hash, arrival.network)


def _sealed(session: Session, id_hash: str, data: dict[str, Any]) -> str:
    text = json.dumps(data, separators=(",", ":"))
    sealed = seal_text(session, "login_session", "data", id_hash, text)
    return sealed or ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a request made of the contents: before and after. Names in `by_entry` are merged entry by entry."""

    before: dict[str, Any]
    after: dict[str, Any]
    by_entry: AbstractSet[str] = frozenset()


def write_session(session: Session, *, token: str, change: Change | None, now: datetime, is_use: bool = True) -> None:
    """Note that the session was used, and apply `change` to the contents as they are now, under the row's lock.

    Another request of the same browser may have written since this one read: what that one changed stays. Without
    `is_use` the idle time goes on: no person asked, and there is a change."""
    id_hash = hash_token(token)
    values: dict[str, Any] = {"last_seen_at": now} if is_use else {}
    with transaction(session):
        if change is not None:
            sealed = session.scalar(_locked_data(id_hash))
            if sealed is None:
                # It ended while the request was at work: nothing is kept of it, and nothing is wrong.
                return
            data = merged(_open_data(session, id_hash, sealed), change.before, change.after, by_entry=change.by_entry)
            values["data_sealed"] = _sealed(session, id_hash, data)
        session.execute(sa.update(LoginSession).where(LoginSession.id_hash == id_hash).values(values))


def _locked_data(id_hash: str) -> sa.Select[str]:
    return sa.select(LoginSession.data_sealed).where(LoginSession.id_hash == id_hash).with_for_update()


def note_proven(session: Session, *, token: str, proven_by: ProvenBy, now: datetime) -> str:
    """The person has just proved who they are, or may do more from now on: the proof is fresh, and the session gets a
    new id, whose cookie token this returns. Contents and limits stay."""
    fresh = new_token()
    old_hash, id_hash = hash_token(token), hash_token(fresh)
    with transaction(session):
        row = session.scalar(sa.select(LoginSession).where(LoginSession.id_hash == old_hash).with_for_update())
        if row is not None:
            network = network_of_session(session, old_hash, row.network_sealed)
            row.data_sealed = _sealed(session, id_hash, _open_data(session, old_hash, row.data_sealed))
            row.network_sealed = seal_text(session, "login_session", "network", id_hash, network)
            row.id_hash = id_hash
            row.authenticated_at, row.last_seen_at, row.proven_by = now, now, proven_by
    return fresh


def network_of_session(session: Session, id_hash: str, sealed: str | None) -> str | None:
    """The coarse network in which a session began; None where it is unknown or does not open."""
    try:
        return open_text(session, "login_session", "network", id_hash, sealed)
    except CannotOpen:
        return None


def end_session(session: Session, *, token: str) -> None:
    """Forget the session, so that a copied cookie opens nothing."""
    with transaction(session):
        session.execute(sa.delete(LoginSession).where(LoginSession.id_hash == hash_token(token)))


def end_sessions_of(session: Session, account_id: int, *, except_token: str | None = None) -> None:
    """End all sessions of the account inside the open transaction of what makes it necessary: another password, role or
    second factor, a closed account. `except_token` is the cookie of the session that does it, if it may stay."""
    ended = sa.delete(LoginSession).where(LoginSession.account_id == account_id)
    if except_token is not None:
        ended = ended.where(LoginSession.id_hash != hash_token(except_token))
    session.execute(ended)


def run_out(session: Session, *, token: str, now: datetime) -> None:
    """End the session as time would have: nobody is at the screen any more."""
    with transaction(session):
        session.execute(sa.update(LoginSession).where(LoginSession.id_hash == hash_token(token)).values(expires_at=now))


def prune_sessions(session: Session, *, now: datetime) -> int:
    """Delete sessions that can no longer open anything, logins after `KNOWN_AFTER_END`; returns how many."""
    is_visitors = LoginSession.account_id.is_(None)
    is_over = sa.or_(LoginSession.expires_at <= now, LoginSession.last_seen_at <= now - VISITOR_IDLE)
    with transaction(session):
        result = session.execute(
            sa.delete(LoginSession).where(
                sa.or_(sa.and_(is_visitors, is_over), LoginSession.last_seen_at <= now - KNOWN_AFTER_END)
            )
        )
        return int(getattr(result, "rowcount", 0))
