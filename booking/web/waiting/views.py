"""What somebody waits for: see it, change it, leave, and take leaving back."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.errors import RulesRefuse
from booking.extensions import db
from booking.services import waiting_guests, waiting_list
from booking.web import access
from booking.web.context import clinic_now
from booking.web.waiting.forms import WaitForm, values_of_wish
from booking.web.waiting.joining import bp, wait_form
from booking.web.waiting.loading import ShownWait, wait_or_404
from booking.web.waiting.words import brief_rows, sentences_of, wish_rows

__all__ = ["bp"]


@bp.get("/waiting/<public_id:public_id>")
def entry(public_id: str) -> ResponseReturnValue:
    """What they wait for and what happens next, or how the wait ended."""
    shown = wait_or_404(public_id)
    wish = shown.waiting.wish
    rows = brief_rows(wish) if shown.is_brief else wish_rows(wish, clinic_now())
    return render_template("waiting/entry.html" if shown.is_waiting else "waiting/over.html", shown=shown, rows=rows)


@bp.route("/waiting/<public_id:public_id>/change", methods=["GET", "POST"])
def change(public_id: str) -> ResponseReturnValue:
    """Wait for something else; the place is kept."""
    shown = wait_or_404(public_id)
    if not shown.is_waiting:
        return redirect(url_for(".entry", public_id=public_id), 303)
    form = _form_for(shown)
    if not form.validate_on_submit():
        return render_template("waiting/change.html", shown=shown, form=form), 422 if form.errors else 200
    try:
        waiting_list.change_wish(db.session(), actor=access.actor(), public_id=public_id, wish=form.wish, now=utc_now())
    except RulesRefuse as refused:
        form.form_errors = sentences_of(refused.refusals)
        return render_template("waiting/change.html", shown=shown, form=form), 422
    flash(gettext("Your wishes are changed. Your place on the list is kept."), "success")
    return redirect(url_for(".entry", public_id=public_id), 303)


def _form_for(shown: ShownWait) -> WaitForm:
    """The form for the entry. Who reads somebody's mail learns from it neither what it is for nor with whom."""
    form = wait_form(shown.service, **values_of_wish(shown.waiting.wish, clinic_now()))
    form.ask_for_whom([])
    if shown.is_brief:
        form.keep_people_and_places(shown.waiting.wish)
    return form


@bp.post("/waiting/<public_id:public_id>/leave")
def leave(public_id: str) -> ResponseReturnValue:
    """Stop waiting. Nothing is asked; it can be taken back for some minutes."""
    wait_or_404(public_id)
    waiting_list.leave(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    return redirect(url_for(".entry", public_id=public_id), 303)


@bp.post("/waiting/<public_id:public_id>/join-again")
def join_again(public_id: str) -> ResponseReturnValue:
    """Take leaving back."""
    shown = wait_or_404(public_id)
    try:
        place = waiting_guests.join_again(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    except RulesRefuse:
        return _too_late(shown)
    flash(gettext("You are on the waiting list again, at your old place."), "success")
    return redirect(url_for(".entry", public_id=place.public_id), 303)


def _too_late(shown: ShownWait) -> ResponseReturnValue:
    flash(gettext("That cannot be taken back any more. You can join the list anew."), "warning")
    if shown.is_brief:
        return redirect(url_for("scheduling.services"), 303)
    return redirect(url_for("waiting.wait", service_code=shown.service.code), 303)
