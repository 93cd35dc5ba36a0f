"""Another address to log in with: ask, confirm from the new one, stop from the old one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import EmailField
from wtforms.validators import DataRequired, Length

from booking.core.clock import utc_now
from booking.core.errors import AddressKnown, LinkDead
from booking.extensions import db
from booking.models import LinkAction
from booking.services import address_changes
from booking.web import access
from booking.web.accounts.account_pages import account_page, own_account
from booking.web.accounts.forms import EMAIL_LENGTH, ButtonForm
from booking.web.accounts.views import door, link_key, opened_link_or_dead
from booking.web.fresh import fresh_login_required
from booking.web.validators import email_address, stripped

bp = Blueprint("address", __name__, url_prefix="/account/address")


class NewAddressForm(FlaskForm):
    """The address to log in with from now on."""

    email = EmailField(
        lazy_gettext("New e-mail address"),
        filters=[stripped],
        validators=[
            DataRequired(lazy_gettext("Enter your new e-mail address")),
            Length(max=EMAIL_LENGTH, message=lazy_gettext("The e-mail address is too long")),
            email_address,
        ],
    )


@bp.route("/", methods=["GET", "POST"])
@fresh_login_required
def change() -> ResponseReturnValue:
    """Ask for another address. The answer is the same whether or not it has an account."""
    form = NewAddressForm()
    if not form.validate_on_submit():
        page = account_page("accounts/address.html", form=form, account=own_account())
        return page, 422 if form.is_submitted() else 200
    address_changes.ask_for_address(
        db.session(), actor=access.actor(), door=door(), email=form.email.data, now=utc_now()
    )
    flash(gettext("We have written to the new address. Open the link in our letter within 24 hours."), "success")
    return redirect(url_for("accounts.account"), 303)


@bp.route("/confirm", methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    """Confirm it, logged in to the account: looking shows a button, the button acts."""
    token = opened_link_or_dead(LinkAction.CONFIRM_NEW_ADDRESS)
    form = ButtonForm()
    if not form.validate_on_submit():
        return account_page("accounts/address_confirm.html", form=form)
    address_changes.confirm_new_address(
        db.session(), actor=access.actor(), token=token, now=utc_now(), keep_session=access.server_session().token
    )
    access.server_session().pop(link_key(LinkAction.CONFIRM_NEW_ADDRESS), None)
    flash(gettext("You log in with the new address from now on. Other devices are logged out."), "success")
    return redirect(url_for("accounts.account"), 303)


@bp.route("/stop", methods=["GET", "POST"])
def stop() -> ResponseReturnValue:
    """From the old address, logged in or not: it was not me."""
    token = opened_link_or_dead(LinkAction.STOP_NEW_ADDRESS)
    form = ButtonForm()
    if not form.validate_on_submit():
        return render_template("accounts/address_stop.html", form=form)
    try:
        address_changes.stop_change(db.session(), actor=access.actor(), token=token, now=utc_now())
    except AddressKnown:
        return render_template("accounts/address_stop.html", form=form, is_stuck=True), 409
    access.server_session().pop(link_key(LinkAction.STOP_NEW_ADDRESS), None)
    flash(
        gettext("It is stopped, and all devices are logged out. We have sent you a link to a new password."), "success"
    )
    return redirect(url_for("accounts.reset_sent"), 303)


@bp.errorhandler(LinkDead)
def _dead(_error: LinkDead) -> ResponseReturnValue:
    return render_template("links/dead.html", may_be_sent_again=False), 410
