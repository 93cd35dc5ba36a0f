"""The yardstick for those who write forms, and the budget of the intake held against it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from booking.core.questionnaires.answers import DECLINED, Chosen, Quantity, Rows, Value
from booking.core.questionnaires.effort import Effort, effort
from booking.core.questionnaires.flow import steps
from booking.core.questionnaires.library import SHIPPED
from tests.core.questionnaires.filled import CALM, INTAKE, LONGEST, TALKATIVE
from tests.core.questionnaires.forms import control, group, options, parsed, question

BUDGET = 12


def test_a_talkative_patient_finishes_the_intake_within_the_budget() -> None:
    assert effort(INTAKE, TALKATIVE).minutes <= BUDGET
    assert {q.link_id for q in INTAKE.questions if q.required} <= TALKATIVE.keys()


def test_whoever_says_yes_to_everything_finishes_within_it_too() -> None:
    assert effort(INTAKE, LONGEST).minutes <= BUDGET
    asked = {question.link_id for step in steps(INTAKE, LONGEST) for question in step.questions}
    assert asked == {question.link_id for question in INTAKE.questions} == LONGEST.keys()


def test_a_short_way_through_takes_little_more_than_half_of_it() -> None:
    assert effort(INTAKE, CALM).minutes < 7


@pytest.mark.parametrize("code", ["goals", "pre-session", "day-after", "phq-9", "peg"])
def test_other_forms_are_short(code: str) -> None:
    assert effort(SHIPPED.latest(code), {}).minutes <= 3


GIVEN: list[tuple[Value | None, int]] = [
    (None, 0),
    (DECLINED, 1),
    (True, 1),
    (7, 1),
    (Decimal(7), 2),
    (Quantity(Decimal(7), "kg"), 2),
    (date(2026, 1, 1), 3),
    ("two words", 3),
    (Chosen(("a", "b")), 2),
    (Chosen(("a",), "own"), 3),
    (Rows((("Tea", ""), ("Gabapentin", "300 mg"))), 7),
]


@pytest.mark.parametrize(("value", "taps"), GIVEN)
def test_taps_of_an_answer(value: Value | None, taps: int) -> None:
    form = parsed(question("q"))
    assert effort(form, {"q": value}).taps == 2 + taps


def test_lines_are_read_once_and_lists_of_a_body_map_not_at_all() -> None:
    twice = [question(name, "choice", answerOption=options("yes", "no")) for name in ("a", "b")]
    assert effort(parsed(*twice), {}) == Effort(pages=2, taps=3, words=6)
    assert effort(parsed(group("g", *twice, extension=control("page"))), {}) == Effort(pages=1, taps=2, words=8)
    assert effort(parsed(question("a")), {}).words == 4
    without_map = effort(SHIPPED.latest("day-after"), {}).words
    assert effort(SHIPPED.latest("pre-session"), {}).words < without_map + 100


def test_minutes_follow_the_model() -> None:
    assert Effort(1, taps=15, words=150).minutes == Decimal("2.0")
