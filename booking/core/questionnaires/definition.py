"""A questionnaire as frozen values, and how FHIR R4 Questionnaire JSON becomes one.

The JSON is expected to have passed `checks.find_mistakes`; `library.py` sees to that. Texts are in the language
of the file: a translation is a file of its own, because translated instruments are validated one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

MIN_VALUE = "http://hl7.org/fhir/StructureDefinition/minValue"
MAX_VALUE = "http://hl7.org/fhir/StructureDefinition/maxValue"
ITEM_CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
OPTION_EXCLUSIVE = "http://hl7.org/fhir/StructureDefinition/questionnaire-optionExclusive"

PERMANENT_LINE = "questionnaire.permanent_line"
"""Key of the sentence beside every free-text box and at the foot of every form: nobody reads this in real time.

The sentence holds the clinic's emergency number and crisis line, so the pages render it (clinical guide, 2.3)."""


class ItemType(StrEnum):
    """The item types that are supported; FHIR R4 has more, and `checks` refuses those."""

    GROUP = "group"
    DISPLAY = "display"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DATE = "date"
    STRING = "string"
    TEXT = "text"
    CHOICE = "choice"
    OPEN_CHOICE = "open-choice"


class Operator(StrEnum):
    EXISTS = "exists"
    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    LESS = "<"
    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Coding:
    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice. An exclusive one ("None of these") cannot be ticked with others."""

    coding: Coding
    is_exclusive: bool = False

    @property
    def code(self) -> str:
        return self.coding.code

    @property
    def label(self) -> str:
        return self.coding.display


@dataclass(frozen=True, slots=True)
class Condition:
    """One enableWhen: the answer to `question`, compared with `value` (for a choice: the option's code)."""

    question: str
    operator: Operator
    value: bool | int | str | date


@dataclass(frozen=True)
class Item:
    """A question, a group of items, or a text between them.

    `low_label` and `high_label` name the ends of a number scale, `hint` is help below the question;
    in FHIR all three are display items inside the question. `is_page` marks a group that is shown at once.
    """

    link_id: str
    type: ItemType
    text: str = ""
    code: Coding | None = None
    options: tuple[Option, ...] = ()
    repeats: bool = False
    required: bool = False
    min_value: int | None = None
    max_value: int | None = None
    max_length: int | None = None
    enable_when: tuple[Condition, ...] = ()
    enable_any: bool = False
    low_label: str = ""
    high_label: str = ""
    hint: str = ""
    is_page: bool = False
    items: tuple[Item, ...] = ()

    @property
    def is_question(self) -> bool:
        return self.type not in (ItemType.GROUP, ItemType.DISPLAY)

    @cached_property
    def option_by_code(self) -> Mapping[str, Option]:
        return {o.code: o for o in self.options}


@dataclass(frozen=True)
class Questionnaire:
    """One version of one form. `code` is the short name that services, URLs and the clinic file use."""

    code: str
    url: str
    version: str
    title: str
    items: tuple[Item, ...]
    description: str = ""
    copyright: str = ""
    language: str = "en"
    codings: tuple[Coding, ...] = ()

    @property
    def canonical(self) -> str:
        """`url|version`: what a response names, so that answers keep the words they were given to."""
        return f"{self.url}|{self.version}"

    @cached_property
    def questions(self) -> tuple[Item, ...]:
        """Every question, in the order of the form, hidden ones included."""
        return tuple(item for item in walk(self.items) if item.is_question)

    @cached_property
    def question_by_link_id(self) -> Mapping[str, Item]:
        return {q.link_id: q for q in self.questions}


def walk(items: Iterable[Item]) -> Iterator[Item]:
    """All items, each before what is nested in it."""
    for item in items:
        yield item
        yield from walk(item.items)


def parse_questionnaire(data: Mapping[str, Any]) -> Questionnaire:
    """A Questionnaire from checked FHIR R4 JSON; KeyError or ValueError when it was not checked."""
    return Questionnaire(
        code=data["id"],
        url=data["url"],
        version=data["version"],
        title=data["title"],
        items=tuple(parse_item(raw) for raw in data["item"]),
        description=data.get("description", ""),
        copyright=data["copyright"],
        language=data.get("language", "en"),
        codings=tuple(parse_coding(raw) for raw in data.get("code", ())),
    )


def parse_item(data: Mapping[str, Any]) -> Item:
    """One item with everything nested in it; display items of a question become its labels and its hint."""
    kind = ItemType(data["type"])
    inner = data.get("item", ())
    labels = [raw for raw in inner if raw["type"] == ItemType.DISPLAY] if kind is not ItemType.GROUP else []
    return Item(
        link_id=data["linkId"],
        type=kind,
        text=data.get("text", ""),
        code=next((parse_coding(raw) for raw in data.get("code", ())), None),
        options=tuple(_parse_option(raw) for raw in data.get("answerOption", ())),
        repeats=data.get("repeats", False),
        required=data.get("required", False),
        min_value=extension(data, MIN_VALUE, "valueInteger"),
        max_value=extension(data, MAX_VALUE, "valueInteger"),
        max_length=data.get("maxLength"),
        enable_when=tuple(_parse_condition(raw) for raw in data.get("enableWhen", ())),
        enable_any=data.get("enableBehavior") == "any",
        low_label=_joined(labels, {"lower"}),
        high_label=_joined(labels, {"upper"}),
        hint=_joined(labels, {"help", ""}),
        is_page=item_control(data) == "page",
        items=tuple(parse_item(raw) for raw in inner if raw not in labels),
    )


def parse_coding(data: Mapping[str, Any]) -> Coding:
    return Coding(data.get("system", ""), data["code"], data.get("display", ""))


def extension(data: Mapping[str, Any], url: str, value: str) -> Any:
    """The `value[x]` of the first extension with that url, None when there is none."""
    return next((e.get(value) for e in data.get("extension", ()) if e.get("url") == url), None)


def item_control(data: Mapping[str, Any]) -> str:
    """Code of the itemControl extension (`page`, `lower`, `upper`, `help` ...), "" when there is none."""
    concept = extension(data, ITEM_CONTROL, "valueCodeableConcept") or {}
    return next((str(c.get("code", "")) for c in concept.get("coding", ())), "")


def _joined(labels: Sequence[Mapping[str, Any]], controls: set[str]) -> str:
    return " ".join(raw["text"] for raw in labels if item_control(raw) in controls)


def _parse_option(data: Mapping[str, Any]) -> Option:
    return Option(parse_coding(data["valueCoding"]), bool(extension(data, OPTION_EXCLUSIVE, "valueBoolean")))


def _parse_condition(data: Mapping[str, Any]) -> Condition:
    value = next(v for key, v in data.items() if key.startswith("answer"))
    if "answerCoding" in data:
        value = value["code"]
    elif "answerDate" in data:
        value = date.fromisoformat(value)
    return Condition(data["question"], Operator(data["operator"]), value)
