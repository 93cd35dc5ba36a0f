"""Accounts, and whom they may act for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Account, AccountPatient, Relation
from booking.queries.prepared import Prepared


@dataclass(frozen=True, slots=True)
class ActsFor:
    """Patients an account may act for, and those among them whose given answers are closed to it."""

    patient_ids: frozenset[int] = frozenset()
    closed_ids: frozenset[int] = frozenset()


def acts_for(session: Session, *, account_id: int, now: datetime) -> ActsFor:
    """Whom the account may act for now: a right that has ended, a moment ago too, is none."""
    rows = _ACTS_FOR.execute(session.connection(), {"account_id": account_id, "now": now}).rows
    is_closed = frozenset(id_ for id_, relation, sees in rows if relation != Relation.SELF and not sees)
    return ActsFor(frozenset(id_ for id_, _, _ in rows), is_closed)


def patient_ids(session: Session, *, account_id: int, now: datetime) -> frozenset[int]:
    """Patients the account may act for now."""
    return acts_for(session, account_id=account_id, now=now).patient_ids


def self_ids(session: Session, *, account_id: int, now: datetime) -> frozenset[int]:
    """Patients who are the account's own, not those it helps as a carer: for what only the person may ask."""
    rows = _ACTS_FOR.execute(session.connection(), {"account_id": account_id, "now": now}).rows
    return frozenset(id_ for id_, relation, _ in rows if relation == Relation.SELF)


# Every page of somebody who is logged in asks this.
_ACTS_FOR = Prepared(
    sa.select(AccountPatient.patient_id, AccountPatient.relation, AccountPatient.sees_answers).where(
        AccountPatient.account_id == sa.bindparam("account_id"),
        sa.or_(AccountPatient.ends_at.is_(None), AccountPatient.ends_at > sa.bindparam("now")),
    )
)


def account_by_email_or_none(session: Session, email_key: str) -> Account | None:
    """The account of that address in its compared form."""
    return session.scalars(sa.select(Account).where(Account.email_key == email_key)).one_or_none()
