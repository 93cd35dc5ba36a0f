"""Joining and leaving the waiting list, and the ageing of its entries. Each function is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM, Actor
from booking.core.clock import local_date
from booking.core.errors import NotFound, RulesRefuse
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.rules import Refusal
from booking.core.waiting import WaitingWish, end_of_wait, refusals_of_wish, why_over
from booking.models import Patient, WaitingEntry, WaitingState, new_public_id
from booking.queries.appointments import Visit, visit_for
from booking.queries.catalogue import catalogue
from booking.queries.waiting import Waiting, everyone_waiting, live_entry_of, waiting_for
from booking.services import audit
from booking.services.links import prolong_links
from booking.services.offer_ends import end_wait, take_list
from booking.services.outbox import plan_joining
from booking.services.patients import take_standing
from booking.services.transaction import transaction

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class WaitingPlace:
    """The answer to joining: the entry, and whether it is new or one that was there has other wishes now."""

    public_id: str
    is_new: bool
    since: datetime


def join(
    session: Session,
    *,
    actor: Actor,
    patient_id: int,
    wish: WaitingWish,
    now: datetime,
    visit_public_id: str | None = None,
    priority: int | None = None,
) -> WaitingPlace:
    """Wait for a time of a service; with a visit, for an earlier one in its place. `priority` is for staff.

    Joining again for the same patient and service changes the wishes and keeps the place, so sending twice is sending
    once. Raises NotFound (a patient or visit of others), RulesRefuse with every refusal, BusyDatabase.
    """
    with transaction(session):
        take_list(session)
        visit = _visit_to_replace(session, actor, visit_public_id, wish)
        _refuse_strangers(actor, patient_id, wish, visit)
        take_standing(session, patient_id)
        clinic = catalogue(session)
        refusals = refusals_of_wish(
            clinic, wish, today=earliest_today(clinic, now), is_staff=actor.is_staff, has_visit=visit is not None
        )
        if visit is not None and (visit.status is not AppointmentStatus.BOOKED or visit.starts_at <= now):
            refusals = (*refusals, Refusal("visit_over"))
        if refusals:
            raise RulesRefuse(refusals)
        return keep_wish(
            session, actor, patient_id, wish, now=now, appointment_id=visit.id if visit else None, priority=priority
        )


def _visit_to_replace(session: Session, actor: Actor, public_id: str | None, wish: WaitingWish) -> Visit | None:
    """The visit that an earlier one is wished for. Raises NotFound; a visit of another service is none."""
    if public_id is None:
        return None
    visit = visit_for(session, actor, public_id)
    if visit is None or visit.service_id != wish.service_id:
        raise NotFound
    return visit


def _refuse_strangers(actor: Actor, patient_id: int, wish: WaitingWish, visit: Visit | None) -> None:
    """Patients wait for themselves, staff let anybody wait at their locations. Raises NotFound."""
    is_own = actor.is_staff or patient_id in actor.patient_ids
    if visit is not None:
        is_own = visit.patient_id == patient_id
    is_here = not actor.is_staff or all(actor.works_at(i) for i in wish.location_ids)
    if not is_own or not is_here:
        raise NotFound


def keep_wish(
    session: Session,
    actor: Actor,
    patient_id: int,
    wish: WaitingWish,
    *,
    now: datetime,
    appointment_id: int | None = None,
    priority: int | None = None,
    public_id: str | None = None,
) -> WaitingPlace:
    """Write the entry into the open transaction: a new one, under `public_id` where that is given, or other wishes
    into the one that is there."""
    live_key = live_key_of(patient_id, wish.service_id)
    entry = live_entry_of(session, live_key)
    is_new = entry is None
    if entry is None:
        entry = WaitingEntry(
            public_id=public_id or new_public_id(),
            live_key=live_key,
            patient_id=patient_id,
            service_id=wish.service_id,
            state=WaitingState.WAITING,
            priority=0,
            created_at=now,
            created_by_account_id=actor.account_id,
        )
        session.add(entry)
    _set_wish(entry, wish)
    entry.appointment_id = appointment_id
    if actor.is_staff and priority is not None:
        entry.priority = priority
    session.flush()
    _tell(session, actor, entry, is_new=is_new, now=now)
    action = "waiting_joined" if is_new else "waiting_changed"
    audit.record(session, actor, action, "waiting_entry", entry.id, now=now, patient_id=entry.patient_id)
    return WaitingPlace(entry.public_id, is_new, entry.created_at)


def _tell(session: Session, actor: Actor, entry: WaitingEntry, *, is_new: bool, now: datetime) -> None:
    """Write to whoever joins on their own, for nobody tells them what happens next; links live as long as the wait."""
    ends_at = end_of_wait(entry.last_on)
    if not is_new:
        prolong_links(session, waiting_entry_id=entry.id, expires_at=ends_at)
    elif not (actor.is_staff or actor.is_system) and session.get_one(Patient, entry.patient_id).email:
        plan_joining(session, entry=entry, ends_at=ends_at, now=now)


def live_key_of(patient_id: int, service_id: int) -> str:
    """What nobody waits for twice."""
    return f"{patient_id}:{service_id}"


def _set_wish(entry: WaitingEntry, wish: WaitingWish) -> None:
    entry.location_ids = sorted(wish.location_ids) or None
    entry.specialist_ids = sorted(wish.specialist_ids) or None
    entry.weekdays = sorted(wish.weekdays)
    entry.day_parts = sorted(part.value for part in wish.day_parts)
    entry.first_on, entry.last_on = wish.first_on, wish.last_on
    entry.notice_minutes = int(wish.notice / MINUTE)


def change_wish(session: Session, *, actor: Actor, public_id: str, wish: WaitingWish, now: datetime) -> WaitingPlace:
    """Wait for something else of the same service and keep the place.

    Raises NotFound (an entry of others), RulesRefuse with every refusal (wait_over where nobody waits any more),
    BusyDatabase.
    """
    with transaction(session):
        take_list(session)
        waiting = waiting_for(session, actor, public_id, now=now)
        if waiting is None or waiting.wish.service_id != wish.service_id:
            raise NotFound
        clinic = catalogue(session)
        today = earliest_today(clinic, now)
        refusals = refusals_of_wish(clinic, wish, today=today, is_staff=actor.is_staff, has_visit=True)
        if waiting.state is not WaitingState.WAITING:
            refusals = (*refusals, Refusal("wait_over"))
        if refusals:
            raise RulesRefuse(refusals)
        return keep_wish(session, actor, waiting.patient_id, wish, now=now, appointment_id=waiting.appointment_id)


def leave(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Stop waiting; an open offer is withdrawn. Nothing happens when the wait is over already. Raises NotFound."""
    with transaction(session):
        take_list(session)
        waiting = waiting_for(session, actor, public_id, now=now)
        if waiting is None:
            raise NotFound
        if waiting.state is WaitingState.WAITING:
            end_wait(session, waiting.id, WaitingState.LEFT, actor=actor, now=now)


def resume_wait(session: Session, *, actor: Actor, appointment_id: int, ended_at: datetime, now: datetime) -> None:
    """Let whoever was placed with this visit at that instant wait again, at their old place, since they took it back.

    In the open transaction, which has taken the list. Nothing happens when they wait for the same again already.
    """
    placed = sa.select(WaitingEntry).where(
        WaitingEntry.appointment_id == appointment_id,
        WaitingEntry.state == WaitingState.PLACED,
        WaitingEntry.ended_at == ended_at,
    )
    entry = session.scalars(placed).one_or_none()
    if entry is None or live_entry_of(session, live_key_of(entry.patient_id, entry.service_id)) is not None:
        return
    entry.state, entry.ended_at = WaitingState.WAITING, None
    entry.live_key = live_key_of(entry.patient_id, entry.service_id)
    session.flush()
    audit.record(session, actor, "waiting_resumed", "waiting_entry", entry.id, now=now, patient_id=entry.patient_id)


def end_waits(session: Session, *, now: datetime) -> int:
    """End the waits that are pointless by now: dates gone by, visit over or booked. Returns how many."""
    if not _waits_over(session, now):
        return 0
    with transaction(session):
        take_list(session)
        over = _waits_over(session, now)
        for waiting, reason in over:
            end_wait(session, waiting.id, WaitingState.EXPIRED, actor=SYSTEM, now=now, reason_code=reason)
    return len(over)


def _waits_over(session: Session, now: datetime) -> list[tuple[Waiting, str]]:
    everyone = everyone_waiting(session, now=now)
    today = earliest_today(catalogue(session), now) if everyone else now.date()
    reasons = ((waiting, why_over(waiting.facts, now=now, today=today)) for waiting in everyone)
    return [(waiting, reason) for waiting, reason in reasons if reason is not None]


def earliest_today(clinic: Catalogue, now: datetime) -> date:
    """The earliest of the local dates that it is at the clinic's locations."""
    return min((local_date(now, place.tz) for place in clinic.locations.values()), default=now.date())
