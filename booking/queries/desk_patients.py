"""Finding a patient at the desk, and what the desk knows of one. No health text is read here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.core.people import REFERENCE_ALPHABET, REFERENCE_LENGTH, are_names_alike, fold, name_key, without_extension
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.typed_dates import find_dates
from booking.models import Appointment, Patient

LONGEST_SEARCH = 100
SHORTEST_WORD = 2
SHORTEST_NUMBER = 4
_PHONE_SIGNS = re.compile(r"[\d\s()+./-]+")
_REFERENCE = re.compile(rf"[{REFERENCE_ALPHABET}]{{{REFERENCE_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class DeskPatient:
    """Who somebody is and how they are reached."""

    id: int
    public_id: str
    given_name: str
    family_name: str
    born_on: date
    phone: str | None
    email: str | None

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True, slots=True)
class PatientMatch:
    """A patient who was found, with their next visit, if there is one."""

    patient: DeskPatient
    next_starts_at: datetime | None
    next_location_id: int | None


_PATIENT = (
    Patient.id,
    Patient.public_id,
    Patient.given_name,
    Patient.family_name,
    Patient.born_on,
    Patient.phone,
    Patient.email,
)


def patient_or_none(session: Session, public_id: str) -> DeskPatient | None:
    """The patient of that id; of a record that became part of another one, that other one."""
    asked = aliased(Patient)
    wanted = sa.select(*_PATIENT).join(asked, Patient.id == sa.func.coalesce(asked.merged_into_id, asked.id))
    row = session.execute(wanted.where(asked.public_id == public_id)).one_or_none()
    return None if row is None else DeskPatient(*row)


def patients_matching(session: Session, text: str, limit: int, *, now: datetime) -> list[PatientMatch]:
    """Patients by parts of the name (accents or not), the end of the phone number, the birth date, or a reference.

    What a record was called that became part of another one finds that other one.
    Everything that was typed must fit: "alv 17.5.1980" is both. At most `limit`, names that begin so first; [] when
    nothing was typed that can be looked for. One statement.
    """
    condition = _condition(text[:LONGEST_SEARCH])
    if condition is None:
        return []
    coming = aliased(Appointment)
    next_id = (
        sa.select(coming.id)
        .where(coming.patient_id == Patient.id, coming.starts_at >= now, coming.status == AppointmentStatus.BOOKED)
        .order_by(coming.starts_at)
        .limit(1)
        .scalar_subquery()
    )
    first_word = fold(text).partition(" ")[0]
    merged = sa.select(Patient.merged_into_id).where(Patient.merged_into_id.is_not(None), condition).correlate(None)
    rows = session.execute(
        sa.select(*_PATIENT, Appointment.starts_at, Appointment.location_id)
        .outerjoin(Appointment, Appointment.id == next_id)
        .where(Patient.merged_into_id.is_(None), sa.or_(condition, Patient.id.in_(merged)))
        .order_by(sa.not_(_begins_word(first_word)), Patient.name_key, Patient.born_on, Patient.id)
        .limit(limit)
    )
    return [PatientMatch(DeskPatient(*row[:-2]), row[-2], row[-1]) for row in rows]


def can_be_looked_for(text: str) -> bool:
    """Whether anything was typed that `patients_matching` looks for."""
    return _condition(text[:LONGEST_SEARCH]) is not None


def _begins_word(word: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        Patient.name_key.startswith(word, autoescape=True), Patient.name_key.contains(f" {word}", autoescape=True)
    )


def _condition(text: str) -> sa.ColumnElement[bool] | None:
    """What was typed as a condition; None when it says nothing that can be looked for."""
    born, rest = find_dates(text)
    parts: list[sa.ColumnElement[bool]] = [Patient.born_on.in_(born)] if born else []
    if rest.strip():
        parts += _rest_conditions(rest)
    either = sa.and_(*parts) if parts else None
    reference = _REFERENCE.fullmatch(re.sub(r"[\s-]", "", text).upper())
    if reference is None:
        return either
    of_visit = Patient.id.in_(sa.select(Appointment.patient_id).where(Appointment.reference == reference[0]))
    return of_visit if either is None else sa.or_(of_visit, either)


def _rest_conditions(text: str) -> list[sa.ColumnElement[bool]]:
    """Words of names and numbers of phones. A number that is cut by blanks is one number."""
    number = without_extension(text)
    words = [re.sub(r"\D", "", number)] if _PHONE_SIGNS.fullmatch(number) else fold(text).split()
    known = [word for word in words if len(word) >= SHORTEST_WORD]
    return [
        _phone_ends(word) if word.isascii() and word.isdigit() and len(word) >= SHORTEST_NUMBER else _named(word)
        for word in known
    ]


def _named(word: str) -> sa.ColumnElement[bool]:
    """The name holds the word, also across its spaces: "smithjones" finds Smith-Jones, "delrio" finds Del Rio."""
    return sa.func.replace(Patient.name_key, " ", "", type_=sa.String()).contains(word, autoescape=True)


def _phone_ends(digits: str) -> sa.ColumnElement[bool]:
    """The stored number ends so, or what was typed is longer (a country code) and ends with the stored number."""
    typed_is_longer = sa.and_(
        sa.func.length(Patient.phone_key) > SHORTEST_NUMBER,
        sa.literal(digits).like(sa.literal("%") + Patient.phone_key),
    )
    return sa.or_(Patient.phone_key.endswith(digits, autoescape=True), typed_is_longer)


def patients_alike(session: Session, *, given_name: str, family_name: str, born_on: date) -> list[DeskPatient]:
    """Patients born on the same day with a similar name, by name: perhaps the same person."""
    key = name_key(given_name, family_name)
    rows = session.execute(
        sa.select(*_PATIENT, Patient.name_key)
        .where(Patient.born_on == born_on, Patient.merged_into_id.is_(None))
        .order_by(Patient.name_key, Patient.id)
    )
    return [DeskPatient(*row[:-1]) for row in rows if are_names_alike(key, row.name_key)]


def last_visit_kind(
    session: Session, *, patient_id: int, location_ids: frozenset[int] | None
) -> tuple[int, int] | None:
    """(service id, location id) of the patient's latest visit at these locations (None: at any), cancelled or not."""
    wanted = sa.select(Appointment.service_id, Appointment.location_id).where(Appointment.patient_id == patient_id)
    if location_ids is not None:
        wanted = wanted.where(Appointment.location_id.in_(location_ids))
    row = session.execute(wanted.order_by(Appointment.starts_at.desc()).limit(1)).one_or_none()
    return None if row is None else (row.service_id, row.location_id)
