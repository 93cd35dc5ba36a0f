"""Accounts, and whom they may act for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Account, AccountLocation, AccountPatient
from booking.queries.prepared import Prepared


def patient_ids(session: Session, *, account_id: int, now: datetime) -> frozenset[int]:
    """Patients the account may act for now."""
    rows = _PATIENT_IDS.execute(session.connection(), {"account_id": account_id, "now": now})
    return frozenset(row[0] for row in rows)


# Every page of somebody who is logged in asks this.
_PATIENT_IDS = Prepared(
    sa.select(AccountPatient.patient_id).where(
        AccountPatient.account_id == sa.bindparam("account_id"),
        sa.or_(AccountPatient.ends_at.is_(None), AccountPatient.ends_at > sa.bindparam("now")),
    )
)


def location_ids(session: Session, *, account_id: int) -> frozenset[int] | None:
    """Locations a staff account is limited to, or None when it works at all of them."""
    rows = frozenset(
        session.scalars(sa.select(AccountLocation.location_id).where(AccountLocation.account_id == account_id))
    )
    return rows or None


def account_by_email_or_none(session: Session, email_key: str) -> Account | None:
    """The account of that address in its compared form."""
    return session.scalars(sa.select(Account).where(Account.email_key == email_key)).one_or_none()
