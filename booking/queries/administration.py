"""Visits to come of a thing of the clinic, and the accounts of the people who work here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import STAFF_ROLES, Role
from booking.core.clinic_file.parts import Section
from booking.models import Account, AccountLocation, Appointment, Reservation
from booking.queries.appointments import Visit, select_visits
from booking.queries.hours import STILL_TO_COME

SHOWN_VISITS = 20


@dataclass(frozen=True, slots=True)
class ComingVisits:
    """How many visits are to come, and the first of them."""

    count: int
    first: tuple[Visit, ...]


def coming_visits(session: Session, section: Section, number: int, *, now: datetime) -> ComingVisits:
    """Visits to come that take the resource, are of the service, or are at the location with that id."""
    conditions = {
        Section.RESOURCES: Appointment.id.in_(
            sa.select(Reservation.appointment_id).where(Reservation.resource_id == number)
        ),
        Section.SERVICES: Appointment.service_id == number,
        Section.LOCATIONS: Appointment.location_id == number,
    }
    wanted = sa.and_(conditions[section], Appointment.ends_at > now, Appointment.status.in_(STILL_TO_COME))
    count = session.scalar(sa.select(sa.func.count()).select_from(Appointment).where(wanted)) or 0
    first = select_visits().where(wanted).order_by(Appointment.starts_at, Appointment.id).limit(SHOWN_VISITS)
    return ComingVisits(count, tuple(Visit(*row) for row in session.execute(first)))


@dataclass(frozen=True, slots=True)
class StaffMember:
    """An account of somebody who works here. `has_joined`: they have chosen a password. No locations are all."""

    id: int
    public_id: str
    name: str
    email: str
    role: Role
    resource_id: int | None
    is_active: bool
    has_joined: bool
    location_ids: frozenset[int]


def staff(session: Session) -> tuple[StaffMember, ...]:
    """All accounts of people who work here, also disabled ones, by name."""
    return tuple(sorted(_members(session), key=lambda one: (not one.is_active, one.name.casefold(), one.id)))


def staff_member_or_none(session: Session, public_id: str) -> StaffMember | None:
    """The account of that public id, if it is of somebody who works here."""
    return next((one for one in _members(session, Account.public_id == public_id)), None)


def _members(session: Session, *conditions: sa.ColumnElement[bool]) -> list[StaffMember]:
    accounts = sa.select(Account).where(Account.role.in_(STAFF_ROLES), *conditions)
    rows = session.scalars(accounts.order_by(Account.id)).all()
    places: dict[int, set[int]] = {row.id: set() for row in rows}
    limits = sa.select(AccountLocation).where(AccountLocation.account_id.in_(places))
    for limit in session.scalars(limits):
        places[limit.account_id].add(limit.location_id)
    return [
        StaffMember(
            row.id, row.public_id, row.name, row.email, row.role, row.resource_id, row.is_active,
            row.email_verified_at is not None, frozenset(places[row.id]),
        )
        for row in rows
    ]  # fmt: skip
