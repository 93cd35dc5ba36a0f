"""Notes of times that became free, which the waiting list reads. Each is written with the act that freed the time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import FreedTime


class FreedCause(StrEnum):
    """Why a time is free: of a visit, a block that was removed, hours that were opened, an offer that nobody took."""

    CANCELLED = "cancelled"
    CHANGED = "changed"
    MISSED = "missed"
    UNBLOCKED = "unblocked"
    OPENED = "opened"
    OFFER = "offer"


def note_freed(
    session: Session,
    *,
    location_id: int | None,
    resource_id: int | None,
    starts_at: datetime,
    ends_at: datetime,
    cause: FreedCause,
    available_at: datetime,
    now: datetime,
    hold_owner: str | None = None,
) -> None:
    """Add the note to the open transaction; nothing when the span is over by `available_at`.

    `resource_id` is the specialist whose time it is, None where there is none. `hold_owner` owns the hold that keeps
    the time until `available_at`, and a while longer.
    """
    if ends_at <= available_at:
        return
    session.add(
        FreedTime(
            location_id=location_id,
            resource_id=resource_id,
            starts_at=starts_at,
            ends_at=ends_at,
            cause=cause.value,
            hold_owner=hold_owner,
            available_at=available_at,
            created_at=now,
        )
    )


def withdraw_freed(
    session: Session,
    *,
    location_id: int,
    resource_id: int | None,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> None:
    """The time is taken again by whoever gave it back: nobody shall be asked about it any more."""
    session.execute(
        sa.update(FreedTime)
        .where(
            FreedTime.settled_at.is_(None),
            FreedTime.location_id == location_id,
            FreedTime.resource_id == resource_id,
            FreedTime.starts_at >= starts_at,
            FreedTime.ends_at <= ends_at,
        )
        .values(settled_at=now)
        .execution_options(synchronize_session=False)
    )


def free_at_once(session: Session, *, hold_owner: str, now: datetime) -> None:
    """The hold of this owner is gone before its end: what it kept is available now."""
    session.execute(
        sa.update(FreedTime)
        .where(FreedTime.settled_at.is_(None), FreedTime.hold_owner == hold_owner)
        .values(hold_owner=None, available_at=now)
        .execution_options(synchronize_session=False)
    )
