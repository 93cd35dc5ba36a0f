"""The visits that a change of a calendar would hit, each with the times that could take its place. Nothing is written.

The alternatives are looked for in the clinic as it will be: with the new hours, and with the new blocks in place.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.scheduling.allocation import Placement, SlotRequest, allocate, query_for
from booking.core.scheduling.calendar_change import BlockChange, CalendarChange, clinic_after
from booking.core.scheduling.choosing import three_nearest
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.hits import HitCause, cause_of_hit, resources_touched, window_of
from booking.core.scheduling.intervals import Span, merge, to_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus, may_move
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.slots import Slot, SlotQuery, busy_window, find_slots
from booking.queries.appointments import Visit
from booking.queries.catalogue import catalogue
from booking.queries.hours import lanes_of_visits, patients_busy, visits_taking
from booking.queries.reservations import BusyLanes, busy_by_lane

NEAR_DAYS = (3, 14, 60)
SAME, OTHER = 2, 2
"""How many times are proposed with the same specialist, and with others."""

Lane = tuple[int, int, Span]


@dataclass(frozen=True, slots=True)
class Hit:
    """A visit that cannot stay as it is. `is_own`: at a location where the actor works.

    `same_time` says that the same specialist can be kept at the same time with another room, nurse or chair.
    `proposals` are other times, nearest first: with the same specialist, then with others.
    """

    visit: Visit
    cause: HitCause
    is_own: bool
    same_time: bool
    proposals: tuple[Slot, ...]

    @property
    def may_cancel(self) -> bool:
        """Whether the visit stands so that it can be cancelled."""
        return self.is_own and may_move(self.visit.status, AppointmentStatus.CANCELLED)


def hits_of(session: Session, change: CalendarChange, *, actor: Actor, now: datetime) -> tuple[Hit, ...]:
    """Every visit still to come that the change would leave outside the hours or in a block, by start.

    The number of statements does not depend on how many there are.
    """
    clinic = catalogue(session)
    found = visits_hit(session, clinic, change, now=now)
    if not found:
        return ()
    movable = [visit for visit, _ in found if actor.works_at(visit.location_id) and _is_booked(visit)]
    finder = _Finder(session, clinic, change, movable, now)
    return tuple(_hit(finder, visit, cause, actor) for visit, cause in found)


def visits_hit(
    session: Session, clinic: Catalogue, change: CalendarChange, *, now: datetime
) -> list[tuple[Visit, HitCause]]:
    """The visits without alternatives: what is asked again when the change is saved. One statement."""
    window = window_of(clinic, change)
    after = clinic_after(clinic, change)
    taking = visits_taking(session, clinic, resources_touched(clinic, change), window, now=now)
    causes = ((visit, cause_of_hit(clinic, after, change, taken)) for visit, taken in taking)
    return [(visit, cause) for visit, cause in causes if cause is not None]


def _is_booked(visit: Visit) -> bool:
    return visit.status is AppointmentStatus.BOOKED


def _hit(finder: _Finder, visit: Visit, cause: HitCause, actor: Actor) -> Hit:
    is_own = actor.works_at(visit.location_id)
    if not is_own or not _is_booked(visit):
        return Hit(visit, cause, is_own, same_time=False, proposals=())
    same_time, proposals = finder.alternatives(visit)
    return Hit(visit, cause, is_own, same_time, proposals)


class _Finder:
    """Looks for other times, visit after visit; the first that is proposed to one is not proposed to the next."""

    def __init__(
        self, session: Session, clinic: Catalogue, change: CalendarChange, visits: list[Visit], now: datetime
    ) -> None:
        self._clinic = clinic_after(clinic, change)
        self._now = now
        self._lanes = lanes_of_visits(session, [visit.id for visit in visits])
        self._patients = patients_busy(session, {visit.patient_id for visit in visits}, now=now)
        self._busy = self._read_busy(session, visits)
        if isinstance(change, BlockChange):
            self._close(change)

    def _read_busy(self, session: Session, visits: list[Visit]) -> BusyLanes:
        """Reservations of all that any visit could take, as far around all visits as is looked."""
        windows = [busy_window(self._clinic, self._query(visit, NEAR_DAYS[-1], None)) for visit in visits]
        windows = [window for window in windows if window[2]]
        if not windows:
            return {}
        span = (min(window[0] for window in windows), max(window[1] for window in windows))
        ids = frozenset().union(*(window[2] for window in windows))
        return busy_by_lane(session, ids, span, now=self._now)

    def _close(self, change: BlockChange) -> None:
        for lane in range(self._clinic.resources[change.resource_id].lanes):
            own = self._busy.get((change.resource_id, lane), [])
            self._busy[change.resource_id, lane] = merge([*own, *change.spans])

    def alternatives(self, visit: Visit) -> tuple[bool, tuple[Slot, ...]]:
        """Whether the time can be kept with other resources, and the proposals."""
        without = self._without(visit)
        same_time = self._placed(self._request(visit), without)
        proposals = () if same_time is not None else self._proposals(visit, without)
        if proposals:
            slot = proposals[0]
            request = replace(self._request(visit), specialist_id=slot.specialist_id, starts=slot.starts)
            same_time_or_first = self._placed(replace(request, location_id=slot.location_id), without)
        else:
            same_time_or_first = same_time
        self._take(same_time_or_first)
        return same_time is not None, proposals

    def _without(self, visit: Visit) -> BusyLanes:
        """What is busy when the visit gives its own time back."""
        busy = dict(self._busy)
        for resource_id, lane, span in self._lanes.get(visit.id, ()):
            busy[resource_id, lane] = [one for one in busy.get((resource_id, lane), []) if one != span]
        return busy

    def _take(self, placement: Placement | None) -> None:
        for row in placement.allocations if placement else ():
            insort(self._busy.setdefault((row.resource_id, row.lane), []), (row.starts, row.ends))

    def _placed(self, request: SlotRequest, busy: BusyLanes) -> Placement | None:
        placement = allocate(self._clinic, request, busy)
        return placement if isinstance(placement, Placement) else None

    def _request(self, visit: Visit) -> SlotRequest:
        return SlotRequest(
            visit.service_id,
            visit.location_id,
            visit.specialist_id,
            to_minutes(visit.starts_at),
            self._now,
            apply_policies=False,
            patient=self._calendar(visit),
        )

    def _calendar(self, visit: Visit) -> PatientCalendar:
        planned = self._patients.get(visit.patient_id, ())
        return PatientCalendar(busy=tuple(span for appointment_id, span in planned if appointment_id != visit.id))

    def _proposals(self, visit: Visit, busy: BusyLanes) -> tuple[Slot, ...]:
        if visit.specialist_id is None:
            return self._nearest(visit, busy, None, SAME + OTHER)
        others = frozenset(self._clinic.resources) - {visit.specialist_id}
        same = self._nearest(visit, busy, frozenset({visit.specialist_id}), SAME)
        return (*same, *self._nearest(visit, busy, others, OTHER))

    def _nearest(
        self, visit: Visit, busy: BusyLanes, specialist_ids: frozenset[int] | None, count: int
    ) -> tuple[Slot, ...]:
        nearest: tuple[Slot, ...] = ()
        for days in NEAR_DAYS:
            query = self._query(visit, days, specialist_ids)
            nearest = three_nearest(find_slots(self._clinic, query, busy), to_minutes(visit.starts_at))[:count]
            if len(nearest) == count:
                break
        return nearest

    def _query(self, visit: Visit, days: int, specialist_ids: frozenset[int] | None) -> SlotQuery:
        """The same service at the same location, so many days around the visit, with anybody when None."""
        query = query_for(self._clinic, self._request(visit))
        return replace(
            query,
            specialist_ids=specialist_ids,
            first_on=query.first_on - timedelta(days=days),
            last_on=query.last_on + timedelta(days=days),
        )
