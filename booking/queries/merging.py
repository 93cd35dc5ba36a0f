"""Two records of patients side by side: what each has, and what speaks against making them one. No answers are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.core.actor import Actor
from booking.models import Appointment, Patient, PatientMerge, Reservation, WaitingEntry, WaitingState
from booking.queries.appointments import Visit, visits_of_patients
from booking.queries.carers import OpenInvitation, Right, open_invitations, rights_about
from booking.queries.desk_patients import DeskPatient

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class ConflictKind(StrEnum):
    """`OVERLAP`: both have a visit then. `BOTH_WAIT`: for one service. `ELSEWHERE`: a visit at a place of others."""

    OVERLAP = "overlap"
    BOTH_WAIT = "both_wait"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why the two cannot become one as things stand; what is not about the kind is None."""

    kind: ConflictKind
    starts_at: datetime | None = None
    location_id: int | None = None
    service_id: int | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records, with all that would move."""

    patient: DeskPatient
    visits: tuple[Visit, ...]
    waits_for: tuple[int, ...]
    rights: tuple[Right, ...]
    invitations: tuple[OpenInvitation, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """One that can still be undone: the record that came in, and until when."""

    id: int
    public_id: str
    merged_name: str
    merged_born_on: object
    reason_code: str
    merged_at: datetime
    undo_until: datetime


def side_of(session: Session, patient: DeskPatient, *, now: datetime) -> Side:
    """What the record has; visits with the latest first."""
    visits = visits_of_patients(session, [patient.id], since=_EVER)
    return Side(
        patient,
        tuple(reversed(visits)),
        tuple(_waits(session, patient.id)),
        tuple(rights_about(session, [patient.id], now=now)),
        tuple(open_invitations(session, [patient.id], now=now)),
    )


def _waits(session: Session, patient_id: int) -> list[int]:
    wanted = sa.select(WaitingEntry.service_id).where(
        WaitingEntry.patient_id == patient_id, WaitingEntry.state == WaitingState.WAITING
    )
    return list(session.scalars(wanted.order_by(WaitingEntry.service_id)))


def conflicts_of(session: Session, actor: Actor, one_id: int, other_id: int) -> tuple[Conflict, ...]:
    """All that speaks against it; () when nothing does."""
    both = set(_waits(session, one_id)) & set(_waits(session, other_id))
    return (
        *_overlaps(session, one_id, other_id),
        *(Conflict(ConflictKind.BOTH_WAIT, service_id=service_id) for service_id in sorted(both)),
        *_elsewhere(session, actor, (one_id, other_id)),
    )


def _overlaps(session: Session, one_id: int, other_id: int) -> list[Conflict]:
    """Times that both have reserved, as the guard of the database would refuse them; each names a visit of the one."""
    one, other = aliased(Reservation), aliased(Reservation)
    rows = session.execute(
        sa.select(one.starts_at, Appointment.location_id)
        .distinct()
        .join(other, sa.and_(other.starts_at < one.ends_at, other.ends_at > one.starts_at))
        .outerjoin(Appointment, Appointment.id == one.appointment_id)
        .where(one.patient_id == one_id, other.patient_id == other_id)
        .order_by(one.starts_at)
    )
    return [Conflict(ConflictKind.OVERLAP, row.starts_at, row.location_id) for row in rows]


def _elsewhere(session: Session, actor: Actor, patient_ids: tuple[int, int]) -> list[Conflict]:
    """Whoever joins two records decides about all of their visits, so these must be at places of theirs."""
    places = session.scalars(
        sa.select(Appointment.location_id).distinct().where(Appointment.patient_id.in_(patient_ids))
    )
    foreign = sorted(place for place in places if not actor.works_at(place))
    return [Conflict(ConflictKind.ELSEWHERE, location_id=place) for place in foreign]


def merges_of(session: Session, patient_id: int, *, now: datetime) -> list[Merge]:
    """Records that came into this one and can still be taken out again, the last one first."""
    rows = session.execute(
        sa.select(
            PatientMerge.id,
            PatientMerge.public_id,
            Patient.given_name + " " + Patient.family_name,
            Patient.born_on,
            PatientMerge.reason_code,
            PatientMerge.merged_at,
            PatientMerge.undo_until,
        )
        .join(Patient, Patient.id == PatientMerge.merged_id)
        .where(PatientMerge.kept_id == patient_id, PatientMerge.undone_at.is_(None), PatientMerge.undo_until > now)
        .order_by(PatientMerge.id.desc())
    )
    return [Merge(*row) for row in rows]
