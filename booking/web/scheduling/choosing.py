"""Choosing what a visit is for, and when: pages that only show."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.core.preferences import NOTHING
from booking.core.scheduling.clinic import Service
from booking.core.scheduling.rules import is_closed_to
from booking.extensions import db
from booking.services import availability
from booking.web import access
from booking.web.context import clinic_now
from booking.web.scheduling.draft import read_draft
from booking.web.scheduling.forms import KeepWishesForm
from booking.web.scheduling.person import known_patient_id
from booking.web.scheduling.remembered import remembered
from booking.web.scheduling.search import Seeker, Wish, find_week, read_wish
from booking.web.scheduling.slot_choice import bookable_service_or_none, bookable_services
from booking.web.scheduling.times_page import times_page
from booking.web.scheduling.wishes_form import wish_words, wishes_form

bp = Blueprint("scheduling", __name__)


@bp.get("/book/")
def services() -> ResponseReturnValue:
    """What the visit is for."""
    catalogue = clinic_now()
    services = bookable_services(catalogue)
    modes = list(dict.fromkeys(service.mode for service in services))
    mode = remembered().mode if len(modes) > 1 and remembered().mode in modes else None
    return render_template(
        "scheduling/services.html",
        catalogue=catalogue,
        services=[service for service in services if mode in {None, service.mode}],
        modes=modes if len(modes) > 1 else [],
        mode=mode,
        is_verified=_is_verified(),
    )


@bp.get("/book/<service_code>/times")
def times(service_code: str) -> ResponseReturnValue:
    """One week of free times, the soonest first."""
    catalogue = clinic_now()
    service = bookable_service_or_none(service_code, catalogue)
    if service is None:
        return render_template("scheduling/unknown_service.html"), 404
    if is_closed_to(service, apply_policies=True, is_verified=_is_verified()):
        return render_template("scheduling/closed_service.html", service=service, is_verified=_is_verified())
    wish = read_wish(service, request.args, catalogue, remembered())
    return times_page_of(wish, wishes_form(wish, catalogue))


def times_page_of(wish: Wish, form: KeepWishesForm) -> str:
    """The page of that wish; `form` are its filters as they stand, or as they were posted with a mistake."""
    catalogue = clinic_now()
    week = find_week(db.session(), catalogue, wish, _seeker(wish.service), now=utc_now())
    return render_template(
        "scheduling/times.html",
        service=wish.service,
        wish=wish,
        page=times_page(catalogue, wish, week),
        form=form,
        words=wish_words(wish, form),
        is_remembered=remembered() != NOTHING,
        own_url=url_for(".times", service_code=wish.service.code),
    )


def _is_verified() -> bool:
    """Whether the person has an account: nobody logs in before the address is confirmed."""
    return access.actor().role is Role.PATIENT


def _seeker(service: Service) -> Seeker:
    """Whose times: where it is known whom the visit is for, their other visits are not offered."""
    patient_id, calendar = known_patient_id(read_draft()), None
    if patient_id is not None:
        calendar = availability.patient_calendar(
            db.session(), patient_id=patient_id, service_id=service.id, clinic=clinic_now()
        )
    return Seeker(access.server_session().get("owner", ""), _is_verified(), calendar)
