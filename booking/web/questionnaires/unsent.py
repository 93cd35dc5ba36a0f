"""What was typed when the login was over: kept in the new browser session until the page is opened again.

Neither a time-out nor a log-out in another window discards anything. The text is sealed like the whole session, is
shown only once the login has opened the same page, and ends with the session.
"""

from __future__ import annotations

from flask import Flask, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from booking.web import access

AUTOSAVE = "autosave"
"""The `action` of a page that its script saves while somebody is still on it."""

UNSENT = "unsent_answers"
"""Session value: {"path": address of the page, "fields": pairs of name and text}."""
MOST_CHARACTERS = 12_000


def keep_what_nobody_can_save() -> ResponseReturnValue | None:
    """Answers arrive after the login has ended: keep them, and say so at once, or ask for the login.

    Before the form tokens are looked at: theirs ended with the session. Instead the browser must say that the page is
    of our own site. Nothing is saved or opened by this. A button that is pressed after a login has run out is left to
    `accounts.kept`, which still knows whose it was."""
    if request.endpoint != "questionnaires.save_step" or request.headers.get("Sec-Fetch-Site") != "same-origin":
        return None
    session, is_script = access.server_session(), request.form.get("action") == AUTOSAVE
    if not is_script and session.had_cookie and not session.token:
        return None
    public_id = str((request.view_args or {})["public_id"])
    if _may_save(public_id):
        return None
    is_kept = keep_if_logged_out(public_id)
    address = url_for("accounts.log_in", next=request.path, why="kept" if is_kept else None)
    return (jsonify({"log_in": address, "is_kept": is_kept}), 401) if is_script else redirect(address, 303)


def _may_save(public_id: str) -> bool:
    actor = access.actor()
    return actor.role is not None or public_id in actor.booked_ids | actor.proven_ids


def keep_if_logged_out(public_id: str) -> bool:
    """Keep the posted answers when nobody is logged in who could save them; the loader then asks for the login.

    Whether they are kept: too much text is not."""
    if _may_save(public_id):
        return False
    fields = [(name, text) for name, text in request.form.items(multi=True) if name.startswith(("a_", "o_"))]
    is_kept = bool(fields) and sum(len(name) + len(text) for name, text in fields) <= MOST_CHARACTERS
    if is_kept:
        access.server_session()[UNSENT] = {"path": request.path, "fields": fields}
    return is_kept


def waiting_below(address: str) -> str:
    """The page below that address for which something is kept; "" when there is none."""
    path: str = access.server_session().get(UNSENT, {}).get("path", "")
    return path if path.startswith(address) else ""


def take() -> MultiDict[str, str] | None:
    """What was kept for the page of this request, once; None when there is nothing."""
    session = access.server_session()
    if session.get(UNSENT, {}).get("path") != request.path:
        return None
    kept = session.pop(UNSENT)
    return MultiDict([(str(name), str(text)) for name, text in kept["fields"]])


def init_app(app: Flask) -> None:
    """Look at every page of a form that is sent."""
    app.before_request(keep_what_nobody_can_save)
