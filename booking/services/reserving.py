"""The one function that reserves: every way to a visit or a hold leads through `reserve`, inside its transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.core.errors import BusyDatabase, HoldExpired, NotFound, PatientBusy, RulesRefuse, SlotTaken
from booking.core.scheduling.allocation import Allocation, Placement, SlotRequest, allocate, query_for
from booking.core.scheduling.clinic import Catalogue, Service
from booking.core.scheduling.intervals import Span, from_minutes, to_minutes
from booking.core.scheduling.rules import Refusal
from booking.core.scheduling.slots import Slot, busy_window
from booking.models import Hold, Reservation
from booking.queries.appointments import Visit
from booking.queries.booking import PatientNow, Whose, busy_for_booking
from booking.queries.catalogue import is_current_at, kept_catalogue
from booking.queries.prepared import PreparedInsert
from booking.queries.reservations import BusyLanes, OwnHolds, Taken, busy_by_lane
from booking.services import locks
from booking.services.availability import calendar_of, nearest_slots, patient_calendar
from booking.services.blocks import close_blocks, drop_ended_holds
from booking.services.readiness import is_guard_refusal
from booking.services.transaction import transaction

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

LONGEST_VISIT_DAYS = 2
"""A visit that began longer ago than this is over, wherever on earth its local date is counted."""

_INSERT = PreparedInsert(Reservation)
# A bare insert that meets another at the same instant is a deadlock; this one simply writes fewer rows.
_INSERT_FREE = PreparedInsert(Reservation, lambda insert: insert.on_conflict_do_nothing())


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be reserved. `owner` is the browser session whose holds give way; `own_holds` is another owner whose
    holds do, that of an offer or of an undo.

    `patient_id` None is a hold, or a patient who is made in the same transaction and so has no visits yet.
    `without_appointment` is the visit that moves: its reservations, and the time kept for its undo, give way too.
    `if_taken` is the refusal that the person is told. `is_owner_locked`: the nonce was claimed with the owner's lock.
    """

    request: SlotRequest
    owner: str = ""
    own_holds: str = ""
    patient_id: int | None = None
    without_appointment: int | None = None
    if_taken: type[SlotTaken | HoldExpired] = SlotTaken
    is_owner_locked: bool = False


@dataclass(frozen=True, slots=True)
class ReservedFor:
    """What the reservations belong to: a hold, or an appointment with its patient."""

    hold_id: int | None = None
    appointment_id: int | None = None
    patient_id: int | None = None


class Reserved(NamedTuple):
    """The slot as placed, and the patient of the wish as they were at that moment (None: nobody known)."""

    slot: Slot
    patient: PatientNow | None


class OtherClinic(BusyDatabase):
    """The clinic was changed after the transaction had read it. Everything is asked again, of the clinic as it is."""


class Lost(Exception):
    """Somebody was quicker. Ends the transaction; the alternatives are looked for after it."""

    def __init__(self, wish: Wish) -> None:
        super().__init__()
        self.wish = wish


def book_in_transaction(session: Session, work: Callable[[], Answer], *, now: datetime) -> Answer:
    """Run `work`, which calls `reserve`, as one write transaction.

    Raises SlotTaken or HoldExpired with the nearest free times, which are looked for after the rollback; BusyDatabase
    when the lock could not be had, on PostgreSQL after a second try, or when the clinic was changed twice meanwhile.
    """
    try:
        return run_twice_if_busy(session, work)
    except Lost as lost:
        wish = lost.wish
        alternatives = nearest_slots(
            session, wish.request, now=now, owner=wish.owner, without_appointment=wish.without_appointment
        )
        raise wish.if_taken(alternatives) from None


def run_twice_if_busy(session: Session, work: Callable[[], Answer]) -> Answer:
    """Run `work` as one write transaction, and once more when the lock, or the clinic it went by, was another's."""
    try:
        with transaction(session):
            return work()
    except OtherClinic:
        pass
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
) -> Reserved:
    """Take the time in the open transaction: lock, drop holds in the way, ask the engine, insert the reservations.

    `keep` adds what the reservations shall belong to, once the engine has placed the visit. `clinic` is the catalogue
    that the caller goes by.
    Raises Lost when it is taken, PatientBusy, RulesRefuse with every refusal, NotFound (no such patient), OtherClinic.
    """
    clinic = clinic or kept_catalogue(session)
    way = make_way(session, clinic, (wish,), now=now)
    if way.patient is not None:
        calendar = calendar_of(clinic, way.patient.times, wish.request.service_id)
        wish = replace(wish, request=replace(wish.request, patient=calendar))
    placement = allocate(clinic, wish.request, way.busy)
    if not isinstance(placement, Placement):
        raise _refusal(wish, {refusal.code for refusal in placement.refusals}, placement.refusals)
    insert_placement(session, wish, placement, keep(placement.slot))
    close_way(session, way, (placement,), now=now)
    return Reserved(placement.slot, way.patient)


def _refusal(wish: Wish, codes: set[str], refusals: Sequence[Refusal]) -> Exception:
    if "patient_busy" in codes:
        return PatientBusy()
    if wish.if_taken is HoldExpired or codes == {"taken"}:
        return Lost(wish)
    return RulesRefuse(refusals)


class Way(NamedTuple):
    """What is taken, what the holds that gave way had taken, and the patient as they are now (None: nobody known)."""

    busy: BusyLanes
    dropped: tuple[Taken, ...]
    patient: PatientNow | None


def make_way(session: Session, clinic: Catalogue, wishes: Sequence[Wish], *, now: datetime) -> Way:
    """Take all locks at once, drop the holds and the visit that must not stand in the way, and read what is taken.

    All wishes are of one owner, one patient and one visit that moves: those of the first count. Raises OtherClinic
    when `clinic` is not, or with the locks no longer, the clinic as it stands: a change of hours has the same locks;
    NotFound when there is no such patient.
    """
    first = wishes[0]
    window, resource_ids = _joint_window(clinic, wishes)
    whose, since = _lock(session, first, resource_ids), visits_matter_since(clinic, wishes)
    found = busy_for_booking(session, resource_ids, window, whose, now=now, since=since)
    if not is_current_at(session, clinic, found.revision):
        raise OtherClinic
    if found.patient is None and first.patient_id is not None:
        raise NotFound
    drop_holds(session, found.own)
    if first.without_appointment is not None:
        release_visit(session, first.without_appointment)
    if found.has_ended_holds:
        _drop_ended_holds(session, resource_ids, window, now)
        found = found._replace(busy=busy_by_lane(session, resource_ids, window, now=now))
    return Way(found.busy, found.own.taken, found.patient)


def close_way(session: Session, way: Way, placements: Sequence[Placement], *, now: datetime) -> None:
    """Let the blocks around a dropped hold take what it has left, once the placements have what they need of it.

    Not before: who held a time when the block was made may still book it.
    """
    if way.dropped:
        placed = {Taken(**_taken(row)) for placement in placements for row in placement.allocations}
        close_blocks(session, [one for one in way.dropped if one not in placed], now=now)


def taken_now(session: Session, clinic: Catalogue, wishes: Sequence[Wish], *, now: datetime) -> BusyLanes:
    """What `make_way` would find taken at this moment, for a page: nothing is locked, and nothing dropped."""
    window, resource_ids = _joint_window(clinic, wishes)
    if not resource_ids:
        return {}
    first = wishes[0]
    return busy_by_lane(
        session, resource_ids, window, now=now, owner=first.owner, without_appointment=first.without_appointment
    )


def _joint_window(clinic: Catalogue, wishes: Sequence[Wish]) -> tuple[Span, list[int]]:
    """The resources that any of the wishes may need, and the time in which; none when nothing can be offered."""
    asked = [_window(clinic, wish.request) for wish in wishes]
    windows = [window for window, numbers in asked if numbers]
    window = (min(starts for starts, _ in windows), max(ends for _, ends in windows)) if windows else (0, 0)
    return window, sorted({number for _, numbers in asked for number in numbers})


def _window(clinic: Catalogue, request: SlotRequest) -> tuple[Span, Sequence[int]]:
    """Which reservations may be in the way; no resources when nothing can be offered at all."""
    if request.location_id not in clinic.locations:
        return (0, 0), ()
    starts, ends, resource_ids = busy_window(clinic, query_for(clinic, request))
    return (starts, ends), resource_ids


def _lock(session: Session, wish: Wish, resource_ids: Sequence[int]) -> Whose:
    for owner in sorted({wish.owner, wish.own_holds}):
        if not (wish.is_owner_locked and owner == wish.owner):
            locks.take_owner(session, owner)
    whose = Whose(wish.owner, wish.own_holds, wish.without_appointment, wish.patient_id)
    locks.take_for_booking(session, resource_ids, whose)
    return whose


def with_calendar(session: Session, clinic: Catalogue, wish: Wish) -> Wish:
    """The wish with the calendar of its patient as it stands now, for what is asked before the locks."""
    service = clinic.services.get(wish.request.service_id)
    if wish.patient_id is None or service is None:
        return wish
    calendar = patient_calendar(
        session,
        patient_id=wish.patient_id,
        service_id=service.id,
        without_appointment=wish.without_appointment,
        since=_matters_since(service, wish.request.starts),
        clinic=clinic,
    )
    return replace(wish, request=replace(wish.request, patient=calendar))


def visits_matter_since(clinic: Catalogue, wishes: Sequence[Wish]) -> datetime | None:
    """No visit that began earlier says anything about these; None when there is no such service."""
    known = [(clinic.services.get(wish.request.service_id), wish.request.starts) for wish in wishes]
    return min((_matters_since(service, starts) for service, starts in known if service is not None), default=None)


def _matters_since(service: Service, starts: int) -> datetime:
    limit = service.policy.visit_limit
    days = max(service.policy.min_gap_days, limit.days if limit else 0) + LONGEST_VISIT_DAYS
    return from_minutes(starts) - timedelta(days=days)


def drop_holds(session: Session, own: OwnHolds) -> None:
    """Release these holds. The caller has the locks, and sees to the blocks around them."""
    if own.hold_ids:
        _execute(session, sa.delete(Reservation).where(Reservation.hold_id.in_(own.hold_ids)))
        _execute(session, sa.delete(Hold).where(Hold.id.in_(own.hold_ids)))


def end_holds(session: Session, own: OwnHolds, *, now: datetime) -> None:
    """Release these holds, whose time nobody takes now but the blocks around it. The caller has the locks."""
    drop_holds(session, own)
    close_blocks(session, own.taken, now=now)


def release_visit(session: Session, appointment_id: int) -> None:
    """Give back what the visit has reserved."""
    _execute(session, sa.delete(Reservation).where(Reservation.appointment_id == appointment_id))


def same_time(visit: Visit) -> Wish:
    """The visit's own time, asked for as of its booking: that it has begun by now is no reason against it."""
    starts = to_minutes(visit.starts_at)
    asked = SlotRequest(
        visit.service_id, visit.location_id, visit.specialist_id, starts, visit.booked_at, apply_policies=False
    )
    return Wish(asked, patient_id=visit.patient_id, without_appointment=visit.id)


def _drop_ended_holds(session: Session, resource_ids: Sequence[int], window: Span, now: datetime) -> None:
    """They take no time any more, but the guard does not know it.

    Only rows of locked resources: two bookings that tidied the same hold in full could wait for each other.
    A block around an ended hold has its time from now on.
    """
    within = from_minutes(window[0]), from_minutes(window[1])
    close_blocks(session, drop_ended_holds(session, resource_ids=resource_ids, window=within, now=now), now=now)


def _execute(session: Session, statement: sa.Delete) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})


def insert_placement(session: Session, wish: Wish, placement: Placement, reserved_for: ReservedFor) -> None:
    """Write the reservations. Raises Lost when the guard knows better than the engine."""
    owner = {"hold_id": reserved_for.hold_id, "appointment_id": reserved_for.appointment_id, "block_id": None}
    rows = [{**owner, "patient_id": None, **_taken(allocation)} for allocation in placement.allocations]
    if reserved_for.patient_id is not None:
        # The patient's own row is the bare visit, so that back-to-back visits stay possible.
        slot = placement.slot
        times = {"starts_at": slot.starts_at, "ends_at": slot.ends_at}
        rows.append({**owner, **times, "resource_id": None, "lane": None, "patient_id": reserved_for.patient_id})
    if not _inserted(session, rows):
        # With the locks held the engine knew everything: some other path writes reservations without them.
        log.error("the double-booking guard refused a time that the engine had found free")
        raise Lost(wish)


def insert_patient(session: Session, visit: Visit) -> None:
    """Write the patient's own row of a visit that has its resources. Raises PatientBusy."""
    owner = {"hold_id": None, "appointment_id": visit.id, "block_id": None, "resource_id": None, "lane": None}
    times = {"starts_at": visit.starts_at, "ends_at": visit.ends_at}
    if not _inserted(session, [{**owner, **times, "patient_id": visit.patient_id}]):
        raise PatientBusy


def _taken(allocation: Allocation) -> dict[str, Any]:
    return {
        "resource_id": allocation.resource_id,
        "lane": allocation.lane,
        "starts_at": from_minutes(allocation.starts),
        "ends_at": from_minutes(allocation.ends),
    }


def _inserted(session: Session, rows: list[dict[str, Any]]) -> bool:
    """Whether the guard let all rows in."""
    if session.get_bind().dialect.name == "postgresql":
        return _INSERT_FREE.execute(session.connection(), rows).written == len(rows)
    try:
        _INSERT.execute(session.connection(), rows)
    except IntegrityError as error:
        if is_guard_refusal(error):
            return False
        raise
    return True
