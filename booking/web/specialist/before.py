"""One page before a visit: what the patient told, what changed; reviewed, noted, exported. For its specialist alone."""

from __future__ import annotations

import json

from flask import abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.adapters.sealing import CannotOpen
from booking.core.clock import utc_now
from booking.core.questionnaires.progress import Progress
from booking.extensions import db
from booking.queries.desk_patients import patient_or_none
from booking.queries.questionnaires import Sender, forms_of_visits
from booking.services import before_visit, fhir_export, reviewing
from booking.services.filled_forms import library
from booking.services.read_forms import ReadForm
from booking.services.visit_wishes import read_wishes
from booking.web import access
from booking.web.context import clinic_now
from booking.web.desk.loading import StaffVisit, staff_visit_or_404
from booking.web.questionnaires.body_picture import DRAWINGS
from booking.web.specialist.forms import NoteForm
from booking.web.specialist.maps import map_pictures
from booking.web.specialist.my_day import bp
from booking.web.specialist.summary import Summary
from booking.web.specialist.trend import trend_picture
from booking.web.words import NEEDS


@bp.get("/visits/<public_id:public_id>")
def before(public_id: str) -> ResponseReturnValue:
    """The page. A service writes down that it was read."""
    found, now = staff_visit_or_404(public_id), utc_now()
    session, actor, visit = db.session(), access.actor(), found.visit
    wishes = read_wishes(session, actor=actor, visit=visit, now=now)
    told = before_visit.read_before_visit(session, actor=actor, visit=visit, now=now)
    tz = found.location.tz
    return render_template(
        "specialist/before.html",
        found=found,
        patient=patient_or_none(session, visit.patient_public_id),
        wishes=wishes,
        needs_words=NEEDS,
        told=told,
        senders={form.code: sender_text(form) for form in told.own},
        waiting=_not_sent(found),
        summary=Summary(told, tz),
        trends=[trend_picture(trend, tz) for trend in told.trends],
        maps=map_pictures(told.maps, tz),
        drawings=DRAWINGS,
        notes={form.code: NoteForm(formdata=None, note=form.note, prefix=form.code) for form in told.own},
        now=now,
    )


def _not_sent(found: StaffVisit) -> list[tuple[str, bool]]:
    """The titles of forms that are asked for and were not sent, and whether they were begun."""
    now, forms = utc_now(), library(db.session())
    asked = forms_of_visits(db.session(), [found.visit], clinic_now())[found.visit.id]
    states = [(line, line.progress(asked.times, now)) for line in asked.lines if not line.is_sent]
    return [
        (forms.latest(line.code).title, state is Progress.STARTED)
        for line, state in states
        if state is not Progress.NOT_SENT
    ]


def sender_text(form: ReadForm) -> str:
    """Who filled it in, and who helped."""
    who = _sender(form.sender)
    return gettext("%(who)s, with the help of %(helper)s", who=who, helper=form.helper) if form.helper else who


def _sender(sender: Sender | None) -> str:
    if sender is None or not sender.name:
        return gettext("somebody not logged in")
    return gettext("%(name)s, logged in", name=sender.name)


@bp.post("/visits/<public_id:public_id>/reviewed")
def review(public_id: str) -> ResponseReturnValue:
    """Mark one form as reviewed, or all; or take that back."""
    found = staff_visit_or_404(public_id)
    code, is_reviewed = request.form.get("form") or None, request.form.get("undo") != "1"
    count = reviewing.mark_reviewed(
        db.session(), actor=access.actor(), visit=found.visit, code=code, is_reviewed=is_reviewed, now=utc_now()
    )
    if count:
        flash(gettext("Marked as reviewed.") if is_reviewed else gettext("Marked as not reviewed."), "success")
    return redirect(f"{_page(public_id)}#forms", 303)


@bp.post("/visits/<public_id:public_id>/note")
def note(public_id: str) -> ResponseReturnValue:
    """Keep the note beside one form."""
    found, code = staff_visit_or_404(public_id), request.form.get("form", "")
    if not code:
        abort(400)
    form = NoteForm(prefix=code)
    if not form.validate_on_submit():
        flash(gettext("The note was not saved: please use fewer words."), "error")
        return redirect(f"{_page(public_id)}#forms", 303)
    reviewing.keep_note(
        db.session(), actor=access.actor(), visit=found.visit, code=code, note=form.note.data or "", now=utc_now()
    )
    flash(gettext("The note is saved."), "success")
    return redirect(f"{_page(public_id)}#forms", 303)


@bp.get("/visits/<public_id:public_id>/export")
def export(public_id: str) -> ResponseReturnValue:
    """What was sent for the visit as one FHIR file."""
    found = staff_visit_or_404(public_id)
    base_url = f"{current_app.config['SETTINGS'].base_url}/fhir"
    try:
        bundle = fhir_export.export_visit(
            db.session(), actor=access.actor(), visit=found.visit, base_url=base_url, now=utc_now()
        )
    except CannotOpen:
        flash(gettext("Nothing was exported: an answer cannot be read. Tell the administrator."), "error")
        return redirect(_page(public_id), 303)
    response = make_response(json.dumps(bundle, indent=1, ensure_ascii=False))
    response.headers["Content-Type"] = "application/fhir+json; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="answers-{found.visit.reference}.json"'
    return response


def _page(public_id: str) -> str:
    return url_for("specialist.before", public_id=public_id)
