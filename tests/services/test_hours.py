"""Opening hours as rows: weekly hours with validity, single dates, closures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound, RulesRefuse
from booking.core.scheduling.calendar_change import (
    ClosureChange,
    DateChange,
)
from booking.core.scheduling.clinic import MinuteSpan
from booking.models import (
    AuditEvent,
    Clinic,
    Closure,
    HoursException,
    WeeklyHours,
)
from booking.queries.catalogue import catalogue
from booking.services import hours
from booking.services.calendar_changes import DecisionKind
from tests.factories import NOW
from tests.services.calendar_cast import (
    AFTERNOON,
    DAY,
    FAY,
    MONDAY,
    MORNING,
    asked,
    away,
    save,
    week,
)
from tests.services.cast import (
    DORA,
    DR_ADEYEMI,
    DR_CRUZ,
    ELI,
    LAKEVIEW,
    NORTHSIDE,
)


def rows(session: Session, **only: Any) -> list[tuple[Any, ...]]:
    """Weekday, minutes and validity of the hours of Dr Cruz on Mondays."""
    session.rollback()
    found = session.scalars(
        sa.select(WeeklyHours)
        .where(WeeklyHours.resource_id == DR_CRUZ, WeeklyHours.weekday == only.get("weekday", 0))
        .order_by(WeeklyHours.valid_from.is_not(None), WeeklyHours.valid_from, WeeklyHours.starts_minute)
    )
    return [(row.starts_minute, row.ends_minute, row.valid_from, row.valid_to) for row in found]


def test_new_hours_end_the_old_ones_the_day_before(session: Session) -> None:
    before = session.scalars(sa.select(Clinic.revision)).one()
    save(session, asked(week(AFTERNOON)))
    eve = MONDAY - DAY
    assert rows(session) == [(540, 720, None, eve), (780, 1020, None, eve), (780, 1020, MONDAY, None)]
    assert rows(session, weekday=5) == []
    assert session.scalars(sa.select(Clinic.revision)).one() != before
    assert catalogue(session).resources[DR_CRUZ].weekly_hours != ()


def test_hours_until_a_day_go_on_with_the_old_ones_after_it(session: Session) -> None:
    save(session, asked(week(AFTERNOON, until_on=MONDAY + 13 * DAY)))
    assert rows(session) == [
        (540, 720, None, MONDAY - DAY),
        (780, 1020, None, MONDAY - DAY),
        (780, 1020, MONDAY, MONDAY + 13 * DAY),
        (540, 720, MONDAY + 14 * DAY, None),
        (780, 1020, MONDAY + 14 * DAY, None),
    ]


def test_hours_planned_for_later_are_put_away_and_other_ones_left(session: Session) -> None:
    save(session, asked(week(AFTERNOON, from_on=MONDAY + 14 * DAY)))
    save(session, asked(week(MORNING)))
    assert rows(session) == [(540, 720, None, MONDAY - DAY), (780, 1020, None, MONDAY - DAY), (540, 720, MONDAY, None)]
    assert session.scalar(sa.select(sa.func.count()).where(WeeklyHours.resource_id == DR_ADEYEMI)) == 10


def test_hours_and_their_rows_are_on_record(session: Session) -> None:
    save(session, asked(week(AFTERNOON)))
    events = session.execute(sa.select(AuditEvent.action, AuditEvent.object_kind, AuditEvent.object_id)).all()
    assert sum(event.action == "hours_ended" for event in events) == 10
    assert sum(event.action == "hours_begun" for event in events) == 5
    assert ("hours_changed", "resource", DR_CRUZ) in events


def test_nobody_works_at_two_locations_at_once(session: Session) -> None:
    change = week(MORNING, location_id=LAKEVIEW)
    with pytest.raises(RulesRefuse) as refused:
        save(session, asked(change))
    assert [refusal.code for refusal in refused.value.refusals] == ["hours_collide"]
    assert rows(session) == [(540, 720, None, None), (780, 1020, None, None)]


def exceptions(session: Session) -> list[tuple[Any, ...]]:
    session.rollback()
    found = session.scalars(sa.select(HoursException).order_by(HoursException.on, HoursException.starts_minute))
    return [(row.on, row.starts_minute, row.ends_minute) for row in found]


def test_one_date_is_replaced_and_given_back(session: Session) -> None:
    def change(spans: tuple[MinuteSpan, ...] | None) -> DateChange:
        return DateChange(DR_CRUZ, NORTHSIDE, MONDAY, spans)

    save(session, asked(change(())))
    assert exceptions(session) == [(MONDAY, None, None)]
    save(session, asked(change((MORNING, AFTERNOON))))
    assert exceptions(session) == [(MONDAY, 540, 720), (MONDAY, 780, 1020)]
    save(session, asked(change(None)))
    assert exceptions(session) == []


def test_a_closure_is_added_and_removed_by_who_works_there(session: Session) -> None:
    save(session, asked(ClosureChange(NORTHSIDE, MONDAY, MONDAY + DAY, "Flood")))
    [row] = session.scalars(sa.select(Closure)).all()
    assert catalogue(session).closures[0].name == "Flood"
    with pytest.raises(NotFound):
        hours.remove_closure(session, actor=ELI, closure_id=row.id, now=NOW)
    hours.remove_closure(session, actor=DORA, closure_id=row.id, now=NOW)
    assert catalogue(session).closures == ()
    with pytest.raises(NotFound):
        hours.remove_closure(session, actor=DORA, closure_id=row.id, now=NOW)


@pytest.mark.parametrize(
    ("actor", "location_id", "may"), [(DORA, 1, True), (DORA, 2, False), (DORA, None, False), (FAY, None, True)]
)
def test_the_whole_clinic_is_closed_by_who_works_everywhere(actor: Actor, location_id: int | None, may: bool) -> None:
    assert hours.may_close(actor, location_id) is may


def test_what_is_done_is_counted(session: Session) -> None:
    counted: Mapping[DecisionKind, int] = save(session, asked(away())).done
    assert set(counted.values()) == {0}


def test_hours_of_another_time_are_left_alone(session: Session) -> None:
    save(session, asked(week(AFTERNOON, from_on=MONDAY + 14 * DAY)))
    save(session, asked(week(MORNING, until_on=MONDAY + 6 * DAY)))
    assert rows(session)[-1] == (780, 1020, MONDAY + 14 * DAY, None)
    assert (540, 720, MONDAY, MONDAY + 6 * DAY) in rows(session)
