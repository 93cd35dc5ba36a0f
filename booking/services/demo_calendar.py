"""Books the visits of the demo clinic: through the same engine and the same reservations as everybody else."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from sqlalchemy.orm import Session

from booking.core.demo_visits import DemoVisit, Fate
from booking.core.people import REFERENCE_ALPHABET, REFERENCE_LENGTH
from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.clinic import Catalogue, VisitMode
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.local_time import instant_of
from booking.core.scheduling.slots import Slot, SlotQuery
from booking.models import Appointment, Patient, new_public_id
from booking.queries.catalogue import catalogue
from booking.services import outbox
from booking.services.availability import offered_slots
from booking.services.reserving import ReservedFor, Wish, reserve
from booking.services.sealed import seal_text

FARTHEST_MINUTES: Final = 120
"""A wish that has no free time so near to it is left out."""

EARLY_BIRDS: Final = timedelta(minutes=20)
"""Who is expected within this time may sit in the waiting room already."""

NEEDS: Final = ("interpreter", "wheelchair", "lie_down", "low_light", "companion")

CANCEL_REASONS: Final = ("pat", "pat-fb", "pat-mv")

REASONS: Final = (
    "My lower back has hurt since the spring, and sitting at work makes it worse.",
    "The burning in my feet keeps me awake at night.",
    "My shoulder still hurts after the operation last year.",
    "I would like to talk about what else could help with my migraine.",
    "The new medicine helps a little. I would like to know whether to go on.",
    "My hand has been painful and swollen since I broke my wrist.",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit that somebody would like to have, near to that minute of the local date."""

    service_id: int
    location_id: int
    specialist_id: int | None
    on: date
    near_minute: int

    @classmethod
    def from_wish(cls, clinic: Catalogue, wish: DemoVisit) -> Wanted:
        """The wish with ids instead of codes."""
        specialist = clinic.resource_by_code[wish.specialist_code].id if wish.specialist_code else None
        service_id = clinic.service_by_code[wish.service_code].id
        return cls(service_id, clinic.location_by_code[wish.location_code].id, specialist, wish.on, wish.near_minute)


class DemoCalendar:
    """The calendar while it is filled, inside one open transaction. The same demo comes out at each run of a day."""

    def __init__(self, session: Session, *, now: datetime, days: int) -> None:
        self.session = session
        self.now = now
        self.days = days
        self.clinic = catalogue(session)
        self.today = now.astimezone(next(iter(self.clinic.locations.values())).tz).date()
        self._asked_at = now - timedelta(days=days + 10)
        self._random = Random(self.today.toordinal())  # noqa: S311 - invented visits need repeatability, no secrecy.

    def add(
        self, wanted: Wanted, patient: Patient, *, fate: Fate, booked_at: datetime | None = None
    ) -> Appointment | None:
        """Book the free time nearest to the wish, and let become of it what should; None when nothing is free near it.

        `booked_at` None is some days before the visit. Of the past only the outcome is kept, without its reservations
        where the lifecycle gives them back."""
        slot = self._nearest(wanted)
        if slot is None:
            return None
        appointment = self._appointment(slot, patient, fate, booked_at or self._some_days_before(slot))
        if appointment.status.occupies_time:
            self._reserve(slot, appointment, patient)
        else:
            self._keep(appointment, patient)
        if appointment.status is AppointmentStatus.CANCELLED:
            self._cancel(appointment, patient)
        return appointment

    def _nearest(self, wanted: Wanted) -> Slot | None:
        """Asked as of weeks ago, since the engine offers no time that is over."""
        near = instant_of(wanted.on, wanted.near_minute, self.clinic.locations[wanted.location_id].tz)
        specialists = None if wanted.specialist_id is None else frozenset({wanted.specialist_id})
        query = SlotQuery(
            wanted.service_id, frozenset({wanted.location_id}), specialists, wanted.on, wanted.on, self._asked_at,
            apply_policies=False,
        )  # fmt: skip
        slots = [s for s in offered_slots(self.session, query) if abs(s.starts - near) <= FARTHEST_MINUTES]
        return min(slots, key=lambda slot: (abs(slot.starts - near), slot), default=None)

    def _reserve(self, slot: Slot, appointment: Appointment, patient: Patient) -> None:
        request = SlotRequest(
            slot.service_id, slot.location_id, slot.specialist_id, slot.starts, self._asked_at, apply_policies=False
        )

        def keep(_slot: Slot) -> ReservedFor:
            self._keep(appointment, patient)
            return ReservedFor(appointment_id=appointment.id, patient_id=patient.id)

        reserve(self.session, Wish(request, patient_id=patient.id), now=self.now, keep=keep)

    def _keep(self, appointment: Appointment, patient: Patient) -> None:
        self.session.add(appointment)
        self.session.flush()
        outbox.plan_for_booking(
            self.session,
            appointment=appointment,
            tz=self.clinic.locations[appointment.location_id].tz,
            has_email=patient.email is not None,
            now=appointment.booked_at,
        )

    def _appointment(self, slot: Slot, patient: Patient, fate: Fate, booked_at: datetime) -> Appointment:
        public_id = new_public_id()
        reason = self._random.choice(REASONS) if self._random.random() < 0.4 else None
        needs = json.dumps([self._random.choice(NEEDS)]) if self._random.random() < 0.15 else None
        return Appointment(
            public_id=public_id,
            reference="".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH)),
            patient_id=patient.id,
            service_id=slot.service_id,
            location_id=slot.location_id,
            specialist_id=slot.specialist_id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            status=self._status(slot, fate),
            reason_sealed=seal_text(self.session, "appointment", "reason", public_id, reason),
            needs_sealed=seal_text(self.session, "appointment", "needs", public_id, needs),
            booked_for_other=False,
            booked_at=booked_at,
        )

    def _status(self, slot: Slot, fate: Fate) -> AppointmentStatus:
        """What the fate says, and for a visit of today what the clock says."""
        if fate is not Fate.BOOKED:
            return AppointmentStatus(fate.value)
        if slot.ends_at <= self.now:
            return AppointmentStatus.DONE
        service = self.clinic.services[slot.service_id]
        in_person = service.mode is VisitMode.IN_PERSON
        if slot.starts_at <= self.now and in_person:
            return AppointmentStatus.IN_ROOM if len(service.segments) == 1 else AppointmentStatus.IN_TREATMENT
        if slot.starts_at <= self.now:
            return AppointmentStatus.ARRIVED
        is_early = in_person and slot.starts_at <= self.now + EARLY_BIRDS and self._random.random() < 0.7
        return AppointmentStatus.ARRIVED if is_early else AppointmentStatus.BOOKED

    def _some_days_before(self, slot: Slot) -> datetime:
        """A moment of an earlier day, and never later than some hours ago."""
        minutes = self._random.randrange(2 * 24 * 60, 18 * 24 * 60)
        latest = self.now - timedelta(minutes=self._random.randrange(60, 3 * 24 * 60))
        return min(slot.starts_at - timedelta(minutes=minutes), latest)

    def _cancel(self, appointment: Appointment, patient: Patient) -> None:
        cancelled_at = appointment.booked_at + (min(appointment.starts_at, self.now) - appointment.booked_at) / 2
        appointment.cancelled_at = cancelled_at
        appointment.cancel_reason_code = self._random.choice(CANCEL_REASONS)
        appointment.version += 1
        appointment.sequence += 1
        self.session.flush()
        outbox.plan_cancellation(
            self.session, appointment=appointment, has_email=patient.email is not None, now=cancelled_at
        )
