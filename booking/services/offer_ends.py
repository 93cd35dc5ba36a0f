"""How an offer of the waiting list ends without being taken: its time stays kept a while, for whoever is asked next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.models import Hold, OfferState, WaitingEntry, WaitingOffer, WaitingState
from booking.queries.waiting import Offer, hold_owner_of, open_offers
from booking.services import audit, locks, outbox

KEPT_FOR_NEXT: Final = timedelta(minutes=2)
"""How long a time stays kept after an offer of it has ended. The worker asks the next one within this time."""

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
    audit.record(session, actor, f"offer_{state.value}", "waiting_offer", offer.id, now=now, reason_code=reason_code)


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
    session.execute(
        sa.update(WaitingEntry)
        .where(WaitingEntry.id == entry_id)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    for offer in open_offers(session, entry_id=entry_id):
        close_offer(session, offer, OfferState.WITHDRAWN, actor=actor, now=now, reason_code=reason_code)
    action = f"waiting_{state.value}"
    audit.record(session, actor, action, "waiting_entry", entry_id, now=now, reason_code=reason_code)
