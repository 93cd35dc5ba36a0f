"""Register, confirm the address, log in and out, choose a new password. No answer tells whether an address is known."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug import Response

from booking.core.actor import STAFF_ROLES
from booking.core.addresses import network_of
from booking.core.browsers import described
from booking.core.clock import utc_now
from booking.core.errors import AddressUnconfirmed, LinkDead, WeakPassword, WrongLogIn
from booking.extensions import db
from booking.models import LinkAction
from booking.queries.own_patients import guest_of_or_none
from booking.services import accounts, logging_in
from booking.services.links import link_or_none
from booking.services.logging_in import HalfOpen
from booking.services.passkeys import question_to_prove
from booking.services.rate_limits import Limiter
from booking.web import access
from booking.web.accounts.asking import Purpose, asked, site
from booking.web.accounts.entering import enter, landing, wait_for_second_step
from booking.web.accounts.forms import (
    PASSWORD_WORDS,
    ButtonForm,
    LogInForm,
    RegisterForm,
    RequestResetForm,
    ResetPasswordForm,
)
from booking.web.next_page import checked_next

bp = Blueprint("accounts", __name__)

MAILED_TO = "mailed_to"
# The session cookie is deleted by name. "cookies" would also forget the chosen colours of the next person's screen.
CLEARED_AT_LOG_OUT = '"cache", "storage"'


def door() -> accounts.Door:
    """What the limits count of this request."""
    settings = current_app.config["SETTINGS"]
    limiter = Limiter(settings.secret_key, settings.limits_factor)
    return accounts.Door(network_of(request.remote_addr), limiter, described(request.user_agent.string))


def link_key(action: LinkAction) -> str:
    """Where the session keeps the token of an opened link."""
    return f"link:{action.value}"


def opened_link_or_dead(action: LinkAction) -> str:
    """The token of the link that this browser opened. Raises LinkDead when there is none that is still good."""
    token: str = access.server_session().get(link_key(action), "")
    if link_or_none(db.session(), token=token, action=action, now=utc_now()) is None:
        raise LinkDead
    return token


@bp.route("/account/register", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    """Make an account. The answer is the same whether or not the address has one."""
    form = RegisterForm(data=_just_booked())
    if not form.validate_on_submit():
        return render_template("accounts/register.html", form=form), _status(form)
    accounts.register(
        db.session(),
        actor=access.owning_actor(),
        door=door(),
        registration=form.registration(),
        nonce=form.nonce.data or "",
        now=utc_now(),
    )
    return _check_your_mail(form.email.data, ".registered")


def _just_booked() -> dict[str, Any]:
    """What was typed to book the visit `?visit=`, in the browser session that booked it, so that nobody types twice."""
    visit_id = request.args.get("visit", "")
    guest = guest_of_or_none(db.session(), visit_id) if access.was_booked_here(visit_id) else None
    names = ("given_name", "family_name", "born_on", "email", "phone")
    return {name: getattr(guest, name) for name in names} if guest else {}


@bp.get("/account/registered")
def registered() -> ResponseReturnValue:
    """Check your mail."""
    return render_template("accounts/registered.html", mailed_to=access.server_session().get(MAILED_TO, ""))


@bp.errorhandler(AddressUnconfirmed)
def _unconfirmed(_error: AddressUnconfirmed) -> ResponseReturnValue:
    return _check_your_mail(request.form.get("email", "").strip(), ".registered")


@bp.errorhandler(LinkDead)
def _link_dead(_error: LinkDead) -> ResponseReturnValue:
    return render_template("links/dead.html", may_be_sent_again=False), 410


@bp.route("/account/verify", methods=["GET", "POST"])
def verify() -> ResponseReturnValue:
    """Confirm the address: looking shows a button, the button acts."""
    token = opened_link_or_dead(LinkAction.VERIFY_ADDRESS)
    form = ButtonForm()
    if not form.validate_on_submit():
        return render_template("accounts/verify.html", form=form), _status(form)
    may_log_in = accounts.confirm_address(db.session(), actor=access.actor(), token=token, now=utc_now())
    access.server_session().pop(link_key(LinkAction.VERIFY_ADDRESS))
    if not may_log_in:
        flash(gettext("Your e-mail address is confirmed. We can send you reminders now."), "success")
        return redirect(url_for("public.index"), 303)
    flash(gettext("Your e-mail address is confirmed. You can log in now."), "success")
    return redirect(url_for(".log_in"), 303)


@bp.route("/account/log-in", methods=["GET", "POST"])
def log_in() -> ResponseReturnValue:
    """Begin a session. An unknown address and a wrong password get the same answer."""
    account = access.account_or_none()
    wanted = checked_next(request.values.get("next"))
    if account:
        return redirect(landing(account.role, wanted), 303)
    form = LogInForm()
    if not form.validate_on_submit():
        return log_in_page(form, wanted), _status(form)
    try:
        outcome = logging_in.log_in(
            db.session(),
            actor=access.actor(),
            door=door(),
            email=form.email.data,
            password=form.password.data,
            now=utc_now(),
        )
    except WrongLogIn:
        form.form_errors.append(gettext("The e-mail address or the password is not right."))
        return log_in_page(form, wanted), 422
    if isinstance(outcome, HalfOpen):
        return wait_for_second_step(outcome, wanted, is_shared_computer=form.is_shared.data)
    return enter(outcome, wanted, is_shared_computer=form.is_shared.data)


def log_in_page(form: LogInForm, wanted: str | None) -> str:
    """The page that asks for address and password, or for a passkey of anybody's: it says nothing of any account."""
    question = asked(question_to_prove(site()), Purpose.LOG_IN)
    return render_template("accounts/log_in.html", form=form, wanted=wanted, question=question)


@bp.post("/account/log-out")
def log_out() -> ResponseReturnValue:
    """End the session here and in the database."""
    access.server_session().log_out()
    flash(gettext("You are logged out."), "success")
    response = redirect(url_for(".log_in"), 303)
    response.headers["Clear-Site-Data"] = CLEARED_AT_LOG_OUT
    return response


@bp.get("/account/")
def account() -> ResponseReturnValue:
    """Who is logged in, and what they may change about it."""
    person = access.account_or_none()
    is_staff = person is not None and person.role in STAFF_ROLES
    return render_template("accounts/account.html", account=person, is_staff=is_staff)


@bp.route("/account/forgotten", methods=["GET", "POST"])
def reset_request() -> ResponseReturnValue:
    """Ask for a link to choose a new password."""
    form = RequestResetForm()
    if not form.validate_on_submit():
        return render_template("accounts/reset_request.html", form=form), _status(form)
    accounts.request_reset(db.session(), actor=access.actor(), door=door(), email=form.email.data, now=utc_now())
    return _check_your_mail(form.email.data, ".reset_sent")


@bp.get("/account/reset-sent")
def reset_sent() -> ResponseReturnValue:
    """If the address is known, a link is on its way."""
    return render_template("accounts/reset_sent.html", mailed_to=access.server_session().get(MAILED_TO, ""))


@bp.route("/account/reset", methods=["GET", "POST"])
def reset() -> ResponseReturnValue:
    """Choose a new password. It ends all sessions of the account and begins none."""
    token = opened_link_or_dead(LinkAction.RESET_PASSWORD)
    form = ResetPasswordForm()
    if not form.validate_on_submit():
        return render_template("accounts/reset.html", form=form), _status(form)
    try:
        accounts.reset_password(
            db.session(), actor=access.actor(), token=token, password=form.password.data, now=utc_now()
        )
    except WeakPassword as refused:
        form.password.errors = [*form.password.errors, PASSWORD_WORDS[refused.details["problem"]]]
        return render_template("accounts/reset.html", form=form), 422
    access.server_session().pop(link_key(LinkAction.RESET_PASSWORD))
    flash(gettext("Your new password is set. You can log in with it now."), "success")
    return redirect(url_for(".log_in"), 303)


def _check_your_mail(address: str, endpoint: str) -> Response:
    """The address as it was typed is kept for the next page: it says nothing about whether it is known."""
    access.server_session()[MAILED_TO] = address
    return redirect(url_for(endpoint), 303)


def _status(form: RegisterForm | LogInForm | RequestResetForm | ResetPasswordForm | ButtonForm) -> int:
    return 422 if form.is_submitted() else 200
