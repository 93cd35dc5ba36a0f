"""What a mailed link alone does not show is shown to whoever also knows the patient's date of birth."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound
from booking.models import Patient
from booking.queries.appointments import visit_for
from booking.services import audit, rate_limits
from booking.services.accounts import Door
from booking.services.rate_limits import Tried
from booking.services.transaction import transaction


def is_born_on(session: Session, *, actor: Actor, door: Door, public_id: str, born_on: date, now: datetime) -> bool:
    """Whether that is the date of birth of the patient of a visit that the actor sees. Every try is in the audit log.

    All links to one visit share one limit. Raises NotFound, TooManyTries.
    """
    visit = visit_for(session, actor, public_id)
    if visit is None:
        raise NotFound
    patient_id, appointment_id = visit.patient_id, visit.id
    rate_limits.take(session, door.limiter, Tried.PROVE, actor=actor, account=public_id, network=door.network, now=now)
    with transaction(session):
        is_right = session.scalar(sa.select(Patient.born_on).where(Patient.id == patient_id)) == born_on
        action = "birth_date_given" if is_right else "birth_date_refused"
        audit.record(session, actor, action, "appointment", appointment_id, now=now, patient_id=patient_id)
    return is_right
