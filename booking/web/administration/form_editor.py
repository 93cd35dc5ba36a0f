"""The editor of a form that the clinic makes: its title, and its items one by one. It works without scripts: each press
is a page. What was typed is never lost to another editor: the page comes back with it."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.questionnaires import editing
from booking.core.questionnaires.checks import MAX_ITEMS
from booking.core.questionnaires.own_forms import with_head
from booking.extensions import db
from booking.queries.form_definitions import OwnForm
from booking.services import own_forms as service
from booking.services.own_form_rows import FormChanged
from booking.services.own_forms import Change
from booking.web import access
from booking.web.administration.clinic_pages import bp
from booking.web.administration.item_form import KINDS, ItemForm
from booking.web.administration.own_form_forms import HeadForm, SeenForm
from booking.web.administration.own_form_views import changed_words, form_or_404, form_page
from booking.web.fresh import fresh_login_to_act


def _draft_or_404(public_id: str) -> OwnForm:
    own = form_or_404(public_id)
    if not own.may_be_edited:
        abort(404)
    return own


def _save(public_id: str, seen: int, change: Change) -> None:
    """Raises FormChanged."""
    service.change_draft(
        db.session(), actor=access.actor(), public_id=public_id, seen=seen, change=change, now=utc_now()
    )


@bp.route("/forms/<public_id:public_id>/title", methods=["GET", "POST"])
@fresh_login_to_act
def form_head(public_id: str) -> ResponseReturnValue:
    """What the form is called, and what it is for."""
    own = _draft_or_404(public_id)
    form = HeadForm(title=own.title, description=own.data.get("description", ""), seen=str(own.revision))
    problem = ""
    if form.validate_on_submit():
        title, description = form.title.data or "", form.description.data or ""
        try:
            _save(public_id, form.revision, lambda data: with_head(data, title=title, description=description))
        except FormChanged:
            form.seen.data, problem = str(own.revision), changed_words()
        else:
            return redirect(url_for(".own_form", public_id=public_id), 303)
    page = render_template("administration/form_head.html", own=own, form=form, problem=problem)
    return page, 409 if problem else 422 if form.is_submitted() else 200


@bp.route("/forms/<public_id:public_id>/items/add", methods=["GET", "POST"])
@fresh_login_to_act
def add_form_item(public_id: str) -> ResponseReturnValue:
    """One more item, at the end of the part that it is put in."""
    own = _draft_or_404(public_id)
    if len(editing.lines(own.data)) >= MAX_ITEMS:
        abort(404)
    return _item(own, None, editing.Words(_asked_kind(), "", inside=request.args.get("inside", "")))


def _asked_kind() -> editing.Kind:
    wanted = request.args.get("kind", "")
    known = {kind.value for kind in editing.Kind if kind is not editing.Kind.KEPT}
    return editing.Kind(wanted) if wanted in known else editing.Kind.ONE


@bp.route("/forms/<public_id:public_id>/items/<link_id>", methods=["GET", "POST"])
@fresh_login_to_act
def form_item(public_id: str, link_id: str) -> ResponseReturnValue:
    """One item: its words, its answers, and when it is asked."""
    own = _draft_or_404(public_id)
    return _item(own, link_id, editing.words_of(own.data, link_id))


def _item(own: OwnForm, link_id: str | None, shown: editing.Words) -> ResponseReturnValue:
    form, problem = ItemForm(own, link_id, shown), ""
    if form.validate_on_submit():
        words = form.words()
        try:
            _save(own.public_id, form.revision, lambda data: editing.with_item(data, words, link_id))
        except FormChanged:
            form.seen.data, problem = str(own.revision), changed_words()
        else:
            return redirect(url_for(".own_form", public_id=own.public_id), 303)
    page = render_template(
        "administration/form_item.html", own=own, form=form, problem=problem, is_new=link_id is None, kinds=KINDS
    )
    return page, 409 if problem else 422 if form.is_submitted() else 200


@bp.post("/forms/<public_id:public_id>/items/<link_id>/move")
@fresh_login_to_act
def move_form_item(public_id: str, link_id: str) -> ResponseReturnValue:
    """One place up or down within its part."""
    way = request.form.get("way")
    if way not in {"up", "down"}:
        abort(400)
    return _changed(public_id, lambda data: editing.with_item_moved(data, link_id, is_up=way == "up"))


@bp.post("/forms/<public_id:public_id>/items/<link_id>/remove")
@fresh_login_to_act
def remove_form_item(public_id: str, link_id: str) -> ResponseReturnValue:
    """Take the item out, with what stands in it."""
    return _changed(public_id, lambda data: editing.without_item(data, link_id), gettext("It is taken out."))


def _changed(public_id: str, change: Change, words: str = "") -> ResponseReturnValue:
    form: Any = SeenForm()
    try:
        _save(public_id, form.revision, change)
    except FormChanged:
        return form_page(_draft_or_404(public_id), changed_words()), 409
    if words:
        flash(words, "success")
    return redirect(url_for(".own_form", public_id=public_id) + "#items", 303)
