"""A score as an Observation of FHIR R4."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from booking.core.questionnaires.definition import Coding
from booking.core.questionnaires.observation import ObservationFacts, score_observation
from booking.core.questionnaires.scoring import Score

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
FACTS = ObservationFacts("o1", NOW, "Patient/p1", "Patient/p1", "QuestionnaireResponse/qr1")
TOTAL = Coding("http://loinc.org", "55758-7", "PHQ-2 total score")
SCORE = Score("phq-2", "phq-2-sum-1", TOTAL, Decimal(0), Decimal(6), Decimal(1))
UNIT = {"unit": "{score}", "system": "http://unitsofmeasure.org", "code": "{score}"}


def test_a_total_is_a_quantity_that_names_the_response_it_came_from() -> None:
    category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}
    assert score_observation(SCORE, FACTS) == {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "category": [{"coding": [category]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "55758-7"}], "text": "PHQ-2 total score"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-03-01T18:00:00+00:00",
        "performer": [{"reference": "Patient/p1"}],
        "valueQuantity": {"value": 1, **UNIT},
        "derivedFrom": [{"reference": "QuestionnaireResponse/qr1"}],
    }


def test_a_mean_keeps_its_decimal() -> None:
    mean = replace(SCORE, value=Decimal("9.3"), coding=replace(TOTAL, display=""))
    observation = score_observation(mean, FACTS)
    assert observation["valueQuantity"] == {"value": 9.3, **UNIT}
    assert "text" not in observation["code"]


def test_without_a_total_there_is_a_reason_and_no_number() -> None:
    observation = score_observation(replace(SCORE, value=None), FACTS)
    assert "valueQuantity" not in observation
    assert observation["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_a_naive_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        score_observation(SCORE, replace(FACTS, effective=NOW.replace(tzinfo=None)))
