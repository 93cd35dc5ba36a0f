"""One item's raw form values become a typed answer or a mistake; answers to and from plain JSON values.

Absent, skipped, declined and zero are four things: a link id that is missing was never reached, None was skipped,
`Declined` is "I prefer not to say", 0 is an answer. How the raw values of a form stand for an answer:

- most types: one value; a choice: the codes; an open choice: its own words in `other`;
- a quantity: the number, and the code of its unit in `other`;
- a list: the cells of all rows, row after row, blank cells included (`getlist` gives them so);
- every type: the one value `DECLINED_RAW` for "I prefer not to say".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from booking.core.questionnaires.definition import Item, ItemType, Questionnaire
from booking.core.questionnaires.values import DECLINED, Answers, Chosen, Declined, Quantity, Rows, Value

__all__ = [
    "DECLINED",
    "DECLINED_RAW",
    "STRING_LENGTH",
    "TEXT_LENGTH",
    "AnswerMistake",
    "Answers",
    "Chosen",
    "Declined",
    "Quantity",
    "Reading",
    "Rows",
    "Value",
    "from_plain",
    "length_limit",
    "load_answers",
    "read_answer",
    "to_plain",
    "to_raw",
]

STRING_LENGTH = 200
TEXT_LENGTH = 4000
"""Most characters of a one-line and of a longer answer where the definition sets no limit of its own."""
DECLINED_RAW = "prefer-not-to-say"
"""The form value that stands for "I prefer not to say" to any question that may be declined."""


class AnswerMistake(StrEnum):
    """Why raw values are no answer. Codes, not sentences: the pages say them in the reader's language."""

    REQUIRED = "required"
    NOT_A_NUMBER = "not_a_number"
    TOO_LOW = "too_low"
    TOO_HIGH = "too_high"
    TOO_LONG = "too_long"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    TOO_MANY = "too_many"
    NOT_A_UNIT = "not_a_unit"
    NOT_A_DECIMAL = "not_a_decimal"
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

    `other` is the text box of an open choice or the unit of a quantity. Never raises for anything that a browser can
    send."""
    try:
        cells = [_clean(value) for value in raw]
        given = [text for text in cells if text]
        other_text = _clean(other) if item.type is ItemType.OPEN_CHOICE else ""
        if not given and not other_text:
            return Reading(mistake=AnswerMistake.REQUIRED if item.required else None)
        if given == [DECLINED_RAW] and not other_text and DECLINED_RAW not in item.option_by_code:
            return Reading(DECLINED) if item.may_decline else Reading(mistake=AnswerMistake.REQUIRED)
        return Reading(_read_value(item, cells, given, other_text or other))
    except _Unusable as unusable:
        return Reading(mistake=unusable.mistake)


def _read_value(item: Item, cells: Sequence[str], given: Sequence[str], other: str) -> Value:
    if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
        return _read_choice(item, given, other if item.type is ItemType.OPEN_CHOICE else "")
    if item.type is ItemType.LIST:
        return _read_rows(item, cells)
    if item.type is ItemType.QUANTITY:
        return _read_quantity(item, _only_one(given), _clean(other))
    return _READERS[item.type](item, _only_one(given))


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
    _check_range(item, number)
    return number


def _read_decimal(item: Item, text: str) -> Decimal:
    # A comma is how most of Europe types a decimal; as a separator of thousands it is refused with the rest.
    if not re.fullmatch(r"[+-]?[0-9]{1,9}([.,][0-9]{1,4})?", text):
        raise _Unusable(AnswerMistake.NOT_A_DECIMAL)
    number = Decimal(text.replace(",", "."))
    _check_range(item, number)
    return number


def _check_range(item: Item, number: int | Decimal) -> None:
    if item.min_value is not None and number < item.min_value:
        raise _Unusable(AnswerMistake.TOO_LOW)
    if item.max_value is not None and number > item.max_value:
        raise _Unusable(AnswerMistake.TOO_HIGH)


def _read_quantity(item: Item, text: str, unit: str) -> Quantity:
    codes = [u.code for u in item.units]
    chosen = unit or (codes[0] if len(codes) == 1 else "")
    if chosen not in codes:
        raise _Unusable(AnswerMistake.NOT_A_UNIT)
    return Quantity(_read_decimal(item, text), chosen)


def _read_date(item: Item, text: str) -> date:
    try:
        # Not fromisoformat() alone, which also takes "2026-W10-1".
        found = date.fromisoformat(text if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else "")
    except ValueError:
        raise _Unusable(AnswerMistake.NOT_A_DATE) from None
    if item.min_date is not None and found < item.min_date:
        raise _Unusable(AnswerMistake.TOO_EARLY)
    if item.max_date is not None and found > item.max_date:
        raise _Unusable(AnswerMistake.TOO_LATE)
    return found


def _read_rows(item: Item, cells: Sequence[str]) -> Rows:
    width = len(item.columns)
    padded = [*cells, *[""] * (-len(cells) % width)]
    rows = [tuple(padded[start : start + width]) for start in range(0, len(padded), width)]
    kept = tuple(
        tuple(_read_text(column, cell) for column, cell in zip(item.columns, row, strict=True))
        for row in rows
        if any(row)
    )
    if len(kept) > item.max_rows:
        raise _Unusable(AnswerMistake.TOO_MANY)
    return Rows(kept)


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
    ItemType.DECIMAL: _read_decimal,
    ItemType.DATE: _read_date,
    ItemType.STRING: _read_text,
    ItemType.TEXT: _read_text,
}


def to_plain(value: Value | None) -> Any:
    """An answer as JSON can hold it; `from_plain` reads it back with the item's help."""
    if isinstance(value, Chosen):
        return {"codes": list(value.codes), "other": value.other}
    if isinstance(value, Quantity):
        return {"value": str(value.value), "unit": value.unit}
    if isinstance(value, Rows):
        return {"rows": [list(row) for row in value.rows]}
    if isinstance(value, Declined):
        return {"declined": True}
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def to_raw(value: Value | None) -> tuple[tuple[str, ...], str]:
    """An answer as the raw values and the `other` that `read_answer` takes: what a page fills its fields with."""
    if value is None:
        return (), ""
    if isinstance(value, Chosen):
        return value.codes, value.other
    if isinstance(value, Quantity):
        return (str(value.value),), value.unit
    if isinstance(value, Rows):
        return tuple(cell for row in value.rows for cell in row), ""
    if isinstance(value, Declined):
        return (DECLINED_RAW,), ""
    if isinstance(value, bool):
        return ("true" if value else "false",), ""
    return (value.isoformat() if isinstance(value, date) else str(value),), ""


def from_plain(item: Item, plain: Any) -> Value | None:
    """The answer that `to_plain` wrote; None stays None. Raises ValueError when it is no answer to this item."""
    if plain is None:
        return None
    stored = _stored_raw(plain)
    value = read_answer(item, *stored).value if stored else None
    if value is None:
        # The value itself stays out of the message: it is a health answer.
        raise ValueError(f"The stored value is no answer to {item.link_id}.")
    return value


def _stored_raw(plain: Any) -> tuple[Sequence[str], str] | None:
    """What `read_answer` is given for a stored value; None for what `to_plain` never writes."""
    if isinstance(plain, bool):
        return [str(plain).lower()], ""
    if isinstance(plain, int | str):
        return [str(plain)], ""
    match plain:
        case {"codes": [*codes], "other": str(other)}:
            return codes, other
        case {"value": str(number), "unit": str(unit)}:
            return [number], unit
        case {"rows": [*rows]}:
            return [cell for row in rows for cell in row], ""
        case {"declined": True}:
            return [DECLINED_RAW], ""
    return None


def load_answers(questionnaire: Questionnaire, plain: Mapping[str, Any]) -> dict[str, Value | None]:
    """All stored answers of a response. Raises ValueError for a link id that the questionnaire does not have."""
    unknown = sorted(plain.keys() - questionnaire.question_by_link_id.keys())
    if unknown:
        raise ValueError(f"{questionnaire.canonical} has no question {', '.join(unknown)}.")
    return {link_id: from_plain(questionnaire.question_by_link_id[link_id], value) for link_id, value in plain.items()}
