"""Forms at the desk: how those of a visit stand, asking for one more, withdrawing one, and who has not done what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.core.questionnaires.progress import Progress, VisitForms
from booking.core.scheduling.clinic import Location
from booking.extensions import db
from booking.queries.form_list import MissingForms, missing_forms
from booking.services import asked_forms
from booking.services.filled_forms import library
from booking.web import access, audited
from booking.web.context import clinic_now
from booking.web.desk.day import bp
from booking.web.desk.form_words import PROGRESS
from booking.web.desk.loading import StaffVisit, own_locations, staff_visit_or_404, with_words

AHEAD = timedelta(days=7)
ROWS_A_PAGE = 50
"""So many visits stand on one page of the list."""


@dataclass(frozen=True, slots=True)
class FormRow:
    """One form as staff see it: `state` chooses the icon, `title` is the form's."""

    code: str
    title: str
    state: str
    text: str
    due_at: datetime
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class MissingRow:
    """One visit of the list."""

    found: StaffVisit
    due_at: datetime
    rows: list[FormRow]


def form_rows(forms: VisitForms, now: datetime) -> list[FormRow]:
    """The forms of a visit, in their order, with how far each is."""
    shelf, may_ask = library(db.session()), asked_forms.may_ask(access.actor())
    found = []
    for line in forms.lines:
        progress, is_late = line.progress(forms.times, now), line.is_late(forms.times, now)
        text = gettext("%(state)s, late", state=PROGRESS[progress]) if is_late else str(PROGRESS[progress])
        state = "late" if is_late else progress.value
        title = shelf.latest(line.code).title
        may_withdraw = may_ask and progress not in {Progress.DONE, Progress.REVIEWED} and forms.times.takes_place
        found.append(FormRow(line.code, title, state, text, line.asked.due_at, may_withdraw))
    return found


def more_forms(found: StaffVisit, forms: VisitForms, now: datetime) -> list[tuple[str, str]]:
    """Code and title of the forms that may be asked for as well; [] for those who do not decide that, or too late."""
    is_open = found.visit.status.occupies_time and found.visit.starts_at > now
    if not is_open or not asked_forms.may_ask(access.actor()):
        return []
    shelf, asked = library(db.session()), {line.code for line in forms.lines}
    titles = [(code, shelf.latest(code).title) for code in shelf.codes if code not in asked]
    return sorted(titles, key=lambda one: one[1].casefold())


@bp.post("/visits/<public_id:public_id>/forms/ask")
def ask_form(public_id: str) -> ResponseReturnValue:
    """One more form for this visit."""
    staff_visit_or_404(public_id)
    code = request.form.get("form", "")
    if code not in library(db.session()).codes:
        flash(gettext("Choose a form."), "error")
    else:
        asked_forms.ask_form(db.session(), actor=access.actor(), public_id=public_id, code=code, now=utc_now())
        flash(gettext("Asked for: %(form)s.", form=library(db.session()).latest(code).title), "success")
    return redirect(url_for("desk.visit", public_id=public_id) + "#forms", 303)


@bp.post("/visits/<public_id:public_id>/forms/withdraw")
def withdraw_form(public_id: str) -> ResponseReturnValue:
    """The patient need not fill in that form for this visit."""
    staff_visit_or_404(public_id)
    code = request.form.get("form", "")
    asked_forms.withdraw_form(db.session(), actor=access.actor(), public_id=public_id, code=code, now=utc_now())
    flash(gettext("The form is not asked for any more. What was answered stays."), "success")
    return redirect(url_for("desk.visit", public_id=public_id) + "#forms", 303)


@bp.get("/forms")
def forms() -> ResponseReturnValue:
    """Who has not done what: visits of the last week and the next, at one of the own locations or at all."""
    now, actor, own = utc_now(), access.actor(), own_locations()
    chosen = next((place for place in own if place.code == request.args.get("location")), None)
    listed = missing_forms(
        db.session(),
        clinic_now(),
        location_ids=[chosen.id] if chosen else [place.id for place in own],
        specialist_id=actor.resource_id or 0 if actor.role is Role.SPECIALIST else None,
        now=now,
        until=now + AHEAD,
    )
    audited.saw_list(audited.FORMS_SEEN, object_id=chosen.id if chosen else None)
    number = _page_number(len(listed))
    shown = listed[(number - 1) * ROWS_A_PAGE : number * ROWS_A_PAGE]
    return render_template(
        "desk/forms.html",
        rows=[_missing_row(one, now) for one in shown],
        own=own,
        chosen=chosen,
        total=len(listed),
        before=(number - 1) * ROWS_A_PAGE,
        earlier_url=_page_url(chosen, number - 1) if number > 1 else "",
        later_url=_page_url(chosen, number + 1) if number * ROWS_A_PAGE < len(listed) else "",
    )


def _page_number(rows: int) -> int:
    """The page that was asked for, as far as there are so many."""
    last = max(1, -(-rows // ROWS_A_PAGE))
    return min(max(request.args.get("page", 1, type=int), 1), last)


def _page_url(chosen: Location | None, number: int) -> str:
    return url_for("desk.forms", location=chosen.code if chosen else None, page=number if number > 1 else None)


def _missing_row(one: MissingForms, now: datetime) -> MissingRow:
    codes = {line.code for line in one.missing}
    rows = [row for row in form_rows(one.forms, now) if row.code in codes]
    return MissingRow(with_words(one.visit), one.due_at, rows)
