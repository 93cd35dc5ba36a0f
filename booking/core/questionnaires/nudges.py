"""When somebody is reminded of a form that is not here: at ten in the morning of the location, never at night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from booking.core.questionnaires.assignment import AskedForm, VisitTimes, last_date, local_instant

NUDGE_TIME = time(10)
DAYS_BEFORE_DUE = (3, 1)


@dataclass(frozen=True, slots=True)
class Nudge:
    """One reminder of a form, pointless when its local date `on` is over."""

    on: date
    due_at: datetime
    expires_at: datetime
    is_after: bool


def nudges_of(asked: AskedForm, visit: VisitTimes) -> tuple[Nudge, ...]:
    """The reminders of one form by date: three days and one day before the last date on which it is in time; of a form
    about how the visit went, when it opens too. Those before it opens, and up to the date of the booking, are left out.
    """
    booked_on = visit.booked_at.astimezone(visit.tz).date()
    found = (_nudge(on, asked, visit) for on in sorted(set(_dates(asked, visit))) if on > booked_on)
    return tuple(one for one in found if asked.opens_at <= one.due_at < asked.due_at)


def _dates(asked: AskedForm, visit: VisitTimes) -> Iterator[date]:
    last = last_date(asked.due_at, visit.tz)
    yield from (last - timedelta(days=days) for days in DAYS_BEFORE_DUE)
    if asked.is_after(visit) and asked.opens_at >= visit.ends_at:
        yield asked.opens_at.astimezone(visit.tz).date()


def _nudge(on: date, asked: AskedForm, visit: VisitTimes) -> Nudge:
    midnight = local_instant(on + timedelta(days=1), time(0), visit.tz)
    return Nudge(on, local_instant(on, NUDGE_TIME, visit.tz), midnight, asked.is_after(visit))


def nudge_now(asked: AskedForm, visit: VisitTimes, now: datetime) -> Nudge | None:
    """The reminder of the form that is to go out at that instant, if there is one."""
    return next((one for one in nudges_of(asked, visit) if one.due_at <= now < one.expires_at), None)
