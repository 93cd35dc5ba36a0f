"""The pages of mailed links: confirm a visit, ask for help, show the whole visit to whoever knows the date of birth.

They work for a login and for the browser session that booked, too. Changing and cancelling have pages of their own,
which the links open as well; offers are in `offers.py`.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.actor import VisitAct
from booking.core.clock import utc_now
from booking.core.errors import RulesRefuse
from booking.extensions import db
from booking.services.calling import ask_for_help
from booking.services.confirming import confirm_visit
from booking.services.proving import is_born_on
from booking.web import access
from booking.web.accounts.views import door
from booking.web.context import clinic_now
from booking.web.mailed.forms import ConfirmVisitForm, ProveBirthDateForm
from booking.web.next_page import checked_next
from booking.web.visits.loading import ShownVisit, may_cancel, may_change, may_do, shown_visit_or_404

bp = Blueprint("mailed", __name__)


@bp.route("/visits/<public_id:public_id>/confirm", methods=["GET", "POST"])
def confirm(public_id: str) -> ResponseReturnValue:
    """Will you come? Looking changes nothing; the button says yes, and may be pressed again."""
    found = shown_visit_or_404(public_id, act=VisitAct.CONFIRM)
    if not found.is_expected:
        return redirect(url_for("visits.visit", public_id=public_id), 303)
    form = ConfirmVisitForm()
    if form.validate_on_submit():
        confirm_visit(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
        return redirect(url_for(".confirm", public_id=public_id), 303)
    return render_template(
        "mailed/confirm.html",
        shown=found,
        form=form,
        may_change=may_change(found),
        may_cancel=may_cancel(found),
        is_for_cancelling=may_do(found, VisitAct.CANCEL),
    )


@bp.post("/visits/<public_id:public_id>/call-me")
def call_me(public_id: str) -> ResponseReturnValue:
    """Ask the desk to call about the visit; where nobody would, say why and how to reach us."""
    found = shown_visit_or_404(public_id)
    page = ".confirm" if found.is_expected else "visits.visit"
    try:
        ask_for_help(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    except RulesRefuse:
        flash(_no_call_words(found), "warning")
    else:
        flash(gettext("We will call you as soon as we can. Is it urgent? Then please call us."), "success")
    return redirect(url_for(page, public_id=public_id), 303)


def _no_call_words(found: ShownVisit) -> str:
    phone = found.location.phone or clinic_now().clinic.phone
    if found.is_expected:
        return gettext("We have no phone number of you, so we cannot call. Please call us at %(phone)s.", phone=phone)
    return gettext(
        "This visit is over or canceled, so we do not call about it. Please call us at %(phone)s.", phone=phone
    )


@bp.route("/visits/<public_id:public_id>/birth-date", methods=["GET", "POST"])
def prove(public_id: str) -> ResponseReturnValue:
    """Ask for the date of birth, and show the whole visit in this browser session from then on."""
    found = shown_visit_or_404(public_id)
    wanted = _page_of_visit(public_id)
    if not found.is_brief:
        return redirect(wanted, 303)
    form = ProveBirthDateForm()
    if not form.validate_on_submit():
        return render_template("mailed/prove.html", shown=found, form=form), 422 if form.errors else 200
    if not is_born_on(
        db.session(), actor=access.actor(), door=door(), public_id=public_id, born_on=form.birth_date, now=utc_now()
    ):
        form.born_on.errors = [gettext("This is not the date of birth that we have. Please check it, or call us.")]
        return render_template("mailed/prove.html", shown=found, form=form), 422
    access.note_proven(public_id)
    return redirect(wanted, 303)


def _page_of_visit(public_id: str) -> str:
    """Where they were going, if that is a page of this visit."""
    page, wanted = url_for("visits.visit", public_id=public_id), checked_next(request.args.get("next"))
    return wanted if wanted and wanted.startswith(f"{page}/") else page
