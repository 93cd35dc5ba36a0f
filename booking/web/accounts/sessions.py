"""Where a person is logged in, an end to that, and how long this login still lasts."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta, gettext
from werkzeug import Response

from booking.core.actor import STAFF_ROLES
from booking.core.browsers import Device
from booking.core.clock import utc_now
from booking.extensions import db
from booking.services import own_sessions
from booking.web import access, logging_off

bp = Blueprint("sessions", __name__)

MINUTE = timedelta(minutes=1)
# The session cookie is deleted by name. "cookies" would also forget the chosen colours of the next person's screen.
CLEARED_AT_LOG_OUT = '"cache", "storage"'


@bp.get("/account/sessions/")
def sessions() -> ResponseReturnValue:
    """Every login of the account that is still good, this one first."""
    account = access.account_or_none()
    found = own_sessions.own_sessions(
        db.session(), account_id=account.id if account else 0, token=access.server_session().token, now=utc_now()
    )
    is_staff = account is not None and account.role in STAFF_ROLES
    return render_template(
        "accounts/sessions.html", sessions=found, is_staff=is_staff, device_words=device_words, ago=ago
    )


def device_words(device: Device) -> str:
    """ "Firefox on Windows", or what of it is known."""
    if device.browser and device.system:
        return gettext("%(browser)s on %(system)s", browser=device.browser, system=device.system)
    return device.browser or device.system or gettext("A browser we do not know")


def ago(instant: datetime) -> str:
    """ "3 hours ago": no session is older than a day, and a time of day would need a zone that may not be theirs."""
    passed = utc_now() - instant
    return gettext("just now") if passed < MINUTE else format_timedelta(-passed, add_direction=True)


@bp.post("/account/sessions/<public_id:public_id>/end")
def end(public_id: str) -> ResponseReturnValue:
    """End one of them; this one is ended by logging out."""
    own_sessions.end_own_session(db.session(), actor=access.actor(), handle=public_id, now=utc_now())
    flash(gettext("That device is logged out."), "success")
    return redirect(url_for(".sessions"), 303)


@bp.post("/account/sessions/end")
def end_all() -> ResponseReturnValue:
    """Log out everywhere, here too."""
    own_sessions.log_out_everywhere(db.session(), actor=access.actor(), now=utc_now())
    access.server_session().forget()
    flash(gettext("You are logged out on all devices."), "success")
    return cleared(redirect(url_for("accounts.log_in"), 303))


def cleared(response: Response) -> Response:
    """The answer that also makes the browser forget what it kept of this site."""
    response.headers["Clear-Site-Data"] = CLEARED_AT_LOG_OUT
    return response


@bp.post("/account/stay")
def stay() -> ResponseReturnValue:
    """Somebody is still there: the session counts as used now."""
    access.server_session().is_noted = False
    return jsonify(logging_off.told())


@bp.get("/account/time-left")
def time_left() -> ResponseReturnValue:
    """How long the login lasts if nobody does anything. A page asks, and no person: it is no use of the session."""
    access.server_session().is_use = False
    return jsonify(logging_off.told())
