"""Who waits for which time, in which order, and what is offered to whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.core.actor import Actor, VisitAct
from booking.core.day_parts import DayPart
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.intervals import from_minutes, to_minutes, to_minutes_up
from booking.core.scheduling.lifecycle import TIME_IS_FREE, AppointmentStatus
from booking.core.waiting import (
    UNANSWERED_COUNTED,
    FreedSpan,
    Standing,
    WaitFacts,
    WaitingWish,
    order_of,
    specialist_freed,
)
from booking.models import Appointment, FreedTime, OfferState, Patient, WaitingEntry, WaitingOffer, WaitingState

STOPS_EVERYTHING = "pat-dec"
"""The reason of a cancelled visit after which nobody writes to this patient any more."""

UNANSWERED = (OfferState.DECLINED, OfferState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One entry with its patient and, in place of which it is, their visit. `has_visit`: some visit of the service is
    coming. `offered_until` is set while a time is offered to them; `patient_key` is name (folded) and date of birth."""

    id: int
    public_id: str
    patient_id: int
    patient_public_id: str
    patient_name: str
    patient_key: tuple[str, date]
    patient_phone: str | None
    is_mailed: bool
    wish: WaitingWish
    state: WaitingState
    created_at: datetime
    ended_at: datetime | None
    appointment_id: int | None
    visit_public_id: str | None
    visit_starts_at: datetime | None
    visit_location_id: int | None
    offered_until: datetime | None
    standing: Standing
    facts: WaitFacts

    @property
    def has_visit(self) -> bool:
        return self.standing.has_visit


@dataclass(frozen=True, slots=True)
class Offer:
    """A time offered to somebody. `entry_state` says whether they wait still; `why` is what spoke for them."""

    id: int
    public_id: str
    entry_id: int
    entry_public_id: str
    entry_state: WaitingState
    patient_id: int
    patient_public_id: str
    patient_name: str
    patient_phone: str | None
    is_mailed: bool
    service_id: int
    location_id: int
    specialist_id: int | None
    starts_at: datetime
    ends_at: datetime
    state: OfferState
    made_at: datetime
    expires_at: datetime
    notice_minutes: int
    why: dict[str, Any]
    appointment_id: int | None
    visit_public_id: str | None
    visit_starts_at: datetime | None
    visit_status: AppointmentStatus | None
    visit_location_id: int | None

    @property
    def hold_owner(self) -> str:
        """The owner of the hold that keeps the time."""
        return hold_owner_of(self.public_id)


def hold_owner_of(offer_public_id: str) -> str:
    """The owner of the hold of that offer."""
    return f"offer:{offer_public_id}"


_Old = aliased(Appointment)
_Any = aliased(Appointment)


def _offers(entry_id: Any) -> sa.Select[int]:
    return sa.select(sa.func.count(WaitingOffer.id)).where(WaitingOffer.entry_id == entry_id)


def _visits() -> sa.Select[int]:
    """Visits of the patient who waits, apart from the one that would be replaced."""
    is_other = sa.or_(WaitingEntry.appointment_id.is_(None), _Any.id != WaitingEntry.appointment_id)
    return sa.select(_Any.id).where(_Any.patient_id == WaitingEntry.patient_id, is_other).correlate(WaitingEntry)


def _select_waiting(now: datetime) -> sa.Select[*tuple[Any, ...]]:
    """All entries, unordered, with everything that decides about them; one row each."""
    taken = _visits().where(_Any.service_id == WaitingEntry.service_id, _Any.status.not_in(TIME_IS_FREE))
    coming = taken.where(_Any.status == AppointmentStatus.BOOKED, _Any.starts_at > now)
    stopped = sa.select(_Any.id).where(
        _Any.patient_id == WaitingEntry.patient_id, _Any.cancel_reason_code == STOPS_EVERYTHING
    )
    counted = _offers(WaitingEntry.id).where(
        WaitingOffer.state.in_(UNANSWERED), WaitingOffer.made_at > now - UNANSWERED_COUNTED
    )
    offered = sa.select(sa.func.max(WaitingOffer.expires_at)).where(
        WaitingOffer.entry_id == WaitingEntry.id, WaitingOffer.state == OfferState.OPEN
    )
    return (
        sa.select(
            WaitingEntry,
            Patient.public_id,
            (Patient.given_name + " " + Patient.family_name).label("patient_name"),
            Patient.name_key,
            Patient.born_on,
            Patient.phone,
            Patient.email.is_not(None).label("is_mailed"),
            _Old.public_id.label("visit_public_id"),
            _Old.starts_at.label("visit_starts_at"),
            _Old.location_id.label("visit_location_id"),
            _Old.status.label("visit_status"),
            sa.exists(taken.where(_Any.booked_at >= WaitingEntry.created_at)).label("has_been_booked"),
            sa.exists(coming).label("has_coming"),
            sa.exists(stopped.correlate(WaitingEntry)).label("is_stopped"),
            counted.correlate(WaitingEntry).scalar_subquery().label("unanswered"),
            offered.correlate(WaitingEntry).scalar_subquery().label("offered_until"),
        )
        .join(Patient, Patient.id == WaitingEntry.patient_id)
        .outerjoin(_Old, _Old.id == WaitingEntry.appointment_id)
        .execution_options(populate_existing=True)
    )


def _waiting(row: Any, now: datetime) -> Waiting:
    entry: WaitingEntry = row[0]
    return Waiting(
        id=entry.id,
        public_id=entry.public_id,
        patient_id=entry.patient_id,
        patient_public_id=row.public_id,
        patient_name=row.patient_name,
        patient_key=(row.name_key, row.born_on),
        patient_phone=row.phone,
        is_mailed=row.is_mailed,
        wish=wish_of(entry),
        state=entry.state,
        created_at=entry.created_at,
        ended_at=entry.ended_at,
        appointment_id=entry.appointment_id,
        visit_public_id=row.visit_public_id,
        visit_starts_at=row.visit_starts_at,
        visit_location_id=row.visit_location_id,
        offered_until=row.offered_until,
        standing=Standing(
            entry_id=entry.id,
            priority=entry.priority,
            has_visit=entry.appointment_id is not None or row.has_coming,
            days_waited=max(now - entry.created_at, timedelta(0)).days,
            unanswered_count=row.unanswered,
        ),
        facts=WaitFacts(
            entry.last_on, row.visit_status, row.visit_starts_at, row.has_been_booked, row.is_stopped
        ),
    )  # fmt: skip


def wish_of(entry: WaitingEntry) -> WaitingWish:
    """What the row says they wait for."""
    return WaitingWish(
        service_id=entry.service_id,
        first_on=entry.first_on,
        last_on=entry.last_on,
        location_ids=frozenset(entry.location_ids or ()),
        specialist_ids=frozenset(entry.specialist_ids or ()),
        weekdays=frozenset(entry.weekdays),
        day_parts=frozenset(DayPart(part) for part in entry.day_parts),
        notice=timedelta(minutes=entry.notice_minutes),
    )


def _read(session: Session, wanted: sa.Select[*tuple[Any, ...]], now: datetime) -> list[Waiting]:
    found = [_waiting(row, now) for row in session.execute(wanted)]
    return sorted(found, key=lambda one: (one.wish.service_id, order_of(one.standing), one.id))


def may_see_waiting(actor: Actor, waiting: Waiting) -> bool:
    """Whether the entry is the actor's business: their own patient's, joined, opened by its link or for a visit
    opened in this browser session, or at their location."""
    if actor.is_staff:
        own, wished = actor.location_ids, waiting.wish.location_ids
        return own is None or bool(own & wished if wished else own)
    is_here = waiting.public_id in actor.waiting_ids | actor.opened_waits or waiting.visit_public_id in actor.visit_ids
    return waiting.patient_id in actor.patient_ids or is_here


def waiting_for(session: Session, actor: Actor, public_id: str, *, now: datetime) -> Waiting | None:
    """The entry, waiting or not, when it is the actor's business."""
    found = _read(session, _select_waiting(now).where(WaitingEntry.public_id == public_id), now)
    return found[0] if found and may_see_waiting(actor, found[0]) else None


def entries_by_id(session: Session, *entry_ids: int, now: datetime) -> list[Waiting]:
    """The entries of these ids, waiting or not, by service and order; asks for no permission."""
    return _read(session, _select_waiting(now).where(WaitingEntry.id.in_(entry_ids)), now)


def entries_of_patients(
    session: Session, actor: Actor, patient_ids: Collection[int], *, now: datetime
) -> list[Waiting]:
    """What these patients wait for now, of that what is the actor's business; by service."""
    wanted = _select_waiting(now).where(
        WaitingEntry.patient_id.in_(patient_ids), WaitingEntry.state == WaitingState.WAITING
    )
    return [one for one in _read(session, wanted, now) if may_see_waiting(actor, one)]


def everyone_waiting(session: Session, *, now: datetime) -> list[Waiting]:
    """All who wait, by service and in the order in which they are asked. One statement."""
    return _read(session, _select_waiting(now).where(WaitingEntry.state == WaitingState.WAITING), now)


def live_entry_of(session: Session, live_key: str) -> WaitingEntry | None:
    """The row that waits under this key, for changing it."""
    return session.scalars(sa.select(WaitingEntry).where(WaitingEntry.live_key == live_key)).one_or_none()


_OFFER = (
    sa.select(
        WaitingOffer.id,
        WaitingOffer.public_id,
        WaitingOffer.entry_id,
        WaitingEntry.public_id.label("entry_public_id"),
        WaitingEntry.state.label("entry_state"),
        WaitingEntry.patient_id,
        Patient.public_id.label("patient_public_id"),
        (Patient.given_name + " " + Patient.family_name).label("patient_name"),
        Patient.phone,
        Patient.email.is_not(None).label("is_mailed"),
        WaitingOffer.service_id,
        WaitingOffer.location_id,
        WaitingOffer.specialist_id,
        WaitingOffer.starts_at,
        WaitingOffer.ends_at,
        WaitingOffer.state,
        WaitingOffer.made_at,
        WaitingOffer.expires_at,
        WaitingEntry.notice_minutes,
        WaitingOffer.why,
        WaitingEntry.appointment_id,
        _Old.public_id.label("visit_public_id"),
        _Old.starts_at.label("visit_starts_at"),
        _Old.status.label("visit_status"),
        _Old.location_id.label("visit_location_id"),
    )
    .join(WaitingEntry, WaitingEntry.id == WaitingOffer.entry_id)
    .join(Patient, Patient.id == WaitingEntry.patient_id)
    .outerjoin(_Old, _Old.id == WaitingEntry.appointment_id)
)


def may_see_offer(actor: Actor, offer: Offer) -> bool:
    """Whether the offer is the actor's business: mailed to them, their own patient's, for a visit that they may move,
    or at their location."""
    if actor.is_staff:
        return actor.works_at(offer.location_id)
    may_move = actor.may_act(VisitAct.CHANGE, public_id=offer.visit_public_id or "", patient_id=offer.patient_id)
    return offer.public_id in actor.offer_ids or may_move


def offer_for(session: Session, actor: Actor, public_id: str) -> Offer | None:
    """The offer, whatever became of it, when it is the actor's business."""
    row = session.execute(_OFFER.where(WaitingOffer.public_id == public_id)).one_or_none()
    offer = None if row is None else Offer(*tuple(row))
    return offer if offer is not None and may_see_offer(actor, offer) else None


def open_offers(session: Session, *, entry_id: int | None = None) -> list[Offer]:
    """Offers without an answer, by the instant they end; all, or those of one entry."""
    wanted = _OFFER.where(WaitingOffer.state == OfferState.OPEN)
    if entry_id is not None:
        wanted = wanted.where(WaitingOffer.entry_id == entry_id)
    return [Offer(*tuple(row)) for row in session.execute(wanted.order_by(WaitingOffer.expires_at, WaitingOffer.id))]


def freed_span(clinic: Catalogue, freed: FreedTime) -> FreedSpan:
    """The row as the core takes it."""
    specialist_id = specialist_freed(clinic, freed.resource_id)
    return FreedSpan(freed.location_id, specialist_id, to_minutes(freed.starts_at), to_minutes_up(freed.ends_at))


def due_freed_times(session: Session, *, now: datetime, limit: int) -> list[int]:
    """Ids of the freed times that may be offered now, the oldest first."""
    due = sa.select(FreedTime.id).where(FreedTime.settled_at.is_(None), FreedTime.available_at <= now)
    return list(session.scalars(due.order_by(FreedTime.available_at, FreedTime.id).limit(limit)))


def offers_within(session: Session, span: FreedSpan, *, since: datetime) -> list[tuple[int, OfferState]]:
    """(entry, state) of the offers made since then whose visit starts in that time, at its place and specialist.

    Those that were accepted count for ever: whoever waits still has given that time back.
    """
    starts_at = WaitingOffer.starts_at
    counts = sa.or_(WaitingOffer.made_at >= since, WaitingOffer.state == OfferState.ACCEPTED)
    same = [starts_at >= from_minutes(span.starts), starts_at < from_minutes(span.ends), counts]
    if span.location_id is not None:
        same.append(WaitingOffer.location_id == span.location_id)
    if span.specialist_id is not None:
        same.append(sa.or_(WaitingOffer.specialist_id == span.specialist_id, WaitingOffer.specialist_id.is_(None)))
    rows = session.execute(sa.select(WaitingOffer.entry_id, WaitingOffer.state).where(*same))
    return [(row.entry_id, row.state) for row in rows]


@dataclass(frozen=True, slots=True)
class FreedNow:
    """A freed time that nobody has taken yet and that is not open for all so far."""

    location_id: int | None
    resource_id: int | None
    starts_at: datetime
    ends_at: datetime
    cause: str
    available_at: datetime


def freed_times_now(session: Session, *, now: datetime) -> list[FreedNow]:
    """What is being offered, or will be when its undo has run out, by its start."""
    columns = (getattr(FreedTime, name) for name in FreedNow.__slots__)
    wanted = sa.select(*columns).where(FreedTime.settled_at.is_(None), FreedTime.ends_at > now)
    return [FreedNow(*row) for row in session.execute(wanted.order_by(FreedTime.starts_at, FreedTime.id))]
