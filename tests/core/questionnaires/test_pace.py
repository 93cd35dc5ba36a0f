"""What patients are told about time: honest for whoever answers as people do, and less with every page."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.core.demo_answers import demo_answers
from booking.core.errors import NotFound
from booking.core.questionnaires.answers import Answers
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.effort import effort
from booking.core.questionnaires.flow import possible_steps, steps
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.pace import Progress, minutes, minutes_left, progress, whole_minutes
from tests.core.questionnaires.answer_strategies import answers_for
from tests.core.questionnaires.filled import CALM, INTAKE, LONGEST, TALKATIVE
from tests.core.questionnaires.forms import BRANCHING, options, parsed, question

SHORT = SHIPPED.latest("intake-short")


def test_progress_counts_pages_and_says_about_while_branches_may_follow() -> None:
    assert progress(BRANCHING, {}, "pain") == Progress(1, 4, is_about=True, minutes_left=1)
    assert progress(BRANCHING, {}, "parent") == Progress(3, 4, is_about=True, minutes_left=1)
    assert progress(BRANCHING, {}, "last") == Progress(4, 4, is_about=False, minutes_left=1)


@pytest.mark.parametrize("form", [one for one in SHIPPED.questionnaires if one is not INTAKE], ids=lambda f: f.code)
def test_what_is_told_is_what_people_need(form: Questionnaire) -> None:
    needed = sorted(effort(form, demo_answers(form, Random(seed))).minutes for seed in range(9))
    assert needed[0] - 1 <= minutes(form, {}) <= needed[-1] + 1


def test_the_intake_is_told_between_its_shortest_way_and_its_longest() -> None:
    assert effort(INTAKE, CALM).minutes < minutes(INTAKE, {}) < effort(INTAKE, LONGEST).minutes
    for answers in (TALKATIVE, LONGEST):
        assert abs(minutes(INTAKE, answers) - effort(INTAKE, answers).minutes) <= 1


def test_what_may_still_open_counts_half() -> None:
    assert len(possible_steps(BRANCHING, {})) > len(steps(BRANCHING, {}))
    settled: Answers = {q.link_id: None for q in BRANCHING.questions}
    assert possible_steps(BRANCHING, settled) == steps(BRANCHING, settled)


def test_minutes_get_fewer_with_every_page() -> None:
    form = parsed(*(question(f"t{n}", "text") for n in range(5)))
    assert minutes(form, {}) == 2
    assert [progress(form, {}, f"t{n}").minutes_left for n in range(5)] == [2, 2, 1, 1, 1]
    assert [minutes_left(form, {f"t{n}": None for n in range(done)}) for done in range(6)] == [2, 2, 1, 1, 1, 1]


def test_each_kind_of_answer_has_its_usual_length() -> None:
    kinds = [question("line", "string"), question("many", "choice", answerOption=options("a", "b"), repeats=True)]
    [line, many] = [minutes(parsed(*[{**kind, "linkId": f"q{n}"} for n in range(30)]), {}) for kind in kinds]
    assert (line, many) == (8, 6)


def test_an_unknown_page_is_not_found() -> None:
    with pytest.raises(NotFound):
        progress(BRANCHING, {}, "nowhere")


@pytest.mark.parametrize(("seconds", "told"), [(0, 1), (89, 1), (90, 2), (149, 2), (600, 10)])
def test_minutes_are_whole_and_one_at_least(seconds: int, told: int) -> None:
    assert whole_minutes(Decimal(seconds)) == told


@settings(max_examples=40)
@given(data=st.data())
def test_progress_never_counts_past_the_end(data: st.DataObject) -> None:
    answers = data.draw(answers_for(SHORT))
    shown = steps(SHORT, answers)
    seen = [progress(SHORT, answers, step.key) for step in shown]
    assert [p.number for p in seen] == list(range(1, len(shown) + 1))
    assert {p.total for p in seen} == {len(shown)}
    assert [p.minutes_left for p in seen] == sorted((p.minutes_left for p in seen), reverse=True)
    assert seen[-1].minutes_left >= 1
