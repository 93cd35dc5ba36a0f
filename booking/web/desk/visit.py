"""One visit for the people who work here: who, when, how far, what happened; cancelling and the steps of the day."""

from __future__ import annotations

from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.messages import messages_for_cancelling
from booking.core.questionnaires.definition import Questionnaire
from booking.core.scheduling.day_steps import STEPS_BACK, steps_for
from booking.core.scheduling.lifecycle import AppointmentStatus, may_move
from booking.extensions import db
from booking.queries.appointments import Visit
from booking.queries.desk_visit import VisitFacts, visit_facts
from booking.queries.questionnaires import begun_forms
from booking.services import appointments, visit_flow
from booking.services.cancelling import DECEASED
from booking.services.changing import refusals_of_changing
from booking.services.filled_forms import library
from booking.services.undo import undo_until
from booking.services.video import video_room
from booking.services.visit_wishes import read_wishes
from booking.web import access
from booking.web.context import clinic_now
from booking.web.desk.asked import form_rows, more_forms
from booking.web.desk.day import bp
from booking.web.desk.forms import CancelVisitForm
from booking.web.desk.loading import StaffVisit, is_desk, own_locations, staff_visit_or_404, version_or_400
from booking.web.desk.visit_words import is_confirmed
from booking.web.desk.words import STATUS
from booking.web.next_page import checked_next
from booking.web.words import NEEDS

FIRST_VERSION = 1


@bp.get("/visits/<public_id:public_id>")
def visit(public_id: str) -> ResponseReturnValue:
    """Everything of the visit but the answers; the reason in own words only for its specialist."""
    found, now = staff_visit_or_404(public_id), utc_now()
    one, facts = found.visit, visit_facts(db.session(), found.visit)
    clinic = clinic_now()
    is_own = one.specialist_id is not None and one.specialist_id == access.actor().resource_id
    return render_template(
        "desk/visit.html",
        found=found,
        facts=facts,
        wishes=read_wishes(db.session(), actor=access.actor(), visit=one, now=now),
        needs_words=NEEDS,
        room=video_room(db.session(), actor=access.actor(), visit=one, now=now),
        is_own=is_own,
        answered=_answered(found) if is_own else [],
        form_rows=form_rows(facts.forms, now),
        more_forms=more_forms(found, facts.forms, now),
        taken=[clinic.resources[i] for i in facts.resource_ids if i != one.specialist_id],
        steps=steps_for(one.status, one.starts_at, found.location.tz, now) if is_desk() else [],
        back=STEPS_BACK.get(one.status) if is_desk() else None,
        may_cancel=is_desk() and may_move(one.status, AppointmentStatus.CANCELLED),
        may_change=is_desk() and not refusals_of_changing(db.session(), access.actor(), one, now=now, clinic=clinic),
        is_confirmed=is_confirmed(one),
        undo_until=_undo_until(one, now),
        catalogue=clinic,
        is_desk=is_desk(),
        sees_day=found.location in own_locations(),
    )


def _undo_until(visit: Visit, now: datetime) -> datetime | None:
    """Until when the desk may take back what was done last; a visit that is as it was booked is not asked about."""
    if not is_desk() or visit.version == FIRST_VERSION:
        return None
    return undo_until(db.session(), access.actor(), visit, now=now)


def _answered(found: StaffVisit) -> list[Questionnaire]:
    """The forms of the visit that have answers to look at."""
    begun = begun_forms(db.session(), appointment_id=found.visit.id)
    shelf = library(db.session())
    return [shelf.latest(code) for code in sorted(begun)]


@bp.route("/visits/<public_id:public_id>/cancel", methods=["GET", "POST"])
def cancel(public_id: str) -> ResponseReturnValue:
    """Cancel with a reason, after saying whether the patient will be written to."""
    found = staff_visit_or_404(public_id)
    if not may_move(found.visit.status, AppointmentStatus.CANCELLED):
        return redirect(url_for("desk.visit", public_id=public_id), 303)
    form, now = CancelVisitForm(), utc_now()
    facts = visit_facts(db.session(), found.visit)
    if not form.validate_on_submit():
        # What was on the page when it was sent stays: nobody cancels a visit that they have not seen.
        form.version.data = form.version.data or str(found.visit.version)
        writes = _is_written_to(found, facts, now)
        page = render_template("desk/cancel.html", found=found, facts=facts, form=form, is_written_to=writes)
        return page, 422 if form.errors else 200
    appointments.cancel(
        db.session(),
        actor=access.actor(),
        public_id=public_id,
        reason_code=form.reason.data,
        note=form.note.data or None,
        now=now,
        version=version_or_400(form.version.data),
    )
    is_told = _is_written_to(found, facts, now) and form.reason.data != DECEASED
    told = gettext("The patient gets an e-mail.") if is_told else gettext("The patient gets no e-mail.")
    flash(gettext("The visit is canceled and its time is free. %(told)s", told=told), "success")
    return redirect(url_for("desk.visit", public_id=public_id), 303)


def _is_written_to(found: StaffVisit, facts: VisitFacts, now: datetime) -> bool:
    """What the outbox will decide: an address is known, and the news is not too late to be of use."""
    return facts.patient.email is not None and bool(messages_for_cancelling(found.visit.starts_at, now))


@bp.post("/visits/<public_id:public_id>/move")
def move(public_id: str) -> ResponseReturnValue:
    """One press: arrived, in the room, done, did not come, or the step back."""
    found = staff_visit_or_404(public_id)
    after, version = _asked_step()
    visit_flow.move(
        db.session(), actor=access.actor(), public_id=public_id, after=after, version=version, now=utc_now()
    )
    flash(gettext("%(name)s: %(status)s", name=found.visit.patient_name, status=STATUS[after]), "success")
    back_to = checked_next(request.form.get("next"))
    return redirect(back_to or url_for("desk.visit", public_id=public_id), 303)


def _asked_step() -> tuple[AppointmentStatus, int]:
    after = request.form.get("to", "")
    if after not in set(AppointmentStatus):
        abort(400)
    return AppointmentStatus(after), version_or_400(request.form.get("version"))
