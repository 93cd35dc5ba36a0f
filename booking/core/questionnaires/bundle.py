"""A FHIR R4 Bundle that carries responses and their scores out of the house, with the patient they are about.

A file for another system, no answer to a query: its kind is `collection` (http://hl7.org/fhir/R4/bundle.html).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """Whom it is about; `id` is a FHIR id."""

    id: str
    given_name: str
    family_name: str
    born_on: date


def fhir_id(public_id: str) -> str:
    """A FHIR id, 32 hex digits, of one of our public ids: 128 bits as 22 characters, some of which FHIR does not allow.

    Always the same for the same id. Raises ValueError for anything else."""
    bits = base64.urlsafe_b64decode(f"{public_id}==")
    if len(bits) != 16:
        raise ValueError("A public id has 128 bits.")
    return bits.hex()


def patient_resource(facts: PatientFacts) -> dict[str, Any]:
    """The Patient with no more than tells them apart."""
    return {
        "resourceType": "Patient",
        "id": facts.id,
        "name": [{"family": facts.family_name, "given": [facts.given_name]}],
        "birthDate": facts.born_on.isoformat(),
    }


def collection(resources: Sequence[dict[str, Any]], *, base_url: str, at: datetime) -> dict[str, Any]:
    """The Bundle of these resources. Their relative references are found by the addresses under `base_url` (bdl-7).

    Raises ValueError for a naive `at`."""
    if at.utcoffset() is None:
        raise ValueError("at must be an aware instant.")
    entries = [
        {"fullUrl": f"{base_url.rstrip('/')}/{one['resourceType']}/{one['id']}", "resource": one} for one in resources
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": at.isoformat(timespec="seconds"),
        "entry": entries,
    }
