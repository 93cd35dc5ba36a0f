"""The outcome of a visit in two taps: done, or done and what shall follow; and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.adapters import dates
from booking.core.clock import local_date, utc_now
from booking.core.follow_ups import SOON, is_fitting_day
from booking.core.scheduling.clinic import Service
from booking.core.scheduling.day_steps import FINISHES
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.extensions import db
from booking.services import follow_ups
from booking.services.follow_ups import FollowUpWish
from booking.web import access
from booking.web.context import clinic_now
from booking.web.desk.loading import StaffVisit, locale, staff_visit_or_404, version_or_400
from booking.web.specialist.forms import OWN, FollowUpForm
from booking.web.specialist.my_day import bp


@dataclass(frozen=True, slots=True)
class Proposal:
    """A follow-up that one tap wants: the day by which, as its value and in words."""

    value: str
    label: str
    day: str


@bp.route("/visits/<public_id:public_id>/outcome", methods=["GET", "POST"])
def outcome(public_id: str) -> ResponseReturnValue:
    """The second tap: done, done with a proposed follow-up, or one that is typed."""
    found = staff_visit_or_404(public_id)
    visit, now = found.visit, utc_now()
    if visit.specialist_id is None or visit.specialist_id != access.actor().resource_id:
        abort(404)
    today = local_date(now, found.location.tz)
    services = _services(found)
    form = FollowUpForm(services, today, service=_likely(found, services), formdata=_typed())
    if request.method == "GET" or (_is_typed() and not form.validate_on_submit()):
        return _page(found, form, services, today), 422 if form.errors else 200
    wish = _wish(found, form, services, today)
    follow_ups.finish_visit(
        db.session(),
        actor=access.actor(),
        public_id=public_id,
        version=version_or_400(request.form.get("version")),
        wish=wish,
        now=now,
    )
    flash(
        gettext("%(name)s: done. The follow-up is on the desk's list.", name=visit.patient_name)
        if wish
        else gettext("%(name)s: done.", name=visit.patient_name),
        "success",
    )
    return redirect(_day_of(found), 303)


def _is_typed() -> bool:
    return request.form.get("choice") == "typed"


def _typed() -> object:
    """What was typed, only when that button was pressed: the others need none of it."""
    return request.form if _is_typed() else None


def _services(found: StaffVisit) -> list[Service]:
    """What can follow: everything that is given where the visit was."""
    clinic = clinic_now()
    given = [s for s in clinic.services.values() if s.is_active and found.location in clinic.locations_for(s)]
    return sorted(given, key=lambda service: (service.position, service.id))


def _likely(found: StaffVisit, services: list[Service]) -> str:
    """The same kind again, unless it was a first visit: then the next kind that the specialist gives in person."""
    same = [s for s in services if s.id == found.service.id]
    follow = [s for s in services if "follow" in s.code]
    chosen = same if same and "follow" in found.service.code else follow or same or services
    return chosen[0].code if chosen else ""


def _wish(found: StaffVisit, form: FollowUpForm, services: list[Service], today: date) -> FollowUpWish | None:
    """None for "done" alone. Unknown values are 400."""
    choice = request.form.get("choice", "")
    own_id = found.visit.specialist_id
    by_code = {service.code: service for service in services}
    if choice == "done":
        return None
    if choice == "typed" and form.on is not None:
        with_me = form.who.data == OWN
        return FollowUpWish(by_code[form.service.data].id, form.on, own_id if with_me else None)
    code, _, soon = choice.partition("~")
    if code not in by_code or soon not in SOON or not is_fitting_day(today + SOON[soon], today):
        abort(400)
    return FollowUpWish(by_code[code].id, today + SOON[soon], own_id)


def _page(found: StaffVisit, form: FollowUpForm, services: list[Service], today: date) -> str:
    likely = next((s for s in services if s.code == _likely(found, services)), None)
    return render_template(
        "specialist/outcome.html",
        found=found,
        form=form,
        likely=likely,
        proposals=[_proposal(likely, key, today) for key in SOON] if likely else [],
        may_finish=found.visit.status in FINISHES or found.visit.status is AppointmentStatus.DONE,
        day_url=_day_of(found),
    )


def _proposal(service: Service, key: str, today: date) -> Proposal:
    weeks = SOON[key].days // 7
    day = dates.short_date_text(today + SOON[key], locale())
    return Proposal(f"{service.code}~{key}", gettext("In %(weeks)s weeks", weeks=weeks), day)


@bp.post("/visits/<public_id:public_id>/reopen")
def reopen(public_id: str) -> ResponseReturnValue:
    """One tap: it is not done after all."""
    found = staff_visit_or_404(public_id)
    follow_ups.reopen_visit(
        db.session(),
        actor=access.actor(),
        public_id=public_id,
        version=version_or_400(request.form.get("version")),
        now=utc_now(),
    )
    flash(gettext("%(name)s: not done after all.", name=found.visit.patient_name), "success")
    return redirect(_day_of(found), 303)


def _day_of(found: StaffVisit) -> str:
    on = local_date(found.visit.starts_at, found.location.tz)
    is_today = on == local_date(utc_now(), found.location.tz)
    return url_for("specialist.today") if is_today else url_for("specialist.day", on=on.isoformat())
