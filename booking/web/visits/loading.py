"""The one way from an id in an address to a visit: it loads and it authorises. A foreign visit is a missing one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import abort, redirect, request, url_for

from booking.core.clock import utc_now
from booking.core.scheduling.clinic import Catalogue, Location, Resource, Service, VisitMode
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.extensions import db
from booking.queries.appointments import Visit, visit_for
from booking.services.cancelling import refusals_of_cancelling
from booking.web import access
from booking.web.context import clinic_now
from booking.web.words import where_words


@dataclass(frozen=True, slots=True)
class ShownVisit:
    """A visit with the clinic's words for it. `is_brief`: opened by a mailed link, so that only what is needed to come
    or to cancel is shown."""

    visit: Visit
    service: Service
    location: Location
    specialist: Resource | None
    is_past: bool
    is_brief: bool

    @property
    def is_in_person(self) -> bool:
        """Somebody has to come to the clinic."""
        return self.service.mode is VisitMode.IN_PERSON

    @property
    def where(self) -> str:
        """The address, or how the clinic reaches the patient; a mailed link does not show the number."""
        return where_words(self.service.mode, self.location, None if self.is_brief else self.visit.patient_phone)

    @property
    def cancel_until(self) -> datetime:
        """The last instant at which the patient can cancel here."""
        return self.visit.starts_at - self.service.policy.cancel_notice

    @property
    def is_expected(self) -> bool:
        """Booked, and still to come."""
        return self.visit.status is AppointmentStatus.BOOKED and not self.is_past


def shown_visit_or_404(public_id: str) -> ShownVisit:
    """The visit for whoever may see it: its patient's account, or the browser session that booked or opened it.

    A visitor is led to log in, whether the visit exists or not; everybody else gets 404.
    """
    actor = access.actor()
    visit = visit_for(db.session(), actor, public_id)
    if visit is None and actor.role is None:
        abort(redirect(url_for("accounts.log_in", next=request.path), 303))
    if visit is None:
        abort(404)
    return shown(visit, clinic_now(), now=utc_now())


def shown(visit: Visit, catalogue: Catalogue, *, now: datetime) -> ShownVisit:
    """The visit with its place and people. Retired services and specialists keep their names."""
    actor = access.actor()
    return ShownVisit(
        visit,
        catalogue.services[visit.service_id],
        catalogue.locations[visit.location_id],
        catalogue.resources[visit.specialist_id] if visit.specialist_id else None,
        is_past=visit.ends_at <= now,
        is_brief=visit.patient_id not in actor.patient_ids and not access.was_booked_here(visit.public_id),
    )


def may_cancel(found: ShownVisit) -> bool:
    """Whether this person can cancel here and now: the answer of the rules that decide when it is done."""
    return not refusals_of_cancelling(db.session(), access.actor(), found.visit, now=utc_now())
