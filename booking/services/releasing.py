"""Giving a visit's time back. Where a block lies around it, the block closes the time again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Block
from booking.queries.reservations import Taken, holds_of, taken_by_visit
from booking.services import locks
from booking.services.blocks import close_blocks
from booking.services.reserving import release_visit


def lock_time(session: Session, appointment_id: int) -> list[Taken]:
    """Lock the resources of what the visit has reserved, and of what an undo keeps of its earlier time, all at once.

    What the visit has reserved; the caller has locked the visit, so that this stays so. A block that is being laid
    around it is waited for, and closes the time afterwards.
    """
    taken, kept = taken_by_visit(session, appointment_id), holds_of(session, appointment_id=appointment_id)
    locks.take_resources(session, {*kept.resource_ids, *(one.resource_id for one in taken)})
    return taken


def give_back(session: Session, appointment_id: int, taken: Sequence[Taken], *, now: datetime) -> None:
    """Release all that the visit has reserved, in the open transaction; `taken` is what `lock_time` found."""
    release_visit(session, appointment_id)
    close_blocks(session, taken, now=now)


def is_in_block(session: Session, taken: Sequence[Taken]) -> bool:
    """Whether a block lies around any of it: such time is not kept for an undo, nor for anybody else."""
    if not taken:
        return False
    since, until = _window(taken)
    resource_ids = {one.resource_id for one in taken}
    around = sa.select(Block.id).where(
        Block.resource_id.in_(resource_ids), Block.ends_at > since, Block.starts_at < until
    )
    return session.scalar(around.limit(1)) is not None


def _window(taken: Sequence[Taken]) -> tuple[datetime, datetime]:
    return min(one.starts_at for one in taken), max(one.ends_at for one in taken)
