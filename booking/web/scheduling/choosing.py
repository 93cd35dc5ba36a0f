"""Choosing what a visit is for, and when: pages that only show."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.scheduling.clinic import Catalogue
from booking.extensions import db
from booking.web import access
from booking.web.context import clinic_now
from booking.web.scheduling.forms import FilterTimesForm
from booking.web.scheduling.search import Seeker, Wish, find_week, read_wish
from booking.web.scheduling.slot_choice import bookable_service_or_none, bookable_services
from booking.web.scheduling.times_page import times_page
from booking.web.words import choices_of

bp = Blueprint("scheduling", __name__)


@bp.get("/book/")
def services() -> ResponseReturnValue:
    """What the visit is for."""
    catalogue = clinic_now()
    return render_template("scheduling/services.html", catalogue=catalogue, services=bookable_services(catalogue))


@bp.get("/book/<service_code>/times")
def times(service_code: str) -> ResponseReturnValue:
    """One week of free times, the soonest first."""
    catalogue = clinic_now()
    service = bookable_service_or_none(service_code, catalogue)
    if service is None:
        return render_template("scheduling/unknown_service.html"), 404
    wish = read_wish(service, request.args, catalogue)
    seeker = Seeker(access.server_session().get("owner", ""))
    week = find_week(db.session(), catalogue, wish, seeker, now=utc_now())
    return render_template(
        "scheduling/times.html",
        service=service,
        wish=wish,
        page=times_page(catalogue, wish, week),
        filters=filters_of(wish, catalogue),
        own_url=url_for(".times", service_code=service.code),
    )


def filters_of(wish: Wish, catalogue: Catalogue) -> FilterTimesForm:
    """The filters as they stand; one with a single answer has no choice to show."""
    form = FilterTimesForm(
        formdata=None,
        who=wish.specialist.code if wish.specialist else "",
        where=wish.location.code if wish.location else "",
        part=wish.day_part.value if wish.day_part else "",
    )
    specialists = catalogue.specialists_for(wish.service)
    form.who.choices = choices_of({"": gettext("Any specialist (soonest)")} | {s.code: s.name for s in specialists})
    places = catalogue.locations_for(wish.service)
    form.where.choices = choices_of({"": gettext("Any location")} | {p.code: f"{p.name}, {p.city}" for p in places})
    return form
