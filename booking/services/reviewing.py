"""A specialist says that answers were read: forms marked as reviewed, and a note beside each, sealed.

The mark says that a person has gone through the answers, and nothing about what they found.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound
from booking.models import QuestionnaireResponse, ResponseStatus
from booking.queries.appointments import Visit
from booking.services import audit
from booking.services.before_visit import is_specialist_of
from booking.services.read_forms import RESPONSE
from booking.services.sealed import seal_text
from booking.services.transaction import transaction

LONGEST_NOTE = 2000


def mark_reviewed(
    session: Session, *, actor: Actor, visit: Visit, code: str | None, is_reviewed: bool, now: datetime
) -> int:
    """Mark the sent forms of the visit, or the one of that code, as reviewed or not; how many that changed.

    Who has marked one first stays named. Raises NotFound for anybody but the visit's specialist, and for a form that
    was not sent."""
    with transaction(session):
        rows = _sent(session, actor, visit, code)
        changed = [row for row in rows if (row.reviewed_at is None) is is_reviewed]
        for row in changed:
            _update(
                session,
                row.id,
                reviewed_at=now if is_reviewed else None,
                reviewed_by_account_id=actor.account_id if is_reviewed else None,
            )
            action = "response_reviewed" if is_reviewed else "response_unreviewed"
            audit.record(session, actor, action, RESPONSE, row.id, now=now, patient_id=visit.patient_id)
    return len(changed)


def keep_note(session: Session, *, actor: Actor, visit: Visit, code: str, note: str, now: datetime) -> None:
    """Keep the specialist's note beside a form, in place of the one before; "" takes it away.

    Raises NotFound as `mark_reviewed`, ValueError for a note of more than LONGEST_NOTE characters."""
    if len(note) > LONGEST_NOTE:
        raise ValueError("The note is too long.")
    with transaction(session):
        row = _sent(session, actor, visit, code)[0]
        _update(
            session,
            row.id,
            review_note_sealed=seal_text(session, RESPONSE, "review_note", row.public_id, note.strip()),
        )
        audit.record(session, actor, "response_noted", RESPONSE, row.id, now=now, patient_id=visit.patient_id)


def _sent(session: Session, actor: Actor, visit: Visit, code: str | None) -> list[Any]:
    """Id, public id and `reviewed_at` of the sent forms of the visit, one at least, locked."""
    wanted = (
        sa.select(QuestionnaireResponse.id, QuestionnaireResponse.public_id, QuestionnaireResponse.reviewed_at)
        .where(
            QuestionnaireResponse.appointment_id == visit.id,
            QuestionnaireResponse.status == ResponseStatus.COMPLETED,
        )
        .order_by(QuestionnaireResponse.id)
        .with_for_update()
    )
    if code is not None:
        wanted = wanted.where(QuestionnaireResponse.questionnaire == code)
    rows = list(session.execute(wanted)) if is_specialist_of(actor, visit) else []
    if not rows:
        raise NotFound
    return rows


def _update(session: Session, response_id: int, **values: object) -> None:
    session.execute(
        sa.update(QuestionnaireResponse)
        .where(QuestionnaireResponse.id == response_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
