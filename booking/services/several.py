"""Several visits of one patient at once: all of them or none. A course of sessions is booked this way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound, SeveralRefused
from booking.core.scheduling.allocation import Placement, Refused, SlotRequest, allocate
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.intervals import Span, to_minutes
from booking.core.scheduling.rules import Refusal
from booking.core.scheduling.slots import Slot
from booking.models import new_public_id
from booking.queries.appointments import OwnTime, own_times
from booking.queries.catalogue import catalogue, kept_catalogue
from booking.queries.reservations import BusyLanes
from booking.services.availability import also_taken, calendar_of, nearest_slots
from booking.services.idempotency import body_hash, claim_answer
from booking.services.ordering import (
    BookedVisit,
    NewVisit,
    Order,
    VisitDetails,
    add_visit,
    booked_visit,
    has_email,
    known_id,
    patient_of,
    said,
    tell_of_visit,
)
from booking.services.overriding import is_verified, needs_override
from booking.services.patients import PatientDetails
from booking.services.reserving import (
    ReservedFor,
    Wish,
    book_in_transaction,
    close_way,
    insert_placement,
    make_way,
    taken_now,
    visits_matter_since,
)


@dataclass(frozen=True, slots=True)
class VisitWish:
    """One of the visits that are wanted; any specialist when None."""

    service_id: int
    location_id: int
    specialist_id: int | None
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """The wish at `index` (from 0) cannot be had: every reason, and the nearest times that go with the other wishes."""

    index: int
    refusals: tuple[Refusal, ...]
    alternatives: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class ProposedVisit:
    """What would become of one wish: the slot as it would be booked, else None with every reason and other times.

    `to_override` are the rules for patients that stand against it, whether it is free or not."""

    slot: Slot | None
    refusals: tuple[Refusal, ...]
    alternatives: tuple[Slot, ...]
    to_override: tuple[Refusal, ...]


@dataclass(slots=True)
class _Plan:
    """What was decided so far: the placements by index, and what they take of lanes and of the patient's time."""

    times: list[OwnTime]
    placements: dict[int, Placement] = field(default_factory=dict)
    to_override: dict[int, tuple[Refusal, ...]] = field(default_factory=dict)
    refused: dict[int, tuple[SlotRequest, tuple[Refusal, ...]]] = field(default_factory=dict)

    @property
    def taken(self) -> BusyLanes:
        """The spans of all placements by lane."""
        lanes: dict[tuple[int, int], list[Span]] = {}
        for placement in self.placements.values():
            for row in placement.allocations:
                lanes.setdefault((row.resource_id, row.lane), []).append((row.starts, row.ends))
        return lanes


class _NotAll(Exception):
    """Some wishes conflict. Ends the transaction; the alternatives are looked for after it."""

    def __init__(self, plan: _Plan) -> None:
        super().__init__()
        self.plan = plan


def book_several(
    session: Session,
    *,
    actor: Actor,
    patient: PatientDetails | int,
    wishes: Sequence[VisitWish],
    details: VisitDetails,
    nonce: str,
    now: datetime,
    override_reason: str | None = None,
) -> list[BookedVisit]:
    """Book every wish for the patient, in their order, or nothing; the same answer again for the same nonce.

    Earlier wishes count as visits for later ones: times, gap and limit. Staff need `override_reason`, a code, to go
    past the rules for patients. Raises SeveralRefused that names every wish in conflict, NotFound (patient or location
    are not the actor's business), ValueError without wishes, NonceReused, BusyDatabase.
    """
    if not wishes:
        raise ValueError("at least one visit is wanted")
    if not _may_book(actor, patient, wishes):
        raise NotFound
    orders = [Order(actor, new_public_id(), patient, details, now, override_reason) for _ in wishes]
    body = body_hash({"wishes": [asdict(wish) for wish in wishes], **said(patient, details)})

    def work() -> list[BookedVisit]:
        if earlier := _earlier(session, orders, nonce, body):
            return earlier
        return _book_all(session, kept_catalogue(session), orders, wishes)

    try:
        return book_in_transaction(session, work, now=now)
    except _NotAll as failed:
        raise SeveralRefused(_conflicts(session, failed.plan, actor=actor, now=now)) from None


def _may_book(actor: Actor, patient: PatientDetails | int, wishes: Sequence[VisitWish]) -> bool:
    if actor.is_staff:
        return all(actor.works_at(wish.location_id) for wish in wishes)
    return not isinstance(patient, int) or patient in actor.patient_ids


def _earlier(session: Session, orders: Sequence[Order], nonce: str, body: str) -> list[BookedVisit]:
    """What this form has led to already; [] when it is new, and then its answers are kept with the booking."""
    found = [
        claim_answer(
            session, owner=order.actor.owner, nonce=f"{nonce}.{index}", body=body, subject=order.public_id,
            now=order.now,
        )
        for index, order in enumerate(orders)
    ]  # fmt: skip
    return [booked_visit(session, subject) for subject in found if subject is not None]


def _book_all(
    session: Session, clinic: Catalogue, orders: Sequence[Order], wishes: Sequence[VisitWish]
) -> list[BookedVisit]:
    order = orders[0]
    asked = _engine_wishes(session, order.actor, wishes, known_id(order), now=order.now)
    way = make_way(session, clinic, asked, now=order.now)
    plan = _Plan([] if way.patient is None else way.patient.times)
    for index, wish in enumerate(asked):
        _decide(clinic, plan, index, wish.request, way.busy, must_keep_rules=not order.override_reason)
    if plan.refused:
        raise _NotAll(plan)
    patient_id = patient_of(session, order)
    booked = [_keep(session, orders[i], asked[i], plan.placements[i], patient_id) for i in range(len(orders))]
    close_way(session, way, list(plan.placements.values()), now=order.now)
    is_mailed = has_email(order, way.patient)
    for one, appointment in zip(orders, booked, strict=True):
        tell_of_visit(session, clinic, one, appointment, has_email=is_mailed)
    return [visit.as_booked() for visit in booked]


def propose_several(
    session: Session, *, actor: Actor, patient_id: int | None, wishes: Sequence[VisitWish], now: datetime
) -> list[ProposedVisit]:
    """What `book_several` would make of each wish at this moment, in their order; nothing is locked or kept.

    `patient_id` None is somebody new. The caller has authorised the patient and the locations.
    """
    clinic = catalogue(session)
    asked = _engine_wishes(session, actor, wishes, patient_id, now=now)
    busy = taken_now(session, clinic, asked, now=now)
    plan = _Plan(_times_of(session, clinic, asked))
    for index, wish in enumerate(asked):
        _decide(clinic, plan, index, wish.request, busy, must_keep_rules=False)
    conflicts = {conflict.index: conflict for conflict in _conflicts(session, plan, actor=actor, now=now)}
    return [_proposed(plan, index, conflicts.get(index)) for index in range(len(asked))]


def _proposed(plan: _Plan, index: int, conflict: Conflict | None) -> ProposedVisit:
    rules = plan.to_override[index]
    if conflict is None:
        return ProposedVisit(plan.placements[index].slot, (), (), rules)
    return ProposedVisit(None, conflict.refusals, conflict.alternatives, rules)


def _engine_wishes(
    session: Session, actor: Actor, wishes: Sequence[VisitWish], patient_id: int | None, *, now: datetime
) -> list[Wish]:
    verified = actor.role is Role.PATIENT or (actor.is_staff and is_verified(session, patient_id))
    return [
        Wish(
            SlotRequest(
                wish.service_id, wish.location_id, wish.specialist_id, to_minutes(wish.starts_at), now,
                apply_policies=not actor.is_staff, is_verified=verified,
            ),
            actor.owner,
            patient_id=patient_id,
        )
        for wish in wishes
    ]  # fmt: skip


def _times_of(session: Session, clinic: Catalogue, asked: Sequence[Wish]) -> list[OwnTime]:
    """The patient's visits that matter to any of the wishes, for a page: nothing is locked."""
    patient_id, since = asked[0].patient_id, visits_matter_since(clinic, asked)
    return [] if patient_id is None or since is None else own_times(session, patient_id, since=since)


def _decide(
    clinic: Catalogue, plan: _Plan, index: int, request: SlotRequest, busy: BusyLanes, *, must_keep_rules: bool
) -> None:
    """Place one wish beside those before it, or keep every reason why not."""
    request = replace(request, patient=calendar_of(clinic, plan.times, request.service_id))
    rules = () if request.apply_policies else needs_override(clinic, request)
    plan.to_override[index] = rules
    refusals = rules if must_keep_rules else ()
    answer = allocate(clinic, request, also_taken(busy, plan.taken))
    if isinstance(answer, Refused):
        refusals = (*refusals, *answer.refusals)
    elif not refusals:
        slot = answer.slot
        plan.placements[index] = answer
        plan.times.append(OwnTime(slot.service_id, slot.location_id, slot.starts_at, slot.ends_at))
    if refusals:
        plan.refused[index] = (request, refusals)


def _keep(session: Session, order: Order, wish: Wish, placement: Placement, patient_id: int) -> NewVisit:
    appointment = add_visit(session, order, placement.slot, patient_id)
    reserved_for = ReservedFor(appointment_id=appointment.id, patient_id=patient_id)
    insert_placement(session, wish, placement, reserved_for)
    return appointment


def _conflicts(session: Session, plan: _Plan, *, actor: Actor, now: datetime) -> list[Conflict]:
    """Each refused wish with the times nearest to it that leave all the placed wishes where they are."""
    clinic, found = catalogue(session), []
    for index, (request, refusals) in sorted(plan.refused.items()):
        beside = replace(request, patient=calendar_of(clinic, plan.times, request.service_id))
        nearest = nearest_slots(session, beside, now=now, owner=actor.owner, taken=plan.taken)
        found.append(Conflict(index, refusals, nearest))
    return found
