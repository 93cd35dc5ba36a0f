"""The locks of the booking transaction, always taken in one order, so that two bookings never wait for each other.

SQLite needs none: BEGIN IMMEDIATE lets one writer in at a time. See docs/adr/0003-double-booking-guard.md.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Patient, Resource


def take_owner(session: Session, owner: str) -> None:
    """Let one transaction of this browser session pass at a time, so that it never holds two slots."""
    if owner and _has_row_locks(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(owner, 0))))


def take_resources(session: Session, resource_ids: Iterable[int]) -> None:
    """Lock the resources, by id. NO KEY UPDATE, since plain FOR UPDATE would block foreign-key checks of others."""
    if _has_row_locks(session):
        wanted = sa.select(Resource.id).where(Resource.id.in_(sorted(resource_ids))).order_by(Resource.id)
        session.execute(wanted.with_for_update(key_share=True)).all()


def take_patient(session: Session, patient_id: int) -> None:
    """Lock the patient's calendar; after the resources."""
    if _has_row_locks(session):
        wanted = sa.select(Patient.id).where(Patient.id == patient_id)
        session.execute(wanted.with_for_update(key_share=True)).all()


def _has_row_locks(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
