"""Which answers call for a person the same day: any but "not at all", whatever the total."""

from __future__ import annotations

import pytest

from booking.core.questionnaires.answers import DECLINED, Chosen, Value
from booking.core.questionnaires.definition import ORDINAL_VALUE, SAFETY_ITEM
from booking.core.questionnaires.flags import FlagKind, flags_of
from booking.core.questionnaires.instruments import score_of
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.parsing import parse_item
from booking.core.questionnaires.safety import has_safety_item, is_safety_answer, safety_answers
from tests.core.questionnaires.forms import mark, options, parsed, question, when

PHQ_9 = SHIPPED.latest("phq-9")
ITEM_9 = PHQ_9.question_by_link_id["44260-8"]
SAFE = mark(SAFETY_ITEM, valueBoolean=True)


def test_item_9_of_the_phq_9_is_the_only_safety_item_that_ships_and_has_its_page_alone() -> None:
    marked = {(f.code, q.link_id) for f in SHIPPED.questionnaires for q in f.questions if q.is_safety}
    assert marked == {("phq-9", "44260-8")}
    assert [f.code for f in SHIPPED.questionnaires if has_safety_item(f)] == ["phq-9"]


@pytest.mark.parametrize(
    ("code", "calls"), [("LA6568-5", False), ("LA6569-3", True), ("LA6570-1", True), ("LA6571-9", True)]
)
def test_any_answer_but_not_at_all_counts(code: str, calls: bool) -> None:
    assert is_safety_answer(ITEM_9, Chosen((code,))) is calls


def test_a_low_total_does_not_hide_the_item() -> None:
    answers = {q.link_id: Chosen(("LA6568-5",)) for q in PHQ_9.questions[:8]} | {"44260-8": Chosen(("LA6569-3",))}
    score = score_of(PHQ_9, answers)
    assert score is not None
    assert score.value == 1
    assert [item.link_id for item in safety_answers(PHQ_9, answers)] == ["44260-8"]
    assert [(f.kind, f.evidence) for f in flags_of(PHQ_9, answers)] == [(FlagKind.SAFETY, ("44260-8",))]


OWN = parse_item(question("q", "open-choice", answerOption=options("no"), extension=SAFE))
NUMBERED = [{**o, "extension": mark(ORDINAL_VALUE, valueDecimal=0)} for o in options("no")]
OPEN = parse_item(question("q", "open-choice", answerOption=NUMBERED, extension=SAFE))
YES_NO = parse_item(question("q", extension=SAFE))
NUMBER = parse_item(question("q", "integer", extension=SAFE))


@pytest.mark.parametrize("value", [None, DECLINED])
def test_no_answer_raises_nothing(value: Value | None) -> None:
    assert not is_safety_answer(ITEM_9, value)


def test_other_kinds_of_answers() -> None:
    assert [is_safety_answer(YES_NO, v) for v in (True, False)] == [True, False]
    assert [is_safety_answer(NUMBER, v) for v in (0, 1)] == [False, True]
    assert [is_safety_answer(OPEN, v) for v in (Chosen(("no",)), Chosen((), "own words"))] == [False, True]


def test_an_option_without_a_number_counts() -> None:
    assert is_safety_answer(OWN, Chosen(("no",)))


def test_an_item_that_is_none_raises_nothing() -> None:
    assert not is_safety_answer(parse_item(question("q")), True)


def test_a_later_answer_that_hides_the_item_takes_nothing_back() -> None:
    hidden = parsed(question("a"), question("q", extension=SAFE, enableWhen=[when("a", answerBoolean=True)]))
    assert [item.link_id for item in safety_answers(hidden, {"a": False, "q": True})] == ["q"]
