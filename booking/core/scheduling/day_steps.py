"""The steps of a visit on its day, as the desk presses them, and the step back from each.

All of them are moves of `lifecycle.ALLOWED_MOVES`; what is here is only which of them the desk is offered, and when.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from booking.core.scheduling.lifecycle import AppointmentStatus, may_move
from booking.core.scheduling.rules import Refusal

_S = AppointmentStatus

STEPS: Mapping[AppointmentStatus, tuple[AppointmentStatus, ...]] = MappingProxyType(
    {_S.BOOKED: (_S.ARRIVED, _S.NO_SHOW), _S.ARRIVED: (_S.IN_ROOM,), _S.IN_ROOM: (_S.DONE,)}
)
"""From each status to those that the desk may press, the likeliest first."""

STEPS_BACK: Mapping[AppointmentStatus, AppointmentStatus] = MappingProxyType(
    {_S.ARRIVED: _S.BOOKED, _S.IN_ROOM: _S.ARRIVED, _S.DONE: _S.IN_ROOM, _S.NO_SHOW: _S.BOOKED}
)
"""Where Undo leads."""

FINISHES = frozenset({_S.BOOKED, _S.ARRIVED, _S.IN_ROOM, _S.IN_TREATMENT, _S.IN_RECOVERY})
"""From where a specialist may say that a visit is done: the desk may not have pressed the steps before."""


def is_step(before: AppointmentStatus, after: AppointmentStatus) -> bool:
    """Whether the desk may press this move, forwards or back."""
    return may_move(before, after) and (after in STEPS.get(before, ()) or STEPS_BACK.get(before) is after)


def too_early(after: AppointmentStatus, starts_at: datetime, tz: ZoneInfo, now: datetime) -> Refusal | None:
    """Nobody arrives before the local date of the visit, and nobody is missed before it has begun."""
    if after is _S.NO_SHOW and now < starts_at:
        return Refusal("not_begun")
    if after is _S.ARRIVED and now.astimezone(tz).date() < starts_at.astimezone(tz).date():
        return Refusal("not_today")
    return None


def steps_for(status: AppointmentStatus, starts_at: datetime, tz: ZoneInfo, now: datetime) -> list[AppointmentStatus]:
    """The steps that can be taken now."""
    return [after for after in STEPS.get(status, ()) if too_early(after, starts_at, tz, now) is None]
