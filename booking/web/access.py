"""Who is here, and whether the access table lets them in. Loaders of objects live beside the views that use them."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from booking.core.actor import STAFF_ROLES, Actor, Role
from booking.core.clock import utc_now
from booking.extensions import db, login_manager
from booking.queries import accounts
from booking.services.sessions import SessionAccount
from booking.web.access_table import TABLE, VISITOR
from booking.web.sessions import ServerSession

BOOKED = "booked"
"""Session value: nonce of a form → public id of the visit that it booked."""

VISIT_GRANT = "visit_grant"
"""Session value: {"appointment": public id, "until": instant in ISO form}, put there by a mailed link."""


class SessionUser:
    """What Flask-Login asks of a user, around the account of the session."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, account: SessionAccount) -> None:
        self.account = account

    def get_id(self) -> str:
        return self.account.public_id


def server_session() -> ServerSession:
    """The session of this request, typed."""
    return cast(ServerSession, session._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's own way to the object behind the proxy.


def account_or_none() -> SessionAccount | None:
    """The account that is logged in, if any."""
    return current_user.account if current_user.is_authenticated else None


def actor() -> Actor:
    """The person behind this request, with what they may act for; one query at most, kept for the request."""
    if "actor" not in g:
        g.actor = _actor(account_or_none())
    return cast(Actor, g.actor)


def _actor(account: SessionAccount | None) -> Actor:
    owner = server_session().get("owner", "")
    if account is None:
        return Actor(owner=owner, visit_ids=opened_visits(), booked_ids=booked_visits())
    if account.role in STAFF_ROLES:
        locations = accounts.location_ids(db.session(), account_id=account.id)
        return Actor(account.id, account.role, frozenset(), locations, account.resource_id, owner)
    patients = accounts.patient_ids(db.session(), account_id=account.id, now=utc_now())
    return Actor(
        account.id, Role.PATIENT, patients, None, None, owner, visit_ids=opened_visits(), booked_ids=booked_visits()
    )


def opened_visits() -> frozenset[str]:
    """Public ids of the visits that this browser session may see without a login: booked in it, or opened by mail."""
    kept = server_session()
    grant = kept.get(VISIT_GRANT) or {}
    opened = {grant["appointment"]} if grant and datetime.fromisoformat(grant["until"]) > utc_now() else set()
    return booked_visits() | opened


def booked_visits() -> frozenset[str]:
    """Public ids of the visits that this browser session booked itself."""
    return frozenset(server_session().get(BOOKED, {}).values())


def was_booked_here(public_id: str) -> bool:
    """Whether this browser session booked that visit itself."""
    return public_id in booked_visits()


def owning_actor() -> Actor:
    """The actor, with a browser session that can own holds and nonces (made now when there is none)."""
    if not actor().owner:
        _ = server_session().owner
        g.pop("actor")
    return actor()


def enforce() -> ResponseReturnValue | None:
    """Refuse what the table does not allow: visitors are led to log in, others get 403."""
    if request.endpoint is None:
        return None
    method = "GET" if request.method in {"HEAD", "OPTIONS"} else request.method
    row = TABLE.get((request.endpoint, method))
    if row is None:
        abort(403)
    account = account_or_none()
    role = account.role.value if account else VISITOR
    if role in row.who:
        return None
    if role == VISITOR:
        # Only a page can be gone back to; what was posted cannot be posted again from there.
        wanted = request.full_path.rstrip("?") if method == "GET" else None
        return redirect(url_for("accounts.log_in", next=wanted), 303)
    return abort(403)


def refuse_unlisted_routes(app: Flask) -> None:
    """A route without a row stops the start: nobody decided who may call it."""
    missing = [
        f"{rule.endpoint} {method}"
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if (rule.endpoint, method) not in TABLE
    ]
    if missing:
        raise RuntimeError(f"routes without a row in the access table: {', '.join(missing)}")


def init_app(app: Flask) -> None:
    """Bind Flask-Login to our sessions and check every request against the table."""
    login_manager.init_app(app)
    login_manager.session_protection = None
    app.before_request(enforce)


@login_manager.request_loader
def _load_user(_request: object) -> SessionUser | None:
    if not isinstance(session._get_current_object(), ServerSession):  # type: ignore[attr-defined]  # noqa: SLF001 - as above.
        return None
    account = server_session().account
    return SessionUser(account) if account else None


def is_demo() -> bool:
    """Whether this is the demo clinic."""
    return bool(current_app.config["SETTINGS"].is_demo)
