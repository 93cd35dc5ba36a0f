"""Patients: made anew for every guest, never found by what somebody typed, never renamed by a booking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import NotFound
from booking.core.people import fold, name_key, one_line, phone_key
from booking.models import Account, AccountPatient, Patient, Relation


@dataclass(frozen=True, slots=True)
class PatientDetails:
    """A person as the form describes them."""

    given_name: str
    family_name: str
    born_on: date
    phone: str | None
    email: str | None
    language: str = "en"


def create_patient(
    session: Session,
    *,
    given_name: str,
    family_name: str,
    born_on: date,
    phone: str | None,
    email: str | None,
    language: str = "en",
    now: datetime,
) -> Patient:
    """Add a new patient to the open transaction, with the folded keys for searching; "" and None are the same.

    Always a new one: who the person is, and whether two are the same, is for the front desk to find out.
    """
    patient = Patient(
        given_name=one_line(given_name),
        family_name=one_line(family_name),
        name_key=name_key(given_name, family_name),
        born_on=born_on,
        phone=one_line(phone or "") or None,
        phone_key=phone_key(phone),
        email=(email or "").strip() or None,
        language=language,
        created_at=now,
    )
    session.add(patient)
    return patient


def take_standing(session: Session, patient_id: int) -> None:
    """Lock the record, so that it does not become part of another one before the open transaction ends.

    Raises NotFound when there is none, or it has become part of another one already."""
    wanted = sa.select(Patient.id).where(Patient.id == patient_id, Patient.merged_into_id.is_(None))
    if session.scalar(wanted.with_for_update(key_share=True)) is None:
        raise NotFound


def create_described(session: Session, details: PatientDetails, *, account_id: int | None, now: datetime) -> Patient:
    """The new patient, flushed so that it has an id; the account that books for them may act for them from now on: as
    themselves when the name is that of the account, else as a carer, who sees the answers that they gave."""
    patient = create_patient(
        session,
        given_name=details.given_name,
        family_name=details.family_name,
        born_on=details.born_on,
        phone=details.phone,
        email=details.email,
        language=details.language,
        now=now,
    )
    session.flush()
    if account_id is not None:
        relation = _relation(session, account_id, details)
        session.add(AccountPatient(account_id=account_id, patient_id=patient.id, relation=relation))
    return patient


def _relation(session: Session, account_id: int, details: PatientDetails) -> Relation:
    """Whether the account's owner describes themselves: by the account's name, and as born when they said before."""
    name = session.scalars(sa.select(Account.name).where(Account.id == account_id)).one()
    if fold(name) != fold(f"{details.given_name} {details.family_name}"):
        return Relation.CARER
    own = sa.select(Patient.born_on).join(AccountPatient, AccountPatient.patient_id == Patient.id)
    is_own = (AccountPatient.account_id == account_id, AccountPatient.relation == Relation.SELF)
    said = set(session.scalars(own.where(*is_own)))
    return Relation.SELF if not said or details.born_on in said else Relation.CARER
