"""A change is saved only over the calendar that its form has shown; a closed time is not undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from booking.core.errors import BookingError, NotFound, RulesRefuse, SlotTaken
from booking.core.scheduling.calendar_change import BlockChange, ClosureChange, DateChange
from booking.core.scheduling.hits import HitCause, cause_of_hit
from booking.core.scheduling.hits import Taken as TakenByVisit
from booking.core.scheduling.intervals import Span, to_minutes
from booking.models import Appointment
from booking.queries.appointments import visit_for
from booking.queries.catalogue import catalogue
from booking.queries.hours import BlockEntry, blocks_of
from booking.services.blocks import remove_block
from booking.services.calendar_changes import Decision, DecisionKind, HoursChanged
from booking.services.cancelling import undo_cancel
from booking.services.changing import undo_change
from booking.services.idempotency import is_answered
from booking.services.seen_hours import seen_blocks, seen_dates, seen_week
from booking.services.undo import undo_until
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.services.calendar_cast import AFTERNOON, FAY, MONDAY, MORNING, asked, away, blocked, hits, save, week
from tests.services.cast import DORA, DR_CRUZ, NORTHSIDE
from tests.services.visit_cast import MINUTE, change, reread

HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
NOT_THERE = DateChange(DR_CRUZ, NORTHSIDE, MONDAY, ())


def span(starts_at: datetime) -> Span:
    return to_minutes(starts_at), to_minutes(starts_at + HOUR)


def series(session: Session, *starts: datetime) -> list[BlockEntry]:
    save(session, asked(BlockChange(DR_CRUZ, tuple(map(span, starts)))))
    session.rollback()
    found = blocks_of(session, DR_CRUZ, since=NOW)
    session.rollback()
    return found


def seen_now(session: Session) -> tuple[str, str]:
    """Hashes of Dr Cruz's weekly hours and other dates at Northside."""
    session.rollback()
    resource = catalogue(session).resources[DR_CRUZ]
    session.rollback()
    return seen_week(resource, NORTHSIDE), seen_dates(resource, NORTHSIDE)


def test_weekly_hours_are_saved_only_over_what_was_seen(session: Session) -> None:
    seen, _ = seen_now(session)
    save(session, asked(week(MORNING), seen_hours=seen))
    assert seen_now(session)[0] != seen
    with pytest.raises(HoursChanged):
        save(session, asked(week(AFTERNOON), seen_hours=seen))
    save(session, asked(week(AFTERNOON), seen_hours=seen_now(session)[0]))


def test_other_dates_are_saved_only_over_what_was_seen(session: Session) -> None:
    _, seen = seen_now(session)
    save(session, asked(NOT_THERE, seen_hours=seen))
    with pytest.raises(HoursChanged):
        save(session, asked(replace(NOT_THERE, spans=(MORNING,)), seen_hours=seen))


def test_the_same_form_again_is_no_change_of_somebody_else(session: Session) -> None:
    form = asked(week(MORNING), seen_hours=seen_now(session)[0])
    assert not is_answered(session, owner=DORA.owner, nonce=form.nonce)
    session.rollback()
    assert save(session, form) == save(session, form)
    assert is_answered(session, owner=DORA.owner, nonce=form.nonce)


def test_a_block_is_changed_only_as_it_was_seen(session: Session) -> None:
    [entry] = series(session, NEXT_MONDAY_9)
    seen = seen_blocks([entry])
    save(session, asked(away(hours=2), block=entry, seen_hours=seen))
    with pytest.raises(HoursChanged):
        save(session, asked(away(hours=4), block=entry, seen_hours=seen))
    assert blocked(session) == [(0, 2)]
    remove_block(session, actor=DORA, resource_id=DR_CRUZ, public_id=entry.public_id, with_later=False, now=NOW)
    for known, refusal in (("", NotFound), (seen, HoursChanged)):
        with pytest.raises(refusal):
            save(session, asked(away(hours=4), block=entry, seen_hours=known))


def test_a_new_block_is_made_whatever_was_seen(session: Session) -> None:
    save(session, asked(away(), seen_hours="whatever"))
    assert blocked(session) == [(0, 3)]


def test_a_series_changes_from_one_of_it_on(session: Session) -> None:
    starts = [NEXT_MONDAY_9 + number * WEEK for number in range(3)]
    _, second, third = series(session, *starts)
    moved = BlockChange(DR_CRUZ, (span(starts[1] + HOUR), span(starts[2] + HOUR)), (span(starts[1]), span(starts[2])))
    save(session, asked(moved, block=second, seen_hours=seen_blocks([second, third])))
    assert blocked(session) == [(0, 1), (169, 170), (337, 338)]
    with pytest.raises(NotFound):
        save(session, asked(BlockChange(DR_CRUZ, tuple(map(span, starts))), block=second))


def test_visits_in_any_of_the_replaced_blocks_were_decided_about(session: Session) -> None:
    clinic = catalogue(session)
    before = (span(NEXT_MONDAY_9), span(NEXT_MONDAY_9 + WEEK))
    longer = BlockChange(DR_CRUZ, tuple((starts, ends + 60) for starts, ends in before), before)
    for at, cause in ((NEXT_MONDAY_9 + WEEK, None), (NEXT_MONDAY_9 + WEEK + HOUR, HitCause.BLOCKED)):
        taken = TakenByVisit(DR_CRUZ, NORTHSIDE, span(at))
        assert cause_of_hit(clinic, clinic, longer, [taken]) is cause


def test_the_same_days_are_closed_once(session: Session) -> None:
    closing = ClosureChange(None, MONDAY, MONDAY, "Repair")
    save(session, asked(closing), FAY)
    with pytest.raises(RulesRefuse):
        save(session, asked(replace(closing, name="Storm")), FAY)


def leave_hits(session: Session, kind: DecisionKind) -> Appointment:
    """A visit that leave has cancelled, or moved to the first time offered."""
    appointment = make_appointment(session)
    found = hits(session, away())
    slot = found[0].proposals[0] if kind is DecisionKind.MOVE else None
    save(session, asked(away(), found, Decision(kind, slot), reason_code="prov"))
    return reread(session, appointment)


@pytest.mark.parametrize(("kind", "undo"), [(DecisionKind.MOVE, undo_change), (DecisionKind.CANCEL, undo_cancel)])
def test_what_was_done_because_of_leave_is_not_undone(session: Session, kind: DecisionKind, undo: object) -> None:
    appointment = leave_hits(session, kind)
    visit = visit_for(session, DORA, appointment.public_id)
    assert visit is not None
    assert undo_until(session, DORA, visit, now=NOW + MINUTE) is None
    session.rollback()
    assert callable(undo)
    with pytest.raises(BookingError) as refused:
        undo(session, actor=DORA, public_id=visit.public_id, now=NOW + MINUTE)
    assert isinstance(refused.value, RulesRefuse)
    assert [refusal.code for refusal in refused.value.refusals] == ["closed_then"]


def test_instead_of_an_undo_the_present_time_is_not_offered(session: Session) -> None:
    appointment = make_appointment(session)
    change(session, appointment, actor=DORA)
    make_appointment(session, patient=None, starts_at=NEXT_MONDAY_9)
    with pytest.raises(SlotTaken) as refused:
        undo_change(session, actor=DORA, public_id=appointment.public_id, now=NOW + MINUTE)
    present = reread(session, appointment).starts_at
    offered = [slot.starts_at for slot in refused.value.alternatives]
    assert len(offered) == 3
    assert present not in offered
