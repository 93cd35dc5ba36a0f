"""Answers as a FHIR R4 QuestionnaireResponse, and checks of such a response that validators leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from booking.core.questionnaires.answers import Answers, Chosen, Declined, Quantity, Rows, Value
from booking.core.questionnaires.definition import Item, ItemType, Questionnaire
from booking.core.questionnaires.fhir_shape import Mistake
from booking.core.questionnaires.flow import without_hidden

DATA_ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
UCUM = "http://unitsofmeasure.org"


class ResponseStatus(StrEnum):
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    AMENDED = "amended"
    ENTERED_IN_ERROR = "entered-in-error"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ResponseFacts:
    """What a response says beside its answers. References are relative, such as `Patient/3f…`.

    `authored` is an aware instant; `source` is who gave the answers, a carer for instance, and may be left out; so may
    `language`, that of the words the person read."""

    id: str
    status: ResponseStatus
    authored: datetime
    subject: str
    author: str
    source: str = ""
    language: str = ""


def questionnaire_response(questionnaire: Questionnaire, answers: Answers, facts: ResponseFacts) -> dict[str, Any]:
    """The QuestionnaireResponse as JSON values: answers to shown questions only, nested as in the definition.

    Skipped and unanswered questions are left out; a declined one stands there with the reason `asked-declined` and no
    answer. Raises ValueError for a naive `authored`, for an answer whose
    link id the questionnaire does not have, or whose type is not the question's."""
    if facts.authored.utcoffset() is None:
        raise ValueError("authored must be an aware instant.")
    unknown = sorted(answers.keys() - questionnaire.question_by_link_id.keys())
    if unknown:
        raise ValueError(f"{questionnaire.canonical} has no question {', '.join(unknown)}.")
    items = _response_items(questionnaire.items, without_hidden(questionnaire, answers))
    response = {
        "resourceType": "QuestionnaireResponse",
        "id": facts.id,
        "questionnaire": questionnaire.canonical,
        "status": facts.status.value,
        "subject": {"reference": facts.subject},
        "authored": facts.authored.isoformat(timespec="seconds"),
        "author": {"reference": facts.author},
    }
    language = {"language": facts.language} if facts.language else {}
    source = {"source": {"reference": facts.source}} if facts.source else {}
    # FHIR has no empty arrays: a response without answers has no item at all.
    return {**response, **language, **source, **({"item": items} if items else {})}


def _response_items(items: Sequence[Item], answers: Answers) -> list[dict[str, Any]]:
    return [found for item in items for found in _items_for(item, answers)]


def _items_for(item: Item, answers: Answers) -> Iterator[dict[str, Any]]:
    """One item with its answers, nothing when nothing at or below it was answered; a list gives one for each row."""
    inner = _response_items(item.items, answers)
    if item.type is ItemType.GROUP:
        if inner:
            yield {"linkId": item.link_id, "item": inner}
        return
    value = answers.get(item.link_id)
    if isinstance(value, Declined):
        yield {
            "linkId": item.link_id,
            "extension": [{"url": DATA_ABSENT_REASON, "valueCode": "asked-declined"}],
        }
    elif isinstance(value, Rows) and item.type is ItemType.LIST:
        yield from ({"linkId": item.link_id, "item": _row_items(item, row)} for row in value.rows)
    elif value is not None:
        given = _fhir_answers(item, value)
        if inner:
            # qrs-1: what is nested in a question goes below its answer, never below the item as well.
            given[0]["item"] = inner
        yield {"linkId": item.link_id, "answer": given}


def _row_items(item: Item, row: Sequence[str]) -> list[dict[str, Any]]:
    cells = zip(item.columns, row, strict=True)
    return [{"linkId": column.link_id, "answer": [{"valueString": cell}]} for column, cell in cells if cell]


def _fhir_answers(item: Item, value: Value) -> list[dict[str, Any]]:
    if isinstance(value, Chosen):
        chosen = [item.option_by_code[code].coding for code in value.codes]
        own_words = [{"valueString": value.other}] if value.other else []
        return [{"valueCoding": {"system": c.system, "code": c.code, "display": c.display}} for c in chosen] + own_words
    key = _ANSWER_KEYS.get((item.type, type(value)))
    if key is None:
        raise ValueError(f"The answer to {item.link_id} has another type than the question.")
    return [{key: _fhir_value(item, value)}]


_ANSWER_KEYS = {
    (ItemType.BOOLEAN, bool): "valueBoolean",
    (ItemType.INTEGER, int): "valueInteger",
    (ItemType.DECIMAL, Decimal): "valueDecimal",
    (ItemType.QUANTITY, Quantity): "valueQuantity",
    (ItemType.DATE, date): "valueDate",
    (ItemType.STRING, str): "valueString",
    (ItemType.TEXT, str): "valueString",
}


def _fhir_value(item: Item, value: Value) -> Any:
    if isinstance(value, Quantity):
        unit = next(u for u in item.units if u.code == value.unit)
        return {"value": _number(value.value), "unit": unit.display, "system": unit.system or UCUM, "code": unit.code}
    if isinstance(value, Decimal):
        return _number(value)
    return value.isoformat() if isinstance(value, date) else value


def _number(value: Decimal) -> int | float:
    """A JSON number. At most 13 digits are ever read, so a float writes exactly what was typed."""
    return int(value) if value == value.to_integral_value() else float(value)


def response_mistakes(questionnaire: Questionnaire, response: Mapping[str, Any]) -> list[Mistake]:
    """What is wrong with a QuestionnaireResponse to this questionnaire: its head, link ids, nesting and qrs-1."""
    found = []
    if response.get("resourceType") != "QuestionnaireResponse":
        found.append(Mistake("resourceType", "resource-type", "must be QuestionnaireResponse"))
    if response.get("questionnaire") != questionnaire.canonical:
        found.append(Mistake("questionnaire", "canonical", "must be url|version of the questionnaire"))
    if response.get("status") not in set(ResponseStatus):
        found.append(Mistake("status", "status", "is no status of a response"))
    return found + list(_level_mistakes(questionnaire.items, response, ""))


def _level_mistakes(items: Sequence[Item], element: Mapping[str, Any], path: str) -> Iterator[Mistake]:
    """Items of one level must be items of that level of the definition, each at most once and in its order."""
    given = element.get("item", [])
    if "item" in element and not given:
        yield Mistake(f"{path}item", "empty", "empty values are left out in FHIR")
    by_link_id = {item.link_id: item for item in items}
    known = _once([raw.get("linkId") for raw in given if raw.get("linkId") in by_link_id], by_link_id)
    if known != [link_id for link_id in by_link_id if link_id in known]:
        yield Mistake(f"{path}item", "order", "items must come once each, in the order of the questionnaire")
    for index, raw in enumerate(given):
        here = f"{path}item[{index}]"
        if raw.get("linkId") not in by_link_id:
            yield Mistake(here, "link-id", "the questionnaire has no such item at this level")
        else:
            yield from _response_item_mistakes(by_link_id[raw["linkId"]], raw, here)


def _once(link_ids: Sequence[Any], items: Mapping[str, Item]) -> list[Any]:
    """The link ids with the rows of a list, which follow each other, counted once."""
    return [
        link_id
        for index, link_id in enumerate(link_ids)
        if items[link_id].type is not ItemType.LIST or index == 0 or link_ids[index - 1] != link_id
    ]


def _response_item_mistakes(item: Item, raw: Mapping[str, Any], path: str) -> Iterator[Mistake]:
    answers = raw.get("answer", [])
    if "item" in raw and answers:
        yield Mistake(path, "qrs-1", "nested items stand below the answer or below the item, not both")
    if answers and (not item.is_question or item.type is ItemType.LIST):
        yield Mistake(path, "answer", "only questions have answers")
    if len(answers) > 1 and not item.repeats:
        yield Mistake(path, "answer", "the question takes one answer")
    if "item" in raw:
        yield from _level_mistakes(item.columns or item.items, raw, f"{path}.")
    for index, answer in enumerate(answers):
        yield from _level_mistakes(item.items, answer, f"{path}.answer[{index}].")
