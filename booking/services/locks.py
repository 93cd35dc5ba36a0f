"""The locks of the booking transaction, always taken in one order, so that two bookings never wait for each other.

SQLite needs none: BEGIN IMMEDIATE lets one writer in at a time. See docs/adr/0003-double-booking-guard.md.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Clinic, Hold, Patient, Reservation, Resource
from booking.queries.booking import Whose
from booking.queries.prepared import IdList, Prepared
from booking.queries.reservations import IS_OWN

OWNER = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.bindparam("owner", type_=sa.String), 0)))
"""The lock of a browser session, for a statement of PostgreSQL that does something else as well."""

_OF_HOLDS = sa.select(Reservation.resource_id).join(Hold, Hold.id == Reservation.hold_id).where(IS_OWN)
_OF_VISIT = sa.select(Reservation.resource_id).where(Reservation.appointment_id == sa.bindparam("appointment_id"))

_ASKED = Resource.id == sa.any_(sa.bindparam("ids", type_=IdList))
_RESOURCES = sa.select(Resource.id).where(_ASKED).order_by(Resource.id).with_for_update(key_share=True)
# Asked one by one, each has its index; a join with "or" was answered by reading every reservation there is.
_AND_OWN = sa.select(Resource.id).where(sa.or_(_ASKED, Resource.id.in_(_OF_HOLDS), Resource.id.in_(_OF_VISIT)))
_PATIENT = sa.select(Patient.id).where(Patient.id == sa.bindparam("patient_id")).with_for_update(key_share=True)


def _and_patient(resources: sa.Select[int]) -> Prepared:
    """One statement, read from its first part to its last."""
    return Prepared(sa.union_all(sa.select(resources.cte("resources")), sa.select(_PATIENT.cte("patients"))))


_ONLY_RESOURCES = Prepared(_RESOURCES)
_CALENDARS = _and_patient(_RESOURCES)
_BOOKING = _and_patient(_AND_OWN.order_by(Resource.id).with_for_update(key_share=True))


def take_owner(session: Session, owner: str) -> None:
    """Let one transaction of this browser session pass at a time, so that it never holds two slots."""
    if owner and _has_row_locks(session):
        session.connection().execute(OWNER, {"owner": owner})


def take_resources(session: Session, resource_ids: Iterable[int]) -> None:
    """Lock the resources, by id. NO KEY UPDATE, since plain FOR UPDATE would block foreign-key checks of others."""
    if _has_row_locks(session):
        _ONLY_RESOURCES.execute(session.connection(), {"ids": sorted(resource_ids)})


def take_clinic(session: Session) -> None:
    """Lock all resources, and then the clinic: nobody books and nobody changes a calendar or the clinic."""
    take_resources(session, session.scalars(sa.select(Resource.id)))
    session.execute(sa.select(Clinic.id).with_for_update())


def take_calendars(session: Session, resource_ids: Iterable[int], patient_id: int) -> None:
    """Lock the resources, by id, and then the patient."""
    if _has_row_locks(session):
        asked = {"ids": sorted(resource_ids), "patient_id": patient_id}
        _CALENDARS.execute(session.connection(), asked)


def take_for_booking(session: Session, resource_ids: Iterable[int], whose: Whose) -> None:
    """The same with the resources of what gives way to the booking: holds of its owners, the visit that moves.

    The owners' locks are had, so that nobody adds to those holds meanwhile.
    """
    if _has_row_locks(session):
        _BOOKING.execute(session.connection(), {"ids": sorted(resource_ids), **whose._asdict()})


def _has_row_locks(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
