"""Moving a visit: an atomic swap. The old time is kept until the new one is committed, and the visit stays the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, VisitAct
from booking.core.errors import MoveNotAllowed, NotFound, RulesRefuse
from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.intervals import from_minutes, subtract, to_minutes, to_minutes_up
from booking.core.scheduling.rules import ChangeRequest, Refusal, audience_refusal, contact_refusal, may_change
from booking.core.scheduling.slots import Slot
from booking.models import Appointment, AppointmentTime
from booking.queries.appointments import Visit, visit_for
from booking.queries.catalogue import catalogue, kept_catalogue
from booking.queries.reservations import taken_by_visit
from booking.services import audit, outbox, undo
from booking.services.blocks import close_blocks
from booking.services.freed import FreedCause, free_at_once, note_freed, withdraw_freed
from booking.services.idempotency import body_hash, claim_answer
from booking.services.offer_ends import MOVED_UP, take_list
from booking.services.overriding import refusals_to_override
from booking.services.releasing import is_in_block
from booking.services.reserving import ReservedFor, Wish, book_in_transaction, reserve, same_time
from booking.services.waiting_list import resume_wait


@dataclass(frozen=True, slots=True)
class ChangedVisit:
    """The answer to a change; the same again when the same form is sent again. `before` is the start it had."""

    public_id: str
    version: int
    starts_at: datetime
    before: datetime


@dataclass(frozen=True, slots=True)
class _Move:
    """One change on its way: the visit as it was, and who moves it when and why."""

    actor: Actor
    visit: Visit
    now: datetime
    reason_code: str | None = None
    confirmed_at: datetime | None = None


def change_visit(
    session: Session,
    *,
    actor: Actor,
    public_id: str,
    location_id: int,
    specialist_id: int | None,
    starts_at: datetime,
    nonce: str,
    now: datetime,
    service_id: int | None = None,
    version: int | None = None,
    override_reason: str | None = None,
    own_holds: str = "",
) -> ChangedVisit:
    """Move the visit to another time, any specialist when None; staff also to another service.

    The new time may overlap the visit's own old one. `version` is that of the page, where it must be the newest.
    `override_reason` is a code with which staff go past the rules for patients. `own_holds` owns a hold on the new
    time, as an offer does. Raises NotFound, MoveNotAllowed (its status or its version), RulesRefuse (all refusals,
    also `too_late_to_change` and `same_time`), SlotTaken with alternatives, PatientBusy, NonceReused, BusyDatabase.
    """
    asked = SlotRequest(
        service_id or 0, location_id, specialist_id, to_minutes(starts_at), now, not actor.is_staff, is_verified=True
    )
    place = (service_id, location_id, specialist_id)
    body = body_hash({"visit": public_id, "version": version, "time": asked.starts, "place": place})

    def work() -> ChangedVisit:
        visit = _visit_to_move(session, actor, public_id, location_id)
        if earlier := _earlier(session, actor, visit, nonce, body, now):
            return earlier
        if version not in {None, visit.version}:
            raise MoveNotAllowed
        request = replace(asked, service_id=service_id or visit.service_id)
        wish = Wish(request, actor.owner, own_holds, visit.patient_id, visit.id)
        return _change(session, _Move(actor, visit, now, override_reason), wish)

    return book_in_transaction(session, work, now=now)


def _visit_to_move(session: Session, actor: Actor, public_id: str, location_id: int) -> Visit:
    """The visit, locked. Raises NotFound when it, or the place it shall move to, is no business of the actor."""
    visit = visit_for(session, actor, public_id, act=VisitAct.CHANGE, lock=True)
    if visit is None or (actor.is_staff and not actor.works_at(location_id)):
        raise NotFound
    return visit


def _earlier(session: Session, actor: Actor, visit: Visit, nonce: str, body: str, now: datetime) -> ChangedVisit | None:
    """What this form has led to already; None when it is new, and then its answer is kept with the change."""
    mine = f"{visit.public_id}:{visit.version + 1}"
    subject = claim_answer(session, owner=actor.owner, nonce=nonce, body=body, subject=mine, now=now)
    if subject is None:
        return None
    version = int(subject.rpartition(":")[2])
    rows = session.execute(
        sa.select(AppointmentTime.version, AppointmentTime.starts_at)
        .where(AppointmentTime.appointment_id == visit.id, AppointmentTime.version >= version - 1)
        .order_by(AppointmentTime.version)
    ).all()
    after = rows[1].starts_at if len(rows) > 1 else visit.starts_at
    return ChangedVisit(visit.public_id, version, after, rows[0].starts_at)


def _change(session: Session, move: _Move, wish: Wish) -> ChangedVisit:
    clinic = catalogue(session)
    refusals = _refusals(session, clinic, move, wish)
    if any(refusal.code == "not_changeable" for refusal in refusals):
        raise MoveNotAllowed
    if refusals:
        raise RulesRefuse(refusals)
    return _moved(session, clinic, move, wish)


def move_in_transaction(
    session: Session, clinic: Catalogue, *, actor: Actor, visit: Visit, wish: Wish, reason_code: str, now: datetime
) -> ChangedVisit:
    """Move the visit, which the caller has locked, within the caller's transaction and by the rules of `clinic`.

    For a time that the clinic itself has offered: the caller has asked whether the visit may be moved at all. Raises
    what `reserve` raises, and MoveNotAllowed.
    """
    return _moved(session, clinic, _Move(actor, visit, now, reason_code), wish)


def _moved(session: Session, clinic: Catalogue, move: _Move, wish: Wish) -> ChangedVisit:
    _swap(session, clinic, move, wish)
    appointment = session.get_one(Appointment, move.visit.id, populate_existing=True)
    tz = clinic.locations[appointment.location_id].tz
    outbox.plan_change(session, appointment=appointment, tz=tz, has_email=move.visit.is_mailed, now=move.now)
    _record(session, move, "appointment_changed")
    return ChangedVisit(appointment.public_id, appointment.version, appointment.starts_at, move.visit.starts_at)


def refusals_of_changing(
    session: Session, actor: Actor, visit: Visit, *, now: datetime, clinic: Catalogue | None = None
) -> tuple[Refusal, ...]:
    """Every reason against moving the visit at all, for the page that offers it as for the act; () when it may be.

    `clinic` is the catalogue when the caller has it: then nothing is read.

    A service that patients may not book themselves is not moved by them either; an account is not asked for again.
    """
    service = (clinic or catalogue(session)).services[visit.service_id]
    asked = ChangeRequest(visit.starts_at, visit.status, not actor.is_staff)
    closed = (
        audience_refusal(service, apply_policies=asked.apply_policies, is_verified=True),
        contact_refusal(service, apply_policies=asked.apply_policies),
    )
    return (*may_change(asked, service.policy, now), *(refusal for refusal in closed if refusal is not None))


def _refusals(session: Session, clinic: Catalogue, move: _Move, wish: Wish) -> tuple[Refusal, ...]:
    """What is known before the engine is asked about the new time."""
    visit, asked = move.visit, wish.request
    found = list(refusals_of_changing(session, move.actor, visit, now=move.now, clinic=clinic))
    if asked.service_id != visit.service_id and not move.actor.is_staff:
        found.append(Refusal("service_not_offered"))
    same_place = (asked.service_id, asked.location_id) == (visit.service_id, visit.location_id)
    same_person = asked.specialist_id in {None, visit.specialist_id}
    if same_place and same_person and asked.starts == to_minutes(visit.starts_at):
        found.append(Refusal("same_time"))
    if not found and move.actor.is_staff and not move.reason_code:
        found.extend(refusals_to_override(session, clinic, wish))
    return tuple(found)


def _swap(session: Session, clinic: Catalogue, move: _Move, wish: Wish) -> None:
    """Give the old time back and take the new one, note what is free now, and keep the old time for an undo."""
    visit, before = move.visit, taken_by_visit(session, move.visit.id)
    free_at_once(session, hold_owner=undo.undo_owner(visit.public_id), now=move.now)

    def keep(slot: Slot) -> ReservedFor:
        _set_time(session, move, slot)
        _add_history(session, move)
        return ReservedFor(appointment_id=visit.id, patient_id=visit.patient_id)

    slot = reserve(session, wish, now=move.now, keep=keep, clinic=clinic).slot
    is_kept = not move.actor.is_staff and move.reason_code != undo.UNDONE and not is_in_block(session, before)
    if is_kept:
        left = undo.left_over(before, taken_by_visit(session, visit.id))
        undo.keep_left_over(session, visit, left, now=move.now)
    else:
        close_blocks(session, before, now=move.now)
    _note_freed(session, move, slot, is_kept=is_kept)


def _add_history(session: Session, move: _Move) -> None:
    visit = move.visit
    session.add(
        AppointmentTime(
            appointment_id=visit.id,
            version=visit.version,
            service_id=visit.service_id,
            location_id=visit.location_id,
            specialist_id=visit.specialist_id,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            confirmed_at=visit.confirmed_at,
            replaced_at=move.now,
            replaced_by_account_id=move.actor.account_id,
            actor_kind=move.actor.kind,
            reason_code=move.reason_code,
        )
    )


def _set_time(session: Session, move: _Move, slot: Slot) -> None:
    """Compare and swap: whoever changed the visit since it was read wins."""
    visit = move.visit
    values: dict[str, Any] = {
        "service_id": slot.service_id,
        "location_id": slot.location_id,
        "specialist_id": slot.specialist_id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "version": visit.version + 1,
        "sequence": visit.sequence + 1,
        "confirmed_at": move.confirmed_at,
    }
    if slot.specialist_id != visit.specialist_id:
        # The link of this visit may lead into the room of the specialist whom it leaves.
        values["video_url_sealed"] = None
    changed = session.execute(
        sa.update(Appointment)
        .where(Appointment.id == visit.id, Appointment.status == visit.status, Appointment.version == visit.version)
        .values(values)
        .returning(Appointment.id)
        .execution_options(synchronize_session=False)
    )
    if changed.one_or_none() is None:
        raise MoveNotAllowed


def _note_freed(session: Session, move: _Move, slot: Slot, *, is_kept: bool) -> None:
    """The old time, without the part of it that the same specialist still needs for this visit."""
    visit = move.visit
    busy = [(slot.starts, slot.ends)] if slot.specialist_id == visit.specialist_id else []
    for starts, ends in subtract([(to_minutes(visit.starts_at), to_minutes_up(visit.ends_at))], busy):
        note_freed(
            session,
            location_id=visit.location_id,
            resource_id=visit.specialist_id,
            starts_at=from_minutes(starts),
            ends_at=from_minutes(ends),
            cause=FreedCause.CHANGED,
            available_at=move.now + undo.UNDO_LENGTH if is_kept else move.now,
            now=move.now,
            hold_owner=undo.undo_owner(visit.public_id) if is_kept else None,
        )


def undo_change(session: Session, *, actor: Actor, public_id: str, now: datetime) -> ChangedVisit:
    """Move the visit back to the time it had before, within ten minutes; nothing when that was done already.

    Who was moved up from the waiting list waits again. Nothing is sent when the mail about the change had not gone.
    Patients and visitors: only what was not moved by staff. Raises NotFound, RulesRefuse (`undo_over`,
    `closed_then`), SlotTaken when the time was given away, PatientBusy, BusyDatabase.
    """

    def work() -> ChangedVisit:
        take_list(session)
        visit = visit_for(session, actor, public_id, act=VisitAct.CHANGE, lock=True)
        if visit is None:
            raise NotFound
        last = undo.last_time(session, visit)
        if last is not None and last.reason_code == undo.UNDONE:
            return ChangedVisit(visit.public_id, visit.version, visit.starts_at, last.starts_at)
        if last is not None and last.reason_code == undo.CALENDAR_CHANGED:
            raise RulesRefuse((Refusal("closed_then"),))
        if last is None or not undo.may_undo(actor, last) or now >= last.replaced_at + undo.UNDO_LENGTH:
            raise RulesRefuse((Refusal("undo_over"),))
        return _move_back(session, _Move(actor, visit, now, undo.UNDONE, last.confirmed_at), last)

    return book_in_transaction(session, work, now=now)


def _move_back(session: Session, move: _Move, last: AppointmentTime) -> ChangedVisit:
    clinic, visit = kept_catalogue(session), move.visit
    old = replace(
        visit,
        service_id=last.service_id,
        location_id=last.location_id,
        specialist_id=last.specialist_id,
        starts_at=last.starts_at,
        ends_at=last.ends_at,
    )
    _swap(session, clinic, move, same_time(old))
    withdraw_freed(
        session, location_id=old.location_id, resource_id=old.specialist_id, starts_at=old.starts_at,
        ends_at=old.ends_at, now=move.now,
    )  # fmt: skip
    appointment = session.get_one(Appointment, visit.id, populate_existing=True)
    tz = clinic.locations[appointment.location_id].tz
    outbox.plan_undo(session, appointment=appointment, tz=tz, has_email=visit.is_mailed, now=move.now)
    _record(session, move, "appointment_change_undone")
    if last.reason_code == MOVED_UP:
        resume_wait(session, actor=move.actor, appointment_id=visit.id, ended_at=last.replaced_at, now=move.now)
    return ChangedVisit(appointment.public_id, appointment.version, appointment.starts_at, visit.starts_at)


def _record(session: Session, move: _Move, action: str) -> None:
    audit.record(
        session,
        move.actor,
        action,
        "appointment",
        move.visit.id,
        now=move.now,
        reason_code=move.reason_code,
        patient_id=move.visit.patient_id,
    )
