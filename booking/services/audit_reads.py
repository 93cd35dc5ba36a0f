"""Writes down who looked at what, and who was refused. Each in a short transaction of its own, after the page is made.

The same person looking at the same page within some minutes is one event, so that a page that is read again and again,
or asks for itself, does not bury the others.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.models import Appointment, AuditEvent, Patient
from booking.queries.prepared import Prepared
from booking.services import audit
from booking.services.transaction import end_read, transaction

SAME_LOOK = timedelta(minutes=15)
"""Looking again within this time is the same look."""

REFUSALS_COUNTED = timedelta(hours=1)
MOST_REFUSALS = 100
"""Of one account within REFUSALS_COUNTED: whoever tries thousands of addresses does not fill the log with them."""

VISIT, PATIENT, LIST, TASK = "visit_page", "patient_page", "list", "task_page"
"""Kinds of objects: pages, apart from the visits and patients that acts are about."""

REFUSED = "access_refused"
NOWHERE = "nowhere"


class Seen(NamedTuple):
    """One thing that a page has shown. `patient_id` is None of lists; `reason_code` tells lists of one kind apart."""

    action: str
    object_kind: str
    object_id: int | None
    patient_id: int | None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What somebody was kept from: the endpoint, and the id in its address if there is one."""

    endpoint: str
    public_id: str | None


# The index on account and instant answers it: a handful of rows.
_RECENT = Prepared(
    sa.select(AuditEvent.action, AuditEvent.object_kind, AuditEvent.object_id, AuditEvent.reason_code).where(
        AuditEvent.actor_account_id == sa.bindparam("account_id"), AuditEvent.at > sa.bindparam("since")
    )
)


def record_looks(session: Session, actor: Actor, seen: Collection[Seen], *, now: datetime) -> None:
    """Write down what was shown to the actor, but for what stands there already. Raises what the database raises."""
    end_read(session)
    asked = {"account_id": actor.account_id, "since": now - SAME_LOOK}
    known = set(_RECENT.execute(session.connection(), asked).rows)
    new = [one for one in seen if (one.action, one.object_kind, one.object_id, one.reason_code) not in known]
    if not new:
        return
    with transaction(session):
        for one in new:
            audit.record(
                session, actor, one.action, one.object_kind, one.object_id, now=now, reason_code=one.reason_code,
                patient_id=one.patient_id,
            )  # fmt: skip


def record_refusal(session: Session, actor: Actor, refusal: Refusal, *, now: datetime) -> None:
    """Write down that the actor was refused. What is missing is written like what is foreign, in the same steps, so
    that the time it takes tells nobody which it was."""
    end_read(session)
    with transaction(session):
        if _refusals(session, actor, now) >= MOST_REFUSALS:
            return
        kind, object_id, patient_id = _object_of(session, refusal.public_id)
        audit.record(
            session, actor, REFUSED, kind, object_id, now=now, reason_code=refusal.endpoint[:40], patient_id=patient_id
        )


def _refusals(session: Session, actor: Actor, now: datetime) -> int:
    wanted = sa.select(sa.func.count()).where(
        AuditEvent.actor_account_id == actor.account_id,
        AuditEvent.at > now - REFUSALS_COUNTED,
        AuditEvent.action == REFUSED,
    )
    return session.scalar(wanted) or 0


def _object_of(session: Session, public_id: str | None) -> tuple[str, int | None, int | None]:
    """Kind, id and patient of what the address named."""
    visits = sa.select(sa.literal(VISIT), Appointment.id, Appointment.patient_id)
    patients = sa.select(sa.literal(PATIENT), Patient.id, Patient.id)
    row = session.execute(
        sa.union_all(visits.where(Appointment.public_id == public_id), patients.where(Patient.public_id == public_id))
    ).first()
    return (NOWHERE, None, None) if row is None else (row[0], row[1], row[2])
