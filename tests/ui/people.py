"""The accounts that browsers log in with, on the test clinic."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.models import Patient, Service
from booking.services.passwords import hash_password
from tests.factories import make_account, make_patient

PASSWORD = "slow river under oaks"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a login."""

    email: str
    role: Role
    name: str


ANA = Person("ana@example.org", Role.PATIENT, "Ana Alvarez")
DORA = Person("dora@clinic.example", Role.SCHEDULER, "Dora Ashby")
FAY = Person("fay@clinic.example", Role.ADMINISTRATOR, "Fay Okafor")
CRUZ = Person("cruz@clinic.example", Role.SPECIALIST, "Dr Maria Cruz")


def add_people(session: Session) -> None:
    """Ana with her patient, Dora at Northside, Dr Cruz, and Fay, who administers. First consultations ask for the long
    form, as in a real clinic."""
    session.execute(sa.update(Service).where(Service.id == 1).values(questionnaires=["intake", "peg"]))
    secret = hash_password(PASSWORD)
    for person in (ANA, DORA, CRUZ, FAY):
        patients = (_patient_of(session, person),) if person.role is Role.PATIENT else ()
        make_account(
            session,
            person.role,
            patients=patients,
            location_ids=(1,) if person.role is Role.SCHEDULER else (),
            email=person.email,
            email_key=person.email,
            name=person.name,
            password_hash=secret,
            resource_id=1 if person.role is Role.SPECIALIST else None,
        )


def _patient_of(session: Session, person: Person) -> Patient:
    given, _, family = person.name.partition(" ")
    return make_patient(session, given_name=given, family_name=family, name_key=person.name.lower(), email=person.email)
