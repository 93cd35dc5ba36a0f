"""One item's raw form values become a typed answer or a mistake; answers to and from plain JSON values.

Absent, skipped and zero are three things: a link id that is missing was never reached, None was skipped on purpose,
0 is an answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from booking.core.questionnaires.definition import Item, ItemType, Questionnaire

STRING_LENGTH = 200
TEXT_LENGTH = 4000
"""Most characters of a one-line and of a longer answer where the definition sets no limit of its own."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The answer to a choice: option codes in the order of the form; `other` is own words of an open choice."""

    codes: tuple[str, ...]
    other: str = ""


Value = bool | int | str | date | Chosen
Answers = Mapping[str, Value | None]
"""Answers by link id; None means skipped on purpose."""


class AnswerMistake(StrEnum):
    """Why raw values are no answer. Codes, not sentences: the pages say them in the reader's language."""

    REQUIRED = "required"
    NOT_A_NUMBER = "not_a_number"
    TOO_LOW = "too_low"
    TOO_HIGH = "too_high"
    TOO_LONG = "too_long"
    NOT_A_DATE = "not_a_date"
    NOT_AN_OPTION = "not_an_option"
    ONLY_ONE = "only_one"
    EXCLUSIVE = "exclusive"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of raw values: a value, or None for "skipped"; `mistake` is set when they are no answer at all."""

    value: Value | None = None
    mistake: AnswerMistake | None = None


class _Unusable(Exception):
    def __init__(self, mistake: AnswerMistake) -> None:
        super().__init__(mistake)
        self.mistake = mistake


def read_answer(item: Item, raw: Sequence[str], other: str = "") -> Reading:
    """The typed answer to one question from the form's values of that field (`getlist`); blanks mean skipped.

    `other` is the text box of an open choice. Never raises for anything that a browser can send."""
    try:
        given = [text for text in (_clean(value) for value in raw) if text]
        other_text = _clean(other) if item.type is ItemType.OPEN_CHOICE else ""
        if not given and not other_text:
            return Reading(mistake=AnswerMistake.REQUIRED if item.required else None)
        if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
            return Reading(_read_choice(item, given, other_text))
        return Reading(_READERS[item.type](item, _only_one(given)))
    except _Unusable as unusable:
        return Reading(mistake=unusable.mistake)


def _clean(text: str) -> str:
    """Trimmed, composed (NFC), with plain line breaks; refuses what cannot be stored or shown."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise _Unusable(AnswerMistake.UNREADABLE)
    return text


def _only_one(given: Sequence[str]) -> str:
    if len(given) > 1:
        raise _Unusable(AnswerMistake.ONLY_ONE)
    return given[0]


def _read_choice(item: Item, given: Sequence[str], other: str) -> Chosen:
    chosen = [o for o in item.options if o.code in given]
    count = len(chosen) + bool(other)
    if set(given) - item.option_by_code.keys():
        raise _Unusable(AnswerMistake.NOT_AN_OPTION)
    if len(other) > length_limit(item):
        raise _Unusable(AnswerMistake.TOO_LONG)
    if count > 1 and not item.repeats:
        raise _Unusable(AnswerMistake.ONLY_ONE)
    if count > 1 and any(o.is_exclusive for o in chosen):
        raise _Unusable(AnswerMistake.EXCLUSIVE)
    return Chosen(tuple(o.code for o in chosen), other)


def _read_boolean(_item: Item, text: str) -> bool:
    if text not in ("true", "false"):
        raise _Unusable(AnswerMistake.NOT_AN_OPTION)
    return text == "true"


def _read_integer(item: Item, text: str) -> int:
    # Not int() alone, which also takes "1_0" and digits of other scripts.
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        raise _Unusable(AnswerMistake.NOT_A_NUMBER)
    number = int(text)
    if item.min_value is not None and number < item.min_value:
        raise _Unusable(AnswerMistake.TOO_LOW)
    if item.max_value is not None and number > item.max_value:
        raise _Unusable(AnswerMistake.TOO_HIGH)
    return number


def _read_date(_item: Item, text: str) -> date:
    try:
        # Not fromisoformat() alone, which also takes "2026-W10-1".
        return date.fromisoformat(text if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else "")
    except ValueError:
        raise _Unusable(AnswerMistake.NOT_A_DATE) from None


def _read_text(item: Item, text: str) -> str:
    if len(text) > length_limit(item):
        raise _Unusable(AnswerMistake.TOO_LONG)
    return text if item.type is ItemType.TEXT else " ".join(text.split())


def length_limit(item: Item) -> int:
    """Most characters of a written answer to this question."""
    return item.max_length or (TEXT_LENGTH if item.type is ItemType.TEXT else STRING_LENGTH)


_READERS: Mapping[ItemType, Callable[[Item, str], Value]] = {
    ItemType.BOOLEAN: _read_boolean,
    ItemType.INTEGER: _read_integer,
    ItemType.DATE: _read_date,
    ItemType.STRING: _read_text,
    ItemType.TEXT: _read_text,
}


def to_plain(value: Value | None) -> Any:
    """An answer as JSON can hold it; `from_plain` reads it back with the item's help."""
    if isinstance(value, Chosen):
        return {"codes": list(value.codes), "other": value.other}
    return value.isoformat() if isinstance(value, date) else value


def from_plain(item: Item, plain: Any) -> Value | None:
    """The answer that `to_plain` wrote; None stays None. Raises ValueError when it is no answer to this item."""
    if plain is None:
        return None
    value: Value | None = None
    if isinstance(plain, dict) and isinstance(plain.get("codes"), list):
        value = read_answer(item, plain["codes"], plain.get("other", "")).value
    elif isinstance(plain, bool | int | str):
        value = read_answer(item, [str(plain).lower() if isinstance(plain, bool) else str(plain)]).value
    if value is None:
        # The value itself stays out of the message: it is a health answer.
        raise ValueError(f"The stored value is no answer to {item.link_id}.")
    return value


def load_answers(questionnaire: Questionnaire, plain: Mapping[str, Any]) -> dict[str, Value | None]:
    """All stored answers of a response. Raises ValueError for a link id that the questionnaire does not have."""
    unknown = sorted(plain.keys() - questionnaire.question_by_link_id.keys())
    if unknown:
        raise ValueError(f"{questionnaire.canonical} has no question {', '.join(unknown)}.")
    return {link_id: from_plain(questionnaire.question_by_link_id[link_id], value) for link_id, value in plain.items()}
