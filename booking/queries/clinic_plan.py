"""The stored clinic as the plan that a clinic file would give: what `clinic export` writes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.clinic_file.plan import (
    BlockPlan,
    ClinicPlan,
    ClosurePlan,
    HoursExceptionPlan,
    LocationPlan,
    ResourcePlan,
    ServicePlan,
    WeeklyHoursPlan,
)
from booking.core.scheduling.clinic import Catalogue, Location, Resource, Service
from booking.models import Block


def stored_plan(session: Session, clinic: Catalogue, *, blocks_from: datetime) -> ClinicPlan:
    """The whole clinic by codes, with the blocks that end after `blocks_from`."""
    location_codes = {place.id: place.code for place in clinic.locations.values()}
    resource_codes = {resource.id: resource.code for resource in clinic.resources.values()}
    return ClinicPlan(
        profile=clinic.clinic,
        locations=tuple(_location(place) for place in clinic.locations.values()),
        resources=tuple(_resource(resource, location_codes) for resource in clinic.resources.values()),
        services=tuple(_service(service, location_codes, resource_codes) for service in clinic.services.values()),
        closures=tuple(
            ClosurePlan(location_codes.get(c.location_id or 0), c.starts_on, c.ends_on, c.name) for c in clinic.closures
        ),
        blocks=_blocks(session, resource_codes, blocks_from),
    )


def _location(place: Location) -> LocationPlan:
    return LocationPlan(
        code=place.code,
        name=place.name,
        street=place.street,
        city=place.city,
        phone=place.phone,
        tz_name=place.tz_name,
        directions=place.directions,
        is_step_free=place.is_step_free,
    )


def _resource(resource: Resource, locations: dict[int, str]) -> ResourcePlan:
    return ResourcePlan(
        code=resource.code,
        kind=resource.kind,
        name=resource.name,
        lanes=resource.lanes,
        title=resource.title,
        about=resource.about,
        pools=resource.pools,
        languages=resource.languages,
        weekly_hours=tuple(
            WeeklyHoursPlan(locations[h.location_id], h.weekday, h.span, h.valid_from, h.valid_to)
            for h in resource.weekly_hours
        ),
        exceptions=tuple(HoursExceptionPlan(locations[e.location_id], e.on, e.spans) for e in resource.exceptions),
        is_active=resource.is_active,
        video_url=resource.video_url,
    )


def _service(service: Service, locations: dict[int, str], resources: dict[int, str]) -> ServicePlan:
    return ServicePlan(
        code=service.code,
        name=service.name,
        summary=service.summary,
        segments=service.segments,
        mode=service.mode,
        grid_minutes=service.grid_minutes,
        buffer_before_minutes=service.buffer_before_minutes,
        buffer_after_minutes=service.buffer_after_minutes,
        policy=service.policy,
        specialists=None if service.specialist_ids is None else frozenset(resources[i] for i in service.specialist_ids),
        locations=None if service.location_ids is None else frozenset(locations[i] for i in service.location_ids),
        form_rules=service.form_rules,
        preparation=service.preparation,
        is_active=service.is_active,
        languages=service.languages,
    )


def _blocks(session: Session, resources: dict[int, str], since: datetime) -> tuple[BlockPlan, ...]:
    rows = session.scalars(sa.select(Block).where(Block.ends_at > since).order_by(Block.starts_at, Block.resource_id))
    return tuple(BlockPlan(resources[b.resource_id], b.starts_at, b.ends_at, b.label, b.kind) for b in rows)
