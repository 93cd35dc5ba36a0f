"""The waiting list at the desk: who is offered what, which times are free, who waits; joining, leaving, answering."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import local_date, utc_now
from booking.core.errors import BookingError, RulesRefuse
from booking.core.scheduling.clinic import Location, Resource, Service
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.extensions import db
from booking.queries import waiting as list_queries
from booking.queries.appointments import may_see, visits_of_patients
from booking.queries.desk_patients import DeskPatient
from booking.queries.waiting import FreedNow, Offer, Waiting
from booking.services import offers, waiting_list
from booking.web import access, audited
from booking.web.context import clinic_now
from booking.web.desk.day import bp
from booking.web.desk.loading import StaffVisit, own_locations, patient_or_404, with_words
from booking.web.desk.next_times import offered_services
from booking.web.desk.waiting_forms import AddWaitingForm, said_values
from booking.web.desk.waiting_words import (
    FREED_CAUSE,
    OTHER_CAUSE,
    OTHER_REFUSED,
    REFUSED,
    order_words,
    wish_words,
)

YES, NO, STOP = "yes", "no", "stop"
TOO_LATE = frozenset({"offer_over", "hold_expired", "slot_taken", "patient_busy", "rules_refuse", "move_not_allowed"})
"""Refusals after which the list is the better page."""


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One who waits, with the words for it. `number` is the place among those of the service;
    `is_twice`: somebody of the same name and date of birth waits for it too, as another patient."""

    number: int
    waiting: Waiting
    order: str
    wish: str
    is_twice: bool


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One open offer with the clinic's words for it. `visit_location` is where the visit is that would be moved."""

    offer: Offer
    service: Service
    location: Location
    specialist: Resource | None
    visit_location: Location | None


@dataclass(frozen=True, slots=True)
class FreedLine:
    """A freed time with its words; `is_due` is False while the patient who gave it up may still take it back."""

    freed: FreedNow
    location: Location
    resource: Resource | None
    cause: str
    is_due: bool


@bp.get("/waiting")
def waiting() -> ResponseReturnValue:
    """Everything about the waiting list at the own locations."""
    now = utc_now()
    audited.saw_list(audited.WAITING_SEEN)
    zones = {place.tz.key for place in clinic_now().locations.values()}
    return render_template(
        "desk/waiting.html", groups=_groups(now), offers=_offers(), freed=_freed(now), has_several_zones=len(zones) > 1
    )


def _groups(now: datetime) -> list[tuple[Service, list[WaitingLine]]]:
    """Who waits, by service, each in the order in which they are asked."""
    actor, clinic = access.actor(), clinic_now()
    everyone = list_queries.everyone_waiting(db.session(), now=now)
    groups = []
    for service_id, group in groupby(everyone, key=lambda one: one.wish.service_id):
        same = list(group)
        people = Counter(one.patient_key for one in same)
        lines = [
            WaitingLine(
                number, one, order_words(one.standing), wish_words(one.wish, clinic), people[one.patient_key] > 1
            )
            for number, one in enumerate(same, start=1)
            if list_queries.may_see_waiting(actor, one)
        ]
        groups.append((clinic.services[service_id], lines))
    return [(service, lines) for service, lines in groups if lines]


def _offers() -> list[OfferLine]:
    actor, clinic = access.actor(), clinic_now()
    return [
        OfferLine(
            offer,
            clinic.services[offer.service_id],
            clinic.locations[offer.location_id],
            clinic.resources[offer.specialist_id] if offer.specialist_id else None,
            clinic.locations[offer.visit_location_id] if offer.visit_location_id else None,
        )
        for offer in list_queries.open_offers(db.session())
        if list_queries.may_see_offer(actor, offer)
    ]


def _freed(now: datetime) -> list[FreedLine]:
    """Freed times of the own locations; one of no place in particular is told in the first of them."""
    clinic, own = clinic_now(), own_locations()
    lines = []
    for freed in list_queries.freed_times_now(db.session(), now=now):
        place = next((one for one in own if freed.location_id in {None, one.id}), None)
        if place is not None:
            resource = clinic.resources[freed.resource_id] if freed.resource_id else None
            cause = str(FREED_CAUSE.get(freed.cause, OTHER_CAUSE))
            lines.append(FreedLine(freed, place, resource, cause, freed.available_at <= now))
    return lines


@bp.route("/patients/<public_id:public_id>/wait", methods=["GET", "POST"])
def wait(public_id: str) -> ResponseReturnValue:
    """Put a patient on the list, or change what they wait for."""
    patient, now = patient_or_404(public_id), utc_now()
    form = _form_or_none(patient, now)
    if form is None:
        return render_template("desk/nothing_offered.html"), 422
    if not form.validate_on_submit():
        return render_template("desk/wait.html", patient=patient, form=form), 422 if form.errors else 200
    try:
        place = waiting_list.join(
            db.session(),
            actor=access.actor(),
            patient_id=patient.id,
            wish=form.wish,
            visit_public_id=form.visit.data or None,
            priority=int(form.is_first.data),
            now=now,
        )
    except RulesRefuse as refused:
        form.form_errors = [str(REFUSED.get(refusal.code, OTHER_REFUSED)) for refusal in refused.refusals]
        return render_template("desk/wait.html", patient=patient, form=form), 422
    flash(_joined_words(patient, is_new=place.is_new), "success")
    return redirect(url_for("desk.waiting"), 303)


def _form_or_none(patient: DeskPatient, now: datetime) -> AddWaitingForm | None:
    """The form; None when nothing is given at the own locations that anybody could wait for."""
    catalogue, own = clinic_now(), own_locations()
    services = offered_services(catalogue)
    if not services:
        return None
    today = local_date(now, own[0].tz)
    return AddWaitingForm(
        services=services,
        locations=own,
        visits=_coming(patient, now),
        catalogue=catalogue,
        today=today,
        **_said_before(patient, now),
    )


def _said_before(patient: DeskPatient, now: datetime) -> dict[str, Any]:
    """The wishes that are changed, for the entry of the service that the address names; {} where there is none."""
    service = clinic_now().service_by_code.get(request.args.get("service", ""))
    entries = list_queries.entries_of_patients(db.session(), access.actor(), [patient.id], now=now)
    found = next((one for one in entries if service is not None and one.wish.service_id == service.id), None)
    return {} if found is None else said_values(found, clinic_now())


def _coming(patient: DeskPatient, now: datetime) -> list[StaffVisit]:
    """Visits that an earlier one may replace."""
    found = visits_of_patients(db.session(), [patient.id], since=now)
    return [
        with_words(one)
        for one in found
        if one.status is AppointmentStatus.BOOKED and one.starts_at > now and may_see(access.actor(), one)
    ]


def _joined_words(patient: DeskPatient, *, is_new: bool) -> str:
    if is_new:
        return gettext("%(name)s is on the waiting list.", name=patient.name)
    return gettext("%(name)s was on the list already: the wishes are changed, the place is kept.", name=patient.name)


@bp.post("/waiting/<public_id:public_id>/leave")
def leave_waiting(public_id: str) -> ResponseReturnValue:
    """Take somebody off the list."""
    waiting_list.leave(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    flash(gettext("Taken off the waiting list."), "success")
    return redirect(url_for("desk.waiting"), 303)


@bp.post("/waiting/offers/<public_id:public_id>")
def answer_offer(public_id: str) -> ResponseReturnValue:
    """What the patient said on the phone: yes, not this time, or no more offers."""
    answer, now, actor = request.form.get("answer", ""), utc_now(), access.owning_actor()
    if list_queries.offer_for(db.session(), actor, public_id) is None:
        abort(404)
    if answer not in {YES, NO, STOP}:
        abort(400)
    if answer != YES:
        offers.decline_offer(db.session(), actor=actor, offer_public_id=public_id, keep_looking=answer == NO, now=now)
        flash(gettext("Noted. The time is offered to the next one."), "success")
        return redirect(url_for("desk.waiting"), 303)
    try:
        taken = offers.accept_offer(
            db.session(), actor=actor, offer_public_id=public_id, now=now, nonce=f"offer:{public_id}"
        )
    except BookingError as refused:
        if refused.code not in TOO_LATE:
            raise
        flash(gettext("That time cannot be had any more."), "error")
        return redirect(url_for("desk.waiting"), 303)
    flash(gettext("Booked."), "success")
    return redirect(url_for("desk.visit", public_id=taken.public_id), 303)
