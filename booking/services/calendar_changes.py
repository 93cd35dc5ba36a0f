"""Saving a change of a calendar together with what was decided about each visit that it hits.

First the change itself, in one transaction that asks once more which visits are hit; then the visits one by one, each
in its own. Whatever cannot be done is named and leaves its visit where it is: a visit never breaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import BookingError, NotFound
from booking.core.scheduling.calendar_change import BlockChange, CalendarChange, DateChange, WeekChange, clinic_after
from booking.core.scheduling.hits import HitCause, resources_touched
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.slots import Slot
from booking.models import BlockKind
from booking.queries.appointments import Visit, visit_for
from booking.queries.catalogue import catalogue, is_current
from booking.queries.hours import BlockEntry
from booking.services import blocks, hours, locks
from booking.services.blocks import BlockDetails
from booking.services.cancelling import cancel
from booking.services.changing import change_visit
from booking.services.hits import visits_hit
from booking.services.idempotency import body_hash, claim_answer
from booking.services.reseating import use_other_resources
from booking.services.reserving import OtherClinic, run_twice_if_busy
from booking.services.seen_hours import is_as_seen
from booking.services.tasks import ask_to_call
from booking.services.undo import CALENDAR_CHANGED

NO_DETAILS = BlockDetails(BlockKind.OTHER, "")


class NewHits(BookingError):
    """Visits are hit that nobody has decided about: booked, or moved into it, meanwhile. Nothing was saved."""

    code = "new_hits"


class HoursChanged(BookingError):
    """The calendar is not what the form has shown: somebody has changed it meanwhile. Nothing was saved."""

    code = "hours_changed"


class DecisionKind(StrEnum):
    """What becomes of a visit that is hit. `SAME_TIME`: another room, nurse or chair; the patient notices nothing."""

    KEEP = "keep"
    SAME_TIME = "same_time"
    MOVE = "move"
    CANCEL = "cancel"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one visit; `slot` is where it moves to."""

    kind: DecisionKind
    slot: Slot | None = None


@dataclass(frozen=True, slots=True)
class AskedChange:
    """A change with all that was decided on its page.

    `seen` are the visits that the page showed, public id → version; `decisions` say what becomes of each of them.
    `details` belong to a block, `block` is the one that is changed, with more spans than one the first of its series.
    `reason_code` is why visits are cancelled. `seen_hours` is what the form has shown of the calendar, "" nothing.
    """

    change: CalendarChange
    nonce: str
    seen: Mapping[str, int] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    details: BlockDetails = NO_DETAILS
    block: BlockEntry | None = None
    reason_code: str | None = None
    seen_hours: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A visit that stayed where it is, with the code of the refusal; `visit` None when it is no business of ours."""

    visit: Visit | None
    kind: DecisionKind
    code: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the visits: how many of each kind were done, and which could not be."""

    done: Mapping[DecisionKind, int]
    failed: tuple[Failed, ...]


def save(session: Session, asked: AskedChange, *, actor: Actor, now: datetime) -> Saved:
    """Save the change, then carry out the decisions. The same form again saves nothing twice and goes on with the rest.

    Raises NewHits, HoursChanged, RulesRefuse (`hours_collide`, `closed_already`), NotFound (the block is gone),
    NonceReused, BusyDatabase.
    """
    run_twice_if_busy(session, lambda: _change(session, asked, actor, now))
    failed, done = [], dict.fromkeys(DecisionKind, 0)
    for public_id, decision in asked.decisions.items():
        failure = _carried_out(session, asked, public_id, decision, actor, now)
        if failure is None:
            done[decision.kind] += 1
        else:
            failed.append(failure)
    return Saved(done, tuple(failed))


def _change(session: Session, asked: AskedChange, actor: Actor, now: datetime) -> None:
    body, subject = _body_hash(asked), asked.nonce[:64]
    earlier = claim_answer(session, owner=actor.owner, nonce=asked.nonce, body=body, subject=subject, now=now)
    if earlier is None:
        hit = _undecided_refused(session, asked, now)
        _write(session, asked, actor, now)
        _ask_to_call(session, asked, hit, now)


def _body_hash(asked: AskedChange) -> str:
    """What the form said. Where a block was before is not part of it: after the first time it is somewhere else."""
    said = replace(asked.change, instead_of=()) if isinstance(asked.change, BlockChange) else asked.change
    block_id = asked.block.id if asked.block else None
    told = (said, asked.seen, asked.decisions, asked.details, asked.reason_code, block_id)
    return body_hash({"told": repr(told)})


def _undecided_refused(session: Session, asked: AskedChange, now: datetime) -> list[tuple[Visit, HitCause]]:
    """The visits hit, now that nobody can book into it; raises NewHits for one that was not seen as it stands, and
    HoursChanged when the calendar itself was not.

    The locks come first: a booking that had them before is a visit by now, and one that waits for them reads the clinic
    again. Raises OtherClinic when the clinic was changed while this waited.
    """
    clinic = catalogue(session)
    locks.take_resources(session, resources_touched(clinic, asked.change))
    if not is_current(session, clinic):
        raise OtherClinic
    if not is_as_seen(session, clinic, asked.change, asked.block, asked.seen_hours):
        raise HoursChanged
    hit = visits_hit(session, clinic, asked.change, now=now)
    if any(asked.seen.get(visit.public_id) != visit.version for visit, _ in hit):
        raise NewHits
    if any(visit.public_id not in asked.decisions for visit, _ in hit):
        raise NewHits
    return hit


def _write(session: Session, asked: AskedChange, actor: Actor, now: datetime) -> None:
    change, clinic = asked.change, catalogue(session)
    if isinstance(change, BlockChange):
        if asked.block is None:
            blocks.add_blocks(session, change, asked.details, actor=actor, now=now)
        else:
            blocks.change_block(session, asked.block, change, asked.details, actor=actor, now=now)
    elif isinstance(change, WeekChange):
        hours.refuse_colliding(clinic, change)
        hours.write_week(session, change, actor=actor, now=now)
    elif isinstance(change, DateChange):
        hours.write_date(session, change, actor=actor, now=now)
    else:
        hours.write_closure(session, change, actor=actor, now=now)
    hours.note_opened(session, clinic, clinic_after(clinic, change), resources_touched(clinic, change), now=now)


def _ask_to_call(session: Session, asked: AskedChange, hit: list[tuple[Visit, HitCause]], now: datetime) -> None:
    for visit, _ in hit:
        if asked.decisions[visit.public_id].kind is DecisionKind.CALL:
            ask_to_call(
                session,
                patient_id=visit.patient_id,
                appointment_id=visit.id,
                reason_code=CALENDAR_CHANGED,
                cause=f"{CALENDAR_CHANGED}|{visit.public_id}|{asked.nonce}",
                now=now,
            )


def _carried_out(
    session: Session, asked: AskedChange, public_id: str, decision: Decision, actor: Actor, now: datetime
) -> Failed | None:
    """Do what was decided about one visit, and say so when it cannot be done."""
    if decision.kind in {DecisionKind.KEEP, DecisionKind.CALL}:
        return None
    visit = visit_for(session, actor, public_id)
    try:
        if visit is None:
            raise NotFound
        if decision.kind is DecisionKind.CANCEL:
            _cancel(session, visit, asked.reason_code, actor, now)
        elif decision.slot is None:
            use_other_resources(session, actor=actor, public_id=public_id, now=now)
        else:
            _move(session, visit, asked, decision.slot, actor, now)
    except BookingError as refusal:
        return Failed(visit, decision.kind, refusal.code)
    return None


def _cancel(session: Session, visit: Visit, reason_code: str | None, actor: Actor, now: datetime) -> None:
    if visit.status is not AppointmentStatus.CANCELLED:
        cancel(
            session,
            actor=actor,
            public_id=visit.public_id,
            reason_code=reason_code,
            note=None,
            now=now,
            is_time_closed=True,
        )


def _move(session: Session, visit: Visit, asked: AskedChange, slot: Slot, actor: Actor, now: datetime) -> None:
    change_visit(
        session,
        actor=actor,
        public_id=visit.public_id,
        location_id=slot.location_id,
        specialist_id=slot.specialist_id,
        starts_at=slot.starts_at,
        nonce=body_hash({"nonce": asked.nonce, "visit": visit.public_id})[:32],
        now=now,
        version=asked.seen[visit.public_id],
        override_reason=CALENDAR_CHANGED,
    )
