"""A visit that keeps its time and its specialist and gets another room, nurse or chair. The patient notices nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import MoveNotAllowed, NotFound
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.queries.appointments import visit_for
from booking.queries.reservations import taken_by_visit
from booking.services import audit
from booking.services.blocks import close_blocks
from booking.services.reserving import ReservedFor, book_in_transaction, reserve, same_time


def use_other_resources(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Reserve the visit's own time anew, with whatever the engine finds free now; nobody is written to.

    Raises NotFound, MoveNotAllowed when it is not booked any more, SlotTaken, RulesRefuse, BusyDatabase.
    """

    def work() -> None:
        visit = visit_for(session, actor, public_id, lock=True)
        if visit is None or not actor.is_staff:
            raise NotFound
        if visit.status is not AppointmentStatus.BOOKED:
            raise MoveNotAllowed
        reserved_for = ReservedFor(appointment_id=visit.id, patient_id=visit.patient_id)
        wish = same_time(visit)
        wish = replace(wish, request=replace(wish.request, now=now))
        before = taken_by_visit(session, visit.id)
        reserve(session, wish, now=now, keep=lambda _slot: reserved_for)
        close_blocks(session, before, now=now)
        audit.record(
            session, actor, "appointment_reseated", "appointment", visit.id, now=now, patient_id=visit.patient_id
        )

    book_in_transaction(session, work, now=now)
