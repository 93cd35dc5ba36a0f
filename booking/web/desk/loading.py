"""The only ways from an address to an object at the desk: they load and they authorise. A foreign one is missing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from flask import abort
from flask_babel import get_locale

from booking.core.actor import Role
from booking.core.scheduling.clinic import Location, Resource, Service
from booking.extensions import db
from booking.queries.appointments import Visit, visit_for
from booking.queries.desk_patients import DeskPatient, patient_or_none
from booking.web import access, audited
from booking.web.access_table import DESK
from booking.web.context import clinic_now

_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{22}")
FIRST_YEAR, LAST_YEAR = 2000, 2199
LONGEST_VERSION = 10


@dataclass(frozen=True, slots=True)
class StaffVisit:
    """A visit with the clinic's words for it. Retired services and specialists keep their names."""

    visit: Visit
    service: Service
    location: Location
    specialist: Resource | None


def is_desk() -> bool:
    """Whether the person here books, cancels and moves visits."""
    role = access.actor().role
    return role is not None and role.value in DESK


def locale() -> str:
    """The reader's language, as the date words take it."""
    return str(get_locale() or "en")


def own_locations() -> tuple[Location, ...]:
    """Where the actor works, by id: of a specialist or a nurse, also only where they ever see patients."""
    actor, catalogue = access.actor(), clinic_now()
    found = [place for i, place in sorted(catalogue.locations.items()) if actor.works_at(i)]
    if actor.resource_id is not None and actor.role in {Role.SPECIALIST, Role.NURSE}:
        resource = catalogue.resources[actor.resource_id]
        found = [place for place in found if place.id in resource.location_ids]
    return tuple(found)


def location_or_404(code: str) -> Location:
    """The own location of that code; "" is the first one."""
    found = [place for place in own_locations() if code in {"", place.code}]
    if not found:
        abort(404)
    return found[0]


def date_or_404(text: str) -> date:
    """A date in ISO form of years that a clinic can have visits in."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        abort(404)
    if on.isoformat() != text or not FIRST_YEAR <= on.year <= LAST_YEAR:
        abort(404)
    return on


def staff_visit_or_404(public_id: str) -> StaffVisit:
    """The visit at a location where the actor works; for specialists one that they give."""
    visit = visit_for(db.session(), access.actor(), public_id)
    if visit is None:
        abort(404)
    audited.saw_visit(visit.id, visit.patient_id)
    return with_words(visit)


def with_words(visit: Visit) -> StaffVisit:
    """The visit with the rows of the clinic that it names."""
    catalogue = clinic_now()
    return StaffVisit(
        visit,
        catalogue.services[visit.service_id],
        catalogue.locations[visit.location_id],
        catalogue.resources[visit.specialist_id] if visit.specialist_id else None,
    )


def patient_or_404(public_id: str) -> DeskPatient:
    """Any patient of the clinic: whoever calls the desk may be booked. Only the desk's roles come here."""
    patient = patient_or_none(db.session(), public_id) if _PUBLIC_ID.fullmatch(public_id) else None
    if patient is None:
        abort(404)
    audited.saw_patient(patient.id)
    return patient


def version_or_400(text: str | None) -> int:
    """The version of the visit that a form of ours says it has shown."""
    if not (text and text.isascii() and text.isdigit() and len(text) < LONGEST_VERSION):
        abort(400)
    return int(text)
