"""Checks of enableWhen: every condition can be met, and only looks back to what was asked on an earlier page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from booking.core.questionnaires.definition import ItemType, Operator
from booking.core.questionnaires.fhir_shape import Mistake
from booking.core.questionnaires.raw_items import RawItem

_ANSWER_KEY = {
    ItemType.BOOLEAN: "answerBoolean",
    ItemType.INTEGER: "answerInteger",
    ItemType.DECIMAL: "answerDecimal",
    ItemType.DATE: "answerDate",
    ItemType.STRING: "answerString",
    ItemType.TEXT: "answerString",
    ItemType.CHOICE: "answerCoding",
    ItemType.OPEN_CHOICE: "answerCoding",
}
_ORDERED_TYPES = (ItemType.INTEGER, ItemType.DECIMAL, ItemType.DATE)
# A quantity and a list have no answer[x] to compare with: conditions may only ask whether they exist.
_PLAIN_OPERATORS = (Operator.EXISTS, Operator.EQUAL, Operator.NOT_EQUAL)


def condition_mistakes(items: Sequence[RawItem]) -> Iterator[Mistake]:
    """Mistakes in the conditions of all items, which are given in the order of the form."""
    questions = {i.link_id: i for i in items if i.is_question}
    seen: set[str] = set()
    for item in items:
        conditions = item.data.get("enableWhen", [])
        behavior = item.data.get("enableBehavior")
        # FHIR's own que-12 says "> 2" where 2 was meant, so validators let a pair without a behaviour through.
        if len(conditions) > 1 and behavior is None:
            yield Mistake(item.path, "que-12", "several enableWhen need an enableBehavior")
        if behavior not in (None, "all", "any"):
            yield Mistake(item.path, "enable-behavior", "enableBehavior must be all or any")
        for index, condition in enumerate(conditions):
            path = f"{item.path}.enableWhen[{index}]"
            for rule, words in _one_condition(condition, item, questions, seen):
                yield Mistake(path, rule, words)
        seen.add(item.link_id)


def _one_condition(
    condition: Mapping[str, Any], item: RawItem, questions: Mapping[str, RawItem], seen: set[str]
) -> Iterator[tuple[str, str]]:
    asked = questions.get(condition.get("question", ""))
    answers = [key for key in condition if key.startswith("answer")]
    if asked is None:
        yield "enable-question", "names a question that does not exist"
    elif condition.get("operator") not in set(Operator):
        yield "enable-operator", "the operator is not known"
    elif len(answers) != 1:
        yield "enable-answer", "needs exactly one answer"
    else:
        if asked.link_id not in seen or (asked.page and asked.page == item.page):
            yield "enable-order", "may only look back to a question of an earlier page"
        yield from _answer_mistakes(condition, Operator(condition["operator"]), asked, answers[0])


def _answer_mistakes(
    condition: Mapping[str, Any], operator: Operator, asked: RawItem, key: str
) -> Iterator[tuple[str, str]]:
    if operator is Operator.EXISTS:
        if key != "answerBoolean":
            yield "que-7", "exists needs answerBoolean"
        return
    if key != _ANSWER_KEY.get(asked.type):
        yield "enable-answer", "the answer has another type than the question"
    elif key == "answerCoding" and condition[key].get("code") not in _option_codes(asked):
        yield "enable-answer", "the answer is not among the question's options"
    elif key == "answerDate" and not is_date(condition[key]):
        yield "enable-answer", "the answer is no date"
    if operator not in _PLAIN_OPERATORS and asked.type not in _ORDERED_TYPES:
        yield "enable-operator", "this operator needs a number or a date"


def _option_codes(item: RawItem) -> set[str]:
    return {o.get("valueCoding", {}).get("code", "") for o in item.data.get("answerOption", [])}


def is_date(text: str) -> bool:
    """Whether it is a full date in the form of FHIR, such as 2026-11-23."""
    try:
        # Not fromisoformat() alone, which also takes "20261123".
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
