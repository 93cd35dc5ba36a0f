"""All rows about the patients of one account, for the copy of their own data. Sealed columns stay sealed here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind, MessageState
from booking.models import (
    Account,
    Appointment,
    AppointmentTime,
    FollowUp,
    FollowUpState,
    Message,
    Patient,
    QuestionnaireResponse,
    WaitingEntry,
    WaitingState,
)
from booking.queries.appointments import Visit, visits_of_patients

Value = TypeVar("Value")
Row = TypeVar("Row", bound=tuple[Any, ...])

EVER = datetime(1970, 1, 1, tzinfo=UTC)


class PersonRow(NamedTuple):
    """A patient with everything that the clinic noted of them."""

    id: int
    public_id: str
    given_name: str
    family_name: str
    born_on: date
    phone: str | None
    email: str | None
    language: str
    contact_note_sealed: str | None
    created_at: datetime


class SaidRow(NamedTuple):
    """What was said of a visit, sealed with its public id."""

    appointment_id: int
    reason_sealed: str | None
    needs_sealed: str | None
    cancel_note_sealed: str | None
    cancel_reason_code: str | None
    booked_for_other: bool


class EarlierRow(NamedTuple):
    """A time that a visit had before it was moved."""

    appointment_id: int
    starts_at: datetime
    ends_at: datetime
    location_id: int
    replaced_at: datetime


class WaitRow(NamedTuple):
    """A wish on the waiting list; None and [] mean any."""

    patient_id: int
    service_id: int
    first_on: date
    last_on: date
    location_ids: list[int] | None
    specialist_ids: list[int] | None
    weekdays: list[int]
    day_parts: list[str]
    notice_minutes: int
    appointment_id: int | None
    state: WaitingState
    created_at: datetime
    ended_at: datetime | None


class WantedRow(NamedTuple):
    """What a specialist wanted to follow a visit, by a local date, and what became of it."""

    patient_id: int
    service_id: int
    resource_id: int | None
    wanted_by: date
    state: FollowUpState
    created_at: datetime
    settled_at: datetime | None


class LetterRow(NamedTuple):
    """A message that was sent, or waits; its text is not kept."""

    patient_id: int
    kind: MessageKind
    due_at: datetime
    state: MessageState


class NotedRow(NamedTuple):
    """What is kept with a form beside its answers, sealed with its public id; `reviewed_by` is a name."""

    response_id: int
    public_id: str
    score_sealed: str | None
    flags_sealed: str | None
    helper_name_sealed: str | None
    review_note_sealed: str | None
    reviewed_at: datetime | None
    reviewed_by: str | None


class OwnRows(NamedTuple):
    """Everything by patient id, in time's order; `said` by visit, `noted` by response."""

    people: Sequence[PersonRow]
    visits: Mapping[int, Sequence[Visit]]
    said: Mapping[int, SaidRow]
    earlier: Mapping[int, Sequence[EarlierRow]]
    waits: Mapping[int, Sequence[WaitRow]]
    letters: Mapping[int, Sequence[LetterRow]]
    wanted: Mapping[int, Sequence[WantedRow]]
    noted: Mapping[int, NotedRow]


def own_rows(session: Session, patient_ids: Collection[int]) -> OwnRows:
    """Eight queries, however much there is."""
    visits = visits_of_patients(session, patient_ids, since=EVER)
    ids = [visit.id for visit in visits]
    return OwnRows(
        people=_people(session, patient_ids),
        visits=_grouped(visits, [visit.patient_id for visit in visits]),
        said={row.appointment_id: row for row in _said(session, ids)},
        earlier=_by_first(_earlier(session, ids)),
        waits=_by_first(_waits(session, patient_ids)),
        letters=_by_first(_letters(session, patient_ids)),
        wanted=_by_first(_wanted(session, patient_ids)),
        noted={row.response_id: row for row in _noted(session, ids)},
    )


def _people(session: Session, patient_ids: Collection[int]) -> list[PersonRow]:
    columns = [getattr(Patient, name) for name in PersonRow._fields]
    order = (Patient.given_name, Patient.family_name, Patient.id)
    rows = session.execute(sa.select(*columns).where(Patient.id.in_(patient_ids)).order_by(*order))
    return [PersonRow(*row) for row in rows]


def _said(session: Session, visit_ids: Sequence[int]) -> list[SaidRow]:
    columns = [Appointment.id, *(getattr(Appointment, name) for name in SaidRow._fields[1:])]
    return [SaidRow(*row) for row in session.execute(sa.select(*columns).where(Appointment.id.in_(visit_ids)))]


def _noted(session: Session, visit_ids: Sequence[int]) -> list[NotedRow]:
    columns = [getattr(QuestionnaireResponse, name) for name in NotedRow._fields[1:-1]]
    wanted = (
        sa.select(QuestionnaireResponse.id, *columns, Account.name)
        .outerjoin(Account, Account.id == QuestionnaireResponse.reviewed_by_account_id)
        .where(QuestionnaireResponse.appointment_id.in_(visit_ids))
    )
    return [NotedRow(*row) for row in session.execute(wanted)]


def _earlier(session: Session, visit_ids: Sequence[int]) -> list[EarlierRow]:
    columns = [getattr(AppointmentTime, name) for name in EarlierRow._fields]
    wanted = sa.select(*columns).where(AppointmentTime.appointment_id.in_(visit_ids))
    return [EarlierRow(*row) for row in session.execute(wanted.order_by(AppointmentTime.version))]


def _waits(session: Session, patient_ids: Collection[int]) -> list[WaitRow]:
    columns = [getattr(WaitingEntry, name) for name in WaitRow._fields]
    wanted = sa.select(*columns).where(WaitingEntry.patient_id.in_(patient_ids))
    return [WaitRow(*row) for row in session.execute(wanted.order_by(WaitingEntry.created_at, WaitingEntry.id))]


def _letters(session: Session, patient_ids: Collection[int]) -> list[LetterRow]:
    columns = [getattr(Message, name) for name in LetterRow._fields]
    wanted = sa.select(*columns).where(Message.patient_id.in_(patient_ids))
    return [LetterRow(*row) for row in session.execute(wanted.order_by(Message.due_at, Message.id))]


def _wanted(session: Session, patient_ids: Collection[int]) -> list[WantedRow]:
    columns = [getattr(FollowUp, name) for name in WantedRow._fields]
    wanted = sa.select(*columns).where(FollowUp.patient_id.in_(patient_ids))
    return [WantedRow(*row) for row in session.execute(wanted.order_by(FollowUp.created_at, FollowUp.id))]


def _by_first(rows: Sequence[Row]) -> dict[int, list[Row]]:
    """By the first column, which names what a row belongs to."""
    return _grouped(rows, [int(row[0]) for row in rows])


def _grouped(rows: Sequence[Value], keys: Sequence[int]) -> dict[int, list[Value]]:
    found: dict[int, list[Value]] = defaultdict(list)
    for key, row in zip(keys, rows, strict=True):
        found[key].append(row)
    return dict(found)
