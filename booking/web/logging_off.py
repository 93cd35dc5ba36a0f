"""When this login ends by itself, as its pages are told so that they can warn in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from flask_wtf.csrf import generate_csrf

from booking.core.clock import utc_now
from booking.services import sessions
from booking.web import access

SECOND = timedelta(seconds=1)


def told() -> dict[str, Any]:
    """Seconds until the login ends, an opaque word for whose it is, and the form token that holds now; of a login that
    is over, nothing."""
    account = access.account_or_none()
    if account is None:
        return {"seconds": 0, "who": "", "token": ""}
    return {"seconds": _seconds_left(), "who": account.public_id, "token": generate_csrf()}


def _seconds_left() -> int:
    session, now = access.server_session(), utc_now()
    opened = session.opened
    if opened is None or opened.expires_at is None:
        return 0
    will_be_noted = session.is_use and not session.is_noted
    idle_until = (now if will_be_noted else opened.last_seen_at) + opened.idle_limit
    return max(int((min(idle_until, opened.expires_at) - now) / SECOND), 0)


def page_variables() -> dict[str, Any]:
    """For pages of people who are logged in: how long, when to warn, and whether others use the computer too."""
    opened = access.server_session().opened if access.account_or_none() else None
    if opened is None:
        return {"log_off": None, "is_shared_computer": False}
    times = {
        "warning": int(sessions.WARNING / SECOND),
        "minutes": max(round(sessions.WARNING / timedelta(minutes=1)), 1),
        "noted_every": int(sessions.SEEN_EVERY / SECOND),
    }
    return {"log_off": {**told(), **times}, "is_shared_computer": opened.is_shared_computer}


def init_app(app: Flask) -> None:
    """Give the variables to every template."""
    app.context_processor(page_variables)
