"""Hours that are opened are offered to those who wait: a closure or a day away taken back, longer weekly hours."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.scheduling.calendar_change import ClosureChange, DateChange
from booking.core.scheduling.clinic import MinuteSpan
from booking.models import Closure, Resource
from booking.services import hours
from booking.services.freed import FreedCause
from tests.factories import NEXT_MONDAY_9, NOW
from tests.services.calendar_cast import AFTERNOON, DAY, FAY, HOUR, MONDAY, MORNING, asked, away, save, week
from tests.services.cast import DORA, DR_ADEYEMI, DR_CRUZ, NORTHSIDE, ROOM_1
from tests.services.visit_cast import freed
from tests.services.waiting_cast import offered, waits
from tests.web.clinic_change import clinic_changed

EVENING = MinuteSpan(1020, 1140)


def spans(session: Session) -> list[tuple[int | None, float, float]]:
    """Specialist, and hours after next Monday nine, of what was noted as opened at Northside."""
    return [
        (row.resource_id, (row.starts_at - NEXT_MONDAY_9) / HOUR, (row.ends_at - NEXT_MONDAY_9) / HOUR)
        for row in freed(session)
        if row.cause == FreedCause.OPENED and row.location_id == NORTHSIDE
    ]


def day(*of_day: MinuteSpan, on: date = MONDAY, resource_id: int = DR_CRUZ) -> DateChange:
    return DateChange(resource_id, NORTHSIDE, on, of_day)


def test_a_day_away_that_is_taken_back_is_offered(session: Session) -> None:
    save(session, asked(day()))
    assert spans(session) == []
    waits(session)
    save(session, asked(DateChange(DR_CRUZ, NORTHSIDE, MONDAY, None)))
    assert spans(session) == [(DR_CRUZ, 0, 3), (DR_CRUZ, 4, 8)]
    assert offered(session)[0].starts_at == NEXT_MONDAY_9


def test_a_closure_that_is_removed_is_offered(session: Session) -> None:
    for location_id in (None, NORTHSIDE):
        save(session, asked(ClosureChange(location_id, MONDAY, MONDAY, "Holiday")), FAY)
    first, second = session.scalars(sa.select(Closure.id).order_by(Closure.id.desc()).limit(2)).all()
    session.execute(sa.update(Resource).where(Resource.id == DR_ADEYEMI).values(is_active=False))
    clinic_changed(session)
    waits(session)
    hours.remove_closure(session, actor=FAY, closure_id=first, now=NOW)
    assert spans(session) == []
    hours.remove_closure(session, actor=FAY, closure_id=second, now=NOW)
    assert {(DR_CRUZ, 0, 3), (DR_CRUZ, 4, 8)} <= set(spans(session))
    assert DR_ADEYEMI not in {who for who, _, _ in spans(session)}, "who works here no more opens nothing"
    assert offered(session)[0].starts_at.date() == MONDAY


def test_longer_weekly_hours_are_told_for_two_months(session: Session) -> None:
    save(session, asked(week(MORNING, AFTERNOON, EVENING)))
    found = spans(session)
    assert found[0] == (DR_CRUZ, 8, 10)
    assert 30 < len(found) < 60


def test_the_hours_of_a_room_help_anybody(session: Session) -> None:
    save(session, asked(day(resource_id=ROOM_1)))
    save(session, asked(DateChange(ROOM_1, NORTHSIDE, MONDAY, None)))
    assert {who for who, _, _ in spans(session)} == {None}


def test_what_has_gone_by_is_not_told(session: Session) -> None:
    today = NOW.date()
    save(session, asked(day(MinuteSpan(0, 1), on=today)))
    save(session, asked(day(MinuteSpan(0, 1), MinuteSpan(2, 1439), on=today)))
    assert min(row.starts_at for row in freed(session)) == NOW
    save(session, asked(day(on=today - DAY)))
    known = len(freed(session))
    save(session, asked(day(MORNING, on=today - DAY)), DORA)
    assert len(freed(session)) == known


def test_hours_that_close_and_blocks_open_nothing(session: Session) -> None:
    save(session, asked(week(MORNING)))
    save(session, asked(away()))
    assert spans(session) == []
