"""Who waits for a time in the demo, and one that has just become free: the worker offers it to the patient's login."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM
from booking.core.day_parts import DayPart
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.slots import Slot, SlotQuery
from booking.core.waiting import WaitingWish
from booking.models import Appointment, Patient
from booking.services.availability import offered_slots
from booking.services.demo_calendar import DemoCalendar
from booking.services.freed import FreedCause, note_freed
from booking.services.waiting_list import keep_wish

LOGIN_WAITS = timedelta(days=12)
WAITS = tuple(timedelta(days=days, hours=3) for days in (19, 8, 3, 1))
"""How long ago the invented people joined."""

SHORTEST_NOTICE = timedelta(days=2)
LONGEST_WAIT = timedelta(days=40)


def add_waiting(calendar: DemoCalendar, own: Patient) -> None:
    """Add the entries and the freed time to the open transaction; nothing where the login has no coming visit."""
    session = calendar.session
    visit = session.scalars(
        sa.select(Appointment)
        .where(Appointment.patient_id == own.id, Appointment.status == AppointmentStatus.BOOKED)
        .order_by(Appointment.starts_at)
        .limit(1)
    ).one_or_none()
    slot = None if visit is None else _earlier_slot(calendar, visit)
    if visit is None or slot is None:
        return
    wish = WaitingWish(visit.service_id, calendar.today, calendar.today + LONGEST_WAIT)
    keep_wish(session, SYSTEM, own.id, wish, now=calendar.now - LOGIN_WAITS, appointment_id=visit.id)
    _add_others(calendar, slot)
    note_freed(
        session, location_id=slot.location_id, resource_id=slot.specialist_id, starts_at=slot.starts_at,
        ends_at=slot.ends_at, cause=FreedCause.CANCELLED, available_at=calendar.now, now=calendar.now,
    )  # fmt: skip


def _earlier_slot(calendar: DemoCalendar, visit: Appointment) -> Slot | None:
    """A free time of the visit's service before it, as if somebody had just given it up."""
    query = SlotQuery(
        visit.service_id, None, None, calendar.today, visit.starts_at.date(), calendar.now + SHORTEST_NOTICE,
        is_verified=True,
    )  # fmt: skip
    return next((slot for slot in offered_slots(calendar.session, query) if slot.starts_at < visit.starts_at), None)


def _add_others(calendar: DemoCalendar, slot: Slot) -> None:
    """People without a visit of this service, who would take any weekday but that of the freed time."""
    session = calendar.session
    taken = slot.starts_at.astimezone(calendar.clinic.locations[slot.location_id].tz).weekday()
    weekdays = frozenset(range(5)) - {taken}
    parts = (frozenset[DayPart](), frozenset({DayPart.MORNING}))
    for number, (patient_id, waited) in enumerate(zip(_without_visit(session, slot.service_id), WAITS, strict=False)):
        wish = WaitingWish(
            slot.service_id, calendar.today, calendar.today + LONGEST_WAIT, weekdays=weekdays,
            day_parts=parts[number % len(parts)],
        )  # fmt: skip
        keep_wish(session, SYSTEM, patient_id, wish, now=calendar.now - waited, priority=0)


def _without_visit(session: Session, service_id: int) -> list[int]:
    has_one = sa.select(Appointment.id).where(
        Appointment.patient_id == Patient.id, Appointment.service_id == service_id
    )
    wanted = sa.select(Patient.id).where(~sa.exists(has_one)).order_by(Patient.id.desc())
    return list(session.scalars(wanted.limit(len(WAITS))))
