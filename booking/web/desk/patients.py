"""Patients at the desk: finding one, and the page of one."""

from __future__ import annotations

from datetime import timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.core.people import one_line
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.extensions import db
from booking.queries.appointments import may_see, visits_of_patients
from booking.queries.desk_patients import PatientMatch, can_be_looked_for, patients_matching
from booking.queries.found_accounts import own_account_ids
from booking.queries.merging import merges_of
from booking.web import access, audited
from booking.web.context import clinic_now
from booking.web.desk.day import bp
from booking.web.desk.forms import SearchPatientForm
from booking.web.desk.loading import patient_or_404, with_words

SEARCHED = "desk_search"
"""Session value: what was looked for last. A name must not stand in an address, and Back must work all the same."""

MOST_SHOWN = 20
PAST_SHOWN = timedelta(days=10 * 365)


@bp.get("/patients")
def patients() -> ResponseReturnValue:
    """The search and what it found."""
    return search_page("patients")


@bp.post("/search")
def search() -> ResponseReturnValue:
    """Look for a patient: for their page, or to book for them."""
    form = SearchPatientForm()
    goal = "book" if form.goal.data == "book" else "patients"
    if not form.validate():
        return search_page(goal, form), 422
    access.server_session()[SEARCHED] = one_line(form.text.data or "")
    return redirect(url_for(f"desk.{goal}", found=1), 303)


def last_search() -> str:
    """What was looked for last, on the pages that a search leads to; "" where somebody begins anew."""
    text: str = access.server_session().get(SEARCHED, "") if "found" in request.args else ""
    return text


def search_page(goal: str, form: SearchPatientForm | None = None) -> str:
    """The page of that goal, with the matches of the last search."""
    text = last_search()
    matches = _matches(text) if form is None else []
    if matches:
        audited.saw_list(audited.FOUND)
    return render_template(
        f"desk/{goal}.html",
        form=form or SearchPatientForm(formdata=None, text=text, goal=goal),
        text=text,
        is_too_short=not can_be_looked_for(text),
        matches=matches[:MOST_SHOWN],
        has_more=len(matches) > MOST_SHOWN,
        locations=clinic_now().locations,
    )


def _matches(text: str) -> list[PatientMatch]:
    return patients_matching(db.session(), text, MOST_SHOWN + 1, now=utc_now()) if text else []


@bp.get("/patients/<public_id:public_id>")
def patient(public_id: str) -> ResponseReturnValue:
    """How they are reached, what is coming, what was. A visit at a location of others shows its time and place only."""
    found, now, actor = patient_or_404(public_id), utc_now(), access.actor()
    visits = [
        (with_words(one), may_see(actor, one))
        for one in visits_of_patients(db.session(), [found.id], since=now - PAST_SHOWN)
    ]
    coming = [v for v in visits if v[0].visit.ends_at > now and v[0].visit.status is not AppointmentStatus.CANCELLED]
    past = [v for v in reversed(visits) if v not in coming]
    is_administrator = actor.role is Role.ADMINISTRATOR
    return render_template(
        "desk/patient.html",
        patient=found,
        coming=coming,
        past=past,
        is_administrator=is_administrator,
        account_ids=own_account_ids(db.session(), found.id) if is_administrator else (),
        merges=merges_of(db.session(), found.id, now=now),
        tz=next(iter(clinic_now().locations.values())).tz,
    )
