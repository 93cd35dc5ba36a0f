"""What was changed in the browser since the clinic file was loaded, so that loading it undoes nothing silently."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.clinic_file.plan import ClinicPlan, ResourcePlan
from booking.core.errors import BookingError
from booking.models import AuditEvent, Location, Resource, Service
from booking.queries.catalogue import read_catalogue
from booking.queries.clinic_plan import stored_plan

CLINIC_LOADED = "clinic_loaded"
HOURS_CHANGED = "hours_changed"
CLOSURES = frozenset({"closure_added", "closure_removed"})
BLOCKS = frozenset({"block_changed", "block_removed"})
PARTS = {
    "clinic_changed": "clinic",
    "location_changed": "locations",
    "resource_changed": "resources",
    "service_changed": "services",
}
"""Actions of administrators (`services/administration.py`), and the section of the clinic file that each is about."""


class DeskChanged(BookingError):
    """Loading would undo changes made in the browser. `resources` in the details are codes of those whose hours differ,
    `parts` are words such as `services intake` for what administrators have changed, `closures` and `blocks` flags."""

    code = "desk_changed"


def refuse_undoing(session: Session, plan: ClinicPlan, *, now: datetime) -> None:
    """Raise DeskChanged when the plan differs from the stored clinic in something that the desk has changed.

    Blocks that were only added stay anyway; one that was removed or changed would come back.
    """
    changed = _changed_since_loading(session)
    if not changed:
        return
    clinic = read_catalogue(session)
    stored = stored_plan(session, clinic, blocks_from=now)
    ids = {number for action, number in changed if action == HOURS_CHANGED}
    codes = {resource.code for resource in clinic.resources.values() if resource.id in ids}
    actions = {action for action, _ in changed}
    undone = _other_hours(stored, plan, codes)
    closures = bool(actions & CLOSURES) and set(stored.closures) != set(plan.closures)
    known = {(block.resource, block.starts_at, block.ends_at) for block in stored.blocks}
    coming = {(block.resource, block.starts_at, block.ends_at) for block in plan.blocks if block.ends_at > now}
    blocks = bool(actions & BLOCKS) and bool(coming - known)
    parts = _other_parts(session, stored, plan, changed)
    if undone or closures or blocks or parts:
        raise DeskChanged(resources=undone, closures=closures, blocks=blocks, parts=parts)


def _changed_since_loading(session: Session) -> set[tuple[str, int | None]]:
    """(action, object) of what was done to calendars and to the clinic after the last loading."""
    loaded = sa.select(sa.func.coalesce(sa.func.max(AuditEvent.seq), 0)).where(AuditEvent.action == CLINIC_LOADED)
    wanted = sa.select(AuditEvent.action, AuditEvent.object_id).where(
        AuditEvent.action.in_({HOURS_CHANGED, *CLOSURES, *BLOCKS, *PARTS}), AuditEvent.seq > loaded.scalar_subquery()
    )
    return {(row.action, row.object_id) for row in session.execute(wanted)}


def _other_hours(stored: ClinicPlan, plan: ClinicPlan, codes: set[str]) -> tuple[str, ...]:
    """Those of the resources whose hours or dates the plan says otherwise."""
    planned = {resource.code: _hours(resource) for resource in plan.resources}
    return tuple(
        resource.code
        for resource in stored.resources
        if resource.code in codes and planned.get(resource.code, _hours(resource)) != _hours(resource)
    )


def _other_parts(
    session: Session, stored: ClinicPlan, plan: ClinicPlan, changed: set[tuple[str, int | None]]
) -> tuple[str, ...]:
    """Section and code of what administrators have changed and the plan says otherwise, or not at all."""
    touched = {(PARTS[action], number) for action, number in changed if action in PARTS}
    codes = {
        (section, code)
        for section, row_type in (("locations", Location), ("resources", Resource), ("services", Service))
        for number, code in session.execute(sa.select(row_type.id, row_type.code))
        if (section, number) in touched
    }
    is_other_clinic = ("clinic", 1) in touched and stored.profile != plan.profile
    present, planned = _parts(stored), _parts(plan)
    other = sorted(key for key in codes if present[key] != planned.get(key, present[key] if _is_kept(key) else None))
    return (*(["clinic"] if is_other_clinic else []), *(" ".join(key) for key in other))


def _is_kept(key: tuple[str, str]) -> bool:
    """Whether a thing that the plan does not name stays as it is: locations have no end."""
    return key[0] == "locations"


def _parts(plan: ClinicPlan) -> dict[tuple[str, str], object]:
    """Everything that has a code, without the hours of resources, which are compared on their own."""
    resources = {("resources", r.code): replace(r, weekly_hours=(), exceptions=()) for r in plan.resources}
    rest = {("locations", place.code): place for place in plan.locations}
    return {**rest, **resources, **{("services", service.code): service for service in plan.services}}


def _hours(resource: ResourcePlan) -> tuple[object, ...]:
    exceptions = {(e.location, e.on, tuple(sorted(e.spans, key=lambda s: s.starts))) for e in resource.exceptions}
    return resource.weekly_hours, frozenset(exceptions)
