"""Where a log-in leads: into a session, or to its second step, which this browser session waits for meanwhile."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from flask import current_app, redirect, url_for
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from booking.core.actor import STAFF_ROLES, Role
from booking.core.errors import LogInOver
from booking.models import ProvenBy
from booking.services.logging_in import HalfOpen, LoggedIn
from booking.web import access
from booking.web.access_table import EVERYONE, TABLE, Who
from booking.web.accounts.asking import CHALLENGES

DESK = "/desk/"
HOMES = {Role.PATIENT: "/visits/", Role.SPECIALIST: "/my-day/"}
"""The first page of each role; of all others it is the desk's."""
ACCOUNT = "/account/"
"""Pages for everybody who is logged in."""

HALF_OPEN = "half_open"
"""Session value: a log-in that waits for its second step. Its session is nobody's yet and opens that step alone."""


def landing(role: Role, wanted: str | None) -> str:
    """Where a person goes after logging in: where they were going, if that is for them, else their first page."""
    return wanted if wanted and _is_for(role, wanted) else HOMES.get(role, DESK)


def _is_for(role: Role, wanted: str) -> bool:
    """Whether the access table lets the role open the page. Pages for visitors are none of the staff's business."""
    if wanted.startswith(ACCOUNT):
        return True
    who = _who_opens(urlsplit(wanted).path)
    if role not in STAFF_ROLES:
        return who is None or role.value in who
    return who is not None and who != EVERYONE and role.value in who


def _who_opens(path: str) -> Who | None:
    """Who may open that page; None for no page of ours."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return None
    return TABLE[endpoint, "GET"].who


def enter(logged_in: LoggedIn, wanted: str | None, *, is_shared_computer: bool = False) -> Response:
    """Begin the session under a new id and go to the page."""
    kept = access.server_session()
    for gone in (HALF_OPEN, CHALLENGES):
        kept.pop(gone, None)
    kept[access.SECOND_STEP] = logged_in.proven_by is not ProvenBy.PASSWORD
    kept.log_in(logged_in.account_id, proven_by=logged_in.proven_by, is_shared_computer=is_shared_computer)
    return redirect(landing(logged_in.role, wanted), 303)


def wait_for_second_step(half: HalfOpen, wanted: str | None, *, is_shared_computer: bool = False) -> Response:
    """Keep the half-open log-in under a new id, which is still a visitor's, and ask for the second step."""
    kept = access.server_session()
    kept[HALF_OPEN] = {
        "account": half.account_id,
        "mark": half.mark,
        "since": half.since.isoformat(),
        "wanted": wanted,
        "is_shared_computer": is_shared_computer,
    }
    kept.rotate()
    return redirect(url_for("second_step.code"), 303)


def half_open() -> HalfOpen:
    """The log-in that waits in this browser session. Raises LogInOver when there is none."""
    kept = access.server_session().get(HALF_OPEN)
    if kept is None:
        raise LogInOver
    return HalfOpen(kept["account"], kept["mark"], datetime.fromisoformat(kept["since"]))


def enter_after_second_step(logged_in: LoggedIn) -> Response:
    """Go where the log-in was going."""
    kept = access.server_session()[HALF_OPEN]
    return enter(logged_in, kept["wanted"], is_shared_computer=kept["is_shared_computer"])


def forget_half_open() -> None:
    """The log-in is over."""
    access.server_session().pop(HALF_OPEN, None)
