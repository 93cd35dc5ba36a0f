"""Staff ask for one more form at one visit, or withdraw one that its service asks for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import FormClosed, NotFound
from booking.models import AskedForm, QuestionnaireResponse, ResponseStatus
from booking.queries.appointments import Visit, visit_for
from booking.queries.asked_forms import asked_of_visit
from booking.services import audit
from booking.services.filled_forms import library
from booking.services.transaction import transaction

ASKERS = frozenset({Role.SCHEDULER, Role.ADMINISTRATOR, Role.SPECIALIST})
FORM_ASKED, FORM_WITHDRAWN = "form_asked", "form_withdrawn"


def may_ask(actor: Actor) -> bool:
    """Whether somebody of that role decides which forms a visit asks for."""
    return actor.role in ASKERS


def ask_form(session: Session, *, actor: Actor, public_id: str, code: str, now: datetime) -> None:
    """Ask for that form until the visit begins; asked for already it stays as it is.

    Raises NotFound for a visit that is not theirs or an unknown form, FormClosed once the visit has begun or is off."""
    with transaction(session):
        visit = _locked_visit(session, actor, public_id)
        library(session).latest(code)
        if not visit.status.occupies_time or visit.starts_at <= now:
            raise FormClosed
        if asked_of_visit(session, visit).form_or_none(code) is not None:
            return
        row = _row_or_none(session, visit, code)
        if row is None:
            row = AskedForm(appointment_id=visit.id, questionnaire=code, asked_at=now)
            session.add(row)
        row.asked_at, row.asked_by_account_id, row.withdrawn_at = now, actor.account_id, None
        session.flush()
        _record(session, actor, FORM_ASKED, visit, code, now)


def withdraw_form(session: Session, *, actor: Actor, public_id: str, code: str, now: datetime) -> None:
    """The patient need not fill in that form; what was answered stays. Withdrawing twice is withdrawing once.

    Raises NotFound as `ask_form`, FormClosed for a form that was sent."""
    with transaction(session):
        visit = _locked_visit(session, actor, public_id)
        if asked_of_visit(session, visit).form_or_none(code) is None:
            return
        if _is_sent(session, visit, code):
            raise FormClosed
        row = _row_or_none(session, visit, code)
        if row is None:
            row = AskedForm(appointment_id=visit.id, questionnaire=code, asked_at=now)
            row.asked_by_account_id = actor.account_id
            session.add(row)
        row.withdrawn_at = now
        session.flush()
        _record(session, actor, FORM_WITHDRAWN, visit, code, now)


def _locked_visit(session: Session, actor: Actor, public_id: str) -> Visit:
    visit = visit_for(session, actor, public_id, lock=True) if may_ask(actor) else None
    if visit is None:
        raise NotFound
    return visit


def _row_or_none(session: Session, visit: Visit, code: str) -> AskedForm | None:
    wanted = sa.select(AskedForm).where(AskedForm.appointment_id == visit.id, AskedForm.questionnaire == code)
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def _is_sent(session: Session, visit: Visit, code: str) -> bool:
    wanted = sa.select(QuestionnaireResponse.id).where(
        QuestionnaireResponse.appointment_id == visit.id,
        QuestionnaireResponse.questionnaire == code,
        QuestionnaireResponse.status == ResponseStatus.COMPLETED,
    )
    return session.scalar(wanted) is not None


def _record(session: Session, actor: Actor, action: str, visit: Visit, code: str, now: datetime) -> None:
    audit.record(
        session, actor, action, "appointment", visit.id, now=now, reason_code=code[:40], patient_id=visit.patient_id
    )  # fmt: skip
