"""The locks of the booking transaction, always taken in one order, so that two bookings never wait for each other.

SQLite needs none: BEGIN IMMEDIATE lets one writer in at a time. See docs/adr/0003-double-booking-guard.md.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Patient, Resource

_OWNER = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.bindparam("owner", type_=sa.String), 0)))
_RESOURCES = (
    sa.select(Resource.id)
    .where(Resource.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(Resource.id)
    .with_for_update(key_share=True)
)
_PATIENT = sa.select(Patient.id).where(Patient.id == sa.bindparam("patient_id")).with_for_update(key_share=True)
_RESOURCES_THEN_PATIENT = sa.union_all(sa.select(_RESOURCES.cte("resources")), sa.select(_PATIENT.cte("patients")))


def take_owner(session: Session, owner: str) -> None:
    """Let one transaction of this browser session pass at a time, so that it never holds two slots."""
    if owner and _has_row_locks(session):
        session.connection().execute(_OWNER, {"owner": owner})


def take_resources(session: Session, resource_ids: Iterable[int]) -> None:
    """Lock the resources, by id. NO KEY UPDATE, since plain FOR UPDATE would block foreign-key checks of others."""
    if _has_row_locks(session):
        session.connection().execute(_RESOURCES, {"ids": sorted(resource_ids)}).all()


def take_calendars(session: Session, resource_ids: Iterable[int], patient_id: int) -> None:
    """Lock the resources, by id, and then the patient: one statement, read from its first part to its last."""
    if _has_row_locks(session):
        asked = {"ids": sorted(resource_ids), "patient_id": patient_id}
        session.connection().execute(_RESOURCES_THEN_PATIENT, asked).all()


def _has_row_locks(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
