"""Passkeys: log in with one, add, name and remove them. Pages that need script say so."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.errors import LastFactor, WrongCode
from booking.extensions import db
from booking.services import logging_in, passkeys
from booking.services.passkeys import own_passkey
from booking.web import access
from booking.web.accounts.account_pages import account_page, must_have_second_step
from booking.web.accounts.asking import Purpose, asked, site, taken_challenge
from booking.web.accounts.entering import enter
from booking.web.accounts.factor_forms import AddPasskeyForm, PasskeyAnswerForm, PasskeyNameForm
from booking.web.accounts.factors import after_adding, last_one_stays, note_second_step
from booking.web.accounts.forms import ButtonForm, LogInForm
from booking.web.accounts.views import door, log_in_page
from booking.web.fresh import fresh_login_required
from booking.web.next_page import checked_next

bp = Blueprint("passkeys", __name__)


@bp.post("/account/log-in/passkey")
def log_in() -> ResponseReturnValue:
    """Log in with a passkey and nothing else."""
    form = PasskeyAnswerForm()
    wanted = checked_next(form.next.data)
    if not form.validate():
        return redirect(url_for("accounts.log_in", next=wanted), 303)
    challenge = taken_challenge(form.challenge.data or "", Purpose.LOG_IN)
    try:
        logged_in = logging_in.log_in_with_passkey(
            db.session(), actor=access.actor(), door=door(), site=site(), challenge=challenge,
            answer=form.answer.data or "", now=utc_now(),
        )  # fmt: skip
    except WrongCode:
        refused = LogInForm(formdata=None)
        refused.form_errors.append(gettext("That passkey did not work. Please try again, or use your password."))
        return log_in_page(refused, wanted), 422
    return enter(logged_in, wanted, is_shared_computer=form.is_shared.data)


@bp.route("/account/security/passkeys/add", methods=["GET", "POST"])
@fresh_login_required
def add() -> ResponseReturnValue:
    """Name a new passkey; the device makes it."""
    form = AddPasskeyForm()
    if not form.validate_on_submit():
        return _add_page(form), 422 if form.is_submitted() else 200
    kept = access.server_session()
    try:
        passkeys.add_passkey(
            db.session(), actor=access.actor(), site=site(),
            challenge=taken_challenge(form.challenge.data or "", Purpose.ADD), answer=form.answer.data or "",
            name=form.name.data or "", keep=kept.token, now=utc_now(),
        )  # fmt: skip
    except WrongCode:
        form.form_errors.append(gettext("Your device did not make a passkey. Please try again."))
        return _add_page(form), 422
    note_second_step()
    flash(gettext("Your passkey is added. You can log in with it now."), "success")
    return after_adding()


def _add_page(form: AddPasskeyForm) -> str:
    question = passkeys.question_to_add(db.session(), actor=access.actor(), site=site())
    return account_page("passkeys/add.html", form=form, question=asked(question, Purpose.ADD))


@bp.route("/account/security/passkeys/<public_id:public_id>", methods=["GET", "POST"])
@fresh_login_required
def passkey(public_id: str) -> ResponseReturnValue:
    """Another name for it, or remove it."""
    kept = own_passkey(db.session(), access.actor(), public_id)
    form = PasskeyNameForm(obj=kept)
    if not form.validate_on_submit():
        return (
            account_page("passkeys/passkey.html", form=form, passkey=kept, button=ButtonForm()),
            422 if form.is_submitted() else 200,
        )
    passkeys.rename_passkey(db.session(), actor=access.actor(), public_id=public_id, name=form.name.data or "")
    return redirect(url_for("factors.overview"), 303)


@bp.post("/account/security/passkeys/<public_id:public_id>/remove")
@fresh_login_required
def remove(public_id: str) -> ResponseReturnValue:
    """Forget it here; the device keeps its half."""
    try:
        passkeys.remove_passkey(
            db.session(), actor=access.actor(), public_id=public_id, must_keep_one=must_have_second_step(),
            keep=access.server_session().token, now=utc_now(),
        )  # fmt: skip
    except LastFactor:
        return last_one_stays()
    note_second_step()
    flash(gettext("The passkey is removed. You can delete it on your device too."), "success")
    return redirect(url_for("factors.overview"), 303)
