"""The minutes in which a patient may take back a change or a cancelling: their old time is kept as a hold for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import STAFF_ROLES, Actor
from booking.core.scheduling.intervals import from_minutes, subtract, to_minutes, to_minutes_up
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import AppointmentTime, AuditEvent, Hold, HoldPurpose, Reservation
from booking.queries.appointments import Visit
from booking.queries.reservations import Taken, holds_of
from booking.services import locks
from booking.services.freed import free_at_once
from booking.services.reserving import end_holds, insert_patient

UNDO_LENGTH = timedelta(minutes=10)
UNDO_MARGIN = timedelta(minutes=2)
"""The hold outlasts the undo by this much, so that the waiting list takes the time over before anybody else can."""

UNDONE = "undone"
"""Reason code of a time that an undo replaced; it is not undone in turn."""

CALENDAR_CHANGED = "calendar_changed"
"""Reason code of what was done because a calendar was changed. Its time is closed, so it is not undone either."""

TIME_CLOSED = "appointment_time_closed"
"""What the audit log says of a visit that was cancelled because a calendar was changed."""

_AS_IS: Final = {"synchronize_session": False}


def undo_owner(public_id: str) -> str:
    """Owner of the hold that keeps the old time of that visit."""
    return f"undo:{public_id}"


def keep_reserved(session: Session, visit: Visit, *, now: datetime) -> None:
    """Let the reservations of a cancelled visit belong to an undo hold from now on; the patient's own row goes."""
    hold = _new_hold(session, visit, now)
    own = Reservation.appointment_id == visit.id
    session.execute(sa.delete(Reservation).where(own, Reservation.patient_id.is_not(None)), execution_options=_AS_IS)
    kept = sa.update(Reservation).where(own).values(appointment_id=None, hold_id=hold.id)
    session.execute(kept, execution_options=_AS_IS)


def take_kept_back(session: Session, visit: Visit, *, now: datetime) -> bool:
    """Let what is kept of a cancelled visit be its reservations again; False when nothing is kept of it any more.

    Neither hours nor rules are asked again: nobody else could have had the time meanwhile, and staff may have put the
    visit where the rules would not. Raises PatientBusy.
    """
    own = holds_of(session, appointment_id=visit.id)
    if not own.hold_ids:
        # Before any lock: those of `reserve` have to come in their own order.
        return False
    locks.take_calendars(session, own.resource_ids, visit.patient_id)
    kept = _kept_since_cancelling(visit).where(Hold.expires_at > now)
    back = (
        sa.update(Reservation)
        .where(Reservation.hold_id.in_(kept))
        .values(appointment_id=visit.id, hold_id=None)
        .returning(Reservation.id)
    )
    if not session.execute(back, execution_options=_AS_IS).all():
        return False
    session.execute(sa.delete(Hold).where(Hold.id.in_(own.hold_ids)), execution_options=_AS_IS)
    insert_patient(session, visit)
    return True


def keep_left_over(session: Session, visit: Visit, left: Iterable[Taken], *, now: datetime) -> None:
    """Keep what a moved visit has left behind. The caller has the locks, and has given these reservations back."""
    if rows := [taken._asdict() for taken in left]:
        hold = _new_hold(session, visit, now)
        session.connection().execute(sa.insert(Reservation), [{**row, "hold_id": hold.id} for row in rows])


def drop_kept(session: Session, visit: Visit, *, now: datetime) -> None:
    """An undo of an earlier act is over when there is another act: what it kept is free at once."""
    own = holds_of(session, appointment_id=visit.id)
    if own.hold_ids:
        locks.take_resources(session, own.resource_ids)
        end_holds(session, own, now=now)
        free_at_once(session, hold_owner=undo_owner(visit.public_id), now=now)


def _new_hold(session: Session, visit: Visit, now: datetime) -> Hold:
    hold = Hold(
        owner=undo_owner(visit.public_id),
        service_id=visit.service_id,
        location_id=visit.location_id,
        specialist_id=visit.specialist_id,
        wanted_specialist_id=visit.specialist_id,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        created_at=now,
        expires_at=now + UNDO_LENGTH + UNDO_MARGIN,
        purpose=HoldPurpose.UNDO,
        appointment_id=visit.id,
    )
    session.add(hold)
    session.flush()
    return hold


def left_over(before: Sequence[Taken], after: Sequence[Taken]) -> list[Taken]:
    """What is taken in `before` and free in `after`, lane by lane: a visit may move onto part of its own old time."""
    left: list[Taken] = []
    for one in before:
        others = sorted(
            (to_minutes(other.starts_at), to_minutes_up(other.ends_at))
            for other in after
            if (other.resource_id, other.lane) == (one.resource_id, one.lane)
        )
        own = [(to_minutes(one.starts_at), to_minutes_up(one.ends_at))]
        left += [
            one._replace(starts_at=from_minutes(starts), ends_at=from_minutes(ends))
            for starts, ends in subtract(own, others)
        ]
    return left


def undo_until(session: Session, actor: Actor, visit: Visit, *, now: datetime) -> datetime | None:
    """Until when the actor may take back the last change or the cancelling of the visit; None when they may not.

    Staff may undo what anybody did, if the time is still free; others only what was not done by staff. Nobody undoes
    what was done because a calendar was changed. Two queries at most.
    """
    if visit.status is AppointmentStatus.CANCELLED:
        may = not was_closed(session, visit) if actor.is_staff else _is_kept(session, visit)
        acted_at = visit.cancelled_at if may else None
    else:
        last = last_time(session, visit)
        acted_at = last.replaced_at if last is not None and may_undo(actor, last) else None
    return None if acted_at is None or now >= acted_at + UNDO_LENGTH else acted_at + UNDO_LENGTH


def may_undo(actor: Actor, last: AppointmentTime) -> bool:
    """Whether that change is the actor's to take back."""
    return last.reason_code not in {UNDONE, CALENDAR_CHANGED} and (actor.is_staff or last.actor_kind not in STAFF_ROLES)


def last_time(session: Session, visit: Visit) -> AppointmentTime | None:
    """The time before the present one, when nothing else became of the visit since it was moved."""
    if visit.status is not AppointmentStatus.BOOKED:
        return None
    wanted = sa.select(AppointmentTime).where(
        AppointmentTime.appointment_id == visit.id, AppointmentTime.version == visit.version - 1
    )
    return session.scalars(wanted).one_or_none()


def was_closed(session: Session, visit: Visit) -> bool:
    """Whether the visit was cancelled because a calendar was changed."""
    wanted = sa.select(AuditEvent.seq).where(
        AuditEvent.object_kind == "appointment",
        AuditEvent.object_id == visit.id,
        AuditEvent.action == TIME_CLOSED,
        AuditEvent.at == visit.cancelled_at,
    )
    return session.scalar(wanted.limit(1)) is not None


def _is_kept(session: Session, visit: Visit) -> bool:
    return session.scalar(_kept_since_cancelling(visit).limit(1)) is not None


def _kept_since_cancelling(visit: Visit) -> sa.Select[int]:
    return sa.select(Hold.id).where(
        Hold.appointment_id == visit.id, Hold.purpose == HoldPurpose.UNDO, Hold.created_at == visit.cancelled_at
    )
