"""My visits: what is coming, what was; one visit; cancelling; the calendar file."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.adapters.ics import CalendarFacts, CalendarMethod, calendar_file
from booking.core.actor import VisitAct
from booking.core.clock import utc_now
from booking.core.errors import PatientBusy, RulesRefuse, SlotTaken
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.extensions import db
from booking.queries.appointments import visits_of_patients
from booking.queries.questionnaires import begun_forms
from booking.services import appointments, cancelling, undo
from booking.services.video import video_room
from booking.web import access
from booking.web.context import clinic_now
from booking.web.mailed.forms import ProveBirthDateForm
from booking.web.scheduling.slot_choice import bookable_service_or_none, choice_of
from booking.web.scheduling.times_page import nearest_buttons
from booking.web.visits.forms import CancelAppointmentForm
from booking.web.visits.loading import ShownVisit, may_cancel, may_change, may_do, shown, shown_visit_or_404
from booking.web.waiting.loading import waits_of_patients

bp = Blueprint("visits", __name__)

PAST_SHOWN = timedelta(days=2 * 365)


@bp.get("/visits/")
def visits() -> ResponseReturnValue:
    """All visits of the patients this account acts for: those to come, what they wait for, then those that were."""
    now = utc_now()
    patient_ids = access.actor().patient_ids
    found = visits_of_patients(db.session(), patient_ids, since=now - PAST_SHOWN) if patient_ids else []
    listed = [shown(visit, clinic_now(), now=now) for visit in found]
    return render_template(
        "visits/visits.html",
        coming=[one for one in listed if one.is_expected],
        past=[one for one in reversed(listed) if not one.is_expected],
        waits=waits_of_patients(now),
        has_several_patients=len(patient_ids) > 1,
    )


@bp.get("/visits/<public_id:public_id>")
def visit(public_id: str) -> ResponseReturnValue:
    """One visit: when, where, what to bring, and what can still be changed. Opened by a mailed link, it says when and
    where, and asks for the date of birth to say more."""
    found = shown_visit_or_404(public_id)
    can = {
        "may_confirm": found.is_expected and not found.visit.confirmed_at and may_do(found, VisitAct.CONFIRM),
        "may_change": may_change(found),
        "may_cancel": may_cancel(found),
        # A link that is for something else is no reason to say that it is too late.
        "is_for_cancelling": may_do(found, VisitAct.CANCEL),
    }
    if found.is_brief:
        return render_template("mailed/visit.html", shown=found, form=ProveBirthDateForm(formdata=None), **can)
    room = video_room(db.session(), actor=access.actor(), visit=found.visit, now=utc_now())
    return render_template("visits/visit.html", shown=found, room=room, has_forms=_has_forms(found), **can)


def _has_forms(found: ShownVisit) -> bool:
    """Whether a visit that is no longer ahead leads to its forms: to those that were filled in, and to those that are
    asked while it takes place or after it."""
    if found.is_expected:
        return False
    asks = found.visit.status.occupies_time and bool(found.service.questionnaires)
    return asks or bool(begun_forms(db.session(), appointment_id=found.visit.id))


@bp.route("/visits/<public_id:public_id>/cancel", methods=["GET", "POST"])
def cancel(public_id: str) -> ResponseReturnValue:
    """Cancel, after saying once what is going to be cancelled. Whose link is for something else is told the way."""
    found = shown_visit_or_404(public_id)
    if not may_do(found, VisitAct.CANCEL):
        return render_template("visits/not_by_this_link.html", shown=found), 403
    if found.visit.status is AppointmentStatus.CANCELLED:
        return redirect(url_for("visits.cancelled", public_id=public_id), 303)
    if not may_cancel(found):
        return render_template("visits/too_late.html", shown=found, may_change=may_change(found)), 422
    form = CancelAppointmentForm()
    if not form.validate_on_submit():
        page = render_template("visits/cancel.html", shown=found, form=form, may_change=may_change(found))
        return page, 422 if form.errors else 200
    appointments.cancel(
        db.session(),
        actor=access.actor(),
        public_id=public_id,
        reason_code=form.reason_code,
        note=None,
        now=utc_now(),
    )
    return redirect(url_for("visits.cancelled", public_id=public_id), 303)


@bp.get("/visits/<public_id:public_id>/cancelled")
def cancelled(public_id: str) -> ResponseReturnValue:
    """The visit is cancelled, how to take that back for some minutes, and how to get another one."""
    found = shown_visit_or_404(public_id)
    if found.visit.status is not AppointmentStatus.CANCELLED:
        return redirect(url_for("visits.visit", public_id=public_id), 303)
    until = undo.undo_until(db.session(), access.actor(), found.visit, now=utc_now())
    if not may_do(found, VisitAct.CANCEL):
        until = None
    return render_template("visits/cancelled.html", shown=found, again_url=_again_url(found), undo_until=until)


def _may_book_again(found: ShownVisit) -> bool:
    """Whether the page leads to other times of the same service; a mailed link does not say which one it was."""
    return not found.is_brief and bookable_service_or_none(found.service.code, clinic_now()) is not None


def _again_url(found: ShownVisit) -> str:
    """The way to another visit."""
    if _may_book_again(found):
        return url_for("scheduling.times", service_code=found.service.code)
    return url_for("scheduling.services")


@bp.post("/visits/<public_id:public_id>/undo-cancel")
def undo_cancel(public_id: str) -> ResponseReturnValue:
    """Take the cancelling back, as long as the time is kept."""
    found = shown_visit_or_404(public_id, act=VisitAct.CANCEL)
    try:
        cancelling.undo_cancel(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    except SlotTaken as error:
        return _time_is_gone(found, error)
    except (RulesRefuse, PatientBusy):
        flash(gettext("That cannot be taken back any more. Please choose a new time, or call us."), "warning")
        return redirect(url_for(".cancelled", public_id=public_id), 303)
    flash(gettext("Your visit stands again, at the same time."), "success")
    return redirect(url_for(".visit", public_id=public_id), 303)


def _time_is_gone(found: ShownVisit, error: SlotTaken) -> ResponseReturnValue:
    """The visit stays cancelled: the nearest free times, as for a new booking."""
    catalogue = clinic_now()
    nearest = [choice_of(slot, catalogue, is_any=False) for slot in sorted(error.alternatives)]
    buttons = nearest_buttons(nearest) if _may_book_again(found) else []
    page = render_template("visits/undo_cancel_lost.html", shown=found, buttons=buttons, again_url=_again_url(found))
    return page, 409


@bp.get("/visits/<public_id:public_id>/calendar.ics")
def calendar(public_id: str) -> ResponseReturnValue:
    """The visit as a calendar file: the same entry that the mails carry, and as neutral."""
    found = shown_visit_or_404(public_id)
    is_cancelled = found.visit.status is AppointmentStatus.CANCELLED
    method = CalendarMethod.CANCEL if is_cancelled else CalendarMethod.REQUEST
    headers = {"Content-Disposition": 'attachment; filename="appointment.ics"'}
    content_type = f"text/calendar; charset=utf-8; method={method.value}"
    return Response(calendar_file(_facts(found), method), headers=headers, content_type=content_type)


def _facts(found: ShownVisit) -> CalendarFacts:
    settings, clinic = current_app.config["SETTINGS"], clinic_now().clinic
    return CalendarFacts(
        uid=f"{found.visit.public_id}@{settings.host.partition(':')[0]}",
        sequence=found.visit.sequence,
        starts_at=found.visit.starts_at,
        ends_at=found.visit.ends_at,
        place=f"{found.location.street}, {found.location.city}" if found.is_in_person else "",
        stamped_at=_changed_at(found),
        organizer_name=clinic.sender_name,
        organizer_address=settings.mail_from,
        summary=gettext("Appointment"),
        phone=found.location.phone or clinic.phone,
    )


def _changed_at(found: ShownVisit) -> datetime:
    """When the entry became what it is now: calendars drop a file that is older than what they have."""
    last = undo.last_time(db.session(), found.visit)
    return found.visit.cancelled_at or (last.replaced_at if last else found.visit.booked_at)
