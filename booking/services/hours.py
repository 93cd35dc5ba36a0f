"""Opening hours as the desk changes them: weekly hours from a date on, one date, closures.

Each function works inside the open transaction of `calendar_changes.save`, which asks about the visits first. Every
change gives the clinic another revision, so that every process reads the hours anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound, RulesRefuse
from booking.core.scheduling.calendar_change import (
    ClosureChange,
    DateChange,
    WeekChange,
    clinic_after,
    colliding_hours,
    left_of,
    new_hours,
)
from booking.core.scheduling.clinic import Catalogue, MinuteSpan
from booking.core.scheduling.clinic import Closure as Closed
from booking.core.scheduling.clinic import WeeklyHours as HoursValue
from booking.core.scheduling.hits import resources_touched
from booking.core.scheduling.intervals import from_minutes, to_minutes_up
from booking.core.scheduling.opened import newly_open
from booking.core.scheduling.rules import Refusal
from booking.models import Clinic, Closure, HoursException, WeeklyHours
from booking.queries.catalogue import catalogue
from booking.services import audit
from booking.services.clinic import new_revision
from booking.services.freed import FreedCause, note_freed
from booking.services.transaction import transaction


def refuse_colliding(clinic: Catalogue, change: WeekChange) -> None:
    """Refuse hours that claim one time twice, as the clinic file does; nobody works at two locations at once.

    Raises RulesRefuse (`hours_collide` with the weekday and both locations).
    """
    after = clinic_after(clinic, change).resources[change.resource_id]
    collided = colliding_hours(after, clinic.locations.values())
    if collided is not None:
        one, other = collided
        details = {"weekday": one.weekday, "location_ids": (one.location_id, other.location_id)}
        raise RulesRefuse((Refusal("hours_collide", details),))


def write_week(session: Session, change: WeekChange, *, actor: Actor, now: datetime) -> None:
    """End the present weekly hours the day before, begin the new ones, and after a last day go on with the old ones."""
    rows = session.scalars(
        sa.select(WeeklyHours).where(
            WeeklyHours.resource_id == change.resource_id, WeeklyHours.location_id == change.location_id
        )
    )
    for row in rows.all():
        _keep_what_is_left(session, row, change, actor, now)
    begun = [_row(change.resource_id, hours) for hours in new_hours(change)]
    session.add_all(begun)
    session.flush()
    for row in begun:
        audit.record(session, actor, "hours_begun", "weekly_hours", row.id, now=now)
    audit.record(session, actor, "hours_changed", "resource", change.resource_id, now=now)
    _renew(session)


def _keep_what_is_left(session: Session, row: WeeklyHours, change: WeekChange, actor: Actor, now: datetime) -> None:
    value = HoursValue(
        row.location_id, row.weekday, MinuteSpan(row.starts_minute, row.ends_minute), row.valid_from, row.valid_to
    )
    pieces = left_of(value, change)
    if pieces == (value,):
        return
    audit.record(session, actor, "hours_ended", "weekly_hours", row.id, now=now)
    session.add_all(_row(row.resource_id, piece) for piece in pieces[1:])
    if pieces:
        row.valid_from, row.valid_to = pieces[0].valid_from, pieces[0].valid_to
    else:
        session.delete(row)


def _row(resource_id: int, hours: HoursValue) -> WeeklyHours:
    return WeeklyHours(
        resource_id=resource_id,
        location_id=hours.location_id,
        weekday=hours.weekday,
        starts_minute=hours.span.starts,
        ends_minute=hours.span.ends,
        valid_from=hours.valid_from,
        valid_to=hours.valid_to,
    )


def write_date(session: Session, change: DateChange, *, actor: Actor, now: datetime) -> None:
    """Put the exception of that date in place of an earlier one; with spans None only take the earlier one away."""
    gone = session.execute(
        sa.delete(HoursException)
        .where(
            HoursException.resource_id == change.resource_id,
            HoursException.location_id == change.location_id,
            HoursException.on == change.on,
        )
        .returning(HoursException.id)
    )
    for (number,) in gone.all():
        audit.record(session, actor, "exception_removed", "hours_exception", number, now=now)
    rows = [
        HoursException(
            resource_id=change.resource_id,
            location_id=change.location_id,
            on=change.on,
            starts_minute=starts,
            ends_minute=ends,
        )
        for starts, ends in _edges(change)
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        audit.record(session, actor, "exception_added", "hours_exception", row.id, now=now)
    audit.record(session, actor, "hours_changed", "resource", change.resource_id, now=now)
    _renew(session)


def _edges(change: DateChange) -> list[tuple[int | None, int | None]]:
    """Away is one row without minutes."""
    if change.spans is None:
        return []
    return [(span.starts, span.ends) for span in change.spans] or [(None, None)]


def write_closure(session: Session, change: ClosureChange, *, actor: Actor, now: datetime) -> None:
    """Close the location, or the whole clinic, on these dates. Raises RulesRefuse (`closed_already`)."""
    wanted = {"location_id": change.location_id, "starts_on": change.starts_on, "ends_on": change.ends_on}
    if session.scalar(sa.select(Closure.id).filter_by(**wanted).limit(1)) is not None:
        raise RulesRefuse((Refusal("closed_already"),))
    row = Closure(location_id=change.location_id, starts_on=change.starts_on, ends_on=change.ends_on, name=change.name)
    session.add(row)
    session.flush()
    audit.record(session, actor, "closure_added", "closure", row.id, now=now)
    _renew(session)


def remove_closure(session: Session, *, actor: Actor, closure_id: int, now: datetime) -> None:
    """Open again what was closed. Raises NotFound also for a closure of locations where the actor does not work."""
    with transaction(session):
        row = session.get(Closure, closure_id, populate_existing=True)
        if row is None or not may_close(actor, row.location_id):
            raise NotFound
        clinic = catalogue(session)
        closed = ClosureChange(row.location_id, row.starts_on, row.ends_on, row.name)
        session.delete(row)
        note_opened(session, clinic, _without(clinic, closed), resources_touched(clinic, closed), now=now)
        audit.record(session, actor, "closure_removed", "closure", closure_id, now=now)
        _renew(session)


def _without(clinic: Catalogue, closed: ClosureChange) -> Catalogue:
    """The clinic without one closure of these dates; there may be another one of the same."""
    closures = list(clinic.closures)
    closures.remove(Closed(closed.location_id, closed.starts_on, closed.ends_on, closed.name))
    return replace(clinic, closures=tuple(closures))


def note_opened(
    session: Session, before: Catalogue, after: Catalogue, resource_ids: Iterable[int], *, now: datetime
) -> None:
    """Tell the waiting list, in the open transaction, of the hours of these resources that are open now."""
    for opened in newly_open(before, after, resource_ids, now=to_minutes_up(now)):
        starts, ends = opened.span
        note_freed(
            session,
            location_id=opened.location_id,
            resource_id=opened.specialist_id,
            starts_at=from_minutes(starts),
            ends_at=from_minutes(ends),
            cause=FreedCause.OPENED,
            available_at=now,
            now=now,
        )


def may_close(actor: Actor, location_id: int | None) -> bool:
    """Whether the actor may close that location; the whole clinic only who works at all of it."""
    return actor.location_ids is None if location_id is None else actor.works_at(location_id)


def _renew(session: Session) -> None:
    session.flush()
    session.execute(sa.update(Clinic).values(revision=new_revision()).execution_options(synchronize_session=False))
