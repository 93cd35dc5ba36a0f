"""Holds: a slot kept for one browser session while its form is filled in. A hold ends by the clock, not by a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningDelete

from booking.core.actor import Actor, Role
from booking.core.errors import HoldExpired, NotFound, RulesRefuse
from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.rules import Refusal
from booking.core.scheduling.slots import Slot
from booking.models import Hold, Reservation
from booking.queries.reservations import Taken, holds_of
from booking.services import locks
from booking.services.availability import nearest_slots
from booking.services.blocks import close_blocks
from booking.services.reserving import ReservedFor, Wish, book_in_transaction, end_holds, reserve
from booking.services.transaction import transaction

HOLD_LENGTH = timedelta(minutes=15)
EXTENSIONS = 2
KEPT_AFTER_END = timedelta(days=1)
"""An ended hold still says which time was wanted, so that it can be taken again when the person comes back."""


@dataclass(frozen=True, slots=True)
class HeldSlot:
    """A hold as plain values. It may have ended: `expires_at` decides. `specialist_id` is who was chosen in it."""

    id: int
    public_id: str
    service_id: int
    location_id: int
    specialist_id: int | None
    wanted_specialist_id: int | None
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    expires_at: datetime
    extensions_left: int


def hold_slot(
    session: Session,
    *,
    actor: Actor,
    service_id: int,
    location_id: int,
    specialist_id: int | None,
    starts_at: datetime,
    now: datetime,
    patient_id: int | None = None,
) -> HeldSlot:
    """Keep exactly this time for the browser session, in place of what it held before; any specialist when None.

    `patient_id`, where it is known already: the rules about their other visits are asked too. Raises NotFound (not
    theirs to book for), SlotTaken with alternatives, PatientBusy, or RulesRefuse with every refusal; the earlier hold
    then stays. Raises BusyDatabase.
    """
    if not actor.owner:
        raise ValueError("a hold belongs to a browser session")
    if patient_id is not None and not (actor.is_staff or patient_id in actor.patient_ids):
        raise NotFound
    asked = SlotRequest(
        service_id, location_id, specialist_id, to_minutes(starts_at), now, not actor.is_staff,
        is_verified=actor.role is Role.PATIENT,
    )  # fmt: skip

    def work() -> HeldSlot:
        kept: list[Hold] = []

        def keep(slot: Slot) -> ReservedFor:
            kept.append(_new_hold(actor.owner, specialist_id, slot, now))
            session.add_all(kept)
            session.flush()
            return ReservedFor(hold_id=kept[0].id)

        reserve(session, Wish(asked, actor.owner, patient_id=patient_id), now=now, keep=keep)
        return _value(kept[0])

    return book_in_transaction(session, work, now=now)


def _new_hold(owner: str, wanted_specialist_id: int | None, slot: Slot, now: datetime) -> Hold:
    return Hold(
        owner=owner,
        service_id=slot.service_id,
        location_id=slot.location_id,
        specialist_id=slot.specialist_id,
        wanted_specialist_id=wanted_specialist_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        created_at=now,
        expires_at=now + HOLD_LENGTH,
        extensions=0,
    )


def hold_for(session: Session, *, actor: Actor, public_id: str) -> HeldSlot | None:
    """The hold of this browser session, ended or not; None when it has no such hold (any more)."""
    row = session.scalars(_own(actor, public_id)).one_or_none()
    return None if row is None else _value(row)


def _own(actor: Actor, public_id: str) -> sa.Select[Hold]:
    # The newest state also when this session has read the row before.
    own = sa.select(Hold).where(Hold.public_id == public_id, Hold.owner == actor.owner, Hold.owner != "")
    return own.execution_options(populate_existing=True)


def extend_hold(session: Session, *, actor: Actor, public_id: str, now: datetime) -> HeldSlot:
    """Keep the time for another 15 minutes from now, at most twice.

    Raises NotFound; HoldExpired with alternatives when it has ended; RulesRefuse (`no_extension_left`).
    """
    with transaction(session):
        row = session.scalars(_own(actor, public_id).with_for_update()).one_or_none()
        if row is None:
            raise NotFound
        held = _value(row)
        if held.expires_at > now:
            if not held.extensions_left:
                raise RulesRefuse((Refusal("no_extension_left"),))
            row.extensions += 1
            row.expires_at = now + HOLD_LENGTH
            session.flush()
            return _value(row)
    raise HoldExpired(nearest_slots(session, request_of(held, now), now=now, owner=actor.owner))


def request_of(held: HeldSlot, now: datetime) -> SlotRequest:
    """The same time asked for anew."""
    wanted = held.wanted_specialist_id
    return SlotRequest(held.service_id, held.location_id, wanted, to_minutes(held.starts_at), now)


def release_hold(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Give the time back at once; nothing happens when the hold is gone already."""
    with transaction(session):
        locks.take_owner(session, actor.owner)
        row = session.scalars(_own(actor, public_id)).one_or_none()
        if row is not None:
            own = holds_of(session, actor.owner)
            locks.take_resources(session, own.resource_ids)
            end_holds(session, own, now=now)


def prune_holds(session: Session, *, now: datetime) -> int:
    """Give the time of ended holds back, and forget holds that ended a day ago; returns how many were forgotten.

    Blocks that lie around that time take it.

    Tidiness only: the engine does not count ended holds, and a booking drops those in its way.
    """
    ended = sa.select(Reservation.resource_id).join(Hold, Hold.id == Reservation.hold_id).where(Hold.expires_at <= now)
    with transaction(session):
        locks.take_resources(session, {number for number in session.scalars(ended) if number is not None})
        given_back = session.execute(_delete_reservations(now)).all()
        close_blocks(session, [Taken(*row) for row in given_back], now=now)
        old = sa.delete(Hold).where(Hold.expires_at <= now - KEPT_AFTER_END)
        return len(session.execute(old.returning(Hold.id)).all())


def _delete_reservations(now: datetime) -> ReturningDelete[int, int, datetime, datetime]:
    of_ended = Reservation.hold_id.in_(sa.select(Hold.id).where(Hold.expires_at <= now))
    gone = sa.delete(Reservation).where(of_ended).execution_options(synchronize_session=False)
    resource_id, lane = (sa.type_coerce(column, sa.Integer) for column in (Reservation.resource_id, Reservation.lane))
    return gone.returning(resource_id, lane, Reservation.starts_at, Reservation.ends_at)


def _value(row: Hold) -> HeldSlot:
    return HeldSlot(
        id=row.id,
        public_id=row.public_id,
        service_id=row.service_id,
        location_id=row.location_id,
        specialist_id=row.specialist_id,
        wanted_specialist_id=row.wanted_specialist_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
        expires_at=row.expires_at,
        extensions_left=EXTENSIONS - row.extensions,
    )
