"""Stores a clinic plan in the database: all of it or nothing, by code, and again without change. Who may do so is in
clinic_loading.py and administration.py."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.clinic_file.parts import Section
from booking.core.clinic_file.plan import BlockPlan, ClinicPlan, ResourcePlan, ServicePlan
from booking.core.errors import SlotTaken
from booking.core.form_rules import written_rules
from booking.core.scheduling.clinic import Segment
from booking.models import (
    Block,
    Clinic,
    Closure,
    HoursException,
    Location,
    Reservation,
    Resource,
    SegmentNeed,
    Service,
    ServiceSegment,
    WeeklyHours,
)
from booking.services import audit
from booking.services.blocks import fill
from booking.services.desk_changes import CLINIC_LOADED

_MINUTE = timedelta(minutes=1)
CodedRow = TypeVar("CodedRow", Location, Resource, Service)


def store_clinic(session: Session, plan: ClinicPlan, *, actor: Actor, now: datetime) -> None:
    """Make the stored clinic what the plan says, in the open transaction, whatever was changed in the browser. Rows are
    matched by code and never deleted: visits refer to them.

    Resources and services that the plan no longer names become inactive; blocks are added, never removed.
    Raises SlotTaken(resource=code, starts_at=...) when a block meets a visit.
    """
    clinic = _profile(session, plan)
    location_ids = {row.code: row.id for row in _locations(session, plan)}
    resource_ids = _resources(session, plan, location_ids)
    _closures(session, plan, location_ids)
    _services(session, plan, location_ids, resource_ids)
    for block in plan.blocks:
        _block(session, block, resource_ids[block.resource], now)
    clinic.revision = new_revision()
    audit.record(session, actor, CLINIC_LOADED, "clinic", clinic.id, now=now)


def store_part(session: Session, plan: ClinicPlan, section: Section) -> None:
    """Store one section of the plan in the open transaction, with a new revision; the others stay as they are.

    The plan describes the whole stored clinic, changed in that section."""
    clinic = _profile(session, plan)
    location_ids = {row.code: row.id for row in _locations(session, plan)}
    if section is Section.RESOURCES:
        _resources(session, plan, location_ids)
    elif section is Section.SERVICES:
        _services(session, plan, location_ids, {row.code: row.id for row in _by_code(session, Resource).values()})
    clinic.revision = new_revision()
    session.flush()


def new_revision() -> int:
    """A number that no picture of the clinic had before. Counting would repeat itself after a restored backup, and a
    process that kept the other picture of that number would go on with it."""
    return secrets.randbelow(2**31 - 2) + 2


def _profile(session: Session, plan: ClinicPlan) -> Clinic:
    row = session.scalars(sa.select(Clinic)).one_or_none()
    if row is None:
        row = Clinic(id=1)
        session.add(row)
    profile = plan.profile
    row.name, row.sender_name, row.phone = profile.name, profile.sender_name, profile.phone
    row.email, row.emergency_number, row.crisis_line = (
        profile.email,
        profile.emergency_number,
        profile.crisis_line,
    )
    return row


def _by_code(session: Session, row_type: type[CodedRow]) -> dict[str, CodedRow]:
    return {row.code: row for row in session.scalars(sa.select(row_type))}


def _put(session: Session, known: dict[str, CodedRow], row_type: type[CodedRow], code: str, **values: Any) -> CodedRow:
    row = known.get(code)
    if row is None:
        row = row_type(code=code)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    return row


def _locations(session: Session, plan: ClinicPlan) -> list[Location]:
    known = _by_code(session, Location)
    rows = [
        _put(
            session,
            known,
            Location,
            place.code,
            name=place.name,
            street=place.street,
            city=place.city,
            phone=place.phone,
            tz_name=place.tz_name,
            directions=place.directions,
            is_step_free=place.is_step_free,
        )
        for place in plan.locations
    ]
    session.flush()
    return [*rows, *(row for code, row in known.items() if code not in {p.code for p in plan.locations})]


def _resources(session: Session, plan: ClinicPlan, location_ids: dict[str, int]) -> dict[str, int]:
    known = _by_code(session, Resource)
    named = {resource.code for resource in plan.resources}
    for code, row in known.items():
        row.is_active = row.is_active and code in named
    rows = {
        resource.code: _put(
            session,
            known,
            Resource,
            resource.code,
            kind=resource.kind,
            name=resource.name,
            title=resource.title,
            about=resource.about,
            lanes=resource.lanes,
            languages=list(resource.languages),
            pools=sorted(resource.pools),
            video_url=resource.video_url,
            is_active=resource.is_active,
        )
        for resource in plan.resources
    }
    session.flush()
    for resource in plan.resources:
        _hours(session, resource, rows[resource.code].id, location_ids)
    return {code: row.id for code, row in rows.items()}


def _hours(session: Session, resource: ResourcePlan, resource_id: int, location_ids: dict[str, int]) -> None:
    session.execute(sa.delete(WeeklyHours).where(WeeklyHours.resource_id == resource_id))
    session.execute(sa.delete(HoursException).where(HoursException.resource_id == resource_id))
    session.add_all(
        WeeklyHours(
            resource_id=resource_id,
            location_id=location_ids[hours.location],
            weekday=hours.weekday,
            starts_minute=hours.span.starts,
            ends_minute=hours.span.ends,
            valid_from=hours.valid_from,
            valid_to=hours.valid_to,
        )
        for hours in resource.weekly_hours
    )
    for exception in resource.exceptions:
        edges: list[tuple[int | None, int | None]] = [(s.starts, s.ends) for s in exception.spans] or [(None, None)]
        session.add_all(
            HoursException(
                resource_id=resource_id,
                location_id=location_ids[exception.location],
                on=exception.on,
                starts_minute=starts,
                ends_minute=ends,
            )
            for starts, ends in edges
        )


def _closures(session: Session, plan: ClinicPlan, location_ids: dict[str, int]) -> None:
    session.execute(sa.delete(Closure))
    session.add_all(
        Closure(
            location_id=location_ids[closure.location] if closure.location else None,
            starts_on=closure.starts_on,
            ends_on=closure.ends_on,
            name=closure.name,
        )
        for closure in plan.closures
    )


def _services(session: Session, plan: ClinicPlan, location_ids: dict[str, int], resource_ids: dict[str, int]) -> None:
    known = _by_code(session, Service)
    named = {service.code for service in plan.services}
    for code, row in known.items():
        row.is_active = row.is_active and code in named
    for position, service in enumerate(plan.services):
        values = _service_values(service) | {
            "specialist_ids": _ids(service.specialists, resource_ids),
            "location_ids": _ids(service.locations, location_ids),
            "position": position,
        }
        row = _put(session, known, Service, service.code, **values)
        _segments(session, row, service.segments)


def _ids(codes: Iterable[str] | None, ids: dict[str, int]) -> list[int] | None:
    return None if codes is None else sorted(ids[code] for code in codes)


def _service_values(service: ServicePlan) -> dict[str, Any]:
    policy = service.policy
    return {
        "name": service.name,
        "summary": service.summary,
        "mode": service.mode,
        "audience": policy.audience,
        "grid_minutes": service.grid_minutes,
        "buffer_before_minutes": service.buffer_before_minutes,
        "buffer_after_minutes": service.buffer_after_minutes,
        "book_notice_minutes": policy.book_notice // _MINUTE,
        "change_notice_minutes": policy.change_notice // _MINUTE,
        "cancel_notice_minutes": policy.cancel_notice // _MINUTE,
        "horizon_days": policy.horizon_days,
        "visit_limit_count": policy.visit_limit and policy.visit_limit.count,
        "visit_limit_days": policy.visit_limit and policy.visit_limit.days,
        "min_gap_days": policy.min_gap_days,
        "contact_to_book": policy.contact_to_book,
        "languages": list(service.languages),
        "questionnaires": written_rules(service.form_rules),
        "preparation": list(service.preparation),
        "is_active": service.is_active,
    }


def _segments(session: Session, row: Service, segments: tuple[Segment, ...]) -> None:
    """Replaced as a whole; the old ones go first, since their places are unique."""
    row.segments = []
    session.flush()
    row.segments = [
        ServiceSegment(
            position=position,
            name=segment.name,
            offset_minutes=segment.offset_minutes,
            minutes=segment.minutes,
            with_patient=segment.with_patient,
            needs=[SegmentNeed(pool=need.pool, lanes=need.lanes) for need in segment.needs],
        )
        for position, segment in enumerate(segments)
    ]
    session.flush()


def _block(session: Session, plan: BlockPlan, resource_id: int, now: datetime) -> None:
    same = sa.select(Block.id).where(
        Block.resource_id == resource_id, Block.starts_at == plan.starts_at, Block.ends_at == plan.ends_at
    )
    if session.scalar(same) is not None:
        return
    if _meets_visit(session, plan, resource_id):
        raise SlotTaken(resource=plan.resource, starts_at=plan.starts_at)
    block = Block(
        resource_id=resource_id, starts_at=plan.starts_at, ends_at=plan.ends_at, label=plan.note, kind=plan.kind
    )
    session.add(block)
    session.flush()
    fill(session, [block], now=now)


def _meets_visit(session: Session, plan: BlockPlan, resource_id: int) -> bool:
    """Whether a visit stands in the block. Nobody can be asked here what shall become of it."""
    visits = sa.select(Reservation.id).where(
        Reservation.resource_id == resource_id,
        Reservation.appointment_id.is_not(None),
        Reservation.ends_at > plan.starts_at,
        Reservation.starts_at < plan.ends_at,
    )
    return session.scalar(visits.limit(1)) is not None
