"""Raw form values become typed answers or a mistake, and answers survive being stored."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.questionnaires.answers import (
    STRING_LENGTH,
    TEXT_LENGTH,
    AnswerMistake,
    Chosen,
    Reading,
    from_plain,
    load_answers,
    read_answer,
    to_plain,
)
from booking.core.questionnaires.definition import OPTION_EXCLUSIVE, Item
from booking.core.questionnaires.parsing import parse_item
from tests.core.questionnaires.answer_strategies import answers_for
from tests.core.questionnaires.forms import BRANCHING, coding, number_limits, options, question

NONE_OF_THESE = {"valueCoding": coding("none"), "extension": [{"url": OPTION_EXCLUSIVE, "valueBoolean": True}]}
ITEMS = {
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
]


@pytest.mark.parametrize(("name", "raw", "mistake"), BAD)
def test_bad_values_are_named(name: str, raw: list[str], mistake: AnswerMistake) -> None:
    assert read_answer(ITEMS[name], raw) == Reading(mistake=mistake)


@pytest.mark.parametrize("name", ITEMS)
@pytest.mark.parametrize("raw", [[], [""], ["  ", "\r\n"]], ids=["absent", "empty", "blank"])
def test_blank_means_skipped_and_is_not_zero(name: str, raw: list[str]) -> None:
    assert read_answer(ITEMS[name], raw) == Reading(None)


def test_a_required_question_cannot_be_skipped() -> None:
    assert read_answer(parse_item(question("q", required=True)), [""]).mistake is AnswerMistake.REQUIRED


OPEN = [
    ("open", [], " own ", Reading(Chosen((), "own"))),
    ("open", ["a"], "own", Reading(mistake=AnswerMistake.ONLY_ONE)),
    ("open", [], "too long", Reading(mistake=AnswerMistake.TOO_LONG)),
    ("open", [], "\x01", Reading(mistake=AnswerMistake.UNREADABLE)),
    ("open many", ["a"], "own", Reading(Chosen(("a",), "own"))),
    ("open many", ["none"], "own", Reading(mistake=AnswerMistake.EXCLUSIVE)),
    ("one", ["a"], "ignored", Reading(Chosen(("a",)))),
]


@pytest.mark.parametrize(("name", "raw", "other", "reading"), OPEN)
def test_own_words_of_an_open_choice(name: str, raw: list[str], other: str, reading: Reading) -> None:
    assert read_answer(ITEMS[name], raw, other) == reading


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS.keys())
@given(raw=st.lists(st.text(st.characters()), max_size=3), other=st.text(st.characters()))
def test_nothing_that_is_typed_raises(item: Item, raw: list[str], other: str) -> None:
    reading = read_answer(item, raw, other)
    assert reading.value is None or reading.mistake is None


@given(data=st.data())
def test_answers_survive_storage(data: st.DataObject) -> None:
    answers = data.draw(answers_for(BRANCHING))
    stored = json.dumps({link_id: to_plain(value) for link_id, value in answers.items()})
    assert load_answers(BRANCHING, json.loads(stored)) == answers


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
]


@pytest.mark.parametrize(("name", "plain"), STORED_BADLY)
def test_a_stored_value_that_is_no_answer_is_an_error_that_does_not_tell_it(name: str, plain: Any) -> None:
    with pytest.raises(ValueError, match=r"^The stored value is no answer to q\.$"):
        from_plain(ITEMS[name], plain)


def test_stored_answers_to_unknown_questions_are_an_error() -> None:
    with pytest.raises(ValueError, match="has no question other"):
        load_answers(BRANCHING, {"pain": True, "other": 1})
