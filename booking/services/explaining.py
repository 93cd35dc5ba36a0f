"""Why there are times, or none: reads what a search reads, and what the time of specialists is taken for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.core.scheduling.clinic import ResourceKind
from booking.core.scheduling.explain import DayExplanation, explain, query_to_read
from booking.core.scheduling.slots import SlotQuery, busy_window
from booking.queries.catalogue import catalogue
from booking.queries.reservations import busy_by_lane
from booking.queries.taken import taken_times


def explain_slots(session: Session, query: SlotQuery, *, owner: str = "") -> tuple[DayExplanation, ...]:
    """Each date of the query at each location and specialist, with what every rule removed and the slots left.

    A hold of `owner` takes no time away. Three statements, whatever is asked, once the clinic has been read.
    """
    clinic = catalogue(session)
    starts, ends, ids = busy_window(clinic, query_to_read(query))
    if not ids:
        return explain(clinic, query, {})
    window = (starts, ends)
    busy = busy_by_lane(session, ids, window, now=query.now, owner=owner)
    specialists = [id_ for id_ in ids if clinic.resources[id_].kind is ResourceKind.SPECIALIST]
    taken = taken_times(session, specialists, window, now=query.now, owner=owner)
    return explain(clinic, query, busy, taken)
