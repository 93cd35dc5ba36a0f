"""The shipped forms, responses to them and their scores, held against the official R4 JSON schema and fhirclient."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from fhirclient.models.observation import Observation
from fhirclient.models.questionnaire import Questionnaire as FhirQuestionnaire
from fhirclient.models.questionnaireresponse import QuestionnaireResponse

from booking.core.demo_answers import demo_answers
from booking.core.questionnaires.answers import DECLINED
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.fhir import ResponseFacts, ResponseStatus, questionnaire_response
from booking.core.questionnaires.instruments import score_of
from booking.core.questionnaires.library import SHIPPED, shipped_texts
from booking.core.questionnaires.observation import ObservationFacts, score_observation
from tests.core.questionnaires.forms import TYPES, TYPES_ANSWERS, TYPES_JSON
from tests.core.questionnaires.official import schema_mistakes

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
FACTS = ResponseFacts("qr1", ResponseStatus.COMPLETED, NOW, "Patient/p1", "Patient/p1", "RelatedPerson/r1", "en")
SEEN = ObservationFacts("o1", NOW, "Patient/p1", "Patient/p1", "QuestionnaireResponse/qr1")


def test_the_schema_finds_what_is_wrong() -> None:
    wrong = {**TYPES_JSON, "status": "live"}
    assert [text.split(":")[0] for text in schema_mistakes(wrong)] == ["$.status"]


@pytest.mark.parametrize("name", shipped_texts())
def test_shipped_definitions(name: str) -> None:
    data = json.loads(shipped_texts()[name])
    assert schema_mistakes(data) == []
    assert FhirQuestionnaire(data).as_json() == data


def _responses(form: Questionnaire) -> list[dict[str, Any]]:
    filled = [demo_answers(form, Random(seed)) for seed in range(3)]
    declined = {item.link_id: DECLINED for item in form.questions}
    return [questionnaire_response(form, answers, FACTS) for answers in (*filled, declined, {})]


@pytest.mark.parametrize("form", SHIPPED.questionnaires, ids=lambda f: f.code)
def test_responses_to_shipped_forms(form: Questionnaire) -> None:
    responses = _responses(form)
    assert [found for response in responses for found in schema_mistakes(response)] == []
    assert [QuestionnaireResponse(response).as_json() for response in responses] == responses


def test_responses_with_answers_of_every_type() -> None:
    response = questionnaire_response(TYPES, TYPES_ANSWERS, FACTS)
    assert schema_mistakes(response) == []
    assert QuestionnaireResponse(response).as_json() == response
    assert schema_mistakes(TYPES_JSON) == []


@pytest.mark.parametrize("code", ["peg", "phq-2", "phq-9", "gad-7", "pc-ptsd-5", "audit-c"])
@pytest.mark.parametrize("is_filled", [True, False], ids=["total", "no-total"])
def test_scores(code: str, is_filled: bool) -> None:
    form = SHIPPED.latest(code)
    score = score_of(form, demo_answers(form, Random(1)) if is_filled else {})
    assert score is not None
    observation = score_observation(score, SEEN)
    assert ("valueQuantity" in observation, "dataAbsentReason" in observation) == (is_filled, not is_filled)
    assert schema_mistakes(observation) == []
    assert Observation(observation).as_json() == observation
