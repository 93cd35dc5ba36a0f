"""The forms of a visit as one FHIR file for its specialist: patient, responses, scores. It is recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import Actor
from booking.core.errors import NotFound
from booking.core.questionnaires.bundle import PatientFacts, collection, fhir_id, patient_resource
from booking.core.questionnaires.fhir import ResponseFacts, ResponseStatus, questionnaire_response
from booking.core.questionnaires.instruments import score_of
from booking.core.questionnaires.observation import ObservationFacts, score_observation
from booking.models import Patient
from booking.queries.appointments import Visit
from booking.services import audit
from booking.services.audit_reads import VISIT
from booking.services.before_visit import read_before_visit
from booking.services.filled_forms import library, spoken
from booking.services.read_forms import ReadForm
from booking.services.transaction import transaction


def export_visit(session: Session, *, actor: Actor, visit: Visit, base_url: str, now: datetime) -> dict[str, Any]:
    """The Bundle of what was sent for the visit. `base_url` is what the addresses of the resources begin with.

    Raises NotFound for anybody but the visit's specialist, and when nothing was sent; CannotOpen when an answer does
    not open: a file that leaves answers out without saying so would be wrong."""
    forms = read_before_visit(session, actor=actor, visit=visit, now=now).own
    if not forms:
        raise NotFound
    patient = f"Patient/{fhir_id(visit.patient_public_id)}"
    resources = [_patient(session, visit)]
    for form in forms:
        resources += _resources(session, form, patient)
    with transaction(session):
        audit.record(session, actor, "responses_exported", VISIT, visit.id, now=now, patient_id=visit.patient_id)
    return collection(resources, base_url=base_url, at=now)


def _patient(session: Session, visit: Visit) -> dict[str, Any]:
    wanted = sa.select(Patient.given_name, Patient.family_name, Patient.born_on).where(Patient.id == visit.patient_id)
    return patient_resource(PatientFacts(fhir_id(visit.patient_public_id), *session.execute(wanted).one()))


def _resources(session: Session, form: ReadForm, patient: str) -> list[dict[str, Any]]:
    """The response in the words that were answered, and its score where the form has one."""
    if any(not stored.is_readable for stored in form.form.stored.values()):
        raise CannotOpen("An answer of this response does not open.")
    key, words = fhir_id(form.row.public_id), spoken(session, form.form, form.form.language).questionnaire
    facts = ResponseFacts(
        key,
        ResponseStatus.COMPLETED,
        form.row.completed_at,
        subject=patient,
        author=patient,
        language=words.language if form.row.language else "",
    )
    response = questionnaire_response(words, form.answers, facts)
    score = score_of(form.questionnaire, form.answers, library(session).tables)
    if score is None:
        return [response]
    seen = ObservationFacts(f"{key}-score", form.row.completed_at, patient, patient, f"QuestionnaireResponse/{key}")
    return [response, score_observation(score, seen)]
