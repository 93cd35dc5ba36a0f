"""What one patient's own calendar says against a start: visits at the same time, too close together, too many.

Each limit is a bound that the search takes away from the starts and that the rule asks about one start, so that what
is offered and what is accepted cannot drift apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from booking.core.scheduling.intervals import Span


@dataclass(frozen=True, slots=True)
class PatientCalendar:
    """What a patient has booked already. A visit that is being changed is in neither.

    `busy` are the bare visits of all services in UTC minutes, in any order; `visit_dates` are the local dates of the
    visits to the service that is asked for, one for each visit.
    """

    busy: tuple[Span, ...] = ()
    visit_dates: tuple[date, ...] = ()
