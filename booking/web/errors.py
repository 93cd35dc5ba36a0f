"""Refusals and failures as pages: a clear sentence, a way on, what was typed kept. Nothing technical leaks."""

from __future__ import annotations

import logging

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from booking.core.errors import BookingError
from booking.extensions import db

log = logging.getLogger(__name__)

STATUS = {
    "slot_taken": 409,
    "hold_expired": 409,
    "patient_busy": 409,
    "move_not_allowed": 409,
    "rules_refuse": 422,
    "nonce_reused": 422,
    "not_found": 404,
    "link_dead": 410,
    "too_many_tries": 429,
    "busy_database": 503,
    "too_busy": 503,
    "wrong_log_in": 422,
    "address_unconfirmed": 422,
    "weak_password": 422,
    "address_known": 409,
    "form_closed": 409,
    "form_not_ready": 422,
}
MESSAGES = {
    "slot_taken": lazy_gettext("That time has just been taken."),
    "hold_expired": lazy_gettext("We could not keep that time any longer, and it has been taken."),
    "patient_busy": lazy_gettext("There is already an appointment at that time for this person."),
    "move_not_allowed": lazy_gettext("This appointment has changed meanwhile, so that is no longer possible."),
    "rules_refuse": lazy_gettext("That time cannot be booked."),
    "nonce_reused": lazy_gettext("This form was already sent with other answers."),
    "not_found": lazy_gettext("We cannot find that page."),
    "link_dead": lazy_gettext("This link does not work any more."),
    "too_many_tries": lazy_gettext("There were many tries in a short time. Please wait a little."),
    "busy_database": lazy_gettext("We are very busy just now. Nothing was changed. Please try again."),
    "too_busy": lazy_gettext("We are very busy just now. Nothing was changed. Please try again in a minute."),
    "wrong_log_in": lazy_gettext("The e-mail address or the password is not right."),
    "address_unconfirmed": lazy_gettext("Please confirm your e-mail address first. We have sent you a new link."),
    "weak_password": lazy_gettext("Choose another password: this one is too easy to guess."),
    "address_known": lazy_gettext("There is already an account with this address."),
    "form_closed": lazy_gettext("This form takes no more answers. Please tell your specialist at the visit."),
    "form_not_ready": lazy_gettext("This form cannot be sent yet."),
}
HTTP_MESSAGES = {
    400: lazy_gettext("We could not understand what was sent."),
    403: lazy_gettext("This page is not for your login."),
    404: lazy_gettext("We cannot find that page."),
    405: lazy_gettext("This page cannot be used that way."),
    413: lazy_gettext("That is more than we can take at once."),
    500: lazy_gettext("Something went wrong on our side."),
}
SECRET_FIELDS = ("password", "csrf_token")


def refusal_page(error: BookingError) -> ResponseReturnValue:
    """A refusal that no view has a better page for."""
    status = STATUS.get(error.code, 400)
    message = MESSAGES.get(error.code, HTTP_MESSAGES[400])
    wait = error.details.get("retry_seconds")
    headers = {"Retry-After": str(wait)} if wait else {}
    return render_template("errors/refused.html", message=message, code=error.code, status=status), status, headers


def foreign_host_answer(_error: SecurityError) -> ResponseReturnValue:
    """Somebody asks for a host that is not ours. No page: without a host of our own its links could not be made."""
    return Response(str(HTTP_MESSAGES[400]), 400, mimetype="text/plain")


def http_page(error: HTTPException) -> ResponseReturnValue:
    """Any other answer that is no success, in our own words."""
    status = error.code or 500
    if status < 400 or error.response is not None:
        return error
    message = HTTP_MESSAGES.get(status, HTTP_MESSAGES[400 if status < 500 else 500])
    return render_template("errors/refused.html", message=message, code=str(status), status=status), status


def bug_page(error: Exception) -> ResponseReturnValue:
    """A bug: logged by type and place without values, told without details."""
    db.session.rollback()
    log.error("unexpected %s in %s", type(error).__name__, request.endpoint, exc_info=error)
    message = HTTP_MESSAGES[500]
    return render_template("errors/refused.html", message=message, code="500", status=500), 500


def stale_form_page(_error: CSRFError) -> ResponseReturnValue:
    """The page was open for too long: show one button that sends the same answers again."""
    kept = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not any(secret in name for secret in SECRET_FIELDS)
    ]
    title = gettext("Please send that once more")
    return render_template("errors/stale_form.html", kept=kept, page_title=title), 400


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_error_handler(BookingError, refusal_page)
    app.register_error_handler(CSRFError, stale_form_page)
    app.register_error_handler(SecurityError, foreign_host_answer)
    app.register_error_handler(HTTPException, http_page)
    app.register_error_handler(Exception, bug_page)
