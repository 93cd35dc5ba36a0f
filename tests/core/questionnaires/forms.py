"""Small forms for these tests: JSON that is right, to be broken in one place, and a form with every kind of branch."""

from __future__ import annotations

import copy
from datetime import date
from decimal import Decimal
from typing import Any

from booking.core.questionnaires.answers import DECLINED, Answers, Quantity, Rows
from booking.core.questionnaires.definition import (
    ITEM_CONTROL,
    MAX_OCCURS,
    MAX_VALUE,
    MIN_VALUE,
    UNIT_OPTION,
    Questionnaire,
)
from booking.core.questionnaires.parsing import parse_questionnaire

SYSTEM = "https://respite.example/fhir/CodeSystem/test"


def coding(code: str) -> dict[str, Any]:
    return {"system": SYSTEM, "code": code, "display": code.capitalize()}


def options(*codes: str) -> list[dict[str, Any]]:
    return [{"valueCoding": coding(code)} for code in codes]


def control(code: str) -> list[dict[str, Any]]:
    return [{"url": ITEM_CONTROL, "valueCodeableConcept": {"coding": [{"code": code}]}}]


def mark(url: str, **value: Any) -> list[dict[str, Any]]:
    return [{"url": url, **value}]


def number_limits(lowest: int, highest: int) -> list[dict[str, Any]]:
    return [{"url": MIN_VALUE, "valueInteger": lowest}, {"url": MAX_VALUE, "valueInteger": highest}]


def when(question: str, operator: str = "=", **answer: Any) -> dict[str, Any]:
    return {"question": question, "operator": operator, **answer}


def question(link_id: str, kind: str = "boolean", **more: Any) -> dict[str, Any]:
    return {"linkId": link_id, "type": kind, "text": f"About {link_id}?", **more}


def group(link_id: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"linkId": link_id, "type": "group", "text": f"Part {link_id}", "item": list(items), **more}


def display(link_id: str, text: str = "A note.", **more: Any) -> dict[str, Any]:
    return {"linkId": link_id, "type": "display", "text": text, **more}


def form(*items: dict[str, Any], **head: Any) -> dict[str, Any]:
    return {
        "resourceType": "Questionnaire",
        "id": "test-form",
        "url": "https://respite.example/fhir/Questionnaire/test-form",
        "version": "1.0.0",
        "name": "TestForm",
        "title": "A form",
        "status": "active",
        "copyright": "Nobody",
        "item": copy.deepcopy(list(items)),
        **head,
    }


def parsed(*items: dict[str, Any]) -> Questionnaire:
    return parse_questionnaire(form(*items))


TYPES_ITEMS = (
    question("temperature", "decimal", extension=[{"url": MIN_VALUE, "valueDecimal": 30.5}]),
    question("hot", enableWhen=[when("temperature", ">=", answerDecimal=38.5)]),
    question(
        "weight",
        "quantity",
        extension=[
            {"url": UNIT_OPTION, "valueCoding": {"system": "http://unitsofmeasure.org", "code": code, "display": label}}
            for code, label in (("kg", "kg"), ("[lb_av]", "lb"))
        ],
    ),
    group(
        "medicines",
        question("name", "string"),
        question("dose", "string", maxLength=10),
        display("stop", "Do not stop or change any medicine."),
        repeats=True,
        extension=mark(MAX_OCCURS, valueInteger=3),
    ),
    question("born", "date", extension=[{"url": MAX_VALUE, "valueDate": "2026-01-01"}]),
    question("more", enableWhen=[when("medicines", "exists", answerBoolean=True)]),
)
TYPES_JSON = form(*TYPES_ITEMS)
TYPES = parse_questionnaire(TYPES_JSON)
"""Every type that `BRANCHING` has not, with limits."""
TYPES_ANSWERS: Answers = {
    "temperature": Decimal("39.25"),
    "hot": True,
    "weight": Quantity(Decimal(70), "[lb_av]"),
    "medicines": Rows((("Gabapentin", "300 mg"), ("Tea", ""))),
    "born": date(1980, 2, 29),
    "more": DECLINED,
}

BRANCHING_ITEMS = (
    display("welcome", "Welcome."),
    group(
        "first",
        question("pain"),
        question("level", "integer", enableWhen=[when("pain", answerBoolean=True)], extension=number_limits(0, 10)),
        question("since", "date", enableWhen=[when("level", ">=", answerInteger=5)]),
    ),
    group(
        "block",
        display("block-note", "Answer what you like."),
        question("kind", "choice", answerOption=options("dull", "sharp", "other")),
        question("places", "choice", repeats=True, answerOption=options("arm", "leg")),
        question("late", enableWhen=[when("since", ">", answerDate="2026-01-01")]),
        extension=control("page"),
    ),
    question(
        "words",
        "string",
        enableWhen=[when("kind", answerCoding=coding("other")), when("places", answerCoding=coding("leg"))],
        enableBehavior="any",
    ),
    question("parent", "open-choice", answerOption=options("yes", "no"), item=[question("child", "text")]),
    group(
        "closing",
        question(
            "last",
            enableWhen=[when("words", "exists", answerBoolean=False), when("pain", "!=", answerBoolean=False)],
            enableBehavior="all",
        ),
        display("bye", "Goodbye."),
    ),
)
BRANCHING_JSON = form(*BRANCHING_ITEMS)
BRANCHING = parse_questionnaire(BRANCHING_JSON)
