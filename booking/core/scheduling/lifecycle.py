"""The statuses of an appointment and the table of allowed moves. Who may make a move is decided elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class AppointmentStatus(StrEnum):
    """Stored by value. "Confirmed" is an instant of its own and being moved is no status (design, vocabulary)."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    IN_ROOM = "in_room"
    IN_TREATMENT = "in_treatment"
    IN_RECOVERY = "in_recovery"
    DONE = "done"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    ENTERED_IN_ERROR = "entered_in_error"

    @property
    def occupies_time(self) -> bool:
        """True while the visit keeps its reservations; the others have given their time back."""
        return self not in TIME_IS_FREE


_S = AppointmentStatus

TIME_IS_FREE = frozenset({_S.CANCELLED, _S.NO_SHOW, _S.ENTERED_IN_ERROR})

ALLOWED_MOVES: Mapping[AppointmentStatus, frozenset[AppointmentStatus]] = MappingProxyType(
    {
        _S.BOOKED: frozenset({_S.ARRIVED, _S.CANCELLED, _S.NO_SHOW, _S.ENTERED_IN_ERROR}),
        _S.ARRIVED: frozenset({_S.BOOKED, _S.IN_ROOM, _S.CANCELLED, _S.ENTERED_IN_ERROR}),
        _S.IN_ROOM: frozenset({_S.ARRIVED, _S.IN_TREATMENT, _S.DONE, _S.CANCELLED, _S.ENTERED_IN_ERROR}),
        _S.IN_TREATMENT: frozenset({_S.IN_ROOM, _S.IN_RECOVERY, _S.DONE, _S.ENTERED_IN_ERROR}),
        _S.IN_RECOVERY: frozenset({_S.IN_TREATMENT, _S.DONE, _S.ENTERED_IN_ERROR}),
        _S.DONE: frozenset({_S.IN_ROOM, _S.IN_RECOVERY, _S.ENTERED_IN_ERROR}),
        _S.CANCELLED: frozenset({_S.BOOKED, _S.ENTERED_IN_ERROR}),
        _S.NO_SHOW: frozenset({_S.BOOKED, _S.ARRIVED, _S.ENTERED_IN_ERROR}),
        _S.ENTERED_IN_ERROR: frozenset(),
    }
)
"""From each status to those that may follow it.

Every step of the day has its way back, since a press at the desk can be a slip. Only an expected patient can become
a no-show, never one who has arrived (lessons FD-9). A move back to a status that occupies time must win its
reservations again: the table allows it, the guard decides. An entry in error is the end.
"""


def may_move(before: AppointmentStatus, after: AppointmentStatus) -> bool:
    """Whether an appointment may go from `before` to `after`; staying where it is is no move."""
    return after in ALLOWED_MOVES[before]
