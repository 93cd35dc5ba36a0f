"""A patient asks to be called about a visit, by one press on the page of a mailed link."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound
from booking.queries.appointments import visit_for
from booking.services import audit, tasks
from booking.services.transaction import transaction

ASKED_FOR_HELP = "asked_for_help"


def ask_for_help(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Put the call on the desk's list, at most one a day (UTC) and none while one is open. Raises NotFound."""
    with transaction(session):
        visit = visit_for(session, actor, public_id)
        if visit is None:
            raise NotFound
        tasks.ask_to_call(
            session, patient_id=visit.patient_id, appointment_id=visit.id, reason_code=ASKED_FOR_HELP,
            cause=f"{visit.id}|{ASKED_FOR_HELP}|{now.date().isoformat()}", now=now,
        )  # fmt: skip
        audit.record(session, actor, "call_asked_for", "appointment", visit.id, now=now)
