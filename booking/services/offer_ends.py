"""How an offer of the waiting list ends: answered, ignored, or because its time cannot be had any more.

The time stays kept a while, for whoever is asked next.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM, Actor
from booking.core.scheduling.allocation import Placement, SlotRequest, allocate, query_for
from booking.core.scheduling.intervals import to_minutes
from booking.core.waiting import clinic_for_wait
from booking.models import Hold, OfferState, WaitingEntry, WaitingOffer, WaitingState
from booking.queries.catalogue import catalogue
from booking.queries.waiting import Offer, hold_owner_of, open_offers
from booking.services import audit, locks, outbox
from booking.services.availability import busy_for, patient_calendar
from booking.services.transaction import transaction

KEPT_FOR_NEXT: Final = timedelta(minutes=2)
"""How long a time stays kept after an offer of it has ended. The worker asks the next one within this time."""

MOVED_UP: Final = "pat-swl"
"""Reason code of a visit that was moved up from the waiting list."""

_LIST: Final = "waiting-list"


def take_list(session: Session) -> None:
    """Let one transaction at a time change the waiting list. Taken before every other lock, so that nobody waits for
    each other in a ring; SQLite has let only one in anyway."""
    locks.take_owner(session, _LIST)


def close_offer(
    session: Session, offer: Offer, state: OfferState, *, actor: Actor, now: datetime, reason_code: str | None = None
) -> None:
    """End an open offer in the open transaction, which has taken the list: state, letter, and the event.

    Where it was not accepted, the hold of its time lasts a while longer for whoever is asked next.
    """
    session.execute(
        sa.update(WaitingOffer)
        .where(WaitingOffer.id == offer.id)
        .values(state=state, settled_at=now)
        .execution_options(synchronize_session=False)
    )
    if state is not OfferState.ACCEPTED:
        session.execute(
            sa.update(Hold)
            .where(Hold.owner == hold_owner_of(offer.public_id))
            .values(expires_at=now + KEPT_FOR_NEXT)
            .execution_options(synchronize_session=False)
        )
    outbox.drop_offer(session, offer_id=offer.id, now=now)
    action = f"offer_{state.value}"
    audit.record(
        session, actor, action, "waiting_offer", offer.id, now=now, reason_code=reason_code, patient_id=offer.patient_id
    )


def end_wait(
    session: Session,
    entry_id: int,
    state: WaitingState,
    *,
    actor: Actor,
    now: datetime,
    reason_code: str | None = None,
    appointment_id: int | None = None,
) -> None:
    """End the wait of this entry in the open transaction, which has taken the list; what is offered is withdrawn.

    `appointment_id` is the visit that it led to.
    """
    values: dict[str, object] = {"state": state, "live_key": None, "ended_at": now}
    if appointment_id is not None:
        values["appointment_id"] = appointment_id
    patient_id = session.scalar(
        sa.update(WaitingEntry)
        .where(WaitingEntry.id == entry_id)
        .values(values)
        .returning(WaitingEntry.patient_id)
        .execution_options(synchronize_session=False)
    )
    for offer in open_offers(session, entry_id=entry_id):
        close_offer(session, offer, OfferState.WITHDRAWN, actor=actor, now=now, reason_code=reason_code)
    action = f"waiting_{state.value}"
    audit.record(
        session, actor, action, "waiting_entry", entry_id, now=now, reason_code=reason_code, patient_id=patient_id
    )


def end_offers(session: Session, *, now: datetime) -> int:
    """End the offers that nobody answered in time, and those whose time cannot be had any more; how many.

    The wait goes on. Who is asked next is for `offer_freed_times`.
    """
    ended = 0
    for offer in open_offers(session):
        if offer.expires_at <= now:
            ended += _close(session, offer, OfferState.EXPIRED, now)
        elif not _can_be_had(session, offer, now):
            ended += _close(session, offer, OfferState.WITHDRAWN, now)
    return ended


def _close(session: Session, offer: Offer, state: OfferState, now: datetime) -> bool:
    with transaction(session):
        take_list(session)
        is_open = any(one.id == offer.id for one in open_offers(session, entry_id=offer.entry_id))
        if is_open:
            close_offer(session, offer, state, actor=SYSTEM, now=now)
    return is_open


def _can_be_had(session: Session, offer: Offer, now: datetime) -> bool:
    """Whether the engine would still give them exactly this time: hours and closures change."""
    clinic = clinic_for_wait(catalogue(session), offer.service_id, timedelta(0))
    calendar = patient_calendar(
        session, patient_id=offer.patient_id, service_id=offer.service_id, without_appointment=offer.appointment_id
    )
    request = SlotRequest(
        offer.service_id, offer.location_id, offer.specialist_id, to_minutes(offer.starts_at), now, is_verified=True,
        patient=calendar,
    )  # fmt: skip
    busy = busy_for(session, clinic, query_for(clinic, request), owner=offer.hold_owner)
    return isinstance(allocate(clinic, request, busy), Placement)
