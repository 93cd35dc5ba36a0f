"""Structural checks of a FHIR R4 Questionnaire: what validators miss, plus the rules of the pages that show it.

Rules named `que-…` are invariants of FHIR R4 (hl7.org/fhir/R4/questionnaire.html); the others are ours, most of
them for defects that no common validator finds (clinical guide, 9.5). Works on JSON, before anything is parsed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from booking.core.questionnaires.condition_checks import condition_mistakes, is_date
from booking.core.questionnaires.definition import FHIR_TYPES, ItemType
from booking.core.questionnaires.fhir_shape import QUESTIONNAIRE, Mistake, shape_mistakes
from booking.core.questionnaires.item_checks import answer_mistakes, holds_markup
from booking.core.questionnaires.raw_items import RawItem, item_control, walk_raw

MAX_ITEMS = 300
PAGE_QUESTIONS = 5
MAX_COLUMNS = 4
_NEEDED = ("resourceType", "id", "url", "version", "name", "title", "status", "copyright", "item")
_LENGTHS = {"title": 120, "description": 600, "copyright": 6000, "purpose": 2000, "publisher": 200}
TEXT_LENGTH = 1200
"""Most characters of the words of one item: an instrument's introduction fits, a leaflet does not."""
_DATES = ("date", "approvalDate", "lastReviewDate")


def find_mistakes(data: Mapping[str, Any]) -> list[Mistake]:
    """Everything that is wrong with a Questionnaire (decoded JSON), [] when it may be shown to patients.

    When the shape itself is wrong only that is reported, since the other rules could not be read."""
    found = list(shape_mistakes(data, QUESTIONNAIRE))
    found += [Mistake(name, "missing", "is needed") for name in _NEEDED if name not in data]
    for item in walk_raw(data) if not found else ():
        found += [Mistake(f"{item.path}.{k}", "missing", "is needed") for k in ("linkId", "type") if k not in item.data]
        if item.data.get("type") not in FHIR_TYPES:
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
    yield from _text_mistakes(data)


def _text_mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", data.get("language", "en")):
        yield Mistake("language", "language", "must be a language tag such as en or de-AT")
    for name, most in _LENGTHS.items():
        if holds_markup(data.get(name, "")):
            yield Mistake(name, "markup", "holds markup")
        if len(data.get(name, "")) > most:
            yield Mistake(name, "length", f"is longer than {most} characters")
    for name in _DATES:
        if name in data and not is_date(data[name]):
            yield Mistake(name, "date", "must be a date such as 2026-11-23")


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
    if holds_markup(item.data.get("text", "")):
        yield "markup", "text holds markup"
    if len(item.data.get("text", "")) > TEXT_LENGTH:
        yield "length", f"text is longer than {TEXT_LENGTH} characters"
    yield from _nesting_mistakes(item)
    yield from _display_mistakes(item)
    yield from answer_mistakes(item)


def _nesting_mistakes(item: RawItem) -> Iterator[tuple[str, str]]:
    inner = item.data.get("item", [])
    has_questions = any(i.get("type") != ItemType.DISPLAY for i in inner)
    if item.type in (ItemType.GROUP, ItemType.LIST) and not inner:
        yield "que-1", "a group must hold items"
    if item.type is ItemType.DISPLAY and inner:
        yield "que-1", "a display item holds nothing"
    if item.is_question and item.type is not ItemType.LIST and item.data.get("repeats") and has_questions:
        yield "nested-repeat", "questions inside a repeating question are not supported"
    if item.is_question and any(i.get("type") == ItemType.GROUP for i in inner):
        yield "nested-group", "a group inside a question is not supported"
    if item.type is ItemType.GROUP and item.data.get("required"):
        yield "group-flags", "required is not supported on groups"
    if item.type is ItemType.LIST:
        yield from _list_mistakes(item)
    if item_control(item.data) == "page":
        yield from _page_mistakes(item)


def _list_mistakes(item: RawItem) -> Iterator[tuple[str, str]]:
    """A list is answered in rows of short texts; more than a few columns do not fit a phone."""
    columns = [i for i in item.data.get("item", []) if i.get("type") != ItemType.DISPLAY]
    if not item.data.get("text"):
        yield "no-text", "has no text"
    if not 1 <= len(columns) <= MAX_COLUMNS or any(c.get("type") != ItemType.STRING for c in columns):
        yield "list", f"a repeating group holds 1 to {MAX_COLUMNS} items of type string"
    if any(c.keys() - {"linkId", "type", "text", "maxLength", "code", "definition", "prefix"} for c in columns):
        yield "list", "the texts of a repeating group have neither conditions nor flags of their own"


def _page_mistakes(item: RawItem) -> Iterator[tuple[str, str]]:
    inner = item.data.get("item", [])
    lists = [i for i in inner if i.get("type") == ItemType.GROUP and i.get("repeats")]
    questions = [i for i in inner if i.get("type") not in (ItemType.GROUP, ItemType.DISPLAY)] + lists
    nested = [i for q in questions if q not in lists for i in q.get("item", []) if i.get("type") != ItemType.DISPLAY]
    if (
        item.type is not ItemType.GROUP
        or nested
        or any(i.get("type") == ItemType.GROUP for i in inner if i not in lists)
    ):
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
