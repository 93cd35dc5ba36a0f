"""Blocks: what they close, what they leave to others, and that they close again what is given back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import NotFound, SlotTaken
from booking.core.scheduling.calendar_change import BlockChange
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.slots import SlotQuery
from booking.jobs import table
from booking.models import AuditEvent, Block, BlockKind, FreedTime, Reservation
from booking.queries.hours import BlockEntry, block_or_none
from booking.services import blocks
from booking.services.availability import offered_slots
from booking.services.blocks import BlockDetails
from booking.services.holds import HOLD_LENGTH
from booking.services.transaction import transaction
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.outbox import make_test_tools
from tests.services.cast import DORA, DR_CRUZ, FOLLOW_UP, NORTHSIDE, NURSE, book_for_caller, hold

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MEETING = BlockDetails(BlockKind.MEETING, "Team meeting")
EIGHT = NEXT_MONDAY_9 - HOUR
NOON = NEXT_MONDAY_9 + 3 * HOUR


def span(starts_at: datetime, ends_at: datetime) -> tuple[int, int]:
    return to_minutes(starts_at), to_minutes(ends_at)


def block(
    session: Session, starts_at: datetime = EIGHT, ends_at: datetime = NOON, *, resource_id: int = DR_CRUZ
) -> BlockEntry:
    """Dr Cruz is away next Monday from eight to noon, unless said otherwise."""
    [entry] = series(session, (span(starts_at, ends_at),), resource_id=resource_id)
    return entry


def series(session: Session, spans: tuple[tuple[int, int], ...], *, resource_id: int = DR_CRUZ) -> list[BlockEntry]:
    with transaction(session):
        rows = blocks.add_blocks(session, BlockChange(resource_id, spans), MEETING, actor=DORA, now=NOW)
        ids = [row.public_id for row in rows]
    return [entry for one in ids if (entry := block_or_none(session, resource_id, one))]


def remove(session: Session, entry: BlockEntry, *, with_later: bool = False) -> int:
    return blocks.remove_block(
        session, actor=DORA, resource_id=entry.resource_id, public_id=entry.public_id, with_later=with_later, now=NOW
    )


def closed(session: Session, resource_id: int = DR_CRUZ) -> list[tuple[int, float, float]]:
    """Lane and hours after next Monday nine of all that blocks have reserved."""
    session.rollback()
    rows = session.execute(
        sa.select(Reservation.lane, Reservation.starts_at, Reservation.ends_at)
        .where(Reservation.block_id.is_not(None), Reservation.resource_id == resource_id)
        .order_by(Reservation.lane, Reservation.starts_at)
    )
    return [(lane, (starts - NEXT_MONDAY_9) / HOUR, (ends - NEXT_MONDAY_9) / HOUR) for lane, starts, ends in rows]


def offered(session: Session, now: datetime = NOW) -> set[float]:
    """Hours after nine at which Dr Cruz is offered for a follow-up next Monday."""
    monday = date(2026, 11, 30)
    query = SlotQuery(FOLLOW_UP, frozenset({NORTHSIDE}), frozenset({DR_CRUZ}), monday, monday, now)
    found = {(slot.starts_at - NEXT_MONDAY_9) / HOUR for slot in offered_slots(session, query)}
    session.rollback()
    return found


def test_a_block_takes_its_time_away(session: Session) -> None:
    block(session)
    assert closed(session) == [(0, -1, 3)]
    assert min(offered(session)) == 4


def test_every_lane_of_the_resource_is_closed(session: Session) -> None:
    block(session, resource_id=NURSE)
    assert closed(session, NURSE) == [(0, -1, 3), (1, -1, 3)]


def test_a_visit_that_stays_keeps_its_time(session: Session) -> None:
    make_appointment(session)
    block(session)
    assert closed(session) == [(0, -1, 0), (0, 0.75, 3)]


def test_several_spans_are_a_series_that_names_who_made_it(session: Session) -> None:
    day = 24 * HOUR
    entries = series(session, (span(EIGHT, NOON), span(EIGHT + day, NOON + day)))
    assert len({entry.series_key for entry in entries}) == 1
    assert entries[0].series_key is not None
    row = session.get_one(Block, entries[0].id)
    assert (row.created_at, row.kind, row.label) == (NOW, BlockKind.MEETING, "Team meeting")


def test_of_two_blocks_the_second_has_what_the_first_leaves_and_all_when_that_goes(session: Session) -> None:
    first = block(session)
    block(session, NEXT_MONDAY_9, NOON + HOUR)
    assert closed(session) == [(0, -1, 3), (0, 3, 4)]
    remove(session, first)
    assert closed(session) == [(0, 0, 3), (0, 3, 4)]


def test_a_removed_block_gives_its_opening_hours_to_the_waiting_list(session: Session) -> None:
    entry = block(session, EIGHT, NOON + HOUR)
    assert remove(session, entry) == 1
    assert closed(session) == []
    [freed] = session.scalars(sa.select(FreedTime)).all()
    assert (freed.starts_at, freed.ends_at) == (NEXT_MONDAY_9, NOON)
    assert (freed.resource_id, freed.location_id, freed.cause) == (DR_CRUZ, NORTHSIDE, "unblocked")


def test_what_is_no_specialist_is_freed_without_a_name(session: Session) -> None:
    remove(session, block(session, resource_id=NURSE))
    assert session.scalars(sa.select(FreedTime.resource_id)).all() == [None]


def test_the_past_of_a_removed_block_is_free_for_nobody(session: Session) -> None:
    remove(session, block(session, NOW - 80 * HOUR, NOW - 40 * HOUR))
    remove(session, block(session, NOW - 80 * HOUR, NOW + HOUR + 30 * MINUTE))
    assert [(row.starts_at, row.ends_at) for row in session.scalars(sa.select(FreedTime))] == [
        (NOW + HOUR, NOW + HOUR + 30 * MINUTE)
    ]


def test_one_of_a_series_can_go_or_all_from_it_on(session: Session) -> None:
    day = 24 * HOUR
    first, second, third = series(session, tuple(span(EIGHT + n * day, NOON + n * day) for n in range(3)))
    assert remove(session, first) == 1
    assert remove(session, second, with_later=True) == 2
    assert block_or_none(session, DR_CRUZ, third.public_id) is None


def test_all_from_a_single_block_on_is_that_block(session: Session) -> None:
    assert remove(session, block(session), with_later=True) == 1


def test_a_block_of_another_resource_cannot_be_removed(session: Session) -> None:
    entry = block(session)
    with pytest.raises(NotFound):
        blocks.remove_block(
            session, actor=DORA, resource_id=NURSE, public_id=entry.public_id, with_later=False, now=NOW
        )
    assert len(closed(session)) == 1


def change(session: Session, entry: BlockEntry, starts_at: datetime, ends_at: datetime) -> None:
    with transaction(session):
        wanted = BlockChange(DR_CRUZ, (span(starts_at, ends_at),), (span(entry.starts_at, entry.ends_at),))
        details = BlockDetails(BlockKind.LEAVE, "Holiday")
        blocks.change_block(session, entry, wanted, details, actor=DORA, now=NOW)


def test_a_changed_block_closes_its_new_span_alone(session: Session) -> None:
    make_appointment(session, starts_at=NOON + HOUR)
    entry = block(session)
    change(session, entry, NEXT_MONDAY_9 + HOUR, NOON + 3 * HOUR)
    assert closed(session) == [(0, 1, 4), (0, 4.75, 6)]
    row = session.get_one(Block, entry.id, populate_existing=True)
    assert (row.kind, row.label, row.series_key) == (BlockKind.LEAVE, "Holiday", None)
    freed = session.execute(sa.select(FreedTime.starts_at, FreedTime.ends_at)).all()
    assert freed == [(NEXT_MONDAY_9, NEXT_MONDAY_9 + HOUR)]


def test_a_block_that_is_gone_cannot_be_changed(session: Session) -> None:
    entry = block(session)
    remove(session, entry)
    with pytest.raises(NotFound):
        change(session, entry, EIGHT, NOON)


def test_everything_is_on_record_with_its_ids(session: Session) -> None:
    entry = block(session)
    change(session, entry, EIGHT, NOON)
    remove(session, entry)
    events = session.execute(
        sa.select(AuditEvent.action, AuditEvent.object_kind, AuditEvent.object_id).order_by(AuditEvent.seq)
    ).all()
    assert events == [(action, "block", entry.id) for action in ("block_added", "block_changed", "block_removed")]


def give_back(session: Session, visit_id: int) -> None:
    session.execute(sa.delete(Reservation).where(Reservation.appointment_id == visit_id))
    session.commit()


def test_without_refilling_the_freed_span_inside_the_leave_would_be_offered(session: Session) -> None:
    visit = make_appointment(session)
    block(session)
    give_back(session, visit.id)
    assert min(offered(session)) == 0
    with transaction(session):
        made = blocks.refill(session, resource_ids=[DR_CRUZ], window=(visit.starts_at, visit.ends_at), now=NOW)
    assert made == 1
    assert min(offered(session)) == 4


def test_only_blocks_within_the_window_are_refilled(session: Session) -> None:
    visit = make_appointment(session)
    block(session)
    give_back(session, visit.id)
    with transaction(session):
        assert blocks.refill(session, resource_ids=[DR_CRUZ], window=(NOON, NOON + HOUR), now=NOW) == 0
        assert blocks.refill(session, resource_ids=[], window=(EIGHT, NOON), now=NOW) == 0


def test_a_live_hold_is_left_out_and_closed_when_it_ends(session: Session) -> None:
    hold(session)
    block(session)
    assert closed(session) == [(0, -1, 0), (0, 0.75, 3)]
    assert blocks.refill_all(session, now=NOW) == 0
    later = NOW + HOLD_LENGTH + MINUTE
    assert blocks.refill_all(session, now=later) == 1
    assert closed(session) == [(0, -1, 0), (0, 0, 0.75), (0, 0.75, 3)]
    assert min(offered(session, later)) == 4


def test_an_ended_hold_is_in_nobody_s_way(session: Session) -> None:
    hold(session, now=NOW - HOUR)
    block(session)
    assert closed(session) == [(0, -1, 3)]


def test_the_worker_closes_what_was_forgotten_and_writes_nothing_otherwise(session: Session) -> None:
    visit = make_appointment(session)
    block(session)
    assert blocks.refill_all(session, now=NOW) == 0
    give_back(session, visit.id)
    assert blocks.refill_all(session, now=NOW) == 1
    assert blocks.refill_all(session, now=NOW) == 0


def test_the_worker_leaves_what_is_over_alone(session: Session) -> None:
    visit = make_appointment(session)
    block(session)
    give_back(session, visit.id)
    assert blocks.refill_all(session, now=NOON) == 0


def test_nobody_books_into_a_block(session: Session) -> None:
    block(session)
    with pytest.raises(SlotTaken):
        book_for_caller(session)


def test_who_books_when_a_hold_in_the_block_has_just_ended_finds_the_block(session: Session) -> None:
    hold(session)
    block(session)
    with pytest.raises(SlotTaken):
        book_for_caller(session, now=NOW + HOLD_LENGTH + MINUTE)
    assert blocks.refill_all(session, now=NOW + HOLD_LENGTH + MINUTE) == 1


def test_the_job_that_ends_holds_closes_the_block_around_them(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(session)
    block(session)
    monkeypatch.setattr(table, "utc_now", lambda: NOW + HOLD_LENGTH + MINUTE)
    next(job for job in table.JOBS if job.name == "end_holds").run(make_test_tools(session))
    assert sum(ends - starts for _, starts, ends in closed(session)) == 4
