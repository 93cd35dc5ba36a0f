"""Blocks: closed time of a resource, made at the desk or by the clinic file, and kept closed.

A block's reservations are its span minus what others keep: visits that stay, live holds, other blocks. Whoever gives
such time back inside a block calls `close_blocks`, so that it closes again; `refill_all` heals what was forgotten.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound
from booking.core.scheduling.block_rows import open_lanes
from booking.core.scheduling.calendar_change import BlockChange
from booking.core.scheduling.clinic import Catalogue, ResourceKind
from booking.core.scheduling.intervals import Span, from_minutes, intersect, subtract, to_minutes, to_minutes_up
from booking.core.scheduling.local_time import local_date_of
from booking.core.scheduling.opening_hours import open_spans
from booking.models import Block, BlockKind, Hold, Reservation, Resource
from booking.queries.catalogue import catalogue
from booking.queries.hours import BlockEntry, block_or_none, series_from
from booking.queries.reservations import Taken
from booking.services import audit, freed, locks
from booking.services.transaction import transaction

BlockIds = sa.Select[int] | sa.CompoundSelect[int]


class Gap(NamedTuple):
    """UTC minutes of a lane that a block should have and has not."""

    block_id: int
    resource_id: int
    lane: int
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class BlockDetails:
    """Why a resource is closed, and what people see. The label names no patient."""

    kind: BlockKind
    label: str


def add_blocks(
    session: Session, change: BlockChange, details: BlockDetails, *, actor: Actor, now: datetime
) -> list[Block]:
    """Close the spans in the open transaction, around what is kept in them. More than one are a series."""
    locks.take_resources(session, [change.resource_id])
    series_key = secrets.token_hex(16) if len(change.spans) > 1 else None
    rows = [
        Block(
            resource_id=change.resource_id,
            starts_at=from_minutes(starts),
            ends_at=from_minutes(ends),
            kind=details.kind,
            label=details.label,
            series_key=series_key,
            created_at=now,
            created_by_account_id=actor.account_id,
        )
        for starts, ends in change.spans
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        audit.record(session, actor, "block_added", "block", row.id, now=now, reason_code=details.kind.value)
    fill(session, rows, now=now)
    return rows


def change_block(
    session: Session, old: BlockEntry, change: BlockChange, details: BlockDetails, *, actor: Actor, now: datetime
) -> None:
    """Give a block another span, kind or label in the open transaction; alone it leaves its series.

    More spans than one are for it and all later ones of its series, in their order; they are a series of their own.
    Raises NotFound when one of them has been removed meanwhile.
    """
    locks.take_resources(session, [old.resource_id])
    olds = series_from(session, old) if len(change.spans) > 1 else [old]
    rows = [session.get(Block, one.id, populate_existing=True) for one in olds]
    known = [row for row in rows if row is not None]
    if len(known) != len(change.spans):
        raise NotFound
    series_key = secrets.token_hex(16) if len(known) > 1 else None
    for row, (starts, ends) in zip(known, change.spans, strict=True):
        row.starts_at, row.ends_at = from_minutes(starts), from_minutes(ends)
        row.kind, row.label, row.series_key = details.kind, details.label, series_key
        audit.record(session, actor, "block_changed", "block", row.id, now=now, reason_code=details.kind.value)
    _delete_rows(session, [row.id for row in known])
    session.flush()
    before = [_span(one.starts_at, one.ends_at) for one in olds]
    edges = [from_minutes(minute) for span in (*before, *change.spans) for minute in span]
    refill(session, resource_ids=[old.resource_id], window=(min(edges), max(edges)), now=now)
    _note_freed(session, old.resource_id, subtract(before, sorted(change.spans)), now)


def remove_block(
    session: Session, *, actor: Actor, resource_id: int, public_id: str, with_later: bool, now: datetime
) -> int:
    """Open the time again: of this block, or also of those of its series that come after it. How many were removed.

    What other blocks close stays closed. Raises NotFound.
    """
    with transaction(session):
        locks.take_resources(session, [resource_id])
        block = block_or_none(session, resource_id, public_id)
        if block is None:
            raise NotFound
        gone = series_from(session, block) if with_later else [block]
        _delete_rows(session, [one.id for one in gone])
        session.execute(sa.delete(Block).where(Block.id.in_([one.id for one in gone])))
        for one in gone:
            audit.record(session, actor, "block_removed", "block", one.id, now=now)
        window = (gone[0].starts_at, max(one.ends_at for one in gone))
        refill(session, resource_ids=[resource_id], window=window, now=now)
        _note_freed(session, resource_id, [_span(one.starts_at, one.ends_at) for one in gone], now)
    return len(gone)


def _span(starts_at: datetime, ends_at: datetime) -> Span:
    return to_minutes(starts_at), to_minutes_up(ends_at)


def _delete_rows(session: Session, block_ids: Collection[int]) -> None:
    gone = sa.delete(Reservation).where(Reservation.block_id.in_(block_ids))
    session.execute(gone, execution_options={"synchronize_session": False})


def fill(session: Session, blocks: Sequence[Block], *, now: datetime) -> int:
    """Let these blocks take what is free of their spans; the number of reservations made."""
    return _fill(session, sa.select(Block.id).where(Block.id.in_([block.id for block in blocks])), now)


def refill(session: Session, *, resource_ids: Collection[int], window: tuple[datetime, datetime], now: datetime) -> int:
    """Let the blocks of these resources take what has become free within the window; in the open transaction.

    To be called by whoever gives time back: a visit cancelled or moved, a hold that ends. The number of reservations.
    """
    if not resource_ids:
        return 0
    return _fill(session, _within(resource_ids, window), now)


def _within(resource_ids: Collection[int], window: tuple[datetime, datetime]) -> sa.Select[int]:
    """The blocks of these resources that have some of the window."""
    return sa.select(Block.id).where(
        Block.resource_id.in_(resource_ids), Block.ends_at > window[0], Block.starts_at < window[1]
    )


def _around(given_back: Collection[Taken]) -> sa.Select[int]:
    """The blocks in which these reservations stood, one at least."""
    window = min(one.starts_at for one in given_back), max(one.ends_at for one in given_back)
    return _within({one.resource_id for one in given_back}, window)


def close_blocks(session: Session, given_back: Collection[Taken], *, now: datetime) -> None:
    """Let the blocks around these reservations take what is free of them now."""
    if given_back:
        _fill(session, _around(given_back), now)


def refill_all(session: Session, *, now: datetime) -> int:
    """Close every block that is not over, where something was given back without `refill`; a worker's job.

    Two statements and no transaction when all is closed. The number of reservations made.
    """
    wanted = sa.select(Block.id).where(Block.ends_at > now)
    if not _gaps(session, wanted, now):
        return 0
    with transaction(session):
        return _fill(session, wanted, now)


def _fill(session: Session, block_ids: BlockIds, now: datetime) -> int:
    """Asked twice: without locks, since there is nearly never anything to close, and again with them."""
    seen = _gaps(session, block_ids, now)
    if not seen:
        return 0
    locks.take_resources(session, {gap.resource_id for gap in seen})
    while given_back := _drop_ended_holds_in(session, seen, now):
        # A hold may have reached out of these blocks into the next one, which then has a gap as well.
        block_ids = sa.union(block_ids, _around(given_back))
        seen = _gaps(session, block_ids, now)
    gaps = _gaps(session, block_ids, now)
    session.add_all(
        Reservation(
            block_id=gap.block_id,
            resource_id=gap.resource_id,
            lane=gap.lane,
            starts_at=from_minutes(gap.starts),
            ends_at=from_minutes(gap.ends),
        )
        for gap in gaps
    )
    session.flush()
    return len(gaps)


def _gaps(session: Session, block_ids: BlockIds, now: datetime) -> list[Gap]:
    """What the blocks should have and have not. Holds that ran out by `now` are in nobody's way."""
    blocks = session.execute(
        sa.select(Block.id, Block.resource_id, Block.starts_at, Block.ends_at, Resource.lanes)
        .join(Resource, Resource.id == Block.resource_id)
        .where(Block.id.in_(block_ids))
        .order_by(Block.resource_id, Block.starts_at, Block.id)
    ).all()
    taken = _taken(session, block_ids, now) if blocks else {}
    gaps: list[Gap] = []
    for block in blocks:
        lanes = taken[block.resource_id]
        for lane, starts, ends in open_lanes(_span(block.starts_at, block.ends_at), block.lanes, lanes):
            gaps.append(Gap(block.id, block.resource_id, lane, starts, ends))
            lanes[lane].append((starts, ends))
    return gaps


def _taken(session: Session, block_ids: BlockIds, now: datetime) -> dict[int, dict[int, list[Span]]]:
    """Resource → lane → what is reserved within any of these blocks, by whomever."""
    rows = session.execute(
        sa.select(Reservation.resource_id, Reservation.lane, Reservation.starts_at, Reservation.ends_at)
        .join(
            Block,
            sa.and_(
                Block.resource_id == Reservation.resource_id,
                Block.ends_at > Reservation.starts_at,
                Block.starts_at < Reservation.ends_at,
            ),
        )
        .where(Block.id.in_(block_ids), sa.or_(Reservation.hold_id.is_(None), Reservation.hold_id.in_(_live(now))))
    )
    found: dict[int, dict[int, list[Span]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.resource_id][row.lane].append(_span(row.starts_at, row.ends_at))
    return found


def _live(now: datetime) -> sa.Select[int]:
    return sa.select(Hold.id).where(Hold.expires_at > now)


def _drop_ended_holds_in(session: Session, gaps: Sequence[Gap], now: datetime) -> list[Taken]:
    """Their reservations would be in the way of the guard. No gaps are left where somebody else has filled them."""
    starts, ends = min((gap.starts for gap in gaps), default=0), max((gap.ends for gap in gaps), default=0)
    window = from_minutes(starts), from_minutes(ends)
    return drop_ended_holds(session, resource_ids={gap.resource_id for gap in gaps}, window=window, now=now)


def drop_ended_holds(
    session: Session, *, resource_ids: Collection[int], window: tuple[datetime, datetime], now: datetime
) -> list[Taken]:
    """Delete the reservations of ended holds that have some of the window; the caller has the locks.

    What they had taken, which may reach out of the window: the blocks around it are to be closed by the caller.
    """
    gone = sa.delete(Reservation).where(
        Reservation.hold_id.in_(sa.select(Hold.id).where(Hold.expires_at <= now)),
        Reservation.resource_id.in_(resource_ids),
        Reservation.ends_at > window[0],
        Reservation.starts_at < window[1],
    )
    resource_id, lane = (sa.type_coerce(column, sa.Integer) for column in (Reservation.resource_id, Reservation.lane))
    taken = gone.returning(resource_id, lane, Reservation.starts_at, Reservation.ends_at)
    return [Taken(*row) for row in session.execute(taken, execution_options={"synchronize_session": False})]


def _note_freed(session: Session, resource_id: int, spans: Sequence[Span], now: datetime) -> None:
    """Tell the waiting list of the hours that are open again; of the past nothing."""
    clinic = catalogue(session)
    for location_id, starts, ends in _open_hours(clinic, resource_id, spans, to_minutes_up(now)):
        is_specialist = clinic.resources[resource_id].kind is ResourceKind.SPECIALIST
        freed.note_freed(
            session,
            location_id=location_id,
            resource_id=resource_id if is_specialist else None,
            starts_at=from_minutes(starts),
            ends_at=from_minutes(ends),
            cause=freed.FreedCause.UNBLOCKED,
            available_at=now,
            now=now,
        )


def _open_hours(clinic: Catalogue, resource_id: int, spans: Sequence[Span], since: int) -> list[tuple[int, int, int]]:
    """(location, start, end) of the opening hours of the resource within the spans, from `since` on."""
    resource = clinic.resources[resource_id]
    found: list[tuple[int, int, int]] = []
    for starts, ends in spans:
        for place in (clinic.locations[i] for i in sorted(resource.location_ids)):
            first_on, last_on = local_date_of(starts, place.tz), local_date_of(ends, place.tz)
            hours = open_spans(resource, place, clinic.closures, first_on, last_on)
            coming = intersect(hours, [(max(starts, since), ends)]) if ends > since else []
            found.extend((place.id, opens, closes) for opens, closes in coming)
    return found
