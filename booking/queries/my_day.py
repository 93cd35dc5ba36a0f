"""One specialist's day: their visits with how far the forms are, how many flags wait, and what changed lately.

The number of statements does not depend on how many visits there are. Reasons stay sealed here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.questionnaires.progress import VisitForms
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent, FollowUp, Patient, QuestionnaireResponse, ResponseStatus
from booking.queries.appointments import Visit, select_visits
from booking.queries.desk_visit import MOVED
from booking.queries.follow_ups import follow_ups_of_visits
from booking.queries.questionnaires import forms_of_visits


@dataclass(frozen=True, slots=True)
class OwnVisit:
    """A visit of the specialist's. `flag_count` and `unreviewed` count over the forms that were sent for it;
    `moved_at` is when it was last moved, None when never."""

    visit: Visit
    born_on: date
    reason_sealed: str | None
    forms: VisitForms
    flag_count: int
    unreviewed: int
    moved_at: datetime | None
    follow_up: FollowUp | None


def own_visits(
    session: Session, clinic: Catalogue, *, resource_id: int, since: datetime, until: datetime
) -> list[OwnVisit]:
    """The specialist's visits that start in that span, the cancelled ones too, by start."""
    rows: Any = session.execute(
        select_visits()
        .add_columns(Patient.born_on, Appointment.reason_sealed)
        .where(
            Appointment.specialist_id == resource_id,
            Appointment.starts_at >= since,
            Appointment.starts_at < until,
            Appointment.status != AppointmentStatus.ENTERED_IN_ERROR,
        )
        .order_by(Appointment.starts_at, Appointment.id)
    ).all()
    visits = [Visit(*row[:-2]) for row in rows]
    ids = [visit.id for visit in visits]
    forms = forms_of_visits(session, visits, clinic)
    counts, moved, wanted = _counts(session, ids), _moved(session, ids), follow_ups_of_visits(session, ids)
    return [
        OwnVisit(
            visit,
            row.born_on,
            row.reason_sealed,
            forms[visit.id],
            *counts.get(visit.id, (0, 0)),
            moved.get(visit.id),
            wanted.get(visit.id),
        )
        for visit, row in zip(visits, rows, strict=True)
    ]


def _counts(session: Session, ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Appointment id → flags, and forms that nobody has reviewed."""
    is_unreviewed = sa.case((QuestionnaireResponse.reviewed_at.is_(None), 1), else_=0)
    rows = session.execute(
        sa.select(
            QuestionnaireResponse.appointment_id,
            sa.func.sum(QuestionnaireResponse.flag_count),
            sa.func.sum(is_unreviewed),
        )
        .where(QuestionnaireResponse.appointment_id.in_(ids), QuestionnaireResponse.status == ResponseStatus.COMPLETED)
        .group_by(QuestionnaireResponse.appointment_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def _moved(session: Session, ids: Collection[int]) -> dict[int, datetime]:
    rows = session.execute(
        sa.select(AuditEvent.object_id, sa.func.max(AuditEvent.at))
        .where(
            AuditEvent.object_kind == "appointment", AuditEvent.object_id.in_(ids), AuditEvent.action.in_(sorted(MOVED))
        )
        .group_by(AuditEvent.object_id)
    )
    return {int(row[0]): row[1] for row in rows if row[0] is not None}


def days_ahead(session: Session, *, resource_id: int, since: datetime, limit: int) -> list[Visit]:
    """The specialist's next visits from then on, for whoever looks past today; one statement."""
    rows: Any = session.execute(
        select_visits()
        .where(
            Appointment.specialist_id == resource_id,
            Appointment.starts_at >= since,
            Appointment.status == AppointmentStatus.BOOKED,
        )
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(limit)
    )
    return [Visit(*row) for row in rows]
