"""Answers as a FHIR R4 QuestionnaireResponse, and checks of such a response that validators leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from booking.core.questionnaires.answers import Answers, Chosen, Value
from booking.core.questionnaires.definition import Item, ItemType, Questionnaire
from booking.core.questionnaires.fhir_shape import Mistake
from booking.core.questionnaires.flow import without_hidden


class ResponseStatus(StrEnum):
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    AMENDED = "amended"
    ENTERED_IN_ERROR = "entered-in-error"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ResponseFacts:
    """What a response says beside its answers. References are relative, such as `Patient/3f…`.

    `authored` is an aware instant; `source` is who gave the answers, a carer for instance, and may be left out."""

    id: str
    status: ResponseStatus
    authored: datetime
    subject: str
    author: str
    source: str = ""


def questionnaire_response(questionnaire: Questionnaire, answers: Answers, facts: ResponseFacts) -> dict[str, Any]:
    """The QuestionnaireResponse as JSON values: answers to shown questions only, nested as in the definition.

    Skipped and unanswered questions are left out. Raises ValueError for a naive `authored`, for an answer whose
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
    source = {"source": {"reference": facts.source}} if facts.source else {}
    # FHIR has no empty arrays: a response without answers has no item at all.
    return {**response, **source, **({"item": items} if items else {})}


def _response_items(items: Sequence[Item], answers: Answers) -> list[dict[str, Any]]:
    return [found for item in items if (found := _response_item(item, answers)) is not None]


def _response_item(item: Item, answers: Answers) -> dict[str, Any] | None:
    """One item with its answers, None when nothing at or below it was answered."""
    inner = _response_items(item.items, answers)
    if item.type is ItemType.GROUP:
        return {"linkId": item.link_id, "item": inner} if inner else None
    value = answers.get(item.link_id)
    if value is None:
        return None
    given = _fhir_answers(item, value)
    if inner:
        # qrs-1: what is nested in a question goes below its answer, never below the item as well.
        given[0]["item"] = inner
    return {"linkId": item.link_id, "answer": given}


def _fhir_answers(item: Item, value: Value) -> list[dict[str, Any]]:
    if isinstance(value, Chosen):
        chosen = [item.option_by_code[code].coding for code in value.codes]
        own_words = [{"valueString": value.other}] if value.other else []
        return [{"valueCoding": {"system": c.system, "code": c.code, "display": c.display}} for c in chosen] + own_words
    if isinstance(value, bool) and item.type is ItemType.BOOLEAN:
        return [{"valueBoolean": value}]
    if isinstance(value, int) and not isinstance(value, bool) and item.type is ItemType.INTEGER:
        return [{"valueInteger": value}]
    if isinstance(value, date) and item.type is ItemType.DATE:
        return [{"valueDate": value.isoformat()}]
    if isinstance(value, str) and item.type in (ItemType.STRING, ItemType.TEXT):
        return [{"valueString": value}]
    raise ValueError(f"The answer to {item.link_id} has another type than the question.")


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
    known = [raw.get("linkId") for raw in given if raw.get("linkId") in by_link_id]
    if known != [link_id for link_id in by_link_id if link_id in known]:
        yield Mistake(f"{path}item", "order", "items must come once each, in the order of the questionnaire")
    for index, raw in enumerate(given):
        here = f"{path}item[{index}]"
        if raw.get("linkId") not in by_link_id:
            yield Mistake(here, "link-id", "the questionnaire has no such item at this level")
        else:
            yield from _response_item_mistakes(by_link_id[raw["linkId"]], raw, here)


def _response_item_mistakes(item: Item, raw: Mapping[str, Any], path: str) -> Iterator[Mistake]:
    answers = raw.get("answer", [])
    if "item" in raw and answers:
        yield Mistake(path, "qrs-1", "nested items stand below the answer or below the item, not both")
    if answers and not item.is_question:
        yield Mistake(path, "answer", "only questions have answers")
    if len(answers) > 1 and not item.repeats:
        yield Mistake(path, "answer", "the question takes one answer")
    if "item" in raw:
        yield from _level_mistakes(item.items, raw, f"{path}.")
    for index, answer in enumerate(answers):
        yield from _level_mistakes(item.items, answer, f"{path}.answer[{index}].")
