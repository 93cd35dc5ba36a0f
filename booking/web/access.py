"""Who is here, and whether the access table lets them in. Loaders of objects live beside the views that use them."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from booking.core.actor import STAFF_ROLES, Actor, Role
from booking.core.clock import utc_now
from booking.extensions import db, login_manager
from booking.queries import accounts, credentials
from booking.services import links
from booking.services.sessions import SessionAccount
from booking.web.access_table import TABLE, VISITOR
from booking.web.audit_origin import origin, session_ref
from booking.web.sessions import ServerSession

BOOKED = "booked"
"""Session value: nonce of a form → public id of the visit that it booked, without a login."""

BOOKED_LOGGED_IN = "booked_logged_in"
"""The same of somebody who was logged in. It lets nobody see the visit: that is for the rights of the account alone,
which may have ended since."""

OPENED_LINKS = "opened_links"
"""Session value: ids of the mailed links about visits, offers and waits that were opened here, the last ones last."""

PROVEN = "proven_visits"
"""Session value: public ids of opened visits for which the date of birth was given."""

JOINED = "joined"
"""Session value: nonce of a form → public id of the entry of the waiting list that it led to, without a login."""

MOST_LINKS = 12

SECOND_STEP = "second_step"
"""Session value: whether logging in here has taken a second step (or a passkey, which is two in one)."""

BEFORE_SECOND_STEP = frozenset({"static", "operation", "preferences", "factors", "passkeys", "identity"})
"""Parts that people who must have a second step may use to add one; besides these they may only log out."""


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
    """The person behind this request, with what they may act for; a query for the login and one for opened links at
    most, kept for the request."""
    if "actor" not in g:
        found = _actor(account_or_none())
        g.actor = replace(found, network=origin(found.role), session_ref=session_ref(server_session().token))
    return cast(Actor, g.actor)


def _actor(account: SessionAccount | None) -> Actor:
    kept = server_session()
    owner = kept.get("owner", "")
    if account is not None and account.role in STAFF_ROLES:
        return Actor(account.id, account.role, frozenset(), account.location_ids, account.resource_id, owner)
    now, booked = utc_now(), booked_visits()
    opened = links.opened(db.session(), link_ids=kept.get(OPENED_LINKS, ()), now=now)
    acts_for = accounts.acts_for(db.session(), account_id=account.id, now=now) if account else accounts.ActsFor()
    return Actor(
        account.id if account else None,
        Role.PATIENT if account else None,
        acts_for.patient_ids,
        owner=owner,
        visit_ids=booked | opened.visit_ids,
        booked_ids=booked,
        link_acts=opened.acts,
        proven_ids=opened.visit_ids.intersection(kept.get(PROVEN, ())),
        offer_ids=opened.offer_ids,
        opened_waits=opened.waits,
        waiting_ids=frozenset(kept.get(JOINED, {}).values()),
        closed_ids=acts_for.closed_ids,
    )


def note_opened(link_id: int) -> None:
    """Let this browser session do what the link is for, as long as the link is good."""
    kept = server_session()
    others = [one for one in kept.get(OPENED_LINKS, ()) if one != link_id]
    kept[OPENED_LINKS] = [*others, link_id][-MOST_LINKS:]


def note_proven(public_id: str) -> None:
    """Show the opened visit in full in this browser session."""
    kept = server_session()
    kept[PROVEN] = [*(one for one in kept.get(PROVEN, ()) if one != public_id), public_id][-MOST_LINKS:]


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
        return _led_to_second_step(account, request.endpoint)
    if role == VISITOR:
        # Only a page can be gone back to; what was posted cannot be posted again from there.
        wanted = request.full_path.rstrip("?") if method == "GET" else None
        return redirect(url_for("accounts.log_in", next=wanted), 303)
    return abort(403)


def _led_to_second_step(account: SessionAccount | None, endpoint: str) -> ResponseReturnValue | None:
    """Where somebody goes first who must have a second step and has none (ASVS 6.3.3): to add one.

    Who has one, but has come in before it was added, logs in anew."""
    must = account is not None and account.role in STAFF_ROLES and current_app.config["SETTINGS"].staff_second_factor
    if account is None or not must or server_session().get(SECOND_STEP) or endpoint == "accounts.log_out":
        return None
    if credentials.has_second_factor(db.session(), account.id):
        server_session().log_out()
        return redirect(url_for("accounts.log_in"), 303)
    return None if endpoint.partition(".")[0] in BEFORE_SECOND_STEP else redirect(url_for("factors.overview"), 303)


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
