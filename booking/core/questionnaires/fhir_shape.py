"""The shape of the FHIR R4 Questionnaire that is accepted: which properties, of which JSON type, on which element.

Properties that R4 knows and this program would ignore are left out on purpose: a form that relies on them must be
refused rather than shown wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: where (`item[2].enableWhen[0]`), which rule (`que-2`, ...), and what in words.

    The words are for the person who maintains the file; they never contain an answer."""

    path: str
    rule: str
    words: str

    def __str__(self) -> str:
        return f"{self.path}: {self.words} ({self.rule})"


Shape = Mapping[str, str]

EXTENSION: Shape = MappingProxyType(
    {
        "url": "string",
        "valueInteger": "integer",
        "valueDecimal": "number",
        "valueBoolean": "boolean",
        **dict.fromkeys(("valueString", "valueCode", "valueDate"), "string"),
        "valueCoding": "object",
        "valueCodeableConcept": "object",
    }
)
CONCEPT: Shape = MappingProxyType({"coding": "objects", "text": "string"})
CODING: Shape = MappingProxyType(
    {**dict.fromkeys(("system", "version", "code", "display"), "string"), "extension": "objects"}
)
QUESTIONNAIRE: Shape = MappingProxyType(
    {
        **dict.fromkeys(("resourceType", "id", "language", "url", "version", "name", "title", "status"), "string"),
        **dict.fromkeys(("date", "publisher", "description", "purpose", "copyright"), "string"),
        **dict.fromkeys(("approvalDate", "lastReviewDate"), "string"),
        **dict.fromkeys(("experimental",), "boolean"),
        **dict.fromkeys(("subjectType", "derivedFrom"), "strings"),
        **dict.fromkeys(("meta", "effectivePeriod", "text"), "object"),
        **dict.fromkeys(("identifier", "contact", "useContext", "jurisdiction"), "objects"),
        "code": "objects",
        "extension": "objects",
        "item": "objects",
    }
)
ITEM: Shape = MappingProxyType(
    {
        **dict.fromkeys(("linkId", "text", "type", "prefix", "definition", "enableBehavior"), "string"),
        **dict.fromkeys(("required", "repeats"), "boolean"),
        "maxLength": "integer",
        **dict.fromkeys(("code", "extension", "answerOption", "enableWhen", "initial", "item"), "objects"),
    }
)
OPTION: Shape = MappingProxyType({"valueCoding": "object", "initialSelected": "boolean", "extension": "objects"})
INITIAL: Shape = MappingProxyType(
    {
        **dict.fromkeys(("valueString", "valueDate"), "string"),
        "valueBoolean": "boolean",
        "valueInteger": "integer",
        "valueDecimal": "number",
        "valueQuantity": "object",
    }
)
QUANTITY: Shape = MappingProxyType(
    {"value": "number", **dict.fromkeys(("unit", "system", "code"), "string")},
)
CONDITION: Shape = MappingProxyType(
    {
        **dict.fromkeys(("question", "operator", "answerString", "answerDate"), "string"),
        "answerBoolean": "boolean",
        "answerInteger": "integer",
        "answerDecimal": "number",
        "answerCoding": "object",
    }
)

_IS_TYPE: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "strings": lambda v: isinstance(v, list) and all(isinstance(x, str) for x in v),
    "objects": lambda v: isinstance(v, list) and all(isinstance(x, dict) for x in v),
}
MAX_DEPTH = 5
_INNER: Mapping[str, Shape] = {
    "code": CODING,
    "extension": EXTENSION,
    "answerOption": OPTION,
    "enableWhen": CONDITION,
    "valueCodeableConcept": CONCEPT,
    "coding": CODING,
    "valueCoding": CODING,
    "answerCoding": CODING,
    "initial": INITIAL,
    "valueQuantity": QUANTITY,
    "item": ITEM,
}


def shape_mistakes(element: Mapping[str, Any], shape: Shape, path: str = "", depth: int = 0) -> Iterator[Mistake]:
    """Unknown properties, wrong JSON types and empty values of an element and of everything inside it."""
    if depth > MAX_DEPTH:
        yield Mistake(path, "depth", f"items are nested deeper than {MAX_DEPTH} levels")
        return
    for name, value in element.items():
        here = f"{path}.{name}" if path else name
        if name not in shape:
            yield Mistake(here, "unknown-property", "this property is not known or not supported")
        elif value in (None, "", [], {}) or (isinstance(value, str) and not value.strip()):
            yield Mistake(here, "empty", "empty values are left out in FHIR")
        elif not _IS_TYPE[shape[name]](value):
            yield Mistake(here, "wrong-type", f"must be of JSON type {shape[name]}")
        elif shape[name] in ("object", "objects") and name in _INNER:
            yield from _inner_mistakes(name, value, here, depth)


def _inner_mistakes(name: str, value: Any, path: str, depth: int) -> Iterator[Mistake]:
    for index, inner in enumerate(value if isinstance(value, list) else [value]):
        here = f"{path}[{index}]" if isinstance(value, list) else path
        yield from shape_mistakes(inner, _INNER[name], here, depth + (name == "item"))
