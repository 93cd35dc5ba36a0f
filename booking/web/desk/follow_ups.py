"""Whom the desk is to book: follow-ups that specialists want, the most pressing first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext

from booking.adapters import dates
from booking.core.clock import local_date, utc_now
from booking.core.follow_ups import DROP_REASONS
from booking.core.scheduling.clinic import Location, Resource, Service
from booking.extensions import db
from booking.queries import follow_ups as list_queries
from booking.queries.follow_ups import WantedFollowUp
from booking.services import follow_ups as acts
from booking.web import access, audited
from booking.web.context import clinic_now
from booking.web.desk.day import bp
from booking.web.desk.loading import locale

UNDO_FOR = timedelta(days=1)
REASONS: dict[str, LazyString] = {
    "patient_declined": lazy_gettext("The patient does not want it"),
    "not_reached": lazy_gettext("Could not be reached"),
    "elsewhere": lazy_gettext("Is treated elsewhere"),
    "not_needed": lazy_gettext("The specialist says it is not needed"),
    "other": lazy_gettext("Another reason"),
}
"""The words of each of DROP_REASONS, in their order."""


@dataclass(frozen=True, slots=True)
class FollowUpLine:
    """One on the list, in words. `book_url` leads into booking with everything chosen."""

    wanted: WantedFollowUp
    service: Service
    specialist: Resource | None
    location: Location
    by: str
    is_late: bool
    book_url: str
    booked: str


@bp.get("/to-book")
def follow_ups() -> ResponseReturnValue:
    """The list at the own locations, and what was taken off it within a day."""
    session, now = db.session(), utc_now()
    audited.saw_list(audited.TO_BOOK_SEEN)
    lines = _lines(list_queries.to_book(session), now)
    dropped = _lines(list_queries.settled_since(session, now - UNDO_FOR), now)
    return render_template("desk/follow_ups.html", lines=lines, dropped=dropped, reasons=REASONS)


def _lines(found: list[WantedFollowUp], now: datetime) -> list[FollowUpLine]:
    actor = access.actor()
    return [_line(one, now) for one in found if actor.works_at(one.location_id)]


def _line(one: WantedFollowUp, now: datetime) -> FollowUpLine:
    clinic = clinic_now()
    service, location = clinic.services[one.service_id], clinic.locations[one.location_id]
    specialist = clinic.resources[one.resource_id] if one.resource_id else None
    today = local_date(now, location.tz)
    booked = dates.day_and_time(one.booked_starts_at, location.tz, locale()) if one.booked_starts_at else ""
    return FollowUpLine(
        one, service, specialist, location, dates.date_text(one.wanted_by, locale()), one.wanted_by < today,
        _book_url(one, service, specialist, location), booked,
    )  # fmt: skip


def _book_url(one: WantedFollowUp, service: Service, specialist: Resource | None, location: Location) -> str:
    """Booking for the patient, with service, place and specialist chosen; the booking settles the follow-up."""
    return url_for(
        "desk.book",
        patient=one.patient_public_id,
        service=service.code,
        location=location.code,
        who=specialist.code if specialist else None,
        follow_up=one.public_id,
    )


def _on_list_or_404(public_id: str) -> None:
    """Somebody else's is a missing one, whatever is asked of it."""
    found = list_queries.follow_up_or_none(db.session(), public_id)
    if found is None or not access.actor().works_at(found.location_id):
        abort(404)


@bp.post("/to-book/<public_id:public_id>/drop")
def drop_follow_up(public_id: str) -> ResponseReturnValue:
    """Take it off the list, with the reason."""
    _on_list_or_404(public_id)
    reason = request.form.get("reason", "")
    if reason and reason not in DROP_REASONS:
        abort(400)
    if not reason:
        flash(gettext("Choose a reason, then take it off the list."), "error")
        return redirect(url_for("desk.follow_ups"), 303)
    acts.drop(db.session(), actor=access.actor(), public_id=public_id, reason=reason, now=utc_now())
    flash(gettext("It is off the list. For a day it stands below, where it can be put back."), "success")
    return redirect(url_for("desk.follow_ups"), 303)


@bp.post("/to-book/<public_id:public_id>/put-back")
def put_back_follow_up(public_id: str) -> ResponseReturnValue:
    """It is to be booked after all."""
    acts.put_back(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    flash(gettext("It is on the list again."), "success")
    return redirect(url_for("desk.follow_ups"), 303)


@bp.post("/to-book/<public_id:public_id>/booked")
def settle_follow_up(public_id: str) -> ResponseReturnValue:
    """The visit that the patient has meanwhile is the one that was wanted."""
    _on_list_or_404(public_id)
    visit = request.form.get("visit", "")
    if not visit:
        abort(400)
    acts.settle_with(db.session(), actor=access.actor(), public_id=public_id, visit_public_id=visit, now=utc_now())
    flash(gettext("It is booked, and off the list."), "success")
    return redirect(url_for("desk.follow_ups"), 303)
