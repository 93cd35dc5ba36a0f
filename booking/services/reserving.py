"""The one function that reserves: every way to a visit or a hold leads through `reserve`, inside its transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.core.errors import BusyDatabase, HoldExpired, PatientBusy, RulesRefuse, SlotTaken
from booking.core.scheduling.allocation import Allocation, Placement, SlotRequest, allocate, query_for
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.intervals import Span, from_minutes
from booking.core.scheduling.slots import Slot, busy_window
from booking.models import Hold, Reservation
from booking.queries.catalogue import catalogue
from booking.queries.reservations import OwnHolds, busy_by_lane, holds_of, is_patient_busy
from booking.services import locks
from booking.services.availability import nearest_slots
from booking.services.readiness import is_guard_refusal
from booking.services.transaction import transaction

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be reserved. `owner` is the browser session whose holds give way, `patient_id` who must be free.

    `patient_id` None is a hold, or a patient who is made in the same transaction and so cannot be busy.
    `if_taken` is the refusal that the person is told.
    """

    request: SlotRequest
    owner: str = ""
    patient_id: int | None = None
    if_taken: type[SlotTaken | HoldExpired] = SlotTaken


@dataclass(frozen=True, slots=True)
class ReservedFor:
    """What the reservations belong to: a hold, or an appointment with its patient."""

    hold_id: int | None = None
    appointment_id: int | None = None
    patient_id: int | None = None


class Lost(Exception):
    """Somebody was quicker. Ends the transaction; the alternatives are looked for after it."""

    def __init__(self, wish: Wish) -> None:
        super().__init__()
        self.wish = wish


def book_in_transaction(session: Session, work: Callable[[], Answer], *, now: datetime) -> Answer:
    """Run `work`, which calls `reserve`, as one write transaction.

    Raises SlotTaken or HoldExpired with the nearest free times, which are looked for after the rollback; BusyDatabase
    when the lock could not be had, on PostgreSQL after a second try.
    """
    try:
        return _run_twice_if_busy(session, work)
    except Lost as lost:
        alternatives = nearest_slots(session, lost.wish.request, now=now, owner=lost.wish.owner)
        raise lost.wish.if_taken(alternatives) from None


def _run_twice_if_busy(session: Session, work: Callable[[], Answer]) -> Answer:
    try:
        with transaction(session):
            return work()
    except BusyDatabase:
        # SQLite has already waited for its one lock as long as a person would.
        if session.get_bind().dialect.name == "sqlite":
            raise
    with transaction(session):
        return work()


def reserve(
    session: Session,
    wish: Wish,
    *,
    now: datetime,
    keep: Callable[[Slot], ReservedFor],
    clinic: Catalogue | None = None,
) -> Slot:
    """Take the time in the open transaction: lock, drop holds in the way, ask the engine, insert the reservations.

    `keep` adds what the reservations shall belong to, once the engine has placed the visit. `clinic` is the catalogue
    when the caller has read it in this transaction. Returns the slot as placed.
    Raises Lost when it is taken, PatientBusy, or RulesRefuse with every refusal.
    """
    clinic = clinic or catalogue(session)
    window, resource_ids = _window(clinic, wish.request)
    _make_way(session, wish, resource_ids, window, now)
    _refuse_busy_patient(session, clinic, wish)
    busy = busy_by_lane(session, resource_ids, window, now=now) if resource_ids else {}
    placement = allocate(clinic, wish.request, busy)
    if not isinstance(placement, Placement):
        if wish.if_taken is HoldExpired or {refusal.code for refusal in placement.refusals} == {"taken"}:
            raise Lost(wish)
        raise RulesRefuse(placement.refusals)
    _insert(session, wish, placement, keep(placement.slot))
    return placement.slot


def _window(clinic: Catalogue, request: SlotRequest) -> tuple[Span, Sequence[int]]:
    """Which reservations may be in the way; no resources when nothing can be offered at all."""
    if request.location_id not in clinic.locations:
        return (0, 0), ()
    starts, ends, resource_ids = busy_window(clinic, query_for(clinic, request))
    return (starts, ends), resource_ids


def _make_way(session: Session, wish: Wish, resource_ids: Sequence[int], window: Span, now: datetime) -> None:
    """Take all locks, then drop the holds that must not stand in the way."""
    locks.take_owner(session, wish.owner)
    own = holds_of(session, wish.owner)
    locks.take_resources(session, own.resource_ids.union(resource_ids))
    if wish.patient_id is not None:
        locks.take_patient(session, wish.patient_id)
    drop_holds(session, own)
    _drop_expired_holds(session, resource_ids, window, now)


def drop_holds(session: Session, own: OwnHolds) -> None:
    """Release these holds. The caller has the locks."""
    if own.hold_ids:
        _execute(session, sa.delete(Reservation).where(Reservation.hold_id.in_(own.hold_ids)))
        _execute(session, sa.delete(Hold).where(Hold.id.in_(own.hold_ids)))


def _drop_expired_holds(session: Session, resource_ids: Sequence[int], window: Span, now: datetime) -> None:
    """Only rows of locked resources: two bookings that tidied the same hold in full could wait for each other."""
    in_the_way = (
        Reservation.hold_id.in_(sa.select(Hold.id).where(Hold.expires_at <= now)),
        Reservation.resource_id.in_(resource_ids),
        Reservation.ends_at > from_minutes(window[0]),
        Reservation.starts_at < from_minutes(window[1]),
    )
    _execute(session, sa.delete(Reservation).where(*in_the_way))


def _execute(session: Session, statement: sa.Delete) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})


def _refuse_busy_patient(session: Session, clinic: Catalogue, wish: Wish) -> None:
    service = clinic.services.get(wish.request.service_id)
    if wish.patient_id is None or service is None:
        return
    starts, ends = wish.request.starts, wish.request.starts + service.minutes
    if is_patient_busy(session, patient_id=wish.patient_id, starts_at=from_minutes(starts), ends_at=from_minutes(ends)):
        raise PatientBusy


def _insert(session: Session, wish: Wish, placement: Placement, reserved_for: ReservedFor) -> None:
    owner = {"hold_id": reserved_for.hold_id, "appointment_id": reserved_for.appointment_id, "block_id": None}
    rows = [{**owner, **_resource_row(allocation)} for allocation in placement.allocations]
    if reserved_for.patient_id is not None:
        # The patient's own row is the bare visit, so that back-to-back visits stay possible.
        slot = placement.slot
        times = {"starts_at": slot.starts_at, "ends_at": slot.ends_at}
        rows.append({**owner, **times, "resource_id": None, "lane": None, "patient_id": reserved_for.patient_id})
    if not _inserted(session, rows):
        # With the locks held the engine knew everything: some other path writes reservations without them.
        log.error("the double-booking guard refused a time that the engine had found free")
        raise Lost(wish)


def _resource_row(allocation: Allocation) -> dict[str, Any]:
    return {
        "resource_id": allocation.resource_id,
        "lane": allocation.lane,
        "patient_id": None,
        "starts_at": from_minutes(allocation.starts),
        "ends_at": from_minutes(allocation.ends),
    }


def _inserted(session: Session, rows: list[dict[str, Any]]) -> bool:
    """Whether the guard let all rows in."""
    if session.get_bind().dialect.name == "postgresql":
        # A bare insert that meets another at the same instant is a deadlock; this one simply gives fewer rows.
        wanted = postgresql.insert(Reservation).values(rows).on_conflict_do_nothing().returning(Reservation.id)
        return len(session.execute(wanted).all()) == len(rows)
    try:
        session.connection().execute(sa.insert(Reservation), rows)
    except IntegrityError as error:
        if is_guard_refusal(error):
            return False
        raise
    return True
