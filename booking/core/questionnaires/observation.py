"""A score as a FHIR R4 Observation of category `survey`, for the specialist's export (clinical guide, 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from booking.core.questionnaires.fhir import UCUM
from booking.core.questionnaires.scoring import Score

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


@dataclass(frozen=True, slots=True)
class ObservationFacts:
    """What an Observation says beside the score. References are relative; `effective` is when the form was sent."""

    id: str
    effective: datetime
    subject: str
    performer: str
    response: str


def score_observation(score: Score, facts: ObservationFacts) -> dict[str, Any]:
    """The Observation as JSON values; one without a total says so instead of a number (obs-6).

    Raises ValueError for a naive `effective`."""
    if facts.effective.utcoffset() is None:
        raise ValueError("effective must be an aware instant.")
    head = {
        "resourceType": "Observation",
        "id": facts.id,
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": "survey"}]}],
        "code": _concept(score),
        "subject": {"reference": facts.subject},
        "effectiveDateTime": facts.effective.isoformat(timespec="seconds"),
        "performer": [{"reference": facts.performer}],
    }
    return {**head, **_result(score), "derivedFrom": [{"reference": facts.response}]}


def _concept(score: Score) -> dict[str, Any]:
    """The code of the total; our own name for it is text, since a `display` must be that of the code system."""
    concept = {"coding": [{"system": score.coding.system, "code": score.coding.code}]}
    return {**concept, "text": score.coding.display} if score.coding.display else concept


def _result(score: Score) -> dict[str, Any]:
    if score.value is None:
        return {"dataAbsentReason": {"coding": [{"system": ABSENT, "code": "unknown"}]}}
    whole = score.value == score.value.to_integral_value()
    number = int(score.value) if whole else float(score.value)
    return {"valueQuantity": {"value": number, "unit": "{score}", "system": UCUM, "code": "{score}"}}
