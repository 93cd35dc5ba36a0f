"""What was typed when the login had run out: kept in the new browser session until the page is opened again.

A time-out discards nothing. The text is sealed like the whole session, is shown only once the login has opened the same
page, and ends with the session.
"""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import MultiDict

from booking.web import access

UNSENT = "unsent_answers"
"""Session value: {"path": address of the page, "fields": pairs of name and text}."""
MOST_CHARACTERS = 12_000


def keep_if_logged_out(public_id: str) -> None:
    """Keep the posted answers when nobody is logged in who could save them; the loader then asks for the login."""
    actor = access.actor()
    if actor.role is not None or public_id in actor.booked_ids | actor.proven_ids:
        return
    fields = [(name, text) for name, text in request.form.items(multi=True) if name.startswith(("a_", "o_"))]
    if fields and sum(len(name) + len(text) for name, text in fields) <= MOST_CHARACTERS:
        access.server_session()[UNSENT] = {"path": request.path, "fields": fields}


def take() -> MultiDict[str, str] | None:
    """What was kept for the page of this request, once; None when there is nothing."""
    session = access.server_session()
    if session.get(UNSENT, {}).get("path") != request.path:
        return None
    kept = session.pop(UNSENT)
    return MultiDict([(str(name), str(text)) for name, text in kept["fields"]])
