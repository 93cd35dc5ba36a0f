"""The mail that the demo's catcher has caught, and the logins to try. Registered in the demo only."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from booking.adapters.calendar_words import calendar_words
from booking.adapters.mail_catcher import CaughtLetter, list_messages, read_message
from booking.core.actor import Role
from booking.core.demo_logins import DEMO_LOGINS, DEMO_PASSWORD
from booking.extensions import db
from booking.queries.catalogue import catalogue
from booking.web.security_headers import frames_mail, shows_mail

bp = Blueprint("demo", __name__, url_prefix="/demo")

ROLES: dict[Role, LazyString] = {
    Role.PATIENT: lazy_gettext("Patient: books, cancels and answers questions"),
    Role.SCHEDULER: lazy_gettext("Front desk: runs the calendar of the day"),
    Role.SPECIALIST: lazy_gettext("Specialist: sees who comes"),
    Role.ADMINISTRATOR: lazy_gettext("Administrator"),
}


@bp.get("/inbox")
def inbox() -> ResponseReturnValue:
    """What came, newest first."""
    return render_template("demo/inbox.html", letters=list_messages(_folder()), tz=_tz())


@bp.get("/inbox/<mail_id>")
@frames_mail
def letter(mail_id: str) -> ResponseReturnValue:
    """One letter in all its parts."""
    opened = _letter_or_404(mail_id)
    return render_template("demo/letter.html", letter=opened, calendar=calendar_words(opened.ics), tz=_tz())


@bp.get("/inbox/<mail_id>/html")
@shows_mail
def letter_html(mail_id: str) -> ResponseReturnValue:
    """The letter's own HTML, for the frame. The headers of this route leave it no script and no network."""
    return _letter_or_404(mail_id).html


@bp.get("/logins")
def logins() -> ResponseReturnValue:
    """Who can be logged in as."""
    return render_template("demo/logins.html", logins=DEMO_LOGINS, password=DEMO_PASSWORD, roles=ROLES)


def _folder() -> Path:
    folder: Path = current_app.config["SETTINGS"].mail_folder
    return folder


def _letter_or_404(mail_id: str) -> CaughtLetter:
    return read_message(_folder(), mail_id) or abort(404)


def _tz() -> ZoneInfo:
    """The zone of the first location: mail belongs to none of them."""
    return next(iter(catalogue(db.session()).locations.values())).tz
