"""Answers of the demo's invented patients: most visits of the last days have them, some of the coming ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.demo_answers import demo_answers
from booking.core.form_rules import AT_START, FormRule
from booking.core.questionnaires.answers import Answers
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.flags import flags_of
from booking.core.questionnaires.instruments import score_of
from booking.core.questionnaires.library import SHIPPED
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Answer, Appointment, QuestionnaireResponse, ResponseStatus, new_public_id
from booking.services.questionnaires import sealed_flags, sealed_score, sealed_value

LOOK_BACK: Final = timedelta(days=15)
LOOK_AHEAD: Final = timedelta(days=7)
ANSWERED_BEFORE: Final = timedelta(hours=20)
ANSWERED_AFTER: Final = timedelta(hours=22)
PAST_SHARE, COMING_SHARE, HALF_DONE_SHARE = 0.8, 0.35, 0.15


def add_answers(session: Session, clinic: Catalogue, *, now: datetime) -> int:
    """Add responses with their answers to the open transaction; how many."""
    random = Random(now.date().toordinal())  # noqa: S311 - invented answers need no secrecy.
    rows: list[dict[str, Any]] = []
    count = 0
    for visit in _visits(session, now):
        sent, is_half_done = _progress(visit, random, now)
        for rule in clinic.services[visit.service_id].form_rules if sent or is_half_done else ():
            at = _answered_at(visit, rule, now)
            if at is not None:
                rows += _answer_form(session, visit, SHIPPED.latest(rule.form), random, at, is_sent=sent)
                count += 1
    if rows:
        session.execute(sa.insert(Answer), rows)
    return count


def _visits(session: Session, now: datetime) -> list[Appointment]:
    """All but those that have answers of their own already."""
    return list(
        session.scalars(
            sa.select(Appointment)
            .where(
                Appointment.starts_at.between(now - LOOK_BACK, now + LOOK_AHEAD),
                Appointment.status.notin_((AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW)),
                Appointment.id.notin_(sa.select(QuestionnaireResponse.appointment_id)),
            )
            .order_by(Appointment.id)
        )
    )


def _progress(visit: Appointment, random: Random, now: datetime) -> tuple[bool, bool]:
    """Whether the forms of the visit were sent, and whether they were only begun."""
    luck = random.random()
    if visit.starts_at <= now:
        return luck < PAST_SHARE, False
    # Booked at this moment is the visit of the demo's login: its forms are there to be filled in.
    if visit.booked_at == now:
        return False, False
    return luck < COMING_SHARE, luck < COMING_SHARE + HALF_DONE_SHARE


def _answered_at(visit: Appointment, rule: FormRule, now: datetime) -> datetime | None:
    """When the form was answered; None for one that nobody can have answered by now."""
    is_early = rule.opens is not None and not rule.opens.is_after and visit.starts_at - rule.opens.length > now
    if is_early:
        return None
    if not rule.due.is_after or rule.due == AT_START:
        return told_before(visit, now)
    at = visit.ends_at + ANSWERED_AFTER
    return at if at <= now else None


def told_before(visit: Appointment, now: datetime) -> datetime:
    """The day before the visit, or at once when it was booked later."""
    return min(max(visit.booked_at, visit.starts_at - ANSWERED_BEFORE), now)


def _answer_form(
    session: Session, visit: Appointment, form: Questionnaire, random: Random, at: datetime, *, is_sent: bool
) -> list[dict[str, Any]]:
    """Add an invented response, and give the rows of its answers."""
    answers = demo_answers(form, random, most=None if is_sent else max(1, len(form.questions) // 3))
    return add_response(session, visit, form, answers, at=at, is_sent=is_sent)


def add_response(
    session: Session, visit: Appointment, form: Questionnaire, answers: Answers, *, at: datetime, is_sent: bool = True
) -> list[dict[str, Any]]:
    """Add a response that was begun and sent at that moment to the open transaction, and give the rows of its
    answers."""
    response = QuestionnaireResponse(
        public_id=new_public_id(),
        appointment_id=visit.id,
        patient_id=visit.patient_id,
        questionnaire=form.code,
        form_version=form.version,
        status=ResponseStatus.COMPLETED if is_sent else ResponseStatus.IN_PROGRESS,
        started_at=at,
        completed_at=at if is_sent else None,
    )
    if is_sent:
        response.score_sealed = sealed_score(session, response.public_id, score_of(form, answers))
        flags = flags_of(form, answers)
        response.flags_sealed, response.flag_count = sealed_flags(session, response.public_id, flags), len(flags)
    session.add(response)
    session.flush()
    keys = {link_id: new_public_id() for link_id in answers}
    return [
        {
            "row_key": keys[link_id],
            "response_id": response.id,
            "link_id": link_id,
            "value_sealed": sealed_value(session, keys[link_id], value),
            "version": 1,
            "saved_at": at,
        }
        for link_id, value in answers.items()
    ]
