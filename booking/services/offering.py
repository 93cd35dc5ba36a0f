"""Offers freed times to those who wait, one after another. The worker runs these; each step is one transaction, so
that two workers, a late tick or a process killed in between change nothing but when somebody is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM
from booking.core.clock import local_date
from booking.core.errors import BusyDatabase, PatientBusy, RulesRefuse
from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.patient import PatientCalendar
from booking.core.scheduling.slots import Slot, find_slots
from booking.core.waiting import (
    FARTHEST_ANSWER,
    LEAST_TIME_TO_ANSWER,
    FreedSpan,
    answer_until,
    clinic_for_wait,
    latest_answer,
    misfit,
    office_spans,
    order_of,
    query_for_wish,
    why_of,
    why_over,
    within_freed,
)
from booking.models import FreedTime, Hold, HoldPurpose, OfferState, WaitingOffer, new_public_id
from booking.queries.catalogue import catalogue, kept_catalogue
from booking.queries.reservations import holds_of
from booking.queries.waiting import (
    Waiting,
    due_freed_times,
    entries_by_id,
    everyone_waiting,
    freed_span,
    hold_owner_of,
    offers_within,
)
from booking.services import audit, locks, outbox
from booking.services.availability import busy_for, patient_calendar
from booking.services.offer_ends import KEPT_FOR_NEXT, end_offers, take_list
from booking.services.reserving import Lost, ReservedFor, Wish, end_holds, reserve
from booking.services.transaction import transaction
from booking.services.waiting_list import earliest_today, end_waits

MOST_AT_ONCE: Final = 50
"""Freed times looked at in one run of the job; the others follow with the next."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Somebody who can be offered a slot of the freed time, until then."""

    waiting: Waiting
    slot: Slot
    calendar: PatientCalendar
    until: datetime
    misfit: int


class _AskedElsewhere(Exception):
    """Another worker has taken this freed time up, or it was settled meanwhile."""


def offer_freed_times(session: Session, *, now: datetime) -> int:
    """Ask the next one for every freed time that is due and not being offered; how many offers were made.

    Waits and offers that are over are ended first. A time for which nobody is left to ask is settled: it is open for
    all. What the database has no lock for now is left for the next run.
    """
    end_waits(session, now=now)
    end_offers(session, now=now)
    made = 0
    queue = due_freed_times(session, now=now, limit=MOST_AT_ONCE)
    while queue:
        try:
            rests = _offer(session, queue.pop(0), now)
        except (BusyDatabase, _AskedElsewhere):
            continue
        if rests is not None:
            made += 1
            queue = rests + queue
    return made


def _offer(session: Session, freed_id: int, now: datetime) -> list[int] | None:
    """Ask the next one for this time: ids of what is left of it; None when nobody is left to ask.

    Raises _AskedElsewhere while somebody is being asked, BusyDatabase.
    """
    freed = session.get_one(FreedTime, freed_id, populate_existing=True)
    clinic = catalogue(session)
    span, owner = freed_span(clinic, freed), freed.hold_owner or ""
    asked = _asked(session, clinic, freed)
    for candidate in _candidates(session, clinic, span, owner=owner, not_again=asked, now=now):
        rests = _make(session, freed_id, span, candidate, now)
        if rests is not None:
            return rests
    _settle(session, freed_id, now)
    return None


def _asked(session: Session, clinic: Catalogue, freed: FreedTime) -> set[int]:
    """Entries that were asked for this time already. Raises _AskedElsewhere while one of them may still answer."""
    offers = offers_within(session, freed_span(clinic, freed), since=freed.created_at)
    if freed.settled_at is not None or any(state is OfferState.OPEN for _, state in offers):
        raise _AskedElsewhere
    return {entry_id for entry_id, _ in offers}


def _candidates(
    session: Session, clinic: Catalogue, span: FreedSpan, *, owner: str, not_again: set[int], now: datetime
) -> Iterator[_Candidate]:
    """Who can be offered some of this time, the first to be asked first. Holds of `owner` take no time away."""
    today = earliest_today(clinic, now)
    able = [
        waiting
        for waiting in everyone_waiting(session, now=now)
        if waiting.id not in not_again
        and waiting.offered_until is None
        and why_over(waiting.facts, now=now, today=today) is None
    ]
    able.sort(key=lambda waiting: (order_of(waiting.standing), waiting.id))
    for _, equals in groupby(able, key=lambda waiting: order_of(waiting.standing)):
        found = [_candidate_or_none(session, clinic, span, waiting, owner, now) for waiting in equals]
        yield from sorted(filter(None, found), key=lambda one: (one.misfit, one.waiting.id))


def _candidate_or_none(
    session: Session, clinic: Catalogue, span: FreedSpan, waiting: Waiting, owner: str, now: datetime
) -> _Candidate | None:
    """The first slot of the freed time that this person can be offered, as the engine finds it."""
    wish = waiting.wish
    calendar = patient_calendar(
        session, patient_id=waiting.patient_id, service_id=wish.service_id, without_appointment=waiting.appointment_id
    )
    query = query_for_wish(clinic, wish, span, now=now, calendar=calendar)
    if query is None:
        return None
    offering = _clinic_for(clinic, waiting)
    for slot in find_slots(offering, query, busy_for(session, offering, query, owner=owner)):
        if within_freed(slot, span, before=waiting.visit_starts_at):
            until = _until(clinic, waiting, slot, now)
            if until is not None:
                return _Candidate(waiting, slot, calendar, until, misfit(clinic, slot, span))
    return None


def _clinic_for(clinic: Catalogue, waiting: Waiting) -> Catalogue:
    """The clinic as it offers to this person: with their notice, and time for their answer."""
    return clinic_for_wait(clinic, waiting.wish.service_id, waiting.wish.notice + LEAST_TIME_TO_ANSWER)


def _until(clinic: Catalogue, waiting: Waiting, slot: Slot, now: datetime) -> datetime | None:
    """Until when the slot would be kept for this person; None when that is too short to answer."""
    change_by = None
    if waiting.visit_starts_at is not None:
        change_by = waiting.visit_starts_at - clinic.services[slot.service_id].policy.change_notice
    place = clinic.locations[slot.location_id]
    today = local_date(now, place.tz)
    office = office_spans(clinic, place, today, min(local_date(slot.starts_at, place.tz), today + FARTHEST_ANSWER))
    return answer_until(office, now, latest_answer(slot, waiting.wish.notice, change_by))


def _make(session: Session, freed_id: int, span: FreedSpan, candidate: _Candidate, now: datetime) -> list[int] | None:
    """Make the offer, in one transaction: hold, letter, event. None when this person cannot have it after all.

    Returns ids of what is left of the freed time. Raises _AskedElsewhere, BusyDatabase.
    """
    try:
        with transaction(session):
            take_list(session)
            clinic = kept_catalogue(session)
            freed = session.get_one(FreedTime, freed_id, populate_existing=True)
            _asked(session, clinic, freed)
            if freed_span(clinic, freed) != span:
                raise _AskedElsewhere
            if not _is_unchanged(session, candidate.waiting, now):
                return None
            offer = _reserve(session, clinic, candidate, freed.hold_owner or "", now)
            rests = _cut(session, freed, offer)
            outbox.plan_offer(session, offer=offer, patient_id=candidate.waiting.patient_id, now=now)
            audit.record(
                session,
                SYSTEM,
                "offer_made",
                "waiting_offer",
                offer.id,
                now=now,
                patient_id=candidate.waiting.patient_id,
            )
            return rests
    except (Lost, RulesRefuse, PatientBusy):
        return None


def _is_unchanged(session: Session, seen: Waiting, now: datetime) -> bool:
    """Whether they wait still, for the same, and nothing else was offered to them meanwhile."""
    return entries_by_id(session, seen.id, now=now) == [seen]


def _reserve(session: Session, clinic: Catalogue, candidate: _Candidate, owner: str, now: datetime) -> WaitingOffer:
    """Keep the time for the offer, in place of what has kept it so far. Raises Lost, RulesRefuse, PatientBusy."""
    slot, public_id = candidate.slot, new_public_id()
    made: list[WaitingOffer] = []

    def keep(placed: Slot) -> ReservedFor:
        offer, hold = _rows(candidate, placed, public_id, now)
        session.add_all((offer, hold))
        session.flush()
        made.append(offer)
        return ReservedFor(hold_id=hold.id)

    request = SlotRequest(
        slot.service_id, slot.location_id, slot.specialist_id, slot.starts, now, is_verified=True,
        patient=candidate.calendar,
    )  # fmt: skip
    reserve(session, Wish(request, owner), now=now, keep=keep, clinic=_clinic_for(clinic, candidate.waiting))
    return made[0]


def _rows(candidate: _Candidate, slot: Slot, public_id: str, now: datetime) -> tuple[WaitingOffer, Hold]:
    times = {
        "service_id": slot.service_id,
        "location_id": slot.location_id,
        "specialist_id": slot.specialist_id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
    }
    offer = WaitingOffer(
        **times,
        public_id=public_id,
        entry_id=candidate.waiting.id,
        state=OfferState.OPEN,
        made_at=now,
        expires_at=candidate.until,
        why=dict(why_of(candidate.waiting.standing, candidate.misfit)),
    )
    hold = Hold(
        **times,
        owner=hold_owner_of(public_id),
        wanted_specialist_id=slot.specialist_id,
        created_at=now,
        expires_at=candidate.until + KEPT_FOR_NEXT,
        purpose=HoldPurpose.OFFER,
    )
    return offer, hold


def _cut(session: Session, freed: FreedTime, offer: WaitingOffer) -> list[int]:
    """Note what keeps the time now. Where as much again is left before or after, that is offered by itself."""
    freed.hold_owner = hold_owner_of(offer.public_id)
    length = offer.ends_at - offer.starts_at
    parts = [(freed.starts_at, offer.starts_at), (offer.ends_at, freed.ends_at)]
    rests = [(starts_at, ends_at) for starts_at, ends_at in parts if ends_at - starts_at >= length]
    if not rests:
        return []
    rows = [_rest_of(freed, starts_at, ends_at) for starts_at, ends_at in rests]
    freed.starts_at, freed.ends_at = offer.starts_at, min(offer.ends_at, freed.ends_at)
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def _rest_of(freed: FreedTime, starts_at: datetime, ends_at: datetime) -> FreedTime:
    return FreedTime(
        location_id=freed.location_id,
        resource_id=freed.resource_id,
        starts_at=starts_at,
        ends_at=ends_at,
        cause=freed.cause,
        available_at=freed.available_at,
        created_at=freed.created_at,
    )


def _settle(session: Session, freed_id: int, now: datetime) -> None:
    """Nobody is left to ask: give up what keeps the time. Raises _AskedElsewhere, BusyDatabase."""
    with transaction(session):
        take_list(session)
        freed = session.get_one(FreedTime, freed_id, populate_existing=True)
        _asked(session, catalogue(session), freed)
        if freed.hold_owner:
            locks.take_owner(session, freed.hold_owner)
            own = holds_of(session, freed.hold_owner)
            locks.take_resources(session, own.resource_ids)
            end_holds(session, own, now=now)
        freed.settled_at = now
        audit.record(session, SYSTEM, "freed_time_settled", "freed_time", freed_id, now=now)
