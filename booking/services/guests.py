"""A guest who makes an account: it is given the patient of the visit that was booked in the same browser session.

Having booked the visit in this browser a moment ago, and knowing name and date of birth, is all that counts. An address
proves nothing here: it may be shared, or mistyped. Nothing is renamed, and no two patients become one.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.people import fold
from booking.models import Account, AccountPatient, Appointment, Patient, WaitingEntry
from booking.services import audit
from booking.services.patients import PatientDetails


def link_booked_patients(
    session: Session, actor: Actor, person: PatientDetails, *, account_id: int, now: datetime
) -> bool:
    """Let the new account act for the patients that the actor's browser session booked for, or put on the waiting list,
    if `person` is them.

    A guest who books twice is two patients: the account gets both. False when there is none. Belongs into the open
    transaction that makes the account. A registration of the same person whose address was never confirmed, say
    because it was mistyped, gives way."""
    patient_ids = [patient.id for patient in _booked_as_guest(session, actor) if _is_same(patient, person)]
    if not patient_ids:
        return False
    session.execute(
        sa.delete(AccountPatient)
        .where(AccountPatient.patient_id.in_(patient_ids))
        .execution_options(synchronize_session=False)
    )
    for patient_id in patient_ids:
        session.add(AccountPatient(account_id=account_id, patient_id=patient_id))
        audit.record(session, actor, "patient_linked", "patient", patient_id, now=now)
    return True


def _booked_as_guest(session: Session, actor: Actor) -> list[Patient]:
    """Patients for whom the browser session booked or waits without a login, and for whom no confirmed account acts."""
    if not actor.booked_ids and not actor.waiting_ids:
        return []
    visits = sa.select(Appointment.patient_id).where(
        Appointment.public_id.in_(actor.booked_ids), Appointment.booked_by_account_id.is_(None)
    )
    waits = sa.select(WaitingEntry.patient_id).where(
        WaitingEntry.public_id.in_(actor.waiting_ids), WaitingEntry.created_by_account_id.is_(None)
    )
    with_account = (
        sa.select(AccountPatient.patient_id)
        .join(Account, Account.id == AccountPatient.account_id)
        .where(AccountPatient.patient_id == Patient.id, Account.email_verified_at.is_not(None))
    )
    is_theirs = sa.or_(Patient.id.in_(visits), Patient.id.in_(waits))
    wanted = sa.select(Patient).where(is_theirs, ~sa.exists(with_account))
    return list(session.scalars(wanted.order_by(Patient.id)))


def _is_same(patient: Patient, person: PatientDetails) -> bool:
    """Each name for itself, however it is spelled in capitals and accents, and the date of birth."""
    names = (fold(person.given_name), fold(person.family_name))
    return (fold(patient.given_name), fold(patient.family_name)) == names and patient.born_on == person.born_on
