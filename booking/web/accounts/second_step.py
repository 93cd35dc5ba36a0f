"""The second step of logging in. What waits for it lives in the browser session that gave the password, ten minutes."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf import FlaskForm

from booking.core.clock import utc_now
from booking.core.errors import LogInOver, WrongCode
from booking.extensions import db
from booking.queries.credentials import Factors, credential_ids, factors_of
from booking.services import logging_in
from booking.services.logging_in import HalfOpen, LoggedIn
from booking.services.passkeys import question_to_prove
from booking.web import access
from booking.web.accounts.asking import Purpose, asked, site, taken_challenge
from booking.web.accounts.entering import enter_after_second_step, forget_half_open, half_open
from booking.web.accounts.factor_forms import CodeForm, PasskeyAnswerForm, RecoveryCodeForm
from booking.web.accounts.views import door

bp = Blueprint("second_step", __name__)


def _waiting() -> tuple[HalfOpen, Factors]:
    """The log-in that waits here, and what its account has. Raises LogInOver."""
    half = half_open()
    account = logging_in.waiting_account(db.session(), half, utc_now())
    return half, factors_of(db.session(), account.id)


def _page(form: FlaskForm, template: str, status: int = 200) -> ResponseReturnValue:
    half, factors = _waiting()
    question = None
    if factors.passkeys and template == "code":
        allowed = credential_ids(db.session(), half.account_id)
        question = asked(question_to_prove(site(), allowed), Purpose.SECOND_STEP)
    return render_template(f"second_step/{template}.html", form=form, factors=factors, question=question), status


@bp.errorhandler(LogInOver)
def _over(_error: LogInOver) -> ResponseReturnValue:
    forget_half_open()
    return render_template("second_step/over.html"), 410


@bp.route("/account/log-in/code", methods=["GET", "POST"])
def code() -> ResponseReturnValue:
    """A code of the app; the page also offers the passkey and the recovery code."""
    form = CodeForm()
    half, _ = _waiting()
    if not form.validate_on_submit():
        return _page(form, "code", _status(form))
    return _tried(form, "code", lambda: logging_in.finish_with_code(
        db.session(), actor=access.actor(), door=door(), half=half, code=form.code.data or "", now=utc_now()
    ))  # fmt: skip


@bp.route("/account/log-in/recovery-code", methods=["GET", "POST"])
def recovery_code() -> ResponseReturnValue:
    """A recovery code in place of what was lost."""
    form = RecoveryCodeForm()
    half, _ = _waiting()
    if not form.validate_on_submit():
        return _page(form, "recovery_code", _status(form))
    return _tried(form, "recovery_code", lambda: logging_in.finish_with_recovery_code(
        db.session(), actor=access.actor(), door=door(), half=half, code=form.code.data or "", now=utc_now()
    ))  # fmt: skip


@bp.post("/account/log-in/second-passkey")
def passkey() -> ResponseReturnValue:
    """A passkey of the account whose password was given."""
    form = PasskeyAnswerForm()
    half, _ = _waiting()
    if not form.validate():
        return redirect(url_for(".code"), 303)
    challenge = taken_challenge(form.challenge.data or "", Purpose.SECOND_STEP)
    return _tried(CodeForm(formdata=None), "code", lambda: logging_in.finish_with_passkey(
        db.session(), actor=access.actor(), door=door(), half=half, site=site(), challenge=challenge,
        answer=form.answer.data or "", now=utc_now(),
    ))  # fmt: skip


def _tried(form: FlaskForm, template: str, finish: Callable[[], LoggedIn]) -> ResponseReturnValue:
    try:
        logged_in = finish()
    except WrongCode:
        is_passkey = request.endpoint == "second_step.passkey"
        form.form_errors.append(_wrong_passkey() if is_passkey else _wrong_code())
        return _page(form, template, 422)
    return enter_after_second_step(logged_in)


def _wrong_code() -> str:
    return gettext("That code is not right, or it was used already. Wait for the next one, and try again.")


def _wrong_passkey() -> str:
    return gettext("That passkey did not work. Please try again, or use another way.")


def _status(form: FlaskForm) -> int:
    return 422 if form.is_submitted() else 200
