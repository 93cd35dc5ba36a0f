"""Reminders of forms that are not here. A job writes them into the outbox when they are due; whether one is still
wanted is decided when it is sent: not when the forms came, the visit was moved or is off, the patient wants no
reminders, or the last mail to them came back. At most one a day and person, which the database holds by the key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.form_rules import LONGEST
from booking.core.messages import NUDGE_KINDS, REMINDER_KINDS, MessageKind, MessageState
from booking.core.questionnaires.nudges import DAYS_BEFORE_DUE, Nudge, nudge_now
from booking.core.questionnaires.progress import VisitForms
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.lifecycle import TIME_IS_FREE
from booking.models import Appointment, AskedForm, Message, Patient
from booking.queries.catalogue import NoClinic, catalogue
from booking.queries.messages import MessageFacts
from booking.queries.open_forms import ROW_COLUMNS, VisitRow, forms_of
from booking.queries.questionnaires import forms_of_visits
from booking.services import outbox
from booking.services.transaction import transaction

FORMS_DONE, ADDRESS_FAILING = "forms_done", "address_failing"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Wanted:
    visit: VisitRow
    nudge: Nudge
    form_due_at: datetime


def plan_nudges(session: Session, *, now: datetime) -> int:
    """Write what is to go out now; returns how many. Run again it writes nothing twice."""
    try:
        clinic = catalogue(session)
    except NoClinic:
        return 0
    with transaction(session):
        visits = _candidates(session, clinic, now)
        forms = forms_of_visits(session, visits, clinic)
        reminded = _reminded_visits(session, [visit.id for visit in visits], now)
        wanted = [
            one for visit in visits for one in _wanted_of(visit, forms[visit.id], now) if visit.id not in reminded
        ]
        return sum(_write(session, one, now) for one in _one_for_each(wanted))


def _candidates(session: Session, clinic: Catalogue, now: datetime) -> list[VisitRow]:
    """Visits whose forms may fall due these days, of patients with an address that was proven."""
    reach_back, reach_ahead = _reach(clinic)
    extra = sa.select(AskedForm.appointment_id).where(AskedForm.withdrawn_at.is_(None))
    asking = [service.id for service in clinic.services.values() if service.form_rules]
    rows = session.execute(
        sa.select(*ROW_COLUMNS)
        .join(Patient, Patient.id == Appointment.patient_id)
        .where(
            Appointment.starts_at >= now - reach_back,
            Appointment.starts_at < now + reach_ahead,
            Appointment.status.not_in(TIME_IS_FREE),
            sa.or_(Appointment.service_id.in_(asking), Appointment.id.in_(extra)),
            Patient.email_verified_at.is_not(None),
            Patient.email.is_not(None),
        )
        .order_by(Appointment.id)
    )
    return [VisitRow(*row) for row in rows]


def _reach(clinic: Catalogue) -> tuple[timedelta, timedelta]:
    """How far back and ahead visits can lie whose forms are due these days; a visit itself lasts a day at most."""
    moments = [rule.due for service in clinic.services.values() for rule in service.form_rules]
    after = max((one.length for one in moments if one.is_after), default=timedelta(0))
    before = max((one.length for one in moments if not one.is_after), default=timedelta(0))
    return min(after, LONGEST) + 2 * DAY, min(before, LONGEST) + DAY * (max(DAYS_BEFORE_DUE) + 2)


def _reminded_visits(session: Session, appointment_ids: list[int], now: datetime) -> set[int]:
    """Visits of which a reminder goes out these hours: it asks for the forms as well."""
    rows = session.scalars(
        sa.select(Message.appointment_id).where(
            Message.appointment_id.in_(appointment_ids),
            Message.kind.in_(REMINDER_KINDS),
            Message.state != MessageState.CANCELLED,
            Message.due_at > now - DAY,
            Message.due_at <= now + DAY / 2,
        )
    )
    return {found for found in rows if found is not None}


def _wanted_of(visit: VisitRow, forms: VisitForms, now: datetime) -> Iterable[_Wanted]:
    for line in forms.open_lines(now):
        nudge = nudge_now(line.asked, forms.times, now)
        if nudge is not None:
            yield _Wanted(visit, nudge, line.asked.due_at)


def _one_for_each(wanted: list[_Wanted]) -> Iterable[_Wanted]:
    """Of each patient the form that is due first."""
    found: dict[int, _Wanted] = {}
    for one in sorted(wanted, key=lambda one: (one.form_due_at, one.visit.id)):
        found.setdefault(one.visit.patient_id, one)
    return found.values()


def _write(session: Session, one: _Wanted, now: datetime) -> bool:
    kind = MessageKind.FORM_AFTER if one.nudge.is_after else MessageKind.FORM_NUDGE
    return outbox.plan_nudge(
        session, kind=kind, visit=one.visit, on=one.nudge.on, due_at=now, expires_at=one.nudge.expires_at, now=now
    )


def decided(session: Session, facts: MessageFacts, *, now: datetime) -> MessageFacts:
    """The facts of a message, with what speaks against it now where it reminds of forms."""
    if facts.kind not in NUDGE_KINDS or facts.reason_against is not None or facts.appointment_id is None:
        return facts
    return replace(facts, reason_against=_reason(session, facts, now))


def _reason(session: Session, facts: MessageFacts, now: datetime) -> str | None:
    forms = forms_of(session, facts.appointment_id or 0)
    is_after = facts.kind is MessageKind.FORM_AFTER
    if not any(line.asked.is_after(forms.times) == is_after for line in forms.open_lines(now)):
        return FORMS_DONE
    return ADDRESS_FAILING if _is_failing(session, facts.patient_id) else None


def _is_failing(session: Session, patient_id: int | None) -> bool:
    """Whether the last mail to the patient was refused for good."""
    last = session.scalar(
        sa.select(Message.state)
        .where(
            Message.patient_id == patient_id,
            Message.state.in_((MessageState.SENT, MessageState.FAILED)),
        )
        .order_by(Message.settled_at.desc(), Message.id.desc())
        .limit(1)
    )
    return last is MessageState.FAILED
