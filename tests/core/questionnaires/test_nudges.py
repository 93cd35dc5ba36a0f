"""When somebody is reminded of a form."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from booking.core.form_rules import FormRule, Moment
from booking.core.questionnaires.assignment import VisitTimes, asked_of
from booking.core.questionnaires.nudges import nudge_now, nudges_of
from tests.core.questionnaires.test_assignment import AFTER, INTAKE, PEG, STARTS, VISIT, new_york


def dates(rule: FormRule, visit: VisitTimes = VISIT) -> list[str]:
    (asked,) = asked_of((rule,), (), visit)
    return [f"{one.on:%d.%m.}" for one in nudges_of(asked, visit)]


def test_three_days_and_one_day_before_the_last_date() -> None:
    intake = FormRule("intake", Moment(14, "day"), Moment(1, "day"))
    assert dates(intake) == ["26.11.", "28.11."]
    assert dates(PEG) == ["27.11.", "29.11."]
    (asked,) = asked_of((intake,), (), VISIT)
    first = nudges_of(asked, VISIT)[0]
    assert (first.due_at, first.expires_at) == (new_york(26, 10), new_york(27))
    assert not first.is_after


def test_none_before_it_opens_or_on_the_date_of_the_booking() -> None:
    assert dates(FormRule("peg", opens=Moment(2, "day"))) == ["29.11."]
    assert dates(PEG, replace(VISIT, booked_at=datetime(2026, 11, 27, 14, tzinfo=UTC))) == ["29.11."]
    assert dates(PEG, replace(VISIT, booked_at=STARTS - timedelta(hours=3))) == []


def test_a_form_about_the_visit_is_asked_for_when_it_opens_and_once_more() -> None:
    assert dates(AFTER) == ["01.12."]
    assert dates(FormRule("day-after", Moment(1, "day", is_after=True), Moment(9, "day", is_after=True))) == [
        "01.12.",
        "06.12.",
        "08.12.",
    ]


def test_the_one_of_this_hour() -> None:
    (asked,) = asked_of((INTAKE,), (), VISIT)
    assert nudge_now(asked, VISIT, new_york(26, 9)) is None
    found = nudge_now(asked, VISIT, new_york(26, 23))
    assert found is not None
    assert found.on == new_york(26).date()
    assert nudge_now(asked, VISIT, new_york(27)) is None
