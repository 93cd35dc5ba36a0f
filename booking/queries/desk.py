"""One day of one location for the people who work there: visits, what they take, their forms, blocks, tasks.

The number of statements does not depend on how much there is on the day. No health text is read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.scheduling.clinic import Catalogue, Location, Resource
from booking.core.scheduling.intervals import Span, from_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.local_time import day_span
from booking.core.scheduling.opening_hours import open_spans
from booking.models import (
    Appointment,
    Block,
    Patient,
    QuestionnaireResponse,
    Reservation,
    ResponseStatus,
    Task,
    TaskState,
)

TASKS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class FormsStatus:
    """How many of the forms that a visit asks for are filled in; `begun` is one that is not finished."""

    wanted: int
    done: int
    begun: int


@dataclass(frozen=True, slots=True)
class DayVisit:
    """A visit as the day shows it. `resource_ids` are all that it takes, the specialist among them, by id."""

    id: int
    public_id: str
    given_name: str
    family_name: str
    born_on: date
    phone: str | None
    service_id: int
    location_id: int
    specialist_id: int | None
    starts_at: datetime
    ends_at: datetime
    status: AppointmentStatus
    resource_ids: tuple[int, ...]
    forms: FormsStatus


@dataclass(frozen=True, slots=True)
class DayBlock:
    """Closed time of one resource."""

    resource_id: int
    starts_at: datetime
    ends_at: datetime
    label: str


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Work that waits for somebody. `visit_public_id` and `patient_public_id` where it is about one."""

    public_id: str
    kind: str
    due_at: datetime
    visit_public_id: str | None
    patient_public_id: str | None
    patient_name: str | None


@dataclass(frozen=True, slots=True)
class LocationDay:
    """Everything of one local date at one location. `open_spans` maps each resource to its hours, [] when away."""

    location: Location
    on: date
    span: Span
    visits: list[DayVisit]
    blocks: list[DayBlock]
    open_spans: Mapping[int, tuple[Span, ...]]


def location_day(session: Session, clinic: Catalogue, location: Location, on: date) -> LocationDay:
    """The day with all its visits, the cancelled ones too, by start. Four statements."""
    span = day_span(on, location.tz)
    since, until = from_minutes(span[0]), from_minutes(span[1])
    rows = session.execute(_visits_between(location.id, since, until)).all()
    ids = [row.id for row in rows]
    taken, responses = resources_taken(session, ids), responses_of(session, ids)
    visits = [
        _day_visit(
            row, taken.get(row.id, ()), forms_status(_forms_of(clinic, row.service_id), responses.get(row.id, {}))
        )
        for row in rows
    ]
    here = [r for r in clinic.resources.values() if r.is_active and location.id in r.location_ids]
    return LocationDay(
        location,
        on,
        span,
        visits,
        _blocks(session, [resource.id for resource in here], since, until),
        {resource.id: _hours(clinic, resource, location, on, span) for resource in here},
    )


def _day_visit(row: Iterable[Any], resource_ids: Iterable[int], forms: FormsStatus) -> DayVisit:
    values = [*row, tuple(resource_ids), forms]
    return DayVisit(*values)


def _forms_of(clinic: Catalogue, service_id: int) -> tuple[str, ...]:
    return clinic.services[service_id].questionnaires


def _visits_between(location_id: int, since: datetime, until: datetime) -> sa.Select[*tuple[Any, ...]]:
    columns = (
        Appointment.id,
        Appointment.public_id,
        Patient.given_name,
        Patient.family_name,
        Patient.born_on,
        Patient.phone,
        Appointment.service_id,
        Appointment.location_id,
        Appointment.specialist_id,
        Appointment.starts_at,
        Appointment.ends_at,
        Appointment.status,
    )
    return (
        sa.select(*columns)
        .join_from(Appointment, Patient, Patient.id == Appointment.patient_id)
        .where(
            Appointment.location_id == location_id,
            Appointment.starts_at >= since,
            Appointment.starts_at < until,
            Appointment.status != AppointmentStatus.ENTERED_IN_ERROR,
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )


def resources_taken(session: Session, appointment_ids: Collection[int]) -> dict[int, list[int]]:
    """Appointment → ids of the resources it has reserved, sorted; those without any are missing. One statement."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = session.execute(
        sa.select(Reservation.appointment_id, Reservation.resource_id)
        .where(Reservation.appointment_id.in_(appointment_ids), Reservation.resource_id.is_not(None))
        .distinct()
        .order_by(Reservation.resource_id)
    )
    for appointment_id, resource_id in rows:
        if appointment_id is not None and resource_id is not None:
            found[appointment_id].append(resource_id)
    return dict(found)


def responses_of(session: Session, appointment_ids: Collection[int]) -> dict[int, dict[str, ResponseStatus]]:
    """Appointment → form code → how far it is; forms that nobody has opened are missing. One statement."""
    found: dict[int, dict[str, ResponseStatus]] = defaultdict(dict)
    rows = session.execute(
        sa.select(
            QuestionnaireResponse.appointment_id, QuestionnaireResponse.questionnaire, QuestionnaireResponse.status
        ).where(QuestionnaireResponse.appointment_id.in_(appointment_ids))
    )
    for appointment_id, form, status in rows:
        found[appointment_id][form] = status
    return dict(found)


def forms_status(wanted: Collection[str], responses: Mapping[str, ResponseStatus]) -> FormsStatus:
    """Count what is filled in of what the service asks for."""
    states = [responses.get(code) for code in wanted]
    return FormsStatus(len(wanted), states.count(ResponseStatus.COMPLETED), states.count(ResponseStatus.IN_PROGRESS))


def _hours(clinic: Catalogue, resource: Resource, location: Location, on: date, day: Span) -> tuple[Span, ...]:
    """The hours that the engine sees, cut at the midnights of the day."""
    spans = open_spans(resource, location, clinic.closures, on, on)
    return tuple(
        (max(starts, day[0]), min(ends, day[1])) for starts, ends in spans if ends > day[0] and starts < day[1]
    )


def _blocks(session: Session, resource_ids: Collection[int], since: datetime, until: datetime) -> list[DayBlock]:
    rows = session.execute(
        sa.select(Block.resource_id, Block.starts_at, Block.ends_at, Block.label)
        .where(Block.resource_id.in_(resource_ids), Block.ends_at > since, Block.starts_at < until)
        .order_by(Block.starts_at, Block.id)
    )
    return [DayBlock(*row) for row in rows]


def open_tasks(session: Session, *, roles: Collection[Role], location_ids: Collection[int]) -> list[OpenTask]:
    """What waits for these roles: tasks about a visit at these locations, or about no visit; the most urgent first."""
    columns = (
        Task.public_id,
        Task.kind,
        Task.due_at,
        Appointment.public_id.label("visit_public_id"),
        Patient.public_id.label("patient_public_id"),
        (Patient.given_name + " " + Patient.family_name).label("patient_name"),
    )
    rows = session.execute(
        sa.select(*columns)
        .select_from(Task)
        .outerjoin(Appointment, Appointment.id == Task.appointment_id)
        .outerjoin(Patient, Patient.id == Task.patient_id)
        .where(
            Task.state == TaskState.OPEN,
            Task.role.in_(roles),
            sa.or_(Appointment.id.is_(None), Appointment.location_id.in_(location_ids)),
        )
        .order_by(Task.due_at, Task.id)
        .limit(TASKS_SHOWN)
    )
    return [OpenTask(*row) for row in rows]
