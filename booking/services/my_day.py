"""A specialist's day with the reasons that patients gave, opened for them alone. Reading those is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.core.scheduling.clinic import Catalogue
from booking.models import AuditEvent
from booking.queries.appointments import Visit
from booking.queries.my_day import OwnVisit, own_visits
from booking.queries.tasks import ListedTask, safety_tasks_of
from booking.services import audit
from booking.services.audit_reads import SAME_LOOK
from booking.services.sealed import open_text
from booking.services.transaction import transaction

RECENT = timedelta(hours=24)
"""What was booked, moved or cancelled within this time is news."""


@dataclass(frozen=True, slots=True)
class DayLine:
    """One visit. `reason` is None where none was given; one that does not open is "" with `is_readable` False.
    `urgent` are open safety tasks about the patient, whichever visit they came with."""

    own: OwnVisit
    reason: str | None
    is_readable: bool
    is_new: bool
    is_moved: bool
    is_cancelled_lately: bool
    urgent: tuple[ListedTask, ...] = ()


def read_day(
    session: Session, clinic: Catalogue, *, actor: Actor, since: datetime, until: datetime, now: datetime
) -> list[DayLine]:
    """The actor's own visits in that span, with their reasons. Raises NotFound for anybody but a specialist."""
    if actor.role is not Role.SPECIALIST or actor.resource_id is None:
        raise NotFound
    found = own_visits(session, clinic, resource_id=actor.resource_id, since=since, until=until)
    urgent = safety_tasks_of(session, actor=actor, patient_ids={own.visit.patient_id for own in found})
    lines = [_line(session, own, urgent.get(own.visit.patient_id, ()), now) for own in found]
    _record(session, actor, [line.own.visit for line in lines if line.reason], now)
    return lines


def _line(session: Session, own: OwnVisit, urgent: tuple[ListedTask, ...], now: datetime) -> DayLine:
    visit = own.visit
    try:
        reason, is_readable = open_text(session, "appointment", "reason", visit.public_id, own.reason_sealed), True
    except CannotOpen:
        reason, is_readable = "", False
    since = now - RECENT
    return DayLine(
        own,
        reason,
        is_readable,
        is_new=visit.booked_at > since,
        is_moved=own.moved_at is not None and own.moved_at > since,
        is_cancelled_lately=visit.cancelled_at is not None and visit.cancelled_at > since,
        urgent=urgent,
    )


def _record(session: Session, actor: Actor, visits: Sequence[Visit], now: datetime) -> None:
    """Each reason that was shown, but for those shown to the actor moments ago."""
    known = set(
        session.scalars(
            sa.select(AuditEvent.object_id).where(
                AuditEvent.actor_account_id == actor.account_id,
                AuditEvent.at > now - SAME_LOOK,
                AuditEvent.action == "reason_read",
            )
        )
    )
    new = [visit for visit in visits if visit.id not in known]
    if not new:
        return
    with transaction(session):
        things = [("reason_read", "appointment", one.id, one.patient_id) for one in new]
        audit.record_all(session, actor, things, now=now)
