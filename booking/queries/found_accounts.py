"""Accounts as administrators come to them: from a patient's page, or by their own address."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.models import Account, AccountPatient, Patient, Relation


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An account as administrators see it. `patients` are those who are its owner: number and public id."""

    id: int
    public_id: str
    name: str
    role: Role
    patients: tuple[tuple[int, str], ...]


def account_found_or_none(session: Session, public_id: str) -> FoundAccount | None:
    """The account of that id, whoever has it."""
    account = session.scalars(sa.select(Account).where(Account.public_id == public_id)).one_or_none()
    if account is None:
        return None
    own = (
        sa.select(Patient.id, Patient.public_id)
        .join(AccountPatient, AccountPatient.patient_id == Patient.id)
        .where(AccountPatient.account_id == account.id, AccountPatient.relation == Relation.SELF)
        .order_by(Patient.id)
    )
    patients = tuple((row.id, row.public_id) for row in session.execute(own))
    return FoundAccount(account.id, account.public_id, account.name, account.role, patients)


def own_account_ids(session: Session, patient_id: int) -> list[str]:
    """Public ids of the accounts that are the patient's own; mostly none or one."""
    own = (
        sa.select(Account.public_id)
        .join(AccountPatient, AccountPatient.account_id == Account.id)
        .where(AccountPatient.patient_id == patient_id, AccountPatient.relation == Relation.SELF)
        .order_by(Account.id)
    )
    return list(session.scalars(own))
