"""Calendars of resources as the desk sees them: blocks, visits that take a resource, and what patients have planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.hits import Taken, bare_span
from booking.core.scheduling.intervals import Span, from_minutes, to_minutes, to_minutes_up
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, Block, BlockKind, Closure, Reservation
from booking.queries.appointments import VISIT_COLUMNS, Visit, select_visits

STILL_TO_COME = tuple(s for s in AppointmentStatus if s.occupies_time and s is not AppointmentStatus.DONE)
"""Visits that are over in all but their time need no decision."""


@dataclass(frozen=True, slots=True)
class BlockEntry:
    """A block as plain values. `repeats` are the later blocks of its series, itself not counted."""

    id: int
    public_id: str
    resource_id: int
    starts_at: datetime
    ends_at: datetime
    label: str
    kind: BlockKind
    series_key: str | None


_ENTRY = (
    Block.id,
    Block.public_id,
    Block.resource_id,
    Block.starts_at,
    Block.ends_at,
    Block.label,
    Block.kind,
    Block.series_key,
)


def blocks_of(session: Session, resource_id: int, *, since: datetime) -> list[BlockEntry]:
    """The blocks of a resource that end after `since`, the earliest first."""
    wanted = sa.select(*_ENTRY).where(Block.resource_id == resource_id, Block.ends_at > since)
    return [BlockEntry(*row) for row in session.execute(wanted.order_by(Block.starts_at, Block.id))]


def block_or_none(session: Session, resource_id: int, public_id: str) -> BlockEntry | None:
    """The block of that resource."""
    wanted = sa.select(*_ENTRY).where(Block.public_id == public_id, Block.resource_id == resource_id)
    row = session.execute(wanted).one_or_none()
    return None if row is None else BlockEntry(*row)


def series_from(session: Session, block: BlockEntry) -> list[BlockEntry]:
    """The block and those of its series that begin after it, the earliest first; alone when it is none."""
    if block.series_key is None:
        return [block]
    wanted = sa.select(*_ENTRY).where(Block.series_key == block.series_key, Block.starts_at >= block.starts_at)
    return [BlockEntry(*row) for row in session.execute(wanted.order_by(Block.starts_at, Block.id))]


def next_leaves(session: Session, resource_ids: Collection[int], *, now: datetime) -> dict[int, BlockEntry]:
    """Resource → its present or next leave or repair; those without any are missing. One statement."""
    away = (BlockKind.LEAVE, BlockKind.REPAIR)
    wanted = sa.select(*_ENTRY).where(Block.resource_id.in_(resource_ids), Block.ends_at > now, Block.kind.in_(away))
    found: dict[int, BlockEntry] = {}
    for row in session.execute(wanted.order_by(Block.starts_at, Block.id)):
        found.setdefault(row.resource_id, BlockEntry(*row))
    return found


def visits_taking(
    session: Session, clinic: Catalogue, resource_ids: Collection[int], window: Span, *, now: datetime
) -> list[tuple[Visit, tuple[Taken, ...]]]:
    """Visits to come that take one of the resources in the window (UTC minutes), with what they take of them."""
    wanted = (
        select_visits()
        .add_columns(Reservation.resource_id, Reservation.starts_at, Reservation.ends_at)
        .join(Reservation, Reservation.appointment_id == Appointment.id)
        .where(
            Reservation.resource_id.in_(resource_ids),
            Reservation.ends_at > from_minutes(window[0]),
            Reservation.starts_at < from_minutes(window[1]),
            Appointment.ends_at > now,
            Appointment.status.in_(STILL_TO_COME),
        )
        .order_by(Appointment.starts_at, Appointment.id, Reservation.id)
    )
    width = len(VISIT_COLUMNS)
    found = []
    for _, same in groupby(session.execute(wanted), key=lambda row: row[0]):
        taking = list(same)
        visit = Visit(*taking[0][:width])
        found.append((visit, tuple(_taken(clinic, visit, row[width:]) for row in taking)))
    return found


def _taken(clinic: Catalogue, visit: Visit, reservation: tuple[int, datetime, datetime]) -> Taken:
    service = clinic.services[visit.service_id]
    resource_id, starts_at, ends_at = reservation
    reserved = (to_minutes(starts_at), to_minutes_up(ends_at))
    span = bare_span(reserved, service.buffer_before_minutes, service.buffer_after_minutes)
    return Taken(resource_id, visit.location_id, span)


def lanes_of_visits(session: Session, appointment_ids: Collection[int]) -> dict[int, list[tuple[int, int, Span]]]:
    """Visit → its reservations: resource, lane and span as stored. One statement."""
    rows = session.execute(
        sa.select(
            Reservation.appointment_id,
            Reservation.resource_id,
            Reservation.lane,
            Reservation.starts_at,
            Reservation.ends_at,
        ).where(Reservation.appointment_id.in_(appointment_ids), Reservation.resource_id.is_not(None))
    )
    found: dict[int, list[tuple[int, int, Span]]] = defaultdict(list)
    for row in rows:
        span = (to_minutes(row.starts_at), to_minutes_up(row.ends_at))
        found[row.appointment_id].append((row.resource_id, row.lane, span))
    return found


def patients_busy(
    session: Session, patient_ids: Collection[int], *, now: datetime
) -> dict[int, list[tuple[int, Span]]]:
    """Patient → (visit, bare span in UTC minutes) of all that they have planned. One statement."""
    rows = session.execute(
        sa.select(Reservation.patient_id, Reservation.appointment_id, Reservation.starts_at, Reservation.ends_at).where(
            Reservation.patient_id.in_(patient_ids), Reservation.ends_at > now, Reservation.appointment_id.is_not(None)
        )
    )
    found: dict[int, list[tuple[int, Span]]] = defaultdict(list)
    for row in rows:
        found[row.patient_id].append((row.appointment_id, (to_minutes(row.starts_at), to_minutes_up(row.ends_at))))
    return found


class ClosureEntry(NamedTuple):
    """A closure as plain values; `location_id` None is the whole clinic."""

    id: int
    location_id: int | None
    starts_on: date
    ends_on: date
    name: str


def closures_from(session: Session, on: date) -> list[ClosureEntry]:
    """Closures that are not over on that date, the earliest first."""
    wanted = sa.select(Closure.id, Closure.location_id, Closure.starts_on, Closure.ends_on, Closure.name)
    rows = session.execute(wanted.where(Closure.ends_on >= on).order_by(Closure.starts_on, Closure.id))
    return [ClosureEntry(*row) for row in rows]
