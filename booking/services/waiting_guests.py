"""People of whom the clinic knows nothing yet join the waiting list, and whoever left it by mistake comes back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound, RulesRefuse
from booking.core.scheduling.rules import Refusal
from booking.core.waiting import WaitingWish, refusals_of_wish
from booking.models import WaitingEntry, WaitingState, new_public_id
from booking.queries.catalogue import catalogue
from booking.queries.waiting import live_entry_of, waiting_for
from booking.services import audit, rate_limits
from booking.services.accounts import Door
from booking.services.idempotency import body_hash, claim_answer
from booking.services.offer_ends import take_list
from booking.services.patients import PatientDetails, create_described
from booking.services.rate_limits import Tried
from booking.services.transaction import transaction
from booking.services.undo import UNDO_LENGTH
from booking.services.waiting_list import WaitingPlace, earliest_today, keep_wish, live_key_of


def join_as_new(
    session: Session,
    *,
    actor: Actor,
    door: Door,
    person: PatientDetails,
    wish: WaitingWish,
    nonce: str,
    now: datetime,
) -> WaitingPlace:
    """Wait for a time of a service as a new patient, whom the account of the actor may act for from now on.

    Sent again with its nonce, it gives the same answer. Raises RulesRefuse with every refusal, TooManyTries,
    NonceReused, BusyDatabase.
    """
    account = f"browser:{actor.owner}"
    rate_limits.take(session, door.limiter, Tried.JOIN, actor=actor, account=account, network=door.network, now=now)
    public_id = new_public_id()
    body = body_hash({"person": asdict(person), "wish": _said(wish)})
    with transaction(session):
        earlier = claim_answer(session, owner=actor.owner, nonce=nonce, body=body, subject=public_id, now=now)
        if earlier is not None:
            return WaitingPlace(earlier, is_new=False, since=_since(session, earlier))
        take_list(session)
        clinic = catalogue(session)
        refusals = refusals_of_wish(
            clinic, wish, today=earliest_today(clinic, now), is_staff=actor.is_staff, has_visit=False
        )
        if refusals:
            raise RulesRefuse(refusals)
        account_id = actor.account_id if actor.role is Role.PATIENT else None
        patient = create_described(session, person, account_id=account_id, now=now)
        audit.record(session, actor, "patient_created", "patient", patient.id, now=now)
        return keep_wish(session, actor, patient.id, wish, now=now, public_id=public_id)


def _said(wish: WaitingWish) -> dict[str, object]:
    """Sets have no order of their own."""
    values = asdict(wish)
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()}


def _since(session: Session, public_id: str) -> datetime:
    wanted = sa.select(WaitingEntry.created_at).where(WaitingEntry.public_id == public_id)
    return session.scalars(wanted).one()


def join_again(session: Session, *, actor: Actor, public_id: str, now: datetime) -> WaitingPlace:
    """Take leaving back: the same wishes and the same place, for some minutes after it.

    Whoever waits anew meanwhile, or still, keeps that. Raises NotFound, RulesRefuse (undo_over), BusyDatabase.
    """
    with transaction(session):
        take_list(session)
        waiting = waiting_for(session, actor, public_id, now=now)
        if waiting is None:
            raise NotFound
        entry = session.get_one(WaitingEntry, waiting.id)
        live_key = live_key_of(entry.patient_id, entry.service_id)
        present = live_entry_of(session, live_key)
        if present is not None:
            return WaitingPlace(present.public_id, is_new=False, since=present.created_at)
        if not may_join_again(entry.state, entry.ended_at, now=now):
            raise RulesRefuse((Refusal("undo_over"),))
        entry.state, entry.live_key, entry.ended_at = WaitingState.WAITING, live_key, None
        audit.record(
            session, actor, "waiting_joined_again", "waiting_entry", entry.id, now=now, patient_id=entry.patient_id
        )
        return WaitingPlace(entry.public_id, is_new=False, since=entry.created_at)


def may_join_again(state: WaitingState, ended_at: datetime | None, *, now: datetime) -> bool:
    """Whether leaving can still be taken back."""
    return state is WaitingState.LEFT and ended_at is not None and now < ended_at + UNDO_LENGTH
