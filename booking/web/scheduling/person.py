"""For whom a visit is booked, and whether enough is known to book it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from booking.extensions import db
from booking.queries.own_patients import OwnPatient, own_patients
from booking.web import access
from booking.web.scheduling.draft import NEW_PERSON, Draft
from booking.web.scheduling.forms import PatientDetailsForm, VisitDetailsForm


@dataclass(frozen=True, slots=True)
class Person:
    """The patient of the draft. `known` None is somebody new, whose name is asked for; `is_open` asks who it is."""

    known: OwnPatient | None
    choices: list[OwnPatient]
    is_open: bool = False


def person_of(draft: Draft) -> Person:
    """Whom the visit is for: as chosen, or the only one it can be for."""
    choices = own_patients(db.session(), access.actor().patient_ids)
    chosen = {patient.public_id: patient for patient in choices}.get(draft.whom)
    if chosen or draft.whom == NEW_PERSON or not choices:
        return Person(chosen, choices)
    if len(choices) == 1 and not draft.has_person():
        return Person(choices[0], choices)
    return Person(None, choices, is_open=True)


def known_patient_id(draft: Draft) -> int | None:
    """The id of `person_of(draft).known`; no query where nobody was chosen, which is the rule."""
    own = access.actor().patient_ids
    if not own or draft.whom == NEW_PERSON:
        return None
    if not draft.whom and (len(own) > 1 or draft.has_person()):
        return None
    if not draft.whom:
        return next(iter(own))
    known = person_of(draft).known
    return known.id if known else None


def details_form(draft: Draft, person: Person) -> VisitDetailsForm:
    """The form of the details page, filled with what was typed before."""
    return form_class(person)(formdata=draft.form_data if draft.typed else None, data=from_account(person))


def form_class(person: Person) -> type[VisitDetailsForm]:
    """A known patient is not asked again for what we know."""
    return VisitDetailsForm if person.known else PatientDetailsForm


def complete_form_or_none(draft: Draft, person: Person) -> VisitDetailsForm | None:
    """What was typed, when it is all there and makes sense."""
    if person.is_open or (person.known is None and not draft.typed):
        return None
    form = form_class(person)(formdata=draft.form_data, meta={"csrf": False})
    return form if form.validate() else None


def next_page(draft: Draft) -> str:
    """The first page on which something is missing; the check page when nothing is."""
    person = person_of(draft)
    if person.is_open:
        return url_for("scheduling.whom")
    is_ready = bool(draft.typed) and complete_form_or_none(draft, person) is not None
    return url_for("scheduling.check" if is_ready else "scheduling.details")


def from_account(person: Person) -> dict[str, str]:
    """What an account that acts for nobody yet knows of its owner."""
    account = access.account_or_none()
    if account is None or person.choices:
        return {}
    given_name, _, family_name = account.name.strip().rpartition(" ")
    return {"given_name": given_name, "family_name": family_name, "email": account.email}
