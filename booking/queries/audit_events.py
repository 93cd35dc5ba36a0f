"""The audit log as people read it: for administrators all of it, for patients what concerns them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.core.actor import STAFF_ROLES
from booking.models import Account, Appointment, AuditEvent, Patient

VISIT_KINDS = ("appointment", "visit_page")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show. None and empty: everything. `before` is the number of the event after which the page goes on."""

    patient_id: int | None = None
    account_id: int | None = None
    actor_kind: str | None = None
    actions: Collection[str] = ()
    other_than: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One event with the names that go with it; names of what is gone are None."""

    seq: int
    at: datetime
    action: str
    actor_kind: str
    actor_account_id: int | None
    actor_name: str | None
    reason_code: str | None
    network: str | None
    object_kind: str
    patient_public_id: str | None
    patient_name: str | None
    account_name: str | None
    visit_public_id: str | None


_SUBJECT = aliased(Account)
_COLUMNS = (
    AuditEvent.seq,
    AuditEvent.at,
    AuditEvent.action,
    AuditEvent.actor_kind,
    AuditEvent.actor_account_id,
    Account.name,
    AuditEvent.reason_code,
    AuditEvent.network,
    AuditEvent.object_kind,
    Patient.public_id,
    Patient.given_name + " " + Patient.family_name,
    _SUBJECT.name,
    Appointment.public_id,
)


def entries(session: Session, wanted: Wanted, limit: int) -> list[Entry]:
    """The newest first; one statement, whatever is asked for."""
    conditions = [*_about_people(wanted), *_about_time(wanted)]
    if wanted.actions:
        conditions.append(AuditEvent.action.in_(wanted.actions))
    if wanted.other_than:
        conditions.append(AuditEvent.action.not_in(wanted.other_than))
    return [Entry(*row) for row in session.execute(_select().where(*conditions).limit(limit))]


def entries_for_patients(
    session: Session, patient_ids: Collection[int], *, account_id: int, other_than: Collection[str],
    before: int | None, limit: int,
) -> list[Entry]:  # fmt: skip
    """What others than that account saw and did about these patients, the newest first. One statement."""
    conditions = [
        _is_about(patient_ids),
        sa.func.coalesce(AuditEvent.actor_account_id, 0) != account_id,
        AuditEvent.action.not_in(other_than),
    ]
    if before is not None:
        conditions.append(AuditEvent.seq < before)
    return [Entry(*row) for row in session.execute(_select().where(*conditions).limit(limit))]


def _select() -> sa.Select[*tuple[Any, ...]]:
    is_of_visit = sa.and_(AuditEvent.object_kind.in_(VISIT_KINDS), Appointment.id == AuditEvent.object_id)
    is_of_account = sa.and_(AuditEvent.object_kind == "account", _SUBJECT.id == AuditEvent.object_id)
    return (
        sa.select(*_COLUMNS)
        .select_from(AuditEvent)
        .outerjoin(Account, Account.id == AuditEvent.actor_account_id)
        .outerjoin(_SUBJECT, is_of_account)
        .outerjoin(Patient, Patient.id == AuditEvent.patient_id)
        .outerjoin(Appointment, is_of_visit)
        .order_by(AuditEvent.seq.desc())
    )


def _is_about(patient_ids: Collection[int]) -> sa.ColumnElement[bool]:
    """About these patients, or records that became part of theirs."""
    theirs = sa.or_(Patient.id.in_(patient_ids), Patient.merged_into_id.in_(patient_ids))
    return AuditEvent.patient_id.in_(sa.select(Patient.id).where(theirs))


def _about_people(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if wanted.patient_id is not None:
        conditions.append(_is_about([wanted.patient_id]))
    if wanted.account_id is not None:
        own = sa.and_(AuditEvent.object_kind == "account", AuditEvent.object_id == wanted.account_id)
        conditions.append(sa.or_(AuditEvent.actor_account_id == wanted.account_id, own))
    if wanted.actor_kind is not None:
        conditions.append(AuditEvent.actor_kind == wanted.actor_kind)
    return conditions


def _about_time(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if wanted.since is not None:
        conditions.append(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditEvent.at < wanted.until)
    if wanted.before is not None:
        conditions.append(AuditEvent.seq < wanted.before)
    return conditions


@dataclass(frozen=True, slots=True)
class StaffName:
    """Somebody who works here, or did."""

    id: int
    public_id: str
    name: str


def staff_names(session: Session) -> list[StaffName]:
    """Everybody with a staff account, by name."""
    wanted = sa.select(Account.id, Account.public_id, Account.name).where(Account.role.in_(STAFF_ROLES))
    return [StaffName(*row) for row in session.execute(wanted.order_by(Account.name, Account.id))]
