"""A patient asks to be called about a visit, by one press on the page of a mailed link."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound, RulesRefuse
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.rules import Refusal
from booking.queries.appointments import Visit, visit_for
from booking.services import audit, tasks
from booking.services.transaction import transaction

ASKED_FOR_HELP = "asked_for_help"


def ask_for_help(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Put the call on the desk's list, at most one a day (UTC) and none while one is open.

    Raises NotFound, RulesRefuse (`visit_over`, `no_phone`).
    """
    with transaction(session):
        visit = visit_for(session, actor, public_id)
        if visit is None:
            raise NotFound
        if refusals := refusals_of_calling(visit, now=now):
            raise RulesRefuse(refusals)
        tasks.ask_to_call(
            session, patient_id=visit.patient_id, appointment_id=visit.id, reason_code=ASKED_FOR_HELP,
            cause=f"{visit.id}|{ASKED_FOR_HELP}|{now.date().isoformat()}", now=now,
        )  # fmt: skip
        audit.record(session, actor, "call_asked_for", "appointment", visit.id, now=now, patient_id=visit.patient_id)


def refusals_of_calling(visit: Visit, *, now: datetime) -> tuple[Refusal, ...]:
    """Why nobody would call about the visit: for the page that offers it as for the act; () when somebody would."""
    if visit.status is not AppointmentStatus.BOOKED or visit.ends_at <= now:
        return (Refusal("visit_over"),)
    return () if visit.patient_phone else (Refusal("no_phone"),)
