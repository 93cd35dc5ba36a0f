"""Another time for a visit at the desk: look for it, read it aloud, move, and for some minutes take that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.errors import MoveNotAllowed, RulesRefuse, SlotTaken
from booking.core.scheduling.rules import Refusal
from booking.extensions import db
from booking.models import AppointmentTime
from booking.queries.appointments import Visit, visit_for
from booking.queries.desk_visit import last_change
from booking.services import appointments, cancelling, changing, confirming, undo
from booking.services.sessions import new_token
from booking.web import access
from booking.web.context import clinic_now
from booking.web.desk.caller import Caller
from booking.web.desk.chosen import (
    can_be_overridden,
    named_specialist_id,
    own_choice_or_none,
    refuse_if_past,
    request_of,
    sentence_of,
)
from booking.web.desk.day import bp
from booking.web.desk.forms import MoveVisitForm
from booking.web.desk.loading import StaffVisit, patient_or_404, staff_visit_or_404, version_or_400, with_words
from booking.web.desk.next_times import calendar_for, next_times, read_wish_or_none, times_form
from booking.web.desk.ways import Way, booking_way, taken_page, times_page
from booking.web.desk.words import refusal_sentences
from booking.web.scheduling.slot_choice import SlotChoice


@bp.get("/visits/<public_id:public_id>/change")
def change(public_id: str) -> ResponseReturnValue:
    """Other times: of the same kind, place and specialist unless others are asked for."""
    found, now = _changeable_or_refused(public_id), utc_now()
    way = _way(found)
    wish = read_wish_or_none(way.whom, _asked(found, request.args), now=now)
    if wish is None:
        return render_template("desk/nothing_offered.html"), 422
    calendar = calendar_for(way.whom, wish, without_appointment=found.visit.id)
    times = next_times(wish, now=now, calendar=calendar, moving=found.visit)
    page = times_page("desk/change.html", way, wish, times, now=now, found=found, form=times_form(wish))
    return page, 422 if wish.is_unread else 200


def _changeable_or_refused(public_id: str) -> StaffVisit:
    found = staff_visit_or_404(public_id)
    if refusals := _refusals(found.visit):
        raise RulesRefuse(refusals)
    return found


def _refusals(visit: Visit) -> tuple[Refusal, ...]:
    return changing.refusals_of_changing(db.session(), access.actor(), visit, now=utc_now(), clinic=clinic_now())


def _way(found: StaffVisit) -> Way:
    caller = Caller(known=patient_or_404(found.visit.patient_public_id))
    return Way(caller, "desk.change", "desk.check_change", {"public_id": found.visit.public_id})


def _asked(found: StaffVisit, arguments: Mapping[str, str]) -> dict[str, str]:
    """What the address asks for; where it does not say, what the visit is now."""
    now = {
        "service": found.service.code,
        "location": found.location.code,
        "who": found.specialist.code if found.specialist else "",
    }
    return {**({} if "service" in arguments else now), **arguments}


@bp.route("/visits/<public_id:public_id>/change/check", methods=["GET", "POST"])
def check_change(public_id: str) -> ResponseReturnValue:
    """From when to when, to be read aloud, and the button that moves. The same form sent twice moves once."""
    found = staff_visit_or_404(public_id)
    choice, form = own_choice_or_none(), MoveVisitForm()
    if choice is None:
        return redirect(url_for("desk.change", public_id=public_id), 303)
    if not form.is_submitted():
        _changeable_or_refused(public_id)
        refuse_if_past(choice)
    if not form.validate_on_submit():
        return _check_page(found, choice, form), 422 if form.errors else 200
    try:
        _move(found, choice, form)
    except SlotTaken as error:
        return taken_page(error, _way(found), choice)
    except RulesRefuse as error:
        if not can_be_overridden(error.refusals):
            raise
        form.ask_why()
        return _check_page(found, choice, form), 422
    flash(gettext("Moved: %(sentence)s.", sentence=sentence_of(choice)), "success")
    return redirect(url_for("desk.visit", public_id=public_id), 303)


def _move(found: StaffVisit, choice: SlotChoice, form: MoveVisitForm) -> None:
    changing.change_visit(
        db.session(),
        actor=access.owning_actor(),
        public_id=found.visit.public_id,
        service_id=choice.service.id,
        location_id=choice.location.id,
        specialist_id=named_specialist_id(choice),
        starts_at=choice.starts_at,
        version=version_or_400(form.version.data),
        nonce=form.nonce.data or "",
        now=utc_now(),
        override_reason=form.override_reason.data or None,
    )


def _check_page(found: StaffVisit, choice: SlotChoice, form: MoveVisitForm, **more: Any) -> str:
    visit, way = found.visit, _way(found)
    form.nonce.data = new_token()
    # What was on the page when it was sent stays: nobody moves a visit that they have not seen.
    form.version.data = form.version.data or str(visit.version)
    refusals = appointments.refusals_at_desk(
        db.session(), request_of(choice), patient_id=visit.patient_id, without_appointment=visit.id
    )
    if not can_be_overridden(refusals):
        raise RulesRefuse(refusals)
    return render_template(
        "desk/check_change.html",
        found=found,
        whom=way.whom,
        choice=choice,
        form=form,
        sentence=sentence_of(choice),
        overridden=refusal_sentences(refusals),
        times_url=way.around_url(choice),
        **more,
    )


@bp.post("/visits/<public_id:public_id>/undo-change")
def undo_change(public_id: str) -> ResponseReturnValue:
    """Back to the time before, if it is still free; else the times nearest to it."""
    found = staff_visit_or_404(public_id)
    before = undo.last_time(db.session(), found.visit)
    try:
        changing.undo_change(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    except SlotTaken as error:
        return taken_page(error, _way(found), _choice_of(before or found.visit))
    flash(gettext("The visit is back at its earlier time."), "success")
    return redirect(url_for("desk.visit", public_id=public_id), 303)


@bp.post("/visits/<public_id:public_id>/undo-cancel")
def undo_cancel(public_id: str) -> ResponseReturnValue:
    """Book the visit again at its own time, if it is still free; else lead to another booking near it."""
    found = staff_visit_or_404(public_id)
    try:
        cancelling.undo_cancel(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    except SlotTaken as error:
        return taken_page(error, booking_way(_way(found).whom), _choice_of(found.visit))
    flash(gettext("The visit is booked again."), "success")
    return redirect(url_for("desk.visit", public_id=public_id), 303)


def _choice_of(time: Visit | AppointmentTime) -> SlotChoice:
    """The time of a visit, as one that could be chosen."""
    clinic = clinic_now()
    return SlotChoice(
        clinic.services[time.service_id],
        clinic.locations[time.location_id],
        clinic.resources[time.specialist_id] if time.specialist_id else None,
        is_any=False,
        starts_at=time.starts_at,
    )


@bp.post("/visits/<public_id:public_id>/confirm")
def confirm(public_id: str) -> ResponseReturnValue:
    """The patient has said on the phone that they come."""
    staff_visit_or_404(public_id)
    version = version_or_400(request.form.get("version"))
    confirming.confirm_visit(db.session(), actor=access.actor(), public_id=public_id, now=utc_now(), version=version)
    flash(gettext("Noted: the patient comes."), "success")
    return redirect(url_for("desk.visit", public_id=public_id), 303)


@bp.errorhandler(MoveNotAllowed)
def changed_meanwhile(_error: MoveNotAllowed) -> ResponseReturnValue:
    """Somebody else was there first: who, what and when, and how the visit stands now. Nothing was changed."""
    public_id = (request.view_args or {}).get("public_id", "")
    visit = visit_for(db.session(), access.actor(), public_id)
    if visit is None:
        said = [gettext("Somebody has changed this meanwhile. Look at where it stands now.")]
        way = {"way_on": url_for("desk.index"), "way_text": gettext("Back to the day")}
        return render_template("desk/refused.html", sentences=said, **way), 409
    return render_template(
        "desk/changed_meanwhile.html",
        found=with_words(visit),
        entry=last_change(db.session(), visit),
        may_change=not _refusals(visit),
    ), 409
