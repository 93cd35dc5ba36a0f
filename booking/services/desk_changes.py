"""What the desk has changed since the clinic file was loaded, so that loading it again undoes nothing silently."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.clinic_file.plan import ClinicPlan, ResourcePlan
from booking.core.errors import BookingError
from booking.models import AuditEvent
from booking.queries.catalogue import read_catalogue
from booking.queries.clinic_plan import stored_plan

CLINIC_LOADED = "clinic_loaded"
HOURS_CHANGED = "hours_changed"
CLOSURES = frozenset({"closure_added", "closure_removed"})
BLOCKS = frozenset({"block_changed", "block_removed"})


class DeskChanged(BookingError):
    """Loading would undo changes of the desk. `resources` in the details are codes, `closures` and `blocks` flags."""

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
    if undone or closures or blocks:
        raise DeskChanged(resources=undone, closures=closures, blocks=blocks)


def _changed_since_loading(session: Session) -> set[tuple[str, int | None]]:
    """(action, object) of what the desk did to calendars after the last loading."""
    loaded = sa.select(sa.func.coalesce(sa.func.max(AuditEvent.seq), 0)).where(AuditEvent.action == CLINIC_LOADED)
    wanted = sa.select(AuditEvent.action, AuditEvent.object_id).where(
        AuditEvent.action.in_({HOURS_CHANGED, *CLOSURES, *BLOCKS}), AuditEvent.seq > loaded.scalar_subquery()
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


def _hours(resource: ResourcePlan) -> tuple[object, ...]:
    exceptions = {(e.location, e.on, tuple(sorted(e.spans, key=lambda s: s.starts))) for e in resource.exceptions}
    return resource.weekly_hours, frozenset(exceptions)
