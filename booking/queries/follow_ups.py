"""Follow-ups that specialists want: the desk's list of whom to book, and what was settled of it lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.core.scheduling.lifecycle import TIME_IS_FREE
from booking.models import Account, Appointment, FollowUp, FollowUpState, Patient

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class WantedFollowUp:
    """A visit that somebody shall be booked for. `location_id` is where the visit was that it follows; `resource_id`
    the specialist it shall be with, None for any. `booked_starts_at` is when a visit of that kind begins that the
    patient was booked for since: whether it is this one, a person must say. `settled_by` is a name."""

    id: int
    public_id: str
    patient_id: int
    patient_public_id: str
    patient_name: str
    patient_phone: str | None
    service_id: int
    resource_id: int | None
    location_id: int
    wanted_by: date
    state: FollowUpState
    wanted_at: datetime
    wanted_by_name: str | None
    settled_at: datetime | None
    settled_by: str | None
    booked_starts_at: datetime | None
    booked_public_id: str | None


def to_book(session: Session) -> list[WantedFollowUp]:
    """All that wait for the desk, the most pressing first; also those whose booked visit did not come about.

    One statement."""
    return _read(session, _waits(), FollowUp.wanted_by, FollowUp.id)


def settled_since(session: Session, since: datetime) -> list[WantedFollowUp]:
    """What was taken off the list since then without a visit, the newest first; one statement."""
    is_dropped = sa.and_(FollowUp.state == FollowUpState.DROPPED, FollowUp.settled_at > since)
    return _read(session, is_dropped, FollowUp.settled_at.desc(), FollowUp.id)


def follow_up_or_none(session: Session, public_id: str) -> WantedFollowUp | None:
    """That one, settled or not."""
    return next(iter(_read(session, FollowUp.public_id == public_id, FollowUp.id)), None)


def follow_ups_of_visits(session: Session, appointment_ids: list[int]) -> dict[int, FollowUp]:
    """Appointment id → what was wanted after it; dropped ones are left out."""
    wanted = sa.select(FollowUp).where(
        FollowUp.appointment_id.in_(appointment_ids), FollowUp.state != FollowUpState.DROPPED
    )
    return {row.appointment_id: row for row in session.scalars(wanted)}


_Booked, _Later = aliased(Appointment), aliased(Appointment)
_By, _Settled = aliased(Account), aliased(Account)


def _waits() -> sa.ColumnElement[bool]:
    came_to_nothing = sa.and_(FollowUp.state == FollowUpState.BOOKED, _Booked.status.in_(sorted(TIME_IS_FREE)))
    return sa.or_(FollowUp.state == FollowUpState.OPEN, came_to_nothing)


def _booked_since() -> sa.ScalarSelect[Any]:
    """The next visit of the wanted kind that the patient got after it was wanted: its id."""
    return (
        sa.select(_Later.id)
        .where(
            _Later.patient_id == FollowUp.patient_id,
            _Later.service_id == FollowUp.service_id,
            _Later.booked_at > FollowUp.created_at,
            _Later.status.not_in(sorted(TIME_IS_FREE)),
        )
        .order_by(_Later.starts_at)
        .limit(1)
        .correlate(FollowUp)
        .scalar_subquery()
    )


def _read(session: Session, wanted: sa.ColumnElement[bool], *order: Any) -> list[WantedFollowUp]:
    found = aliased(Appointment)
    rows: Any = session.execute(
        sa.select(
            FollowUp.id,
            FollowUp.public_id,
            FollowUp.patient_id,
            Patient.public_id,
            Patient.given_name + " " + Patient.family_name,
            Patient.phone,
            FollowUp.service_id,
            FollowUp.resource_id,
            Appointment.location_id,
            FollowUp.wanted_by,
            FollowUp.state,
            FollowUp.created_at,
            _By.name,
            FollowUp.settled_at,
            _Settled.name,
            found.starts_at,
            found.public_id,
        )
        .join(Appointment, Appointment.id == FollowUp.appointment_id)
        .join(Patient, Patient.id == FollowUp.patient_id)
        .outerjoin(_By, _By.id == FollowUp.created_by_account_id)
        .outerjoin(_Settled, _Settled.id == FollowUp.settled_by_account_id)
        .outerjoin(_Booked, _Booked.id == FollowUp.booked_appointment_id)
        .outerjoin(found, found.id == _booked_since())
        .where(wanted)
        .order_by(*order)
        .limit(MOST_SHOWN)
    )
    return [WantedFollowUp(*row) for row in rows]
