"""One day of one location for the people who work there: visits, what they take, their forms, blocks.

The number of statements does not depend on how much there is on the day. No health text is read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.questionnaires.progress import VisitForms
from booking.core.scheduling.clinic import Catalogue, Location, Resource
from booking.core.scheduling.intervals import Span, from_minutes, intersect
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.local_time import day_span
from booking.core.scheduling.opening_hours import open_spans
from booking.models import (
    Appointment,
    Block,
    Patient,
    Reservation,
)
from booking.queries.appointments import Visit, select_visits
from booking.queries.questionnaires import forms_of_visits


@dataclass(frozen=True, slots=True)
class DayVisit:
    """A visit as the day shows it. `resource_ids` are all that it takes, the specialist among them, by id."""

    visit: Visit
    given_name: str
    family_name: str
    born_on: date
    phone: str | None
    resource_ids: tuple[int, ...]
    forms: VisitForms


@dataclass(frozen=True, slots=True)
class DayBlock:
    """Closed time of one resource."""

    resource_id: int
    starts_at: datetime
    ends_at: datetime
    label: str


@dataclass(frozen=True, slots=True)
class LocationDay:
    """Everything of one local date at one location. `open_spans` maps each resource to its hours, () when away."""

    location: Location
    on: date
    span: Span
    visits: list[DayVisit]
    blocks: list[DayBlock]
    open_spans: Mapping[int, tuple[Span, ...]]


def location_day(session: Session, clinic: Catalogue, location: Location, on: date) -> LocationDay:
    """The day with all its visits, the cancelled ones too, by start. Six statements at most."""
    span = day_span(on, location.tz)
    since, until = from_minutes(span[0]), from_minutes(span[1])
    here = [r for r in clinic.resources.values() if r.is_active and location.id in r.location_ids]
    return LocationDay(
        location,
        on,
        span,
        _visits(session, clinic, location.id, since, until),
        _blocks(session, [resource.id for resource in here], since, until),
        {resource.id: hours_on(clinic, resource, location, on) for resource in here},
    )


def _visits(session: Session, clinic: Catalogue, location_id: int, since: datetime, until: datetime) -> list[DayVisit]:
    wanted = select_visits().add_columns(Patient.given_name, Patient.family_name, Patient.born_on, Patient.phone)
    rows = session.execute(
        wanted.where(
            Appointment.location_id == location_id,
            Appointment.starts_at >= since,
            Appointment.starts_at < until,
            Appointment.status != AppointmentStatus.ENTERED_IN_ERROR,
        ).order_by(Appointment.starts_at, Appointment.id)
    ).all()
    visits = [Visit(*row[:-4]) for row in rows]
    taken = resources_taken(session, [visit.id for visit in visits])
    forms = forms_of_visits(session, visits, clinic)
    return [
        DayVisit(
            visit,
            given_name=row.given_name,
            family_name=row.family_name,
            born_on=row.born_on,
            phone=row.phone,
            resource_ids=tuple(taken.get(visit.id, ())),
            forms=forms[visit.id],
        )
        for visit, row in zip(visits, rows, strict=True)
    ]


def resources_taken(session: Session, appointment_ids: Collection[int]) -> dict[int, list[int]]:
    """Appointment → ids of the resources it has reserved, sorted; those without any are missing. One statement."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = session.execute(
        sa.select(Reservation.appointment_id, Reservation.resource_id)
        .where(Reservation.appointment_id.in_(appointment_ids), Reservation.resource_id.is_not(None))
        .distinct()
        .order_by(Reservation.resource_id)
    )
    for row in rows:
        found[row.appointment_id].append(row.resource_id)
    return dict(found)


def hours_on(clinic: Catalogue, resource: Resource, location: Location, on: date) -> tuple[Span, ...]:
    """When the resource is there on that local date, as the engine sees it, cut at its midnights; () when away."""
    spans = open_spans(resource, location, clinic.closures, on, on)
    return tuple(intersect(spans, [day_span(on, location.tz)]))


def _blocks(session: Session, resource_ids: Collection[int], since: datetime, until: datetime) -> list[DayBlock]:
    rows = session.execute(
        sa.select(Block.resource_id, Block.starts_at, Block.ends_at, Block.label)
        .where(Block.resource_id.in_(resource_ids), Block.ends_at > since, Block.starts_at < until)
        .order_by(Block.starts_at, Block.id)
    )
    return [DayBlock(*row) for row in rows]
