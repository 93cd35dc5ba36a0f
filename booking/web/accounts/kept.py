"""What was typed when a login ran out: kept for the account, and given back at its next login. Nothing is kept in the
browser itself.

With scripts, a page hands over what is being typed before the login ends, and fills it in again afterwards. Without
them, a form that is sent too late is kept as it was sent, and one press sends it again after the login.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Flask, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug import Response

from booking.core.actor import STAFF_ROLES
from booking.core.clock import utc_now
from booking.extensions import db
from booking.services import kept_forms, sessions
from booking.services.kept_forms import Typed
from booking.web import access, logging_off
from booking.web.accounts.entering import landing
from booking.web.accounts.sessions import cleared
from booking.web.errors import SECRET_FIELDS
from booking.web.next_page import checked_next

bp = Blueprint("kept", __name__)

KEPT_FIELD = "kept_form"
"""Hidden field of a form that is sent again: the key of what was kept."""

KEPT_PAGE = "kept"
OF_SCRIPTS = frozenset({"sessions.stay", "kept.keep"})
NOT_KEPT = frozenset({"accounts", "links", "preferences", "sessions", "demo"})
"""Blueprints whose posts are no work of anybody: logging in and out, colours."""


@bp.post("/account/keep")
def keep() -> ResponseReturnValue:
    """Keep what is being typed, because the login is about to end; with `end`, it ends now. No use of the session."""
    session, account = access.server_session(), access.account_or_none()
    session.is_use = False
    is_kept = account is not None and _keep(account.id, _being_typed())
    if "end" not in request.form:
        return jsonify({"kept": is_kept})
    sessions.run_out(db.session(), token=session.token, now=utc_now())
    return cleared(jsonify({"kept": is_kept}))


def _being_typed() -> Typed | None:
    """What the page's script sends; None when it is nothing or no such thing."""
    path = checked_next(request.form.get("path"))
    try:
        fields = json.loads(request.form.get("fields", "[]"))
        found = tuple((str(form), str(name), str(text)) for form, name, text in fields)
    except (ValueError, TypeError):
        return None
    return Typed(path, found, is_sent=False) if path and found else None


def _keep(account_id: int, typed: Typed | None) -> bool:
    return typed is not None and kept_forms.keep(db.session(), account_id=account_id, typed=typed, now=utc_now())


@bp.post("/account/kept/take")
def take() -> ResponseReturnValue:
    """What was being typed on the page `path`, once, as (form, name, text)."""
    account, path = access.account_or_none(), request.form.get("path", "")
    found = account and kept_forms.take(db.session(), account_id=account.id, path=path, now=utc_now())
    return jsonify({"fields": found.fields if found else []})


@bp.get("/account/kept")
def kept() -> ResponseReturnValue:
    """What was sent too late, with one button to send it now."""
    account = access.account_or_none()
    found = account and kept_forms.last_sent_or_none(db.session(), account_id=account.id, now=utc_now())
    return render_template(
        "accounts/kept.html",
        typed=found,
        kept_field=KEPT_FIELD,
        home=landing(account.role, None) if account else "/",
        is_staff=account is not None and account.role in STAFF_ROLES,
    )


@bp.post("/account/kept/forget")
def forget() -> ResponseReturnValue:
    """It is not wanted any more."""
    account = access.account_or_none()
    if account:
        kept_forms.forget(db.session(), account_id=account.id, key=request.form.get(KEPT_FIELD, ""))
        flash(gettext("What was kept is thrown away."), "success")
    return redirect(landing(account.role, None) if account else "/", 303)


def keep_what_comes_too_late() -> ResponseReturnValue | None:
    """A form arrives from a login that has run out: keep it for that account, and ask for the login.

    Before the form tokens are looked at: theirs ended with the session. Instead the browser must say that the form is
    of our own site. What is kept opens nothing, and is sent by nobody but the person who logs in."""
    session = access.server_session()
    if request.method != "POST" or session.token or not session.had_cookie:
        return None
    session.is_use = request.endpoint not in OF_SCRIPTS
    if request.endpoint == "sessions.stay":
        return jsonify(logging_off.told())
    if not _is_work():
        return None
    account_id = sessions.run_out_account_or_none(db.session(), token=session.cookie, now=utc_now())
    if account_id is None:
        return None
    if request.endpoint == "kept.keep":
        return jsonify({"kept": _keep(account_id, _being_typed())})
    is_kept = _keep(account_id, _as_sent())
    wanted = url_for("kept.kept") if is_kept else None
    return redirect(url_for("accounts.log_in", next=wanted, why="idle"), 303)


def _is_work() -> bool:
    is_named = "Sec-Fetch-Site" in request.headers or request.headers.get("Origin", "null") != "null"
    return is_named and request.blueprint not in {None, *NOT_KEPT} and request.endpoint != "kept.take"


def _as_sent() -> Typed | None:
    path = checked_next(request.full_path.rstrip("?"))
    fields = tuple(
        ("", name, text)
        for name, text in request.form.items(multi=True)
        if not any(secret in name for secret in SECRET_FIELDS) and name != KEPT_FIELD
    )
    return Typed(path, fields, is_sent=True) if path else None


def forget_what_was_sent(response: Response) -> Response:
    """A kept form that was sent again and taken in is not offered once more."""
    account = access.account_or_none() if KEPT_FIELD in g else None
    if account and response.status_code < 400:
        kept_forms.forget(db.session(), account_id=account.id, key=g.pop(KEPT_FIELD))
    return response


def note_what_is_sent() -> None:
    """Remember for the end of the request which kept form this is."""
    if request.method == "POST" and request.blueprint != bp.name and (key := request.form.get(KEPT_FIELD)):
        setattr(g, KEPT_FIELD, key)


def init_app(app: Flask) -> None:
    """Look at every form that is sent."""
    hooks: tuple[Any, ...] = (keep_what_comes_too_late, note_what_is_sent)
    for hook in hooks:
        app.before_request(hook)
    app.after_request(forget_what_was_sent)
