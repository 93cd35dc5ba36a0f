"""How the own account is logged in to: password, codes of an app, recovery codes. Passkeys are in `passkeys.py`."""

from __future__ import annotations

import segno
from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from booking.core.clock import utc_now
from booking.core.errors import LastFactor, WeakPassword, WrongCode, WrongLogIn
from booking.extensions import db
from booking.queries.credentials import factors_of
from booking.services import app_codes, own_proof, recovery_codes
from booking.web import access
from booking.web.accounts.account_pages import account_id, account_page, must_have_second_step, own_account
from booking.web.accounts.factor_forms import ChangePasswordForm, CodeForm
from booking.web.accounts.forms import PASSWORD_WORDS, ButtonForm
from booking.web.accounts.views import door
from booking.web.context import clinic_now
from booking.web.fresh import fresh_login_required

bp = Blueprint("factors", __name__)

NEW_KEY = "new_app_key"
"""Session value: the key of an app until a code shows that the app has it."""


def note_second_step() -> None:
    """After a change of second steps: whether this session counts as one that has passed such a step."""
    has_any = factors_of(db.session(), account_id()).has_any
    access.server_session()[access.SECOND_STEP] = has_any


@bp.get("/account/security/")
def overview() -> ResponseReturnValue:
    """What logging in takes, and what may be added or changed."""
    factors = factors_of(db.session(), account_id())
    must = must_have_second_step()
    tz = next(iter(clinic_now().locations.values())).tz
    return account_page("factors/overview.html", factors=factors, must=must, tz=tz)


@bp.route("/account/security/password", methods=["GET", "POST"])
@fresh_login_required
def change_password() -> ResponseReturnValue:
    """Old and new; all other devices are logged out."""
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        return account_page("factors/change_password.html", form=form), 422 if form.is_submitted() else 200
    try:
        own_proof.change_password(
            db.session(), actor=access.actor(), door=door(), old=form.old_password.data or "",
            new=form.new_password.data or "", keep=access.server_session().token, now=utc_now(),
        )  # fmt: skip
    except WeakPassword as refused:
        form.new_password.errors = [*form.new_password.errors, PASSWORD_WORDS[refused.details["problem"]]]
    except WrongLogIn:
        form.old_password.errors = [*form.old_password.errors, gettext("The present password is not right")]
    if form.errors:
        return account_page("factors/change_password.html", form=form), 422
    flash(gettext("Your password is changed. All other devices are logged out."), "success")
    return redirect(url_for(".overview"), 303)


@bp.route("/account/security/app", methods=["GET", "POST"])
@fresh_login_required
def add_app() -> ResponseReturnValue:
    """The key for an app, as a picture and as text, and a first code that shows it arrived."""
    form = CodeForm()
    kept = access.server_session()
    key = kept.get(NEW_KEY)
    if key is None:
        kept[NEW_KEY] = key = app_codes.new_key()
    if not form.validate_on_submit():
        return _app_page(form, key), 422 if form.is_submitted() else 200
    try:
        app_codes.add_app(
            db.session(), actor=access.actor(), door=door(), key=key, code=form.code.data or "", keep=kept.token,
            now=utc_now(),
        )  # fmt: skip
    except WrongCode:
        form.code.errors = [*form.code.errors, gettext("This is not the code that the app shows now. Try the next one")]
        return _app_page(form, key), 422
    kept.pop(NEW_KEY)
    note_second_step()
    flash(gettext("Your app is set up. From now on we ask for its code when you log in."), "success")
    return after_adding()


def _app_page(form: CodeForm, key: str) -> str:
    issuer = clinic_now().clinic.sender_name
    address = app_codes.key_address(key, account=own_account().email, issuer=issuer)
    # Markup of our own making: the address is drawn as squares and is no text in it.
    picture = Markup(segno.make(address, error="m", micro=False).svg_inline(light="#fff", border=4, omitsize=True))  # noqa: S704
    spaced = " ".join(key[at : at + 4] for at in range(0, len(key), 4))
    return account_page("factors/add_app.html", form=form, picture=picture, key=spaced)


def after_adding() -> ResponseReturnValue:
    """To the recovery codes while there are none, for a phone gets lost."""
    has_codes = factors_of(db.session(), account_id()).codes_left > 0
    return redirect(url_for("factors.overview" if has_codes else "factors.show_recovery_codes"), 303)


@bp.route("/account/security/app/remove", methods=["GET", "POST"])
@fresh_login_required
def remove_app() -> ResponseReturnValue:
    """Ask once more, then forget the key."""
    if request.method == "GET" or not ButtonForm().validate():
        return account_page("factors/remove_app.html", form=ButtonForm())
    try:
        app_codes.remove_app(
            db.session(), actor=access.actor(), must_keep_one=must_have_second_step(),
            keep=access.server_session().token, now=utc_now(),
        )  # fmt: skip
    except LastFactor:
        return last_one_stays()
    note_second_step()
    flash(gettext("Codes of the app are not asked for any more."), "success")
    return redirect(url_for(".overview"), 303)


def last_one_stays() -> ResponseReturnValue:
    """Who must have a second step keeps the last one."""
    flash(gettext("Your account must have a second step. Add another one before you remove this one."), "error")
    return redirect(url_for("factors.overview"), 303)


@bp.route("/account/security/recovery-codes", methods=["GET", "POST"])
@fresh_login_required
def show_recovery_codes() -> ResponseReturnValue:
    """How many are left, and a new set, which the answer to the form shows and nothing else ever does."""
    codes: tuple[str, ...] = ()
    form = ButtonForm()
    if form.validate_on_submit():
        codes = recovery_codes.make_codes(
            db.session(), actor=access.actor(), keep=access.server_session().token, now=utc_now()
        )
    factors = factors_of(db.session(), account_id())
    return account_page("factors/recovery_codes.html", form=form, codes=codes, factors=factors)
