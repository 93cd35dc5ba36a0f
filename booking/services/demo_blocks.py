"""Closed time of the demo clinic around today: a leave, and a meeting of every week."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM
from booking.core.scheduling.calendar_change import BlockChange, weekly_spans, whole_days
from booking.core.scheduling.clinic import BlockKind, Catalogue, MinuteSpan, Resource, ResourceKind
from booking.services.blocks import BlockDetails, add_blocks

MEETING = BlockDetails(BlockKind.MEETING, "Team meeting")
LEAVE = BlockDetails(BlockKind.LEAVE, "Leave")
MEETING_MINUTES = 30
MEETING_WEEKS = 26
LEAVE_BEGINS, LEAVE_LASTS = timedelta(days=9), timedelta(days=2)


def add_demo_blocks(session: Session, clinic: Catalogue, *, now: datetime) -> None:
    """Before any visit is booked: the first specialist has the meeting, the second the leave."""
    able = [
        r for r in clinic.resources.values() if r.kind is ResourceKind.SPECIALIST and r.is_active and r.weekly_hours
    ]
    for resource, add in zip(able, (_add_meeting, _add_leave), strict=False):
        add(session, clinic, resource, now)


def _add_meeting(session: Session, clinic: Catalogue, resource: Resource, now: datetime) -> None:
    """The last half hour of a morning."""
    hours = resource.weekly_hours[0]
    tz = clinic.locations[hours.location_id].tz
    today = now.astimezone(tz).date()
    first = today + timedelta(days=(hours.weekday - today.weekday()) % 7)
    span = MinuteSpan(hours.span.ends - MEETING_MINUTES, hours.span.ends)
    spans = weekly_spans(first, first + timedelta(weeks=MEETING_WEEKS - 1), span, tz)
    add_blocks(session, BlockChange(resource.id, spans), MEETING, actor=SYSTEM, now=now)


def _add_leave(session: Session, clinic: Catalogue, resource: Resource, now: datetime) -> None:
    zones = [clinic.locations[i].tz for i in sorted(resource.location_ids)]
    first = now.astimezone(zones[0]).date() + LEAVE_BEGINS
    span = whole_days(first, first + LEAVE_LASTS, zones)
    add_blocks(session, BlockChange(resource.id, (span,)), LEAVE, actor=SYSTEM, now=now)
