"""The one way from an id in an address to a visit: it loads and it authorises. A foreign visit is a missing one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import abort, redirect, request, url_for

from booking.core.actor import VisitAct
from booking.core.clock import utc_now
from booking.core.scheduling.clinic import Catalogue, Location, Resource, Service, VisitMode
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.extensions import db
from booking.queries.appointments import Visit, visit_for
from booking.services.cancelling import refusals_of_cancelling
from booking.services.changing import refusals_of_changing
from booking.web import access, audited
from booking.web.context import clinic_now
from booking.web.words import where_words


@dataclass(frozen=True, slots=True)
class ShownVisit:
    """A visit with the clinic's words for it. `is_brief`: opened by a mailed link and nothing more is known of the
    reader, so only date, time and place are shown."""

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
    def change_until(self) -> datetime:
        """The last instant at which the patient can move the visit here."""
        return self.visit.starts_at - self.service.policy.change_notice

    @property
    def is_change_over(self) -> bool:
        """Past the last instant at which it could be moved here."""
        return utc_now() > self.change_until

    @property
    def is_cancel_over(self) -> bool:
        """Past the last instant at which it could be cancelled here."""
        return utc_now() > self.cancel_until

    @property
    def change_url(self) -> str:
        """Where another time is chosen for it."""
        return url_for("visits.change", public_id=self.visit.public_id)

    @property
    def is_expected(self) -> bool:
        """Booked, and still to come."""
        return self.visit.status is AppointmentStatus.BOOKED and not self.is_past


def shown_visit_or_404(public_id: str, *, act: VisitAct | None = None) -> ShownVisit:
    """The visit for whoever may see it, and do that to it: its patient's account, or the browser session that booked or
    opened it.

    A visitor is led to log in, whether the visit exists or not; everybody else gets 404.
    """
    actor = access.actor()
    visit = visit_for(db.session(), actor, public_id, act=act)
    if visit is None and actor.role is None:
        abort(redirect(url_for("accounts.log_in", next=request.path), 303))
    if visit is None:
        abort(404)
    audited.saw_visit(visit.id, visit.patient_id)
    return shown(visit, clinic_now(), now=utc_now())


def known_visit_or_404(public_id: str) -> ShownVisit:
    """As `shown_visit_or_404`, for pages that say more of the visit than its time: whoever came by a mailed link is
    asked for the date of birth first, and led back."""
    found = shown_visit_or_404(public_id)
    if found.is_brief:
        wanted = request.path if request.method == "GET" else None
        abort(redirect(url_for("mailed.prove", public_id=public_id, next=wanted), 303))
    return found


def shown(visit: Visit, catalogue: Catalogue, *, now: datetime) -> ShownVisit:
    """The visit with its place and people. Retired services and specialists keep their names."""
    actor = access.actor()
    return ShownVisit(
        visit,
        catalogue.services[visit.service_id],
        catalogue.locations[visit.location_id],
        catalogue.resources[visit.specialist_id] if visit.specialist_id else None,
        is_past=visit.ends_at <= now,
        is_brief=not actor.knows(public_id=visit.public_id, patient_id=visit.patient_id),
    )


def may_cancel(found: ShownVisit) -> bool:
    """Whether this person can cancel here and now: the answer of the rules that decide when it is done."""
    return may_do(found, VisitAct.CANCEL) and not refusals_of_cancelling(
        db.session(), access.actor(), found.visit, now=utc_now()
    )


def may_change(found: ShownVisit) -> bool:
    """Whether this person can move the visit here and now."""
    return may_do(found, VisitAct.CHANGE) and not refusals_of_changing(
        db.session(), access.actor(), found.visit, now=utc_now()
    )


def may_do(found: ShownVisit, act: VisitAct) -> bool:
    """Whether that is this person's to do at all; when it can be done is for the rules."""
    visit = found.visit
    return access.actor().may_act(act, public_id=visit.public_id, patient_id=visit.patient_id)
