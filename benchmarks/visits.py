"""One client that books one visit after the other through the service."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks import data
from benchmarks.history import LENGTH
from booking.core.actor import Actor, Role
from booking.core.scheduling.intervals import from_minutes
from booking.core.scheduling.local_time import instant_of
from booking.models import Patient
from booking.queries.catalogue import catalogue
from booking.services.appointments import BookedVisit, VisitDetails, book_at_desk

DETAILS = VisitDetails(reason="Pain in the lower back since the spring", needs=("wheelchair", "interpreter"))

EACH = 50


class Booker:
    """Books the times of one group in order, half an hour after half an hour, working day after working day.

    `patient` is a number of `add_patients`, whose patients come in turn; `day` is where to begin, in days from today.
    """

    def __init__(self, session: Session, *, group: int, patient: int | None = None, day: int = 7) -> None:
        clinic = catalogue(session)
        self._session = session
        self._service_id = clinic.service_by_code[f"group-{group}"].id
        self._location_id = clinic.location_by_code["site"].id
        self._specialist_id = clinic.resource_by_code[f"group-{group}-dr-0"].id
        name = patient_name(group if patient is None else patient)
        self._patient_ids = itertools.cycle(
            session.scalars(sa.select(Patient.id).where(Patient.given_name == name)).all()
        )
        self._actor = Actor(account_id=None, role=Role.SCHEDULER, owner=secrets.token_hex(8))
        self._times = _times(day)
        session.rollback()

    def book(self) -> tuple[BookedVisit, str]:
        """Book the next time; what was booked, and the nonce of its form. Raises what the service raises."""
        nonce = secrets.token_hex(16)
        booked = book_at_desk(
            self._session,
            actor=self._actor,
            service_id=self._service_id,
            location_id=self._location_id,
            specialist_id=self._specialist_id,
            starts_at=from_minutes(next(self._times)),
            patient=next(self._patient_ids),
            details=DETAILS,
            nonce=nonce,
            now=data.NOW,
        )
        return booked, nonce


def _times(day: int) -> Iterator[int]:
    on = data.TODAY + timedelta(days=day)
    while True:
        for span in data.SPANS if on.weekday() < 5 else ():
            for minute in range(span.starts, span.ends, LENGTH):
                yield instant_of(on, minute, data.ZONE)
        on += timedelta(days=1)


def patient_name(number: int) -> str:
    """The given name of the patients of that client."""
    return f"Client {number}"


def add_patients(session: Session, count: int) -> None:
    """Patients for each client: nobody can be in two places, and nobody has hundreds of visits."""
    for number in range(count):
        for _ in range(EACH):
            data.add_patient(session, patient_name(number))
    session.commit()
