"""A questionnaire as frozen values. `parsing.py` makes one of FHIR R4 Questionnaire JSON.

Texts are in the language of the file: a translation is a file of its own, because translated instruments are
validated one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

MIN_VALUE = "http://hl7.org/fhir/StructureDefinition/minValue"
MAX_VALUE = "http://hl7.org/fhir/StructureDefinition/maxValue"
ITEM_CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
OPTION_EXCLUSIVE = "http://hl7.org/fhir/StructureDefinition/questionnaire-optionExclusive"
ORDINAL_VALUE = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
UNIT_OPTION = "http://hl7.org/fhir/StructureDefinition/questionnaire-unitOption"
MAX_OCCURS = "http://hl7.org/fhir/StructureDefinition/questionnaire-maxOccurs"

PRESENTATION = "https://respite.example/fhir/StructureDefinition/presentation"
"""Our extension with a code of `Presentation`: how a question is drawn; the data stay plain FHIR."""
SAFETY_ITEM = "https://respite.example/fhir/StructureDefinition/safety-item"
"""Our extension, a boolean: the question asks about self-harm or suicide (clinical guide, 2.3)."""
ASK_AGAIN = "https://respite.example/fhir/StructureDefinition/ask-again"
"""Our extension, a boolean: the answer may change from day to day and is never carried forward."""

LIST_ROWS = 30
"""Most rows of a list where the definition sets no limit of its own."""

PERMANENT_LINE = "questionnaire.permanent_line"
"""Key of the sentence beside every free-text box and at the foot of every form: nobody reads this in real time.

The sentence holds the clinic's emergency number and crisis line, so the pages render it (clinical guide, 2.3)."""


class ItemType(StrEnum):
    """The item types that are supported; FHIR R4 has more, and `checks` refuses those.

    `LIST` is our name for a repeating group of short texts, such as medicines: one question that is answered in rows.
    In JSON it is a group with `repeats`."""

    GROUP = "group"
    DISPLAY = "display"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    QUANTITY = "quantity"
    DATE = "date"
    STRING = "string"
    TEXT = "text"
    CHOICE = "choice"
    OPEN_CHOICE = "open-choice"
    LIST = "list"


FHIR_TYPES = frozenset(ItemType) - {ItemType.LIST}
"""The types as they stand in JSON."""


class Presentation(StrEnum):
    """How a question is drawn when its type alone does not say so."""

    BODY_MAP = "body-map"
    SCALE = "scale"


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
    """One answer of a choice. An exclusive one ("None of these") cannot be ticked with others.

    `ordinal` is the number that the definition gives the answer; scores come from our own tables, not from it.
    """

    coding: Coding
    is_exclusive: bool = False
    ordinal: Decimal | None = None

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
    value: bool | int | str | date | Decimal


@dataclass(frozen=True, slots=True)
class Initial:
    """What a question shows before it was answered: raw form values, as `answers.read_answer` takes them.

    It is a proposal on the page and no answer: nothing is stored until the person saves it."""

    raw: tuple[str, ...] = ()
    other: str = ""


@dataclass(frozen=True)
class Item:
    """A question, a group of items, or a text between them.

    `low_label` and `high_label` name the ends of a number scale, `hint` is help below the question;
    in FHIR all three are display items inside the question. `is_page` marks a group that is shown at once.
    `units` are those of a quantity. `columns` are the short texts of a list, `max_rows` the most rows it takes.
    """

    link_id: str
    type: ItemType
    text: str = ""
    code: Coding | None = None
    options: tuple[Option, ...] = ()
    repeats: bool = False
    required: bool = False
    min_value: int | Decimal | None = None
    max_value: int | Decimal | None = None
    min_date: date | None = None
    max_date: date | None = None
    max_length: int | None = None
    enable_when: tuple[Condition, ...] = ()
    enable_any: bool = False
    low_label: str = ""
    high_label: str = ""
    hint: str = ""
    is_page: bool = False
    items: tuple[Item, ...] = ()
    units: tuple[Coding, ...] = ()
    columns: tuple[Item, ...] = ()
    max_rows: int = LIST_ROWS
    initial: Initial | None = None
    presentation: Presentation | None = None
    is_safety: bool = False
    is_asked_again: bool = False

    @property
    def is_question(self) -> bool:
        return self.type not in (ItemType.GROUP, ItemType.DISPLAY)

    @property
    def is_body_map(self) -> bool:
        return self.presentation is Presentation.BODY_MAP

    @property
    def is_scale(self) -> bool:
        """Whether the answer is one of the eleven numbers 0 to 10, drawn as buttons."""
        return self.type is ItemType.INTEGER and (self.min_value, self.max_value) == (0, 10)

    @property
    def may_decline(self) -> bool:
        """Whether "I prefer not to say" is an answer to it."""
        return self.is_question and not self.required

    @cached_property
    def option_by_code(self) -> Mapping[str, Option]:
        return {o.code: o for o in self.options}


@dataclass(frozen=True)
class Questionnaire:
    """One version of one form. `code` is the short name that services, URLs and the clinic file use.

    `status` is draft, active or retired; `approved_on` is when its publisher released it, None when the file is silent.
    """

    code: str
    url: str
    version: str
    title: str
    items: tuple[Item, ...]
    description: str = ""
    copyright: str = ""
    language: str = "en"
    codings: tuple[Coding, ...] = ()
    status: str = "active"
    approved_on: date | None = None
    derived_from: tuple[str, ...] = ()

    @property
    def origins(self) -> tuple[str, ...]:
        """Its own code, and those of the forms it was adapted from: what is known of their questions holds for it."""
        return (self.code, *(one.split("|")[0].rsplit("/", maxsplit=1)[-1] for one in self.derived_from))

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
