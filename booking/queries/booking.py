"""All that a booking asks once it has its locks, in one statement: the way to the server costs more than the answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.scheduling.intervals import Span
from booking.models import Appointment, Hold, Patient, Reservation
from booking.queries.appointments import IS_OWN_TIME, OwnTime, own_times_asked
from booking.queries.prepared import Prepared
from booking.queries.reservations import (
    DIALECTS,
    HELD_COLUMNS,
    IS_OWN,
    NOT_OF_VISIT,
    BusyLanes,
    OwnHolds,
    fetch_busy,
    in_window,
    own_holds,
    select_busy,
    window_asked,
)

NOBODY = 0
"""The id of no patient."""


class PatientNow(NamedTuple):
    """The patient at the moment of the booking: the visits that keep their time, and whether an address is known."""

    times: list[OwnTime]
    has_email: bool


class BookingFacts(NamedTuple):
    """What a booking goes by. `revision` is that of the clinic, None without one; `own` are the holds that give way;
    `has_ended_holds`: another's hold that ran out still has rows in the way; `patient` is None when there is no such
    patient (any more), or nobody was asked about."""

    busy: BusyLanes
    revision: int | None
    own: OwnHolds
    has_ended_holds: bool
    patient: PatientNow | None


class Whose(NamedTuple):
    """Whose booking it is: what these own does not stand in its way. `owner` and `other_owner` have holds ("" is
    nobody), `appointment_id` is the visit that moves, `patient_id` is who shall come (None is nobody known)."""

    owner: str
    other_owner: str = ""
    appointment_id: int | None = None
    patient_id: int | None = None


def busy_for_booking(
    session: Session, resource_ids: Iterable[int], window: Span, whose: Whose, *, now: datetime, since: datetime | None
) -> BookingFacts:
    """What is taken in the window, for a transaction that has the locks; with the patient's visits from `since` on.

    One query.
    """
    visits = own_times_asked(whose.patient_id or NOBODY, since=since, without_appointment=whose.appointment_id)
    asked = {**whose._asdict(), **visits, **window_asked(resource_ids, window, now)}
    statements = _FOR_BOOKING if whose.appointment_id is None else _FOR_MOVING
    busy, (revision, *facts) = fetch_busy(session, statements, asked)
    held, has_ended_holds, has_email, times = facts or (None, False, None, None)
    return BookingFacts(busy, revision, _own(held), bool(has_ended_holds), _patient(has_email, times))


def _own(held: str | None) -> OwnHolds:
    return own_holds([*row[:-2], *map(_instant, row[-2:])] for row in json.loads(held or "[]"))


def _patient(has_email: bool | None, times: str | None) -> PatientNow | None:
    if has_email is None:
        return None
    own = [OwnTime(*row[:-2], *map(_instant, row[-2:])) for row in json.loads(times or "[]")]
    return PatientNow(sorted(own, key=lambda time: time.starts_at), bool(has_email))


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    instant = datetime.fromisoformat(text)
    # SQLite keeps UTC without a zone.
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


# A record that became part of another one meanwhile is nobody's any more.
_IS_PATIENT = sa.and_(Patient.id == sa.bindparam("patient_id"), Patient.merged_into_id.is_(None))
_HAS_EMAIL = sa.select(Patient.email.is_not(None)).where(_IS_PATIENT).scalar_subquery()
_TIME_COLUMNS = (Appointment.service_id, Appointment.location_id, Appointment.starts_at, Appointment.ends_at)


def _packed(dialect: str, *columns: Any) -> sa.ColumnElement[str]:
    """The rows as one JSON text, in any order."""
    if dialect == "sqlite":
        return sa.func.json_group_array(sa.func.json_array(*columns), type_=sa.Text)
    return sa.cast(sa.func.json_agg(sa.func.json_build_array(*columns)), sa.Text)


def _select(dialect: str, conditions: Sequence[sa.ColumnElement[bool]]) -> Prepared:
    held = sa.select(_packed(dialect, *HELD_COLUMNS)).select_from(Hold).where(IS_OWN)
    held = held.outerjoin(Reservation, Reservation.hold_id == Hold.id)
    times = sa.select(_packed(dialect, *_TIME_COLUMNS)).where(IS_OWN_TIME)
    is_own = sa.func.coalesce(IS_OWN, sa.false())
    ended = sa.select(Hold.id).where(Hold.expires_at <= sa.bindparam("now"), sa.not_(is_own))
    has_ended_holds = sa.exists().where(Reservation.hold_id.in_(ended), *in_window(dialect))
    facts = (held.scalar_subquery(), has_ended_holds, _HAS_EMAIL, times.scalar_subquery())
    return select_busy(dialect, *facts, conditions=conditions)


_FOR_BOOKING = {dialect: _select(dialect, ()) for dialect in DIALECTS}
_FOR_MOVING = {dialect: _select(dialect, NOT_OF_VISIT) for dialect in DIALECTS}
