"""Which questions are shown, in which steps, and how far one is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.core.errors import NotFound
from booking.core.questionnaires.answers import DECLINED, Answers, Chosen, Rows
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.flow import (
    find_step,
    first_step,
    missing_required,
    next_step,
    previous_step,
    steps,
    visible_questions,
    without_hidden,
)
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.sections import page_questions
from tests.core.questionnaires.answer_strategies import answers_for
from tests.core.questionnaires.forms import BRANCHING, TYPES, control, display, group, options, parsed, question, when

INTAKE = SHIPPED.latest("intake-short")


def _keys(questionnaire: Questionnaire, answers: Answers) -> list[str]:
    return [step.key for step in steps(questionnaire, answers)]


PATHS: dict[str, tuple[Answers, list[str]]] = {
    "nothing answered": ({}, ["pain", "block", "parent", "last"]),
    "one branch": ({"pain": True}, ["pain", "level", "block", "parent", "last"]),
    "low level": ({"pain": True, "level": 4}, ["pain", "level", "block", "parent", "last"]),
    "zero is an answer": ({"pain": True, "level": 0}, ["pain", "level", "block", "parent", "last"]),
    "at least": ({"pain": True, "level": 5}, ["pain", "level", "since", "block", "parent", "last"]),
    "hidden answers do not count": ({"pain": False, "level": 9}, ["pain", "block", "parent"]),
    "skipped is no answer": ({"pain": None, "level": 9}, ["pain", "block", "parent", "last"]),
    "any of two": ({"places": Chosen(("arm", "leg"))}, ["pain", "block", "words", "parent", "last"]),
    "exists": ({"kind": Chosen(("other",)), "words": "x"}, ["pain", "block", "words", "parent"]),
    "nested": ({"parent": Chosen(("yes",))}, ["pain", "block", "parent", "child", "last"]),
}


@pytest.mark.parametrize(("answers", "keys"), PATHS.values(), ids=PATHS.keys())
def test_steps_follow_the_answers(answers: Answers, keys: list[str]) -> None:
    assert _keys(BRANCHING, answers) == keys


@pytest.mark.parametrize(("temperature", "shown"), [("38.4", False), ("38.5", True), ("39", True)])
def test_decimals_are_compared_by_size(temperature: str, shown: bool) -> None:
    questions = visible_questions(TYPES, {"temperature": Decimal(temperature)})
    assert ("hot" in {q.link_id for q in questions}) is shown


def test_what_was_declined_counts_as_unanswered_in_conditions_and_as_dealt_with_on_the_way() -> None:
    answers: Answers = {"pain": DECLINED, "level": 9}
    assert _keys(BRANCHING, answers) == ["pain", "block", "parent", "last"]
    assert _key(first_step(BRANCHING, answers)) == "block"


def test_a_list_is_one_question_on_one_page() -> None:
    assert [q.link_id for q in TYPES.questions] == ["temperature", "hot", "weight", "medicines", "born", "more"]
    assert _keys(TYPES, {"medicines": Rows((("Tea", ""),))})[2:] == ["medicines", "born", "more"]
    assert [(i.link_id, i.hint) for i in page_questions(TYPES, "medicines")] == [
        ("medicines", "Do not stop or change any medicine.")
    ]


def test_pages_without_a_heading_stand_under_that_of_their_part() -> None:
    form = parsed(group("part", {**group("page", question("a"), extension=control("page")), "text": ""}))
    assert [step.section for step in steps(form, {})] == ["Part part"]


def test_a_block_shows_its_questions_at_once_and_hides_single_ones() -> None:
    late: Answers = {"pain": True, "level": 5, "since": date(2026, 1, 2)}
    assert [q.link_id for q in find_step(BRANCHING, {}, "block").questions] == ["kind", "places"]
    assert [q.link_id for q in find_step(BRANCHING, late, "block").questions] == ["kind", "places", "late"]


def test_sections_and_notes_stand_on_the_page_they_belong_to() -> None:
    shown = {step.key: step for step in steps(BRANCHING, {})}
    assert shown["pain"].notes == ("Welcome.",)
    assert shown["block"].notes == ("Answer what you like.",)
    assert shown["last"].notes == ("Goodbye.",)
    assert [step.section for step in shown.values()] == ["Part first", "Part block", "", "Part closing"]


def test_a_block_with_all_its_questions_hidden_is_no_page() -> None:
    hidden = question("b", enableWhen=[when("a", answerBoolean=True)])
    form = parsed(question("a"), group("page", display("note"), hidden, extension=control("page")))
    assert _keys(form, {}) == ["a"]
    assert _keys(form, {"a": True}) == ["a", "page"]


def test_a_hidden_group_hides_all_of_it() -> None:
    form = parsed(question("a"), group("g", question("b"), enableWhen=[when("a", answerBoolean=True)]))
    assert _keys(form, {"a": False, "b": True}) == ["a"]


COMPARISONS: list[tuple[dict[str, Any], Answers, bool]] = [
    (when("n", "=", answerInteger=5), {"n": 5}, True),
    (when("n", "=", answerInteger=5), {}, False),
    (when("n", "!=", answerInteger=5), {"n": 5}, False),
    (when("n", "!=", answerInteger=5), {"n": 4}, True),
    (when("n", "!=", answerInteger=5), {}, True),
    (when("n", ">", answerInteger=5), {"n": 5}, False),
    (when("n", ">", answerInteger=5), {"n": 6}, True),
    (when("n", "<", answerInteger=5), {"n": 5}, False),
    (when("n", "<", answerInteger=5), {"n": 0}, True),
    (when("n", "<", answerInteger=5), {}, False),
    (when("n", ">=", answerInteger=5), {"n": 5}, True),
    (when("n", ">=", answerInteger=5), {"n": 4}, False),
    (when("n", "<=", answerInteger=5), {"n": 5}, True),
    (when("n", "<=", answerInteger=5), {"n": 6}, False),
    (when("d", "<", answerDate="2026-03-01"), {"d": date(2026, 2, 28)}, True),
    (when("d", "<", answerDate="2026-03-01"), {"d": date(2026, 3, 1)}, False),
    (when("d", "=", answerDate="2026-03-01"), {"d": date(2026, 3, 1)}, True),
    (when("s", "=", answerString="yes"), {"s": "yes"}, True),
    (when("n", "exists", answerBoolean=True), {"n": 0}, True),
    (when("n", "exists", answerBoolean=True), {"n": None}, False),
    (when("n", "exists", answerBoolean=False), {}, True),
]


@pytest.mark.parametrize(("condition", "answers", "is_shown"), COMPARISONS)
def test_conditions_compare_as_fhir_says(condition: dict[str, Any], answers: Answers, is_shown: bool) -> None:
    asked = (question("n", "integer"), question("d", "date"), question("s", "string"))
    assert ("x" in _keys(parsed(*asked, question("x", enableWhen=[condition])), answers)) is is_shown


def test_all_conditions_hold_unless_any_is_said() -> None:
    both = [when("a", answerBoolean=True), when("b", answerBoolean=True)]
    every = parsed(question("a"), question("b"), question("x", enableWhen=both, enableBehavior="all"))
    some = parsed(question("a"), question("b"), question("x", enableWhen=both, enableBehavior="any"))
    assert "x" not in _keys(every, {"a": True})
    assert "x" in _keys(every, {"a": True, "b": True})
    assert "x" in _keys(some, {"a": True})
    assert "x" not in _keys(some, {})


def test_next_and_previous_pages() -> None:
    answers: Answers = {"pain": True}
    assert _key(next_step(BRANCHING, answers, "pain")) == "level"
    assert _key(previous_step(BRANCHING, answers, "level")) == "pain"
    assert next_step(BRANCHING, answers, "last") is None
    assert previous_step(BRANCHING, answers, "pain") is None


def test_next_and_previous_of_a_page_that_is_hidden_by_now() -> None:
    assert _key(next_step(BRANCHING, {}, "since")) == "block"
    assert _key(previous_step(BRANCHING, {}, "since")) == "pain"
    assert _key(next_step(BRANCHING, {}, "places")) == "parent"


def _key(step: Any) -> str:
    return str(step.key)


@pytest.mark.parametrize("call", [next_step, previous_step, find_step])
def test_an_unknown_page_is_not_found(call: Any) -> None:
    with pytest.raises(NotFound):
        call(BRANCHING, {}, "nowhere")


def test_a_hidden_page_is_not_found() -> None:
    with pytest.raises(NotFound):
        find_step(BRANCHING, {}, "level")


def test_resuming_starts_at_the_first_page_that_was_never_reached() -> None:
    assert _key(first_step(BRANCHING, {})) == "pain"
    assert _key(first_step(BRANCHING, {"pain": None})) == "block"
    assert _key(first_step(BRANCHING, {"pain": None, "kind": None})) == "block"
    done: Answers = {"pain": False, "kind": None, "places": None, "parent": None}
    assert first_step(BRANCHING, done) is None


def test_required_questions_block_sending_only_while_they_are_shown() -> None:
    follow_up = question(
        "b", "choice", answerOption=options("x"), required=True, enableWhen=[when("a", answerBoolean=True)]
    )
    form = parsed(question("a", required=True), follow_up)
    assert [q.link_id for q in missing_required(form, {})] == ["a"]
    assert [q.link_id for q in missing_required(form, {"a": True, "b": None})] == ["b"]
    assert missing_required(form, {"a": False}) == ()


@pytest.mark.parametrize("form", [BRANCHING, INTAKE], ids=lambda f: f.code)
@settings(max_examples=40)
@given(data=st.data())
def test_walking_forward_reaches_every_shown_question_once(form: Questionnaire, data: st.DataObject) -> None:
    answers = data.draw(answers_for(form))
    walked = _walk(form, answers)
    asked = [q.link_id for key in walked for q in find_step(form, answers, key).questions]
    assert asked == [q.link_id for q in visible_questions(form, answers)]
    assert len(asked) == len(set(asked)) <= len(form.questions)
    assert _walk_back(form, answers, walked[-1]) == walked[::-1]


def _walk(form: Questionnaire, answers: Answers) -> list[str]:
    """Page by page from the first; stops after as many pages as there are questions, so that a loop would show."""
    walked = [steps(form, answers)[0].key]
    while len(walked) <= len(form.questions) and (step := next_step(form, answers, walked[-1])):
        walked.append(step.key)
    return walked


def _walk_back(form: Questionnaire, answers: Answers, key: str) -> list[str]:
    walked = [key]
    while len(walked) <= len(form.questions) and (step := previous_step(form, answers, walked[-1])):
        walked.append(step.key)
    return walked


@pytest.mark.parametrize("form", [BRANCHING, INTAKE], ids=lambda f: f.code)
@settings(max_examples=40)
@given(data=st.data())
def test_hidden_answers_are_dropped_and_dropping_them_changes_nothing_else(
    form: Questionnaire, data: st.DataObject
) -> None:
    answers = data.draw(answers_for(form))
    sent = without_hidden(form, answers)
    shown = {q.link_id for q in visible_questions(form, answers)}
    assert sent == {link_id: value for link_id, value in answers.items() if link_id in shown}
    assert steps(form, sent) == steps(form, answers)
    assert without_hidden(form, sent) == sent
