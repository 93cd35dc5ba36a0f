"""What can be offered: reads the clinic and its busy spans, and lets the engine answer. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.scheduling.allocation import SlotRequest, query_for
from booking.core.scheduling.choosing import soonest_of, three_nearest
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.intervals import Span, to_minutes, to_minutes_up
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.slots import Slot, SlotQuery, busy_window, find_slots
from booking.models import Appointment
from booking.queries.appointments import OwnTime, own_times
from booking.queries.catalogue import catalogue, kept_catalogue
from booking.queries.reservations import BusyLanes, busy_at_revision, busy_by_lane

FIRST_WINDOW_DAYS = 7
NEAR_DAYS = (3, 21, 120)
NOTHING_ELSE: Final[Mapping[tuple[int, int], Sequence[Span]]] = MappingProxyType({})


def offered_slots(
    session: Session, query: SlotQuery, *, owner: str = "", without_appointment: int | None = None
) -> list[Slot]:
    """One slot for each start, specialist and location, sorted in that order. A hold of `owner` takes no time away.

    Neither does the visit `without_appointment`, which is to be moved. One statement, whatever is asked, once the
    clinic has been read.
    """
    clinic, busy = _clinic_and_busy(session, query, owner=owner, without_appointment=without_appointment)
    return find_slots(clinic, query, busy)


def soonest_slots(
    session: Session, query: SlotQuery, *, owner: str = "", without_appointment: int | None = None
) -> list[Slot]:
    """One slot for each start and location, with the specialist who would be given: for people who take anyone."""
    clinic, busy = _clinic_and_busy(session, query, owner=owner, without_appointment=without_appointment)
    return soonest_of(find_slots(clinic, query, busy), clinic, busy)


def first_slots(
    session: Session, query: SlotQuery, *, count: int, owner: str = "", without_appointment: int | None = None
) -> list[Slot]:
    """The earliest `count` slots of `soonest_slots`. Looks in windows that grow, and stops as soon as it has enough."""
    days = FIRST_WINDOW_DAYS
    while True:
        last_on = min(query.last_on, query.first_on + timedelta(days=days - 1))
        found = soonest_slots(
            session, replace(query, last_on=last_on), owner=owner, without_appointment=without_appointment
        )
        if len(found) >= count or last_on == query.last_on:
            return found[:count]
        days *= 4


def _clinic_and_busy(
    session: Session, query: SlotQuery, *, owner: str, without_appointment: int | None
) -> tuple[Catalogue, BusyLanes]:
    """The clinic as it stands, and what is taken: read in one statement, by the clinic that was read last.

    When that one has been changed since, or nothing could be offered by it, both are read anew.
    """
    clinic = kept_catalogue(session)
    starts, ends, resource_ids = busy_window(clinic, query)
    if resource_ids:
        found = busy_at_revision(
            session,
            resource_ids,
            (starts, ends),
            now=query.now,
            owner=owner,
            without_appointment=without_appointment,
        )
        if found.revision == clinic.revision:
            return clinic, found.busy
    clinic = catalogue(session)
    return clinic, busy_for(session, clinic, query, owner=owner, without_appointment=without_appointment)


def busy_for(
    session: Session,
    clinic: Catalogue,
    query: SlotQuery,
    *,
    owner: str = "",
    without_appointment: int | None = None,
) -> BusyLanes:
    """The busy spans that the engine must know for this query; nothing is asked when nothing can be offered."""
    starts, ends, resource_ids = busy_window(clinic, query)
    if not resource_ids:
        return {}
    return busy_by_lane(
        session,
        resource_ids,
        (starts, ends),
        now=query.now,
        owner=owner,
        without_appointment=without_appointment,
    )


def nearest_slots(
    session: Session,
    request: SlotRequest,
    *,
    now: datetime,
    owner: str = "",
    without_appointment: int | None = None,
    taken: Mapping[tuple[int, int], Sequence[Span]] = NOTHING_ELSE,
) -> tuple[Slot, ...]:
    """Up to three free times, nearest to the request's first: what is offered to a person whose time was taken.

    `taken` are spans of lanes that shall count as reserved too. The time that the visit `without_appointment` has
    at present is none of them: to go there would be no change.
    """
    clinic = catalogue(session)
    present = None if without_appointment is None else _present_time(session, without_appointment)
    if request.location_id not in clinic.locations:
        return ()
    query = replace(query_for(clinic, request), now=now)
    nearest: tuple[Slot, ...] = ()
    for days in NEAR_DAYS:
        around = replace(query, first_on=_days_from(query.first_on, -days), last_on=_days_from(query.last_on, days))
        busy = busy_for(session, clinic, around, owner=owner, without_appointment=without_appointment)
        slots = find_slots(clinic, around, also_taken(busy, taken))
        nearest = three_nearest([slot for slot in slots if _time_of(slot) != present], request.starts)
        if len(nearest) == 3:
            break
    return nearest


Time = tuple[int, int, int | None, datetime]
"""Service, location, specialist and start."""


def _present_time(session: Session, appointment_id: int) -> Time | None:
    wanted = sa.select(
        Appointment.service_id, Appointment.location_id, Appointment.specialist_id, Appointment.starts_at
    ).where(Appointment.id == appointment_id, Appointment.status == AppointmentStatus.BOOKED)
    row = session.execute(wanted).one_or_none()
    return None if row is None else (row.service_id, row.location_id, row.specialist_id, row.starts_at)


def _time_of(slot: Slot) -> Time:
    return slot.service_id, slot.location_id, slot.specialist_id, slot.starts_at


def also_taken(busy: BusyLanes, taken: Mapping[tuple[int, int], Sequence[Span]]) -> BusyLanes:
    """`busy` with more spans of some lanes; both stay as they are."""
    return {**busy, **{lane: sorted([*busy.get(lane, ()), *spans]) for lane, spans in taken.items()}}


def _days_from(on: date, days: int) -> date:
    return on + timedelta(days=days)


def patient_calendar(
    session: Session,
    *,
    patient_id: int,
    service_id: int,
    without_appointment: int | None = None,
    since: datetime | None = None,
    clinic: Catalogue | None = None,
) -> PatientCalendar:
    """What the patient has booked, for a search or a booking of that service; the visit to be moved is left out.

    `since` leaves out older visits, where the caller knows that no rule asks about them; `clinic` is the catalogue when
    the caller has read it in this transaction. One query.
    """
    # The question goes past the unit of work: what is changed there must be written by then.
    session.flush()
    times = own_times(session, patient_id, since=since, without_appointment=without_appointment)
    return calendar_of(clinic or catalogue(session), times, service_id)


def calendar_of(clinic: Catalogue, times: Sequence[OwnTime], service_id: int) -> PatientCalendar:
    """These visits of one patient, as the engine counts them for a visit of that service."""
    dates = (_local_date(clinic, time) for time in times if time.service_id == service_id)
    return PatientCalendar(
        tuple((to_minutes(time.starts_at), to_minutes_up(time.ends_at)) for time in times), tuple(dates)
    )


def _local_date(clinic: Catalogue, time: OwnTime) -> date:
    return time.starts_at.astimezone(clinic.locations[time.location_id].tz).date()
