"""Which forms a visit asks for, and how they stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.core.form_rules import (
    FormRule,
    Moment,
    Visits,
    depend_on_history,
    moment_or_none,
    rules_from,
    written_rules,
)
from booking.core.questionnaires.assignment import EVER, ExtraForm, Stage, VisitTimes, asked_of, is_in_order, last_date

NEW_YORK = ZoneInfo("America/New_York")
STARTS = datetime(2026, 11, 30, 14, tzinfo=UTC)  # Monday 9:00 in New York.
BOOKED = datetime(2026, 11, 2, 15, tzinfo=UTC)
VISIT = VisitTimes(STARTS, STARTS + timedelta(hours=1), BOOKED, NEW_YORK)
INTAKE = FormRule("intake", Moment(14, "day"), Moment(1, "day"), Visits.FIRST)
PEG = FormRule("peg")
AFTER = FormRule("day-after", Moment(1, "day", is_after=True), Moment(2, "day", is_after=True))


def new_york(day: int, hour: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("3 days before", Moment(3, "day")), ("1 day after", Moment(1, "day", is_after=True)),
        (" 2 hours before ", Moment(2, "hour")), ("90 days before", Moment(90, "day")), ("91 days before", None),
        ("3 days", None), ("soon", None), ("", None),
    ],
)  # fmt: skip
def test_a_moment_is_written_in_words(text: str, moment: Moment | None) -> None:
    assert moment_or_none(text) == moment
    assert moment is None or moment_or_none(str(moment)) == moment


def test_rules_come_back_as_they_were_written() -> None:
    rules = (PEG, INTAKE, AFTER)
    written = written_rules(rules)
    assert written[0] == "peg"
    assert written[1] == {"form": "intake", "opens": "14 days before", "due": "1 day before", "visits": "first"}
    assert rules_from(written) == rules
    assert depend_on_history(rules)
    assert not depend_on_history((PEG,))


def test_a_form_opens_with_its_date_and_is_due_when_its_date_ends() -> None:
    intake, peg, after = asked_of((INTAKE, PEG, AFTER), (), VISIT)
    assert (intake.opens_at, intake.due_at) == (new_york(16), new_york(30))
    assert (peg.opens_at, peg.due_at) == (EVER, STARTS)
    assert (after.opens_at, after.due_at) == (new_york(1, month=12), new_york(3, month=12))
    assert [one.is_after(VISIT) for one in (intake, peg, after)] == [False, False, True]
    assert last_date(intake.due_at, NEW_YORK) == date(2026, 11, 29)


def test_hours_are_elapsed_before_the_start_and_after_the_end() -> None:
    rule = FormRule("peg", Moment(2, "hour"), Moment(3, "hour", is_after=True))
    (asked,) = asked_of((rule,), (), VISIT)
    assert (asked.opens_at, asked.due_at) == (STARTS - timedelta(hours=2), STARTS + timedelta(hours=4))


def test_days_are_counted_on_the_calendar_when_clocks_change() -> None:
    monday = replace(VISIT, starts_at=new_york(2, 9).astimezone(UTC), booked_at=BOOKED - timedelta(days=20))
    (asked,) = asked_of((FormRule("peg", due=Moment(2, "day")),), (), monday)
    assert asked.due_at == datetime(2026, 11, 1, 4, tzinfo=UTC)  # The clocks go back an hour later.


def test_who_books_late_has_until_the_visit() -> None:
    (asked,) = asked_of((INTAKE,), (), replace(VISIT, booked_at=STARTS - timedelta(hours=3)))
    assert (asked.opens_at, asked.due_at) == (new_york(16), STARTS)


def test_first_and_later_visits_ask_for_different_forms() -> None:
    rules = (INTAKE, FormRule("changes", visits=Visits.LATER), PEG)
    assert [one.code for one in asked_of(rules, (), VISIT)] == ["intake", "peg"]
    assert [one.code for one in asked_of(rules, (), replace(VISIT, is_first=False))] == ["changes", "peg"]


def test_staff_ask_for_more_and_withdraw() -> None:
    due = STARTS - timedelta(days=1)
    extras = (
        ExtraForm("phq-9", BOOKED + timedelta(days=2)), ExtraForm("gad-7", BOOKED + timedelta(days=1), due),
        ExtraForm("peg", BOOKED), ExtraForm("intake", BOOKED, is_withdrawn=True),
    )  # fmt: skip
    asked = asked_of((INTAKE, PEG), extras, VISIT)
    assert [(one.code, one.is_extra) for one in asked] == [("peg", False), ("gad-7", True), ("phq-9", True)]
    assert [one.due_at for one in asked] == [STARTS, due, STARTS]


@pytest.mark.parametrize(
    ("now", "stage"),
    [
        (new_york(15, 12), Stage.NOT_YET), (new_york(16), Stage.OPEN), (new_york(29), Stage.DUE),
        (new_york(30), Stage.LATE), (STARTS + timedelta(days=3), Stage.LATE),
    ],
)  # fmt: skip
def test_how_a_form_before_the_visit_stands(now: datetime, stage: Stage) -> None:
    (asked,) = asked_of((INTAKE,), (), VISIT)
    assert asked.stage(VISIT, now) is stage
    assert stage.takes_answers is (stage is not Stage.NOT_YET)


def test_a_form_closes_with_the_visit_and_one_about_it_two_weeks_later() -> None:
    before, after = asked_of((PEG, AFTER), (), VISIT)
    over = replace(VISIT, is_done=True)
    assert before.stage(over, STARTS) is Stage.CLOSED
    assert after.stage(over, STARTS) is Stage.NOT_YET
    assert after.stage(over, new_york(1, 8, month=12)) is Stage.OPEN
    assert after.stage(over, new_york(16, month=12)) is Stage.LATE
    assert after.stage(over, new_york(17, month=12)) is Stage.CLOSED
    assert before.stage(replace(VISIT, takes_place=False), BOOKED) is Stage.CLOSED


def test_a_form_has_to_open_before_it_is_due() -> None:
    assert is_in_order(PEG)
    assert is_in_order(FormRule("peg", Moment(1, "day"), Moment(1, "day")))
    assert not is_in_order(FormRule("peg", Moment(1, "day"), Moment(2, "day")))
    assert not is_in_order(FormRule("peg", Moment(1, "hour", is_after=True)))
