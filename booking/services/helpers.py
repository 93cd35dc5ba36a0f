"""Who filled in a form for the patient, or with them: kept by name with the response, and shown to the specialist."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import Actor
from booking.models import QuestionnaireResponse
from booking.queries.appointments import Visit
from booking.services import audit
from booking.services.sealed import open_text, seal_text

RESPONSE, COLUMN = "questionnaire_response", "helper_name"
NAME_LENGTH = 80
MOST_NAMES = 6
_BETWEEN = "; "


def note_helper(session: Session, actor: Actor, *, visit: Visit, code: str, name: str, now: datetime) -> None:
    """Add the name to those who helped with this form, once; part of the transaction that saves their answers. What
    staff write down for a caller is recorded, too."""
    response = session.execute(
        sa.select(QuestionnaireResponse.id, QuestionnaireResponse.public_id, QuestionnaireResponse.helper_name_sealed)
        .where(QuestionnaireResponse.appointment_id == visit.id, QuestionnaireResponse.questionnaire == code)
    ).one()  # fmt: skip
    names = _names(session, response.public_id, response.helper_name_sealed)
    name = name.replace(_BETWEEN.strip(), ",")[:NAME_LENGTH].strip()
    if name in names or len(names) >= MOST_NAMES:
        return
    sealed = seal_text(session, RESPONSE, COLUMN, response.public_id, _BETWEEN.join((*names, name)))
    session.execute(
        sa.update(QuestionnaireResponse)
        .where(QuestionnaireResponse.id == response.id)
        .values(helper_name_sealed=sealed)
    )
    audit.record(session, actor, "response_helped", RESPONSE, response.id, now=now, patient_id=visit.patient_id)


def helpers_of(session: Session, *, response_id: int) -> tuple[str, ...]:
    """Who filled in this form beside the patient, in the order they did; empty for nobody, or unreadable."""
    row = session.execute(
        sa.select(QuestionnaireResponse.public_id, QuestionnaireResponse.helper_name_sealed)
        .where(QuestionnaireResponse.id == response_id)
    ).one()  # fmt: skip
    return _names(session, row.public_id, row.helper_name_sealed)


def _names(session: Session, public_id: str, sealed: str | None) -> tuple[str, ...]:
    try:
        text = open_text(session, RESPONSE, COLUMN, public_id, sealed) or ""
    except CannotOpen:
        return ()
    return tuple(name for name in text.split(_BETWEEN) if name)
