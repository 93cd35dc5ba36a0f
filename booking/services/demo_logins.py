"""The demo's logins as rows, and what the patient among them has: a visit behind her, one before her, a child whom she
helps, and a second record that somebody made of her by telephone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product

from sqlalchemy.orm import Session

from booking.core.demo_logins import DEMO_LOGINS, PATIENT, SPECIALIST, DemoLogin
from booking.core.demo_visits import Fate
from booking.core.people import email_key
from booking.core.scheduling.clinic import Audience, Catalogue
from booking.models import Account, AccountPatient, Patient, Relation
from booking.services.demo_calendar import DemoCalendar, Wanted
from booking.services.patients import create_patient

KNOWN_FOR = timedelta(days=45)
BORN_ON = date(1984, 5, 17)
CHILD_BORN_ON = date(2013, 9, 2)
MORNING = 10 * 60


@dataclass(frozen=True, slots=True)
class LoginPatients:
    """The people the patient's login acts for, and the second record of the first, for the desk to find and join."""

    own: Patient
    child: Patient
    twin: Patient


def add_logins(session: Session, clinic: Catalogue, *, password_hash: str, now: datetime) -> LoginPatients:
    """Add every demo login to the open transaction, with one password."""
    accounts = {login: _account(clinic, login, password_hash, now) for login in DEMO_LOGINS}
    session.add_all(accounts.values())
    patients = LoginPatients(
        own=_patient(session, PATIENT.name, BORN_ON, now), child=_patient(session, "Leo Morales", CHILD_BORN_ON, now),
        twin=_by_phone(session, now),
    )  # fmt: skip
    session.flush()
    session.add_all(
        AccountPatient(account_id=accounts[PATIENT].id, patient_id=patient.id, relation=relation)
        for patient, relation in ((patients.own, Relation.SELF), (patients.child, Relation.CARER))
    )
    return patients


def _account(clinic: Catalogue, login: DemoLogin, password_hash: str, now: datetime) -> Account:
    resource = clinic.resource_by_code.get(login.resource_code or "")
    return Account(
        email=login.email,
        email_key=email_key(login.email),
        email_verified_at=now - KNOWN_FOR,
        password_hash=password_hash,
        role=login.role,
        name=login.name,
        resource_id=resource.id if resource else None,
        created_at=now - KNOWN_FOR,
    )


def _patient(session: Session, name: str, born_on: date, now: datetime) -> Patient:
    given_name, _, family_name = name.partition(" ")
    patient = create_patient(
        session,
        given_name=given_name,
        family_name=family_name,
        born_on=born_on,
        phone="(904) 555-0142",
        email=PATIENT.email,
        now=now - KNOWN_FOR,
    )
    patient.email_verified_at = now - KNOWN_FOR
    return patient


def _by_phone(session: Session, now: datetime) -> Patient:
    """The same person once more, as a caller spelled her name: no address, and no account."""
    return create_patient(
        session, given_name="Anna", family_name="Morales", born_on=BORN_ON, phone="(904) 555-0142", email=None,
        now=now - KNOWN_FOR,
    )  # fmt: skip


def add_visits_of_login(calendar: DemoCalendar, patients: LoginPatients) -> None:
    """A first visit about two weeks ago and a second one in some days, where the clinic has times for them.

    The second is booked at this moment, so that its confirmation is the first mail of the demo."""
    services = [s.id for s in calendar.clinic.services.values() if s.policy.audience is Audience.ANYONE and s.is_active]
    if services:
        first, second = services[0], services[min(1, len(services) - 1)]
        _first_free(calendar, first, range(-14, -1), patients.own, Fate.DONE)
        _first_free(calendar, second, range(4, 15), patients.own, Fate.BOOKED, booked_at=calendar.now)
        _first_free(calendar, first, range(15, 21), patients.twin, Fate.BOOKED)


def _first_free(
    calendar: DemoCalendar,
    service_id: int,
    offsets: Iterable[int],
    patient: Patient,
    fate: Fate,
    booked_at: datetime | None = None,
) -> None:
    """With the specialist of the demo's login if there is one, on the first of these days that has a free time."""
    specialist = calendar.clinic.resource_by_code.get(SPECIALIST.resource_code or "")
    specialist_id = specialist.id if specialist else None
    for offset, location_id in product(offsets, calendar.clinic.locations):
        on = calendar.today + timedelta(days=offset)
        wanted = Wanted(service_id, location_id, specialist_id, on, MORNING)
        if calendar.add(wanted, patient, fate=fate, booked_at=booked_at):
            return
