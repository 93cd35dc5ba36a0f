"""Flask's session on our own table: opened by cookie, written only when something changed, ended at logout."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import datetime
from typing import Any

from flask import Flask, Request, Response, current_app, request
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from booking.core.addresses import shown_network
from booking.core.browsers import described
from booking.core.clock import utc_now
from booking.extensions import db
from booking.models import ProvenBy
from booking.services import sessions
from booking.services.sessions import SEEN_EVERY, Arrival, Change, OpenSession, SessionAccount
from booking.web.origin import SAFE_METHODS

# Collections that requests add to: when two do so at the same instant, both additions stay. All else, such as the draft
# of a booking, is one thing that the later request replaces as a whole. The names are those of their modules.
BY_ENTRY = frozenset({
    "_flashes", "booked", "booked_logged_in", "desk_booked", "desk_described", "joined", "opened_links",
    "proven_visits", "written_answers",
})  # fmt: skip

LONGEST_TOKEN = 100


def arrival() -> Arrival:
    """From where this request comes, as far as its sender is told later."""
    return Arrival(described(request.user_agent.string), shown_network(request.remote_addr))


def is_seen_lately(opened: OpenSession) -> bool:
    """Whether its use was noted a moment ago: once a minute is enough."""
    return opened.last_seen_at is not None and utc_now() - opened.last_seen_at < SEEN_EVERY


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """A dict whose contents live in the database. `token` is empty until the first thing is kept.

    A request that nobody made by hand sets `is_use` to False: it does not keep the session alive. One that must be
    written down as a use at once sets `is_noted` to False."""

    def __init__(self, opened: OpenSession | None, token: str) -> None:
        def note_change(_self: object) -> None:
            self.modified = True

        super().__init__(deepcopy(opened.data) if opened else {}, note_change)
        self.opened = opened
        self.cookie = token
        self.token = token if opened else ""
        self.account: SessionAccount | None = opened.account if opened else None
        self.modified = False
        self.is_use = True
        self.is_noted = opened is not None and is_seen_lately(opened)

    @property
    def had_cookie(self) -> bool:
        """Whether the browser named a session, ours or not."""
        return bool(self.cookie)

    @property
    def owner(self) -> str:
        """Stable name of this browser session for holds and nonces, kept across the rotation at login.

        It follows from the cookie when there is one, so that a double click as the very first thing has one owner."""
        if "owner" not in self:
            self["owner"] = sessions.hash_token(f"owner of {self.token}") if self.token else sessions.new_token()
        owner: str = self["owner"]
        return owner

    @property
    def change(self) -> Change | None:
        """What this request made of the contents; None when nothing."""
        if not self.modified:
            return None
        # As it is stored, where a pair is a list.
        after = json.loads(json.dumps(dict(self)))
        return Change(self.opened.data if self.opened else {}, after, BY_ENTRY)

    def is_fresh(self) -> bool:
        """Whether the person behind this session proved a moment ago who they are."""
        within = current_app.config["SETTINGS"].fresh_login
        return self.opened is not None and sessions.is_fresh(self.opened, utc_now(), within)

    def log_in(
        self, account_id: int, *, proven_by: ProvenBy = ProvenBy.PASSWORD, is_shared_computer: bool = False
    ) -> None:
        """Rotate to a new id that belongs to the account; what was typed before stays."""
        self.token = sessions.begin_session(
            db.session(),
            account_id=account_id,
            data=self._kept(),
            now=utc_now(),
            replaces=self.token or None,
            proven_by=proven_by,
            arrival=arrival(),
            is_shared_computer=is_shared_computer,
        )
        self.modified = True

    def rotate(self) -> None:
        """Go on as a visitor under a new id, with what was typed before."""
        self.token = sessions.begin_session(
            db.session(), account_id=None, data=self._kept(), now=utc_now(), replaces=self.token or None
        )
        self.modified = True

    def note_proven(self, proven_by: ProvenBy) -> None:
        """Rotate to a new id at a change of what the person may do; the proof is fresh from now on."""
        self.token = sessions.note_proven(db.session(), token=self.token, proven_by=proven_by, now=utc_now())

    def _kept(self) -> dict[str, Any]:
        """What survives a login: never the CSRF token of the session before."""
        self.pop("csrf_token", None)
        return dict(self)

    def log_out(self) -> None:
        """End the session in the database; the answer deletes the cookie."""
        if self.token:
            sessions.end_session(db.session(), token=self.token)
        self.forget()

    def forget(self) -> None:
        """Go on as a visitor: the session was ended in the database."""
        self.clear()
        self.token = ""
        self.opened = self.account = None
        self.modified = False


class DatabaseSessions(SessionInterface):
    """Opens and saves `ServerSession`."""

    def __init__(self, *, is_https: bool) -> None:
        self.cookie = "__Host-session" if is_https else "respite_session"
        self.is_https = is_https

    def open_session(self, _app: Flask, request: Request) -> ServerSession:
        token = request.cookies.get(self.cookie, "")
        if not token or request.path.startswith("/static/"):
            return ServerSession(None, "")
        if len(token) >= LONGEST_TOKEN:
            return ServerSession(None, token)
        reads = request.method in SAFE_METHODS
        opened = sessions.open_session(db.session(), token=token, now=utc_now(), reads_only=reads)
        return ServerSession(opened, token)

    def save_session(self, _app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, ServerSession):
            raise TypeError("not a session of ours")
        if request.path.startswith("/static/"):
            # Opened as empty above: an error page for a missing file must not replace the login's cookie.
            return
        if not session.token and not session.modified:
            # A script that asks after a login which has run out leaves the cookie to say whose it was.
            if session.had_cookie and session.is_use:
                response.delete_cookie(self.cookie, path="/", secure=self.is_https, httponly=True, samesite="Lax")
            return
        self._write(session, utc_now())
        response.headers.add("Vary", "Cookie")
        if session.token != session.cookie:
            # Only then: an answer that is late would else put an id back that a login has replaced meanwhile.
            response.set_cookie(
                self.cookie, session.token, path="/", secure=self.is_https, httponly=True, samesite="Lax"
            )

    @staticmethod
    def _write(session: ServerSession, now: datetime) -> None:
        if not session.token:
            session.token = sessions.begin_session(db.session(), account_id=None, data=dict(session), now=now)
        elif session.modified or (session.is_use and not session.is_noted):
            sessions.write_session(
                db.session(), token=session.token, change=session.change, now=now, is_use=session.is_use
            )


def init_app(app: Flask, *, is_https: bool) -> None:
    """Use our table for the sessions of `app`."""
    app.session_interface = DatabaseSessions(is_https=is_https)
