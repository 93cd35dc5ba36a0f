"""In which language somebody reads the forms of a visit: chosen on their list, kept with what is begun, and with the
patient for the next time.

What was answered keeps the language it was answered in; specialists read the form in its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import NotFound
from booking.models import Patient
from booking.queries.appointments import Visit
from booking.services import audit
from booking.services.filled_forms import FilledForm, forms_of_visit, is_full, library, may_answer
from booking.services.questionnaires import keep_language
from booking.services.transaction import transaction

LANGUAGE_CHOSEN = "form_language_chosen"


def languages_of(session: Session, forms: Iterable[FilledForm]) -> tuple[str, ...]:
    """The languages in which at least one of these forms can be read, sorted."""
    shelf = library(session)
    return tuple(sorted({one for form in forms for one in shelf.languages(form.questionnaire)}))


def choose_language(session: Session, *, actor: Actor, visit: Visit, language: str, now: datetime) -> bool:
    """Show the forms of the visit in that language, as far as they have it: those begun and those to come. Whoever
    acts for the patient, and the desk with them on the phone, say so for the visits to come too.

    False, and nothing is changed, for a language that none of the forms has. Raises NotFound for a visit that is not
    the actor's to answer."""
    if not may_answer(actor, visit):
        raise NotFound
    forms = forms_of_visit(session, visit=visit)
    if language not in languages_of(session, forms):
        return False
    with transaction(session):
        for form in forms:
            if form.response_id is not None and language in library(session).languages(form.questionnaire):
                keep_language(session, visit, form.code, language)
        if actor.is_staff or is_full(actor, visit):
            session.execute(sa.update(Patient).where(Patient.id == visit.patient_id).values(language=language))
            audit.record(
                session, actor, LANGUAGE_CHOSEN, "patient", visit.patient_id, now=now, patient_id=visit.patient_id
            )
    return True
