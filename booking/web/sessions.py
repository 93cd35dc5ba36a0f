"""Flask's session on our own table: opened by cookie, written only when something changed, ended at logout."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from booking.core.clock import utc_now
from booking.extensions import db
from booking.services import sessions
from booking.services.sessions import SEEN_EVERY, SessionAccount


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """A dict whose contents live in the database. `token` is empty until the first thing is kept."""

    def __init__(self, opened: sessions.OpenSession | None, token: str) -> None:
        def note_change(_self: object) -> None:
            self.modified = True

        super().__init__(opened.data if opened else {}, note_change)
        self.token = token if opened else ""
        self.account: SessionAccount | None = opened.account if opened else None
        self.last_seen_at = opened.last_seen_at if opened else None
        self.modified = False
        self.had_cookie = bool(token)

    @property
    def owner(self) -> str:
        """Stable name of this browser session for holds and nonces, kept across the rotation at login.

        It follows from the cookie when there is one, so that a double click as the very first thing has one owner."""
        if "owner" not in self:
            self["owner"] = sessions.hash_token(f"owner of {self.token}") if self.token else sessions.new_token()
        owner: str = self["owner"]
        return owner

    def log_in(self, account_id: int) -> None:
        """Rotate to a new id that belongs to the account; what was typed before stays."""
        self.token = sessions.begin_session(
            db.session(), account_id=account_id, data=self._kept(), now=utc_now(), replaces=self.token or None
        )
        self.modified = True

    def _kept(self) -> dict[str, Any]:
        """What survives a login: never the CSRF token of the session before."""
        self.pop("csrf_token", None)
        return dict(self)

    def log_out(self) -> None:
        """End the session in the database; the answer deletes the cookie."""
        if self.token:
            sessions.end_session(db.session(), token=self.token)
        self.clear()
        self.token = ""
        self.account = None
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
        opened = sessions.open_session(db.session(), token=token, now=utc_now()) if len(token) < 100 else None
        return ServerSession(opened, token)

    def save_session(self, _app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, ServerSession):
            raise TypeError("not a session of ours")
        if request.path.startswith("/static/"):
            # Opened as empty above: an error page for a missing file must not replace the login's cookie.
            return
        if not session.token and not session.modified:
            if session.had_cookie:
                response.delete_cookie(self.cookie, path="/", secure=self.is_https, httponly=True, samesite="Lax")
            return
        self._write(session)
        response.headers.add("Vary", "Cookie")
        response.set_cookie(self.cookie, session.token, path="/", secure=self.is_https, httponly=True, samesite="Lax")

    @staticmethod
    def _write(session: ServerSession) -> None:
        now = utc_now()
        if not session.token:
            session.token = sessions.begin_session(db.session(), account_id=None, data=dict(session), now=now)
        elif session.modified:
            sessions.write_session(db.session(), token=session.token, data=dict(session), now=now)
        elif session.last_seen_at is None or now - session.last_seen_at >= SEEN_EVERY:
            sessions.write_session(db.session(), token=session.token, data=None, now=now)


def init_app(app: Flask, *, is_https: bool) -> None:
    """Use our table for the sessions of `app`."""
    app.session_interface = DatabaseSessions(is_https=is_https)
