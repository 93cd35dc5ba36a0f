"""A response in FHIR: nested as the form is, only shown answers, and its own checks."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.core.questionnaires.answers import Answers, Chosen, Quantity, Rows
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.fhir import ResponseFacts, ResponseStatus, questionnaire_response, response_mistakes
from booking.core.questionnaires.library import SHIPPED
from tests.core.questionnaires.answer_strategies import answers_for
from tests.core.questionnaires.forms import BRANCHING, TYPES, TYPES_ANSWERS, coding, mark

FACTS = ResponseFacts(
    id="qr1",
    status=ResponseStatus.COMPLETED,
    authored=datetime(2026, 3, 1, 18, tzinfo=UTC),
    subject="Patient/p1",
    author="Patient/p1",
)
FULL: Answers = {
    "pain": True,
    "level": 7,
    "since": date(2026, 2, 1),
    "kind": Chosen(("other",)),
    "places": Chosen(("arm", "leg")),
    "late": None,
    "words": "like ants",
    "parent": Chosen((), "sometimes"),
    "child": "long\ntext",
    "last": False,
}
ITEMS = [
    {
        "linkId": "first",
        "item": [
            {"linkId": "pain", "answer": [{"valueBoolean": True}]},
            {"linkId": "level", "answer": [{"valueInteger": 7}]},
            {"linkId": "since", "answer": [{"valueDate": "2026-02-01"}]},
        ],
    },
    {
        "linkId": "block",
        "item": [
            {"linkId": "kind", "answer": [{"valueCoding": coding("other")}]},
            {"linkId": "places", "answer": [{"valueCoding": coding("arm")}, {"valueCoding": coding("leg")}]},
        ],
    },
    {"linkId": "words", "answer": [{"valueString": "like ants"}]},
    {
        "linkId": "parent",
        "answer": [
            {"valueString": "sometimes", "item": [{"linkId": "child", "answer": [{"valueString": "long\ntext"}]}]}
        ],
    },
]


def test_a_response_is_nested_as_the_form_is_and_leaves_out_what_is_hidden() -> None:
    assert questionnaire_response(BRANCHING, FULL, FACTS) == {
        "resourceType": "QuestionnaireResponse",
        "id": "qr1",
        "questionnaire": "https://respite.example/fhir/Questionnaire/test-form|1.0.0",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "authored": "2026-03-01T18:00:00+00:00",
        "author": {"reference": "Patient/p1"},
        "item": ITEMS,
    }


def test_a_carer_is_the_source() -> None:
    response = questionnaire_response(BRANCHING, {}, replace(FACTS, source="RelatedPerson/r1"))
    assert response["source"] == {"reference": "RelatedPerson/r1"}


def test_each_row_of_a_list_is_an_item_and_what_was_declined_says_so() -> None:
    response = questionnaire_response(TYPES, TYPES_ANSWERS, replace(FACTS, language="en"))
    pound = {"value": 70, "unit": "lb", "system": "http://unitsofmeasure.org", "code": "[lb_av]"}
    absent = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    assert response["language"] == "en"
    assert response["item"] == [
        {"linkId": "temperature", "answer": [{"valueDecimal": 39.25}]},
        {"linkId": "hot", "answer": [{"valueBoolean": True}]},
        {"linkId": "weight", "answer": [{"valueQuantity": pound}]},
        {
            "linkId": "medicines",
            "item": [
                {"linkId": "name", "answer": [{"valueString": "Gabapentin"}]},
                {"linkId": "dose", "answer": [{"valueString": "300 mg"}]},
            ],
        },
        {"linkId": "medicines", "item": [{"linkId": "name", "answer": [{"valueString": "Tea"}]}]},
        {"linkId": "born", "answer": [{"valueDate": "1980-02-29"}]},
        {"linkId": "more", "extension": mark(absent, valueCode="asked-declined")},
    ]
    assert response_mistakes(TYPES, response) == []


def test_rows_of_a_list_stand_together() -> None:
    response = questionnaire_response(TYPES, TYPES_ANSWERS, FACTS)
    items = response["item"]
    items.append(items.pop(3))
    items.append({"linkId": "medicines", "answer": [{"valueString": "x"}]})
    assert {m.rule for m in response_mistakes(TYPES, response)} == {"order", "answer"}


def test_without_answers_there_is_no_empty_array() -> None:
    assert "item" not in questionnaire_response(BRANCHING, {"pain": None}, FACTS)


@pytest.mark.parametrize("form", [BRANCHING, TYPES, SHIPPED.latest("intake")], ids=["branching", "types", "intake"])
@settings(max_examples=40)
@given(data=st.data())
def test_every_response_passes_its_checks_and_is_json(form: Questionnaire, data: st.DataObject) -> None:
    response = questionnaire_response(form, data.draw(answers_for(form)), FACTS)
    assert response_mistakes(form, json.loads(json.dumps(response))) == []


WRONG: list[Answers] = [
    {"pain": 1},
    {"pain": "yes"},
    {"pain": True, "level": True},
    {"pain": True, "level": date(2026, 1, 1)},
    {"parent": "yes"},
    {"parent": Chosen(("yes",)), "child": 4},
    {"pain": Decimal(1)},
    {"pain": Quantity(Decimal(1), "kg")},
    {"pain": Rows((("x",),))},
]


@pytest.mark.parametrize("answers", WRONG)
def test_an_answer_of_another_type_is_an_error(answers: Answers) -> None:
    with pytest.raises(ValueError, match="another type"):
        questionnaire_response(BRANCHING, answers, FACTS)


def test_an_unknown_question_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no question stranger"):
        questionnaire_response(BRANCHING, {"stranger": 1}, FACTS)


def test_a_naive_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        questionnaire_response(BRANCHING, {}, replace(FACTS, authored=FACTS.authored.replace(tzinfo=None)))


DEFECTS: dict[str, tuple[Callable[[dict[str, Any]], Any], tuple[str, str]]] = {
    "another resource": (lambda r: r.update(resourceType="Bundle"), ("resourceType", "resource-type")),
    "no version": (lambda r: r.update(questionnaire=BRANCHING.url), ("questionnaire", "canonical")),
    "status": (lambda r: r.update(status="done"), ("status", "status")),
    "unknown linkId": (lambda r: r["item"].append({"linkId": "stranger"}), ("item[4]", "link-id")),
    "wrong level": (lambda r: r["item"].append({"linkId": "level"}), ("item[4]", "link-id")),
    "no linkId": (lambda r: r["item"].append({}), ("item[4]", "link-id")),
    "twice": (lambda r: r["item"].append({"linkId": "parent"}), ("item", "order")),
    "order": (lambda r: r["item"].reverse(), ("item", "order")),
    "order within": (lambda r: r["item"][0]["item"].reverse(), ("item[0].item", "order")),
    "qrs-1": (lambda r: r["item"][3].update(item=[{"linkId": "child"}]), ("item[3]", "qrs-1")),
    "stranger below an answer": (
        lambda r: r["item"][3]["answer"][0]["item"].append({"linkId": "pain"}),
        ("item[3].answer[0].item[1]", "link-id"),
    ),
    "group with an answer": (lambda r: r["item"][0].update(answer=[{"valueBoolean": True}]), ("item[0]", "answer")),
    "two answers": (lambda r: r["item"][2]["answer"].append({"valueString": "x"}), ("item[2]", "answer")),
    "empty array": (lambda r: r.update(item=[]), ("item", "empty")),
}


@pytest.mark.parametrize(("change", "mistake"), DEFECTS.values(), ids=DEFECTS.keys())
def test_each_seeded_defect_of_a_response_is_found(
    change: Callable[[dict[str, Any]], Any], mistake: tuple[str, str]
) -> None:
    response = copy.deepcopy(questionnaire_response(BRANCHING, FULL, FACTS))
    change(response)
    assert mistake in {(m.path, m.rule) for m in response_mistakes(BRANCHING, response)}
