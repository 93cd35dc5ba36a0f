"""Refusals and failures as pages: a clear sentence, a way on, what was typed kept. Nothing technical leaks."""

from __future__ import annotations

import logging

from flask import Flask, Response, g, render_template, request
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
    "offer_over": 409,
    "rules_refuse": 422,
    "nonce_reused": 422,
    "not_found": 404,
    "link_dead": 410,
    "too_many_tries": 429,
    "busy_database": 503,
    "too_busy": 503,
    "wrong_log_in": 422,
    "address_unconfirmed": 422,
    "wrong_code": 422,
    "log_in_over": 410,
    "last_factor": 409,
    "weak_password": 422,
    "address_known": 409,
    "cannot_help": 422,
    "cannot_merge": 409,
    "form_closed": 409,
    "form_not_ready": 422,
    "task_taken": 409,
}
MESSAGES = {
    "slot_taken": lazy_gettext("That time has just been taken."),
    "hold_expired": lazy_gettext("We could not keep that time any longer, and it has been taken."),
    "patient_busy": lazy_gettext("There is already an appointment at that time for this person."),
    "move_not_allowed": lazy_gettext("This appointment has changed meanwhile, so that is no longer possible."),
    "offer_over": lazy_gettext("That offer is over, and the time is not kept any more."),
    "rules_refuse": lazy_gettext("That time cannot be booked."),
    "nonce_reused": lazy_gettext("This form was already sent with other answers."),
    "wrong_log_in": lazy_gettext("The e-mail address or the password is not right."),
    "address_unconfirmed": lazy_gettext("Please confirm your e-mail address first. We have sent you a new link."),
    "wrong_code": lazy_gettext("That code is not right, or it was used already. Please try again."),
    "log_in_over": lazy_gettext("Logging in took too long. Please start again."),
    "last_factor": lazy_gettext("This account must have a second step. Add another one before you remove this one."),
    "weak_password": lazy_gettext("Choose another password: this one is too easy to guess."),
    "address_known": lazy_gettext("There is already an account with this address."),
    "cannot_merge": lazy_gettext("These two records cannot be joined or taken apart as things stand."),
    "cannot_help": lazy_gettext("You act for this person already."),
    "form_closed": lazy_gettext("This form takes no more answers. Please tell your specialist at the visit."),
    "form_not_ready": lazy_gettext("This form cannot be sent yet."),
    "task_taken": lazy_gettext("Somebody else is doing this already."),
}
OTHER_MESSAGE = lazy_gettext("We could not understand what was sent.")
"""A refusal without a sentence of its own."""

OWN_PAGES = frozenset({400, 403, 404, 405, 410, 413, 429, 500, 503})
"""Statuses with a page of their own, `errors/<status>.html`. Of 409 and 422 the sentence is the page."""

SECRET_FIELDS = ("password", "csrf_token")


def refusal_page(error: BookingError) -> ResponseReturnValue:
    """A refusal that no view has a better page for."""
    status = STATUS.get(error.code, 400)
    wait = error.details.get("retry_seconds")
    headers = {"Retry-After": str(wait)} if wait else {}
    if error.code not in MESSAGES and status in OWN_PAGES:
        return _own_page(status), status, headers
    message = MESSAGES.get(error.code, OTHER_MESSAGE)
    return render_template("errors/refused.html", message=message, code=error.code), status, headers


def _own_page(status: int) -> str:
    """The request id helps the staff to find what was logged."""
    return render_template(f"errors/{status}.html", request_id=g.get("request_id", ""))


def foreign_host_answer(_error: SecurityError) -> ResponseReturnValue:
    """Somebody asks for a host that is not ours. No page: without a host of our own its links could not be made."""
    return Response(str(OTHER_MESSAGE), 400, mimetype="text/plain")


def http_page(error: HTTPException) -> ResponseReturnValue:
    """Any other answer that is no success, in our own words."""
    status = error.code or 500
    if status < 400 or error.response is not None:
        return error
    page = status if status in OWN_PAGES else 400 if status < 500 else 500
    return _own_page(page), status


def bug_page(error: Exception) -> ResponseReturnValue:
    """A bug: logged by type and place without values, told without details."""
    db.session.rollback()
    log.error("unexpected %s in %s", type(error).__name__, request.endpoint, exc_info=error)
    return _own_page(500), 500


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
