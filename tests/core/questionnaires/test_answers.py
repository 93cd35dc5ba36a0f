"""Raw form values become typed answers or a mistake, and answers survive being stored."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.core.questionnaires.answers import (
    DECLINED,
    DECLINED_RAW,
    STRING_LENGTH,
    TEXT_LENGTH,
    AnswerMistake,
    Chosen,
    Quantity,
    Reading,
    Rows,
    from_plain,
    load_answers,
    read_answer,
    to_plain,
    to_raw,
)
from booking.core.questionnaires.definition import (
    MAX_OCCURS,
    MAX_VALUE,
    MIN_VALUE,
    OPTION_EXCLUSIVE,
    UNIT_OPTION,
    Initial,
    Item,
    Questionnaire,
)
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.parsing import parse_item
from tests.core.questionnaires.answer_strategies import answers_for
from tests.core.questionnaires.forms import BRANCHING, TYPES, coding, group, number_limits, options, question

NONE_OF_THESE = {"valueCoding": coding("none"), "extension": [{"url": OPTION_EXCLUSIVE, "valueBoolean": True}]}
KG_LB = [{"url": UNIT_OPTION, "valueCoding": {"code": code, "display": code}} for code in ("kg", "lb")]
SPAN = [{"url": MIN_VALUE, "valueDecimal": 0.5}, {"url": MAX_VALUE, "valueDecimal": 200.5}]
DAYS = [{"url": MIN_VALUE, "valueDate": "2020-01-01"}, {"url": MAX_VALUE, "valueDate": "2026-12-31"}]
ROWS = {**group("q", question("q1", "string"), question("q2", "string", maxLength=5)), "repeats": True}
ITEMS = {
    "decimal": parse_item(question("q", "decimal", extension=SPAN)),
    "quantity": parse_item(question("q", "quantity", extension=KG_LB)),
    "kilograms": parse_item(question("q", "quantity", extension=[*KG_LB[:1], *SPAN])),
    "day": parse_item(question("q", "date", extension=DAYS)),
    "rows": parse_item({**ROWS, "extension": [{"url": MAX_OCCURS, "valueInteger": 2}]}),
    "bool": parse_item(question("q")),
    "scale": parse_item(question("q", "integer", extension=number_limits(0, 10))),
    "number": parse_item(question("q", "integer")),
    "date": parse_item(question("q", "date")),
    "string": parse_item(question("q", "string")),
    "text": parse_item(question("q", "text")),
    "short": parse_item(question("q", "text", maxLength=3)),
    "one": parse_item(question("q", "choice", answerOption=options("a", "b"))),
    "many": parse_item(question("q", "choice", repeats=True, answerOption=[*options("a", "b"), NONE_OF_THESE])),
    "open": parse_item(question("q", "open-choice", answerOption=options("a", "b"), maxLength=5)),
    "open many": parse_item(question("q", "open-choice", repeats=True, answerOption=[*options("a"), NONE_OF_THESE])),
}

GOOD: list[tuple[str, list[str], Any]] = [
    ("bool", ["true"], True),
    ("bool", ["false"], False),
    ("scale", ["0"], 0),
    ("scale", [" 10 "], 10),
    ("number", ["-3"], -3),
    ("number", ["+4"], 4),
    ("date", ["2026-03-09"], date(2026, 3, 9)),
    ("string", ["  two\n  words "], "two words"),
    ("text", ["a\r\nb\rc"], "a\nb\nc"),
    ("text", ["e\u0301"], "é"),
    ("string", ["x" * STRING_LENGTH], "x" * STRING_LENGTH),
    ("text", ["x" * TEXT_LENGTH], "x" * TEXT_LENGTH),
    ("short", ["abc"], "abc"),
    ("one", ["b"], Chosen(("b",))),
    ("many", ["b", "a"], Chosen(("a", "b"))),
    ("many", ["b", "b", ""], Chosen(("b",))),
    ("many", ["none"], Chosen(("none",))),
    ("open", ["a"], Chosen(("a",))),
    ("decimal", ["36.6"], Decimal("36.6")),
    ("decimal", ["36,6"], Decimal("36.6")),
    ("decimal", ["0.5"], Decimal("0.5")),
    ("kilograms", ["70"], Quantity(Decimal(70), "kg")),
    ("day", ["2020-01-01"], date(2020, 1, 1)),
    ("rows", [" a ", "b", "", "", "", "c"], Rows((("a", "b"), ("", "c")))),
    ("rows", ["a"], Rows((("a", ""),))),
    ("bool", ["prefer-not-to-say"], DECLINED),
    ("many", ["prefer-not-to-say"], DECLINED),
    ("rows", ["prefer-not-to-say", ""], DECLINED),
]


@pytest.mark.parametrize(("name", "raw", "value"), GOOD)
def test_good_values_are_read(name: str, raw: list[str], value: Any) -> None:
    assert read_answer(ITEMS[name], raw) == Reading(value)


BAD = [
    ("bool", ["yes"], AnswerMistake.NOT_AN_OPTION),
    ("bool", ["true", "false"], AnswerMistake.ONLY_ONE),
    ("scale", ["-1"], AnswerMistake.TOO_LOW),
    ("scale", ["11"], AnswerMistake.TOO_HIGH),
    ("scale", ["7.5"], AnswerMistake.NOT_A_NUMBER),
    ("scale", ["1_0"], AnswerMistake.NOT_A_NUMBER),
    ("scale", ["٣"], AnswerMistake.NOT_A_NUMBER),
    ("number", ["9" * 10], AnswerMistake.NOT_A_NUMBER),
    ("date", ["2026-02-30"], AnswerMistake.NOT_A_DATE),
    ("date", ["20260301"], AnswerMistake.NOT_A_DATE),
    ("date", ["2026-W10-1"], AnswerMistake.NOT_A_DATE),
    ("string", ["x" * (STRING_LENGTH + 1)], AnswerMistake.TOO_LONG),
    ("text", ["x" * (TEXT_LENGTH + 1)], AnswerMistake.TOO_LONG),
    ("short", ["abcd"], AnswerMistake.TOO_LONG),
    ("text", ["a\x00b"], AnswerMistake.UNREADABLE),
    ("text", ["a\ud800b"], AnswerMistake.UNREADABLE),
    ("one", ["c"], AnswerMistake.NOT_AN_OPTION),
    ("one", ["a", "b"], AnswerMistake.ONLY_ONE),
    ("many", ["a", "none"], AnswerMistake.EXCLUSIVE),
    ("many", ["a", "prefer-not-to-say"], AnswerMistake.NOT_AN_OPTION),
    ("decimal", ["1.000,5"], AnswerMistake.NOT_A_DECIMAL),
    ("decimal", ["1e3"], AnswerMistake.NOT_A_DECIMAL),
    ("decimal", ["0.4"], AnswerMistake.TOO_LOW),
    ("decimal", ["200.51"], AnswerMistake.TOO_HIGH),
    ("quantity", ["70"], AnswerMistake.NOT_A_UNIT),
    ("kilograms", ["0"], AnswerMistake.TOO_LOW),
    ("day", ["2019-12-31"], AnswerMistake.TOO_EARLY),
    ("day", ["2027-01-01"], AnswerMistake.TOO_LATE),
    ("rows", list("abcdef"), AnswerMistake.TOO_MANY),
    ("rows", ["a", "toolong"], AnswerMistake.TOO_LONG),
]


@pytest.mark.parametrize(("name", "raw", "mistake"), BAD)
def test_bad_values_are_named(name: str, raw: list[str], mistake: AnswerMistake) -> None:
    assert read_answer(ITEMS[name], raw) == Reading(mistake=mistake)


@pytest.mark.parametrize("name", ITEMS)
@pytest.mark.parametrize("raw", [[], [""], ["  ", "\r\n"]], ids=["absent", "empty", "blank"])
def test_blank_means_skipped_and_is_not_zero(name: str, raw: list[str]) -> None:
    assert read_answer(ITEMS[name], raw) == Reading(None)


def test_a_required_question_cannot_be_skipped() -> None:
    required = parse_item(question("q", required=True))
    assert read_answer(required, [""]).mistake is AnswerMistake.REQUIRED
    assert read_answer(required, [DECLINED_RAW]).mistake is AnswerMistake.REQUIRED
    assert not required.may_decline


def test_an_option_of_that_code_is_the_option() -> None:
    own = parse_item(question("q", "choice", answerOption=options(DECLINED_RAW)))
    assert read_answer(own, [DECLINED_RAW]) == Reading(Chosen((DECLINED_RAW,)))


@pytest.mark.parametrize(
    "form", [BRANCHING, TYPES, SHIPPED.latest("pre-session")], ids=["branching", "types", "shipped"]
)
@settings(max_examples=40)
@given(data=st.data())
def test_an_answer_fills_the_fields_it_came_from(form: Questionnaire, data: st.DataObject) -> None:
    answers = data.draw(answers_for(form))
    questions = form.question_by_link_id
    readings = {k: read_answer(questions[k], *to_raw(v)) for k, v in answers.items() if v is not None}
    assert {k: r.value for k, r in readings.items()} == {k: v for k, v in answers.items() if v is not None}
    assert to_raw(None) == ((), "")


OPEN = [
    ("open", [], " own ", Reading(Chosen((), "own"))),
    ("open", ["a"], "own", Reading(mistake=AnswerMistake.ONLY_ONE)),
    ("open", [], "too long", Reading(mistake=AnswerMistake.TOO_LONG)),
    ("open", [], "\x01", Reading(mistake=AnswerMistake.UNREADABLE)),
    ("open many", ["a"], "own", Reading(Chosen(("a",), "own"))),
    ("open many", ["none"], "own", Reading(mistake=AnswerMistake.EXCLUSIVE)),
    ("one", ["a"], "ignored", Reading(Chosen(("a",)))),
    ("quantity", ["150"], "lb", Reading(Quantity(Decimal(150), "lb"))),
    ("quantity", ["150"], "stone", Reading(mistake=AnswerMistake.NOT_A_UNIT)),
    ("open", ["prefer-not-to-say"], "own", Reading(mistake=AnswerMistake.NOT_AN_OPTION)),
]


@pytest.mark.parametrize(("name", "raw", "other", "reading"), OPEN)
def test_own_words_of_an_open_choice(name: str, raw: list[str], other: str, reading: Reading) -> None:
    assert read_answer(ITEMS[name], raw, other) == reading


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS.keys())
@given(raw=st.lists(st.text(st.characters()), max_size=3), other=st.text(st.characters()))
def test_nothing_that_is_typed_raises(item: Item, raw: list[str], other: str) -> None:
    reading = read_answer(item, raw, other)
    assert reading.value is None or reading.mistake is None


@pytest.mark.parametrize("form", [BRANCHING, TYPES], ids=["branching", "types"])
@given(data=st.data())
def test_answers_survive_storage(form: Questionnaire, data: st.DataObject) -> None:
    answers = data.draw(answers_for(form))
    stored = json.dumps({link_id: to_plain(value) for link_id, value in answers.items()})
    assert load_answers(form, json.loads(stored)) == answers


def test_what_a_page_proposes_is_given_as_raw_values() -> None:
    proposals = {
        "b": question("b", initial=[{"valueBoolean": False}]),
        "d": question("d", "decimal", initial=[{"valueDecimal": 1.5}]),
        "q": question("q", "quantity", extension=KG_LB, initial=[{"valueQuantity": {"value": 70, "code": "lb"}}]),
        "c": question("c", "choice", answerOption=[*options("a"), {**options("b")[0], "initialSelected": True}]),
        "n": question("n"),
    }
    assert {name: parse_item(raw).initial for name, raw in proposals.items()} == {
        "b": Initial(("false",)),
        "d": Initial(("1.5",)),
        "q": Initial(("70",), "lb"),
        "c": Initial(("b",)),
        "n": None,
    }


STORED_BADLY = [
    ("scale", 11),
    ("scale", "seven"),
    ("scale", True),
    ("scale", 7.5),
    ("scale", [7]),
    ("bool", "maybe"),
    ("bool", 1),
    ("text", ""),
    ("one", {"codes": ["c"], "other": ""}),
    ("one", {"codes": []}),
    ("one", {"codes": "a"}),
    ("one", {}),
    ("date", "yesterday"),
    ("decimal", "many"),
    ("quantity", {"value": "70", "unit": "stone"}),
    ("rows", {"rows": []}),
    ("rows", {"rows": [["a", "toolong"]]}),
    ("one", {"declined": False}),
]


@pytest.mark.parametrize(("name", "plain"), STORED_BADLY)
def test_a_stored_value_that_is_no_answer_is_an_error_that_does_not_tell_it(name: str, plain: Any) -> None:
    with pytest.raises(ValueError, match=r"^The stored value is no answer to q\.$"):
        from_plain(ITEMS[name], plain)


def test_stored_answers_to_unknown_questions_are_an_error() -> None:
    with pytest.raises(ValueError, match="has no question other"):
        load_answers(BRANCHING, {"pain": True, "other": 1})
