"""Where an invitation leads: choose a password, then log in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.errors import LinkDead, WeakPassword
from booking.extensions import db
from booking.models import LinkAction
from booking.services import staff
from booking.web import access
from booking.web.accounts.forms import PASSWORD_WORDS, ResetPasswordForm
from booking.web.accounts.views import link_key, opened_link_or_dead

bp = Blueprint("joining", __name__)


@bp.route("/account/join", methods=["GET", "POST"])
def join() -> ResponseReturnValue:
    """Choose the first password: looking shows a form, sending it acts."""
    token = opened_link_or_dead(LinkAction.JOIN_STAFF)
    form = ResetPasswordForm()
    if not form.validate_on_submit():
        return render_template("administration/join.html", form=form), 422 if form.is_submitted() else 200
    try:
        staff.join(db.session(), actor=access.actor(), token=token, password=form.password.data, now=utc_now())
    except WeakPassword as refused:
        form.password.errors = [*form.password.errors, PASSWORD_WORDS[refused.details["problem"]]]
        return render_template("administration/join.html", form=form), 422
    access.server_session().pop(link_key(LinkAction.JOIN_STAFF))
    flash(gettext("Your password is set. You can log in now."), "success")
    return redirect(url_for("accounts.log_in"), 303)


@bp.errorhandler(LinkDead)
def _link_dead(_error: LinkDead) -> ResponseReturnValue:
    return render_template("links/dead.html", may_be_sent_again=False), 410
