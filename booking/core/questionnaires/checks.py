"""Structural checks of a FHIR R4 Questionnaire: what validators miss, plus the rules of the pages that show it.

Rules named `que-…` are invariants of FHIR R4 (hl7.org/fhir/R4/questionnaire.html); the others are ours, most of
them for defects that no common validator finds (clinical guide, 9.5). Works on JSON, before anything is parsed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from booking.core.questionnaires.condition_checks import condition_mistakes
from booking.core.questionnaires.definition import (
    ITEM_CONTROL,
    MAX_VALUE,
    MIN_VALUE,
    OPTION_EXCLUSIVE,
    ItemType,
    extension,
    item_control,
)
from booking.core.questionnaires.fhir_shape import QUESTIONNAIRE, Mistake, shape_mistakes
from booking.core.questionnaires.raw_items import RawItem, walk_raw

MAX_ITEMS = 300
PAGE_QUESTIONS = 5
_NEEDED = ("resourceType", "id", "url", "version", "name", "title", "status", "copyright", "item")
_KNOWN_EXTENSIONS = {MIN_VALUE, MAX_VALUE, ITEM_CONTROL, OPTION_EXCLUSIVE}
_CHOICES = (ItemType.CHOICE, ItemType.OPEN_CHOICE)
_WITH_LENGTH = (ItemType.STRING, ItemType.TEXT, ItemType.OPEN_CHOICE)
_MARKUP = re.compile(r"<[A-Za-z!/?]|&[a-z]+;|&#")


def find_mistakes(data: Mapping[str, Any]) -> list[Mistake]:
    """Everything that is wrong with a Questionnaire (decoded JSON), [] when it may be shown to patients.

    When the shape itself is wrong only that is reported, since the other rules could not be read."""
    found = list(shape_mistakes(data, QUESTIONNAIRE))
    found += [Mistake(name, "missing", "is needed") for name in _NEEDED if name not in data]
    for item in walk_raw(data) if not found else ():
        found += [Mistake(f"{item.path}.{k}", "missing", "is needed") for k in ("linkId", "type") if k not in item.data]
        if item.data.get("type") not in set(ItemType):
            found.append(Mistake(f"{item.path}.type", "item-type", "this type of item is not supported"))
    if found:
        return found
    items = tuple(walk_raw(data))
    found += _head_mistakes(data)
    found += _set_mistakes(items)
    for item in items:
        found += [Mistake(item.path, rule, words) for rule, words in _item_mistakes(item)]
    found += condition_mistakes(items)
    return found


def _head_mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    if data["resourceType"] != "Questionnaire":
        yield Mistake("resourceType", "resource-type", "must be Questionnaire")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", data["id"]):
        yield Mistake("id", "id", "must be lower-case words joined by hyphens")
    if not re.fullmatch(r"https?://[^\s|#]+", data["url"]):
        yield Mistake("url", "url", "must be an absolute address without | and #")
    if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", data["version"]):
        yield Mistake("version", "version", "must be three numbers such as 1.0.0")
    if not re.fullmatch(r"[A-Z][A-Za-z0-9_]{0,254}", data["name"]):
        yield Mistake("name", "que-0", "must start with a capital and hold letters, digits and _ only")
    if data["status"] not in ("draft", "active", "retired"):
        yield Mistake("status", "status", "must be draft, active or retired")
    yield from (
        Mistake(n, "markup", "holds markup") for n in ("title", "description") if _MARKUP.search(data.get(n, ""))
    )


def _set_mistakes(items: Sequence[RawItem]) -> Iterator[Mistake]:
    if len(items) > MAX_ITEMS:
        yield Mistake("item", "size", f"has more than {MAX_ITEMS} items")
    if not any(i.is_question for i in items):
        yield Mistake("item", "no-question", "asks nothing")
    counts = Counter(i.link_id for i in items)
    yield from (Mistake(i.path, "que-2", f"linkId {i.link_id} is not unique") for i in items if counts[i.link_id] > 1)


def _item_mistakes(item: RawItem) -> Iterator[tuple[str, str]]:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}", item.link_id):
        yield "link-id", "linkId must be letters, digits, . and -"
    if not item.data.get("text") and item.type is not ItemType.GROUP:
        yield "no-text", "has no text"
    if _MARKUP.search(item.data.get("text", "")):
        yield "markup", "text holds markup"
    yield from _nesting_mistakes(item)
    yield from _display_mistakes(item)
    yield from _option_mistakes(item)
    yield from _limit_mistakes(item)
    yield from _extension_mistakes(item)


def _nesting_mistakes(item: RawItem) -> Iterator[tuple[str, str]]:
    inner = item.data.get("item", [])
    has_questions = any(i.get("type") != ItemType.DISPLAY for i in inner)
    if item.type is ItemType.GROUP and not inner:
        yield "que-1", "a group must hold items"
    if item.type is ItemType.DISPLAY and inner:
        yield "que-1", "a display item holds nothing"
    if item.is_question and item.data.get("repeats") and has_questions:
        yield "nested-repeat", "questions inside a repeating question are not supported"
    if item.is_question and any(i.get("type") == ItemType.GROUP for i in inner):
        yield "nested-group", "a group inside a question is not supported"
    if item.type is ItemType.GROUP and (item.data.get("repeats") or item.data.get("required")):
        yield "group-flags", "repeats and required are not supported on groups"
    if item_control(item.data) == "page":
        yield from _page_mistakes(item)


def _page_mistakes(item: RawItem) -> Iterator[tuple[str, str]]:
    inner = item.data.get("item", [])
    questions = [i for i in inner if i.get("type") not in (ItemType.GROUP, ItemType.DISPLAY)]
    nested = [i for q in questions for i in q.get("item", []) if i.get("type") != ItemType.DISPLAY]
    if item.type is not ItemType.GROUP or nested or any(i.get("type") == ItemType.GROUP for i in inner):
        yield "page", "a page is a group of plain questions and texts"
    if not 1 <= len(questions) <= PAGE_QUESTIONS:
        yield "page", f"a page holds 1 to {PAGE_QUESTIONS} questions"


def _display_mistakes(item: RawItem) -> Iterator[tuple[str, str]]:
    if item.type is not ItemType.DISPLAY:
        return
    if "code" in item.data:
        yield "que-3", "a display item has no code"
    if "required" in item.data or "repeats" in item.data:
        yield "que-6", "a display item has neither required nor repeats"
    if item.in_question and "enableWhen" in item.data:
        yield "label-condition", "a label inside a question is always shown"


def _option_mistakes(item: RawItem) -> Iterator[tuple[str, str]]:
    options = item.data.get("answerOption", [])
    codings = [o.get("valueCoding", {}) for o in options]
    if options and item.type not in _CHOICES:
        yield "que-5", "only choices have answer options"
    if item.type in _CHOICES and not options:
        yield "no-options", "a choice needs answerOption (value sets are not supported)"
    if any(not c.get("code") or not c.get("display") or not c.get("system") for c in codings):
        yield "option", "each answerOption needs a valueCoding with system, code and display"
    if len({c.get("code") for c in codings}) < len(codings):
        yield "option-twice", "two answer options have the same code"
    if any(_MARKUP.search(c.get("display", "")) for c in codings):
        yield "markup", "an answer option holds markup"
    if item.data.get("repeats") and item.is_question and item.type not in _CHOICES:
        yield "repeats", "only choices may repeat"


def _limit_mistakes(item: RawItem) -> Iterator[tuple[str, str]]:
    lowest, highest = (extension(item.data, url, "valueInteger") for url in (MIN_VALUE, MAX_VALUE))
    if (lowest is not None or highest is not None) and item.type is not ItemType.INTEGER:
        yield "min-max", "only integers have minValue and maxValue here"
    if lowest is not None and highest is not None and lowest > highest:
        yield "min-max", "minValue is above maxValue"
    if "maxLength" in item.data and item.type not in _WITH_LENGTH:
        yield "que-10", "maxLength is for texts"
    if item.data.get("maxLength", 1) < 1:
        yield "max-length", "maxLength must be positive"


def _extension_mistakes(item: RawItem) -> Iterator[tuple[str, str]]:
    everywhere = [
        *item.data.get("extension", []),
        *(e for o in item.data.get("answerOption", []) for e in o.get("extension", [])),
    ]
    if any(e.get("url") not in _KNOWN_EXTENSIONS for e in everywhere):
        yield "extension", "this extension is not supported"
    control = item_control(item.data)
    if control not in ("", "page", "help", "lower", "upper") or (
        control in ("lower", "upper") and not item.in_question
    ):
        yield "item-control", "only page, help, and lower or upper inside a question are supported"
    for url in (MIN_VALUE, MAX_VALUE):
        if any(e.get("url") == url and "valueInteger" not in e for e in everywhere):
            yield "min-max", "minValue and maxValue need a valueInteger"
