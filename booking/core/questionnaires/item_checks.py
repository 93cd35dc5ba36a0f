"""Checks of what one item asks for and proposes: its options, units, limits, initial values and extensions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from booking.core.questionnaires.body_map import REGION_IDS
from booking.core.questionnaires.definition import (
    ASK_AGAIN,
    ITEM_CONTROL,
    MAX_OCCURS,
    MAX_VALUE,
    MIN_VALUE,
    OPTION_EXCLUSIVE,
    ORDINAL_VALUE,
    PRESENTATION,
    SAFETY_ITEM,
    UNIT_OPTION,
    ItemType,
    Presentation,
)
from booking.core.questionnaires.raw_items import RawItem, extension, item_control

MAX_OPTIONS = 60
OPTION_LENGTH = 200
_KNOWN_EXTENSIONS = {
    MIN_VALUE: ("valueInteger", "valueDecimal", "valueDate"),
    MAX_VALUE: ("valueInteger", "valueDecimal", "valueDate"),
    ITEM_CONTROL: ("valueCodeableConcept",),
    OPTION_EXCLUSIVE: ("valueBoolean",),
    ORDINAL_VALUE: ("valueDecimal",),
    UNIT_OPTION: ("valueCoding",),
    MAX_OCCURS: ("valueInteger",),
    PRESENTATION: ("valueCode",),
    SAFETY_ITEM: ("valueBoolean",),
    ASK_AGAIN: ("valueBoolean",),
}
_LIMIT_KEY = {
    ItemType.INTEGER: "valueInteger",
    ItemType.DECIMAL: "valueDecimal",
    ItemType.QUANTITY: "valueDecimal",
    ItemType.DATE: "valueDate",
}
_INITIAL_KEY = {
    ItemType.BOOLEAN: "valueBoolean",
    ItemType.INTEGER: "valueInteger",
    ItemType.DECIMAL: "valueDecimal",
    ItemType.QUANTITY: "valueQuantity",
    ItemType.DATE: "valueDate",
    ItemType.STRING: "valueString",
    ItemType.TEXT: "valueString",
}
_CHOICES = (ItemType.CHOICE, ItemType.OPEN_CHOICE)
_WITH_LENGTH = (ItemType.STRING, ItemType.TEXT, ItemType.OPEN_CHOICE)
_MARKUP = re.compile(r"<[A-Za-z!/?]|&[a-z]+;|&#")

Found = Iterator[tuple[str, str]]
"""Rules and words of mistakes of one item."""


def holds_markup(text: str) -> bool:
    """Whether a text looks like HTML; a lone "<" before a number does not."""
    return _MARKUP.search(text) is not None


def answer_mistakes(item: RawItem) -> Found:
    """All mistakes of one item that need no other item to be seen."""
    yield from _option_mistakes(item)
    yield from _limit_mistakes(item)
    yield from _initial_mistakes(item)
    yield from _extension_mistakes(item)
    yield from _presentation_mistakes(item)
    yield from _safety_mistakes(item)


def _codings(item: RawItem) -> list[Mapping[str, Any]]:
    return [o.get("valueCoding", {}) for o in item.data.get("answerOption", [])]


def _option_mistakes(item: RawItem) -> Found:
    codings = _codings(item)
    if codings and item.type not in _CHOICES:
        yield "que-5", "only choices have answer options"
    if item.type in _CHOICES and not codings:
        yield "no-options", "a choice needs answerOption (value sets are not supported)"
    if len(codings) > MAX_OPTIONS or any(len(c.get("display", "")) > OPTION_LENGTH for c in codings):
        yield "size", f"has more than {MAX_OPTIONS} options, or one of more than {OPTION_LENGTH} characters"
    if any(not c.get("code") or not c.get("display") or not c.get("system") for c in codings):
        yield "option", "each answerOption needs a valueCoding with system, code and display"
    if len({c.get("code") for c in codings}) < len(codings):
        yield "option-twice", "two answer options have the same code"
    if any(holds_markup(c.get("display", "")) for c in codings):
        yield "markup", "an answer option holds markup"
    if item.data.get("repeats") and item.is_question and item.type not in (*_CHOICES, ItemType.LIST):
        yield "repeats", "only choices and groups may repeat"
    units = _all(item.data, UNIT_OPTION, "valueCoding")
    if (item.type is ItemType.QUANTITY) != bool(units):
        yield "unit", "a quantity, and nothing else, needs unitOption"
    if any(not isinstance(u, dict) or not u.get("code") or not u.get("display") for u in units):
        yield "unit", "each unitOption needs a valueCoding with code and display"


def _all(data: Mapping[str, Any], url: str, value: str) -> list[Any]:
    return [e.get(value) for e in data.get("extension", []) if e.get("url") == url]


def _limit_mistakes(item: RawItem) -> Found:
    key = _LIMIT_KEY.get(item.type, "")
    given = [e for e in item.data.get("extension", []) if e.get("url") in (MIN_VALUE, MAX_VALUE)]
    if given and not key:
        yield "min-max", "only numbers and dates have minValue and maxValue"
    elif any(key not in e for e in given):
        yield "min-max", f"minValue and maxValue need a {key} here"
    else:
        lowest, highest = (extension(item.data, url, key) for url in (MIN_VALUE, MAX_VALUE))
        if lowest is not None and highest is not None and lowest > highest:
            yield "min-max", "minValue is above maxValue"
    if "maxLength" in item.data and item.type not in _WITH_LENGTH:
        yield "que-10", "maxLength is for texts"
    if item.data.get("maxLength", 1) < 1:
        yield "max-length", "maxLength must be positive"
    rows = extension(item.data, MAX_OCCURS, "valueInteger")
    if rows is not None and (item.type is not ItemType.LIST or rows < 1):
        yield "max-occurs", "maxOccurs is the most rows of a repeating group, and positive"


def _initial_mistakes(item: RawItem) -> Found:
    initial = item.data.get("initial", [])
    selected = [o for o in item.data.get("answerOption", []) if o.get("initialSelected")]
    if initial and not item.is_question:
        yield "que-8", "only questions have an initial value"
    elif initial and item.type in _CHOICES:
        yield "que-11", "beside answerOption, initialSelected says what is chosen at first"
    elif initial and [list(value) for value in initial] != [[_INITIAL_KEY.get(item.type)]]:
        yield "initial", "needs one value of the question's type"
    if any("code" not in value["valueQuantity"] for value in initial if "valueQuantity" in value):
        yield "initial", "an initial quantity needs a value and the code of a unit"
    if len(selected) > 1 and not item.data.get("repeats"):
        yield "que-13", "only a repeating choice has several initialSelected"


def _extension_mistakes(item: RawItem) -> Found:
    codings = [*_codings(item), *item.data.get("code", [])]
    holders = [item.data, *item.data.get("answerOption", []), *codings]
    everywhere = [e for holder in holders for e in holder.get("extension", [])]
    if any(e.get("url") not in _KNOWN_EXTENSIONS for e in everywhere):
        yield "extension", "this extension is not supported"
    known = [e for e in everywhere if e.get("url") in _KNOWN_EXTENSIONS]
    if any(not (e.keys() & set(_KNOWN_EXTENSIONS[e["url"]])) for e in known):
        yield "extension-value", "this extension has no value of the type it needs"
    control = item_control(item.data)
    if control not in ("", "page", "help", "lower", "upper") or (
        control in ("lower", "upper") and not item.in_question
    ):
        yield "item-control", "only page, help, and lower or upper inside a question are supported"


def _presentation_mistakes(item: RawItem) -> Found:
    wanted = extension(item.data, PRESENTATION, "valueCode")
    if wanted is None:
        return
    if wanted not in set(Presentation):
        yield "presentation", "is neither body-map nor scale"
    if wanted == Presentation.BODY_MAP and (
        item.type is not ItemType.CHOICE or {c.get("code") for c in _codings(item)} != set(REGION_IDS)
    ):
        yield "body-map", "a body map is a choice among all regions of the map, by their ids"
    limits = [extension(item.data, url, "valueInteger") for url in (MIN_VALUE, MAX_VALUE)]
    if wanted == Presentation.SCALE and (item.type is not ItemType.INTEGER or limits != [0, 10]):
        yield "scale", "a scale is an integer from 0 to 10"


def _safety_mistakes(item: RawItem) -> Found:
    """A safety item must say which of its answers are "not at all": the ones of ordinal 0."""
    if not extension(item.data, SAFETY_ITEM, "valueBoolean"):
        return
    if item.type not in (*_CHOICES, ItemType.BOOLEAN, ItemType.INTEGER):
        yield "safety", "a safety item is a choice, a boolean or an integer"
    options = item.data.get("answerOption", [])
    ordinals = [_ordinal(option) for option in options]
    if options and (None in ordinals or 0 not in ordinals):
        yield "safety", "each option of a safety item needs an ordinalValue, 0 for the one that raises nothing"


def _ordinal(option: Mapping[str, Any]) -> Any:
    own = extension(option, ORDINAL_VALUE, "valueDecimal")
    return extension(option.get("valueCoding", {}), ORDINAL_VALUE, "valueDecimal") if own is None else own
