"""The Bundle of an export: ids that FHIR allows, addresses that lead to what is in it; the official schema agrees."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from booking.core.questionnaires.bundle import PatientFacts, collection, fhir_id, patient_resource
from booking.core.questionnaires.clinical_order import Topic, place_of, topic_of
from booking.core.questionnaires.library import SHIPPED

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize("public_id", ["qkioocuDyhrbxON-_Za12w", "______________________"[:21] + "w"])
def test_an_id_is_one_that_fhir_allows_and_always_the_same(public_id: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", fhir_id(public_id))
    assert fhir_id(public_id) == fhir_id(public_id)


def test_anything_else_has_no_fhir_id() -> None:
    with pytest.raises(ValueError, match="128 bits"):
        fhir_id("abcd")


def test_resources_stand_under_their_addresses() -> None:
    patient = patient_resource(PatientFacts("p1", "Ana", "Alvarez", date(1980, 5, 17)))
    bundle = collection([patient], base_url="https://x.example/fhir/", at=NOW)
    assert bundle["entry"] == [{"fullUrl": "https://x.example/fhir/Patient/p1", "resource": patient}]
    assert bundle["timestamp"] == "2026-11-23T09:00:00+00:00"


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        collection([], base_url="https://x.example", at=datetime(2026, 11, 23))  # noqa: DTZ001 - what is refused.


def test_each_topic_has_questions_of_the_forms_that_ship_and_the_rest_comes_last() -> None:
    asked = {item.link_id for form in SHIPPED.questionnaires for item in form.questions}
    assert {topic_of(link_id) for link_id in asked} == set(Topic)
    assert place_of("how-long") < place_of("no-such-question")
    assert topic_of("no-such-question") is Topic.OTHER
