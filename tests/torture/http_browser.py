"""A browser without eyes: one keep-alive connection, its own cookies, the token of the page it saw last."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.live import LiveProgram

HIDDEN = re.compile(r'<input[^>]*\bname="(csrf_token|nonce|hold)"[^>]*\bvalue="([^"]*)"')
SLOT = re.compile(r'<button[^>]*\bname="slot"[^>]*\bvalue="([^"]+)"')
# The server closes a connection that was idle for two seconds; a browser would notice, http.client does not.
LONGEST_IDLE_SECONDS = 0.5
SESSION_COOKIE = "respite_session"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `location` is "" unless it leads elsewhere."""

    status: int
    location: str
    text: str

    @property
    def slots(self) -> list[str]:
        """Values of the buttons that take a time, in the order of the page."""
        return [html.unescape(value) for value in SLOT.findall(self.text)]


class HttpBrowser:
    """Not shared between threads. `session` is the cookie of a login that exists already, `headers` are sent along."""

    def __init__(self, program: LiveProgram, session: str = "", *, headers: dict[str, str] | None = None) -> None:
        self._program = program
        self._connection: HTTPConnection = program.connection()
        self._used_at = 0.0
        self._headers = {**program.headers, **(headers or {})}
        self._cookies = {SESSION_COOKIE: session} if session else {}
        self.hidden: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        """Ask for a page and note its hidden fields."""
        answer = self._send("GET", path)
        self.hidden |= {name: html.unescape(value) for name, value in HIDDEN.findall(answer.text)}
        return answer

    def post(self, path: str, **fields: str | Sequence[str]) -> Answer:
        """Send a form with the token of the page seen before; several values of one field as a list."""
        body = urlencode({"csrf_token": self.hidden["csrf_token"], **fields}, doseq=True)
        return self._send("POST", path, body)

    def twin(self, port: int | None = None) -> HttpBrowser:
        """The same browser on a second connection, as after a double click; to `port` when there is something between
        it and the server."""
        other = HttpBrowser(self._program)
        if port is not None:
            other._connection.port = port
        other._cookies, other.hidden = dict(self._cookies), dict(self.hidden)
        return other

    def cookie(self, name: str) -> str:
        """The value of a cookie that it holds. Raises KeyError when there is none."""
        return self._cookies[name]

    def close(self) -> None:
        self._connection.close()

    def _send(self, method: str, path: str, body: str | None = None) -> Answer:
        headers = dict(self._headers)
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if time.monotonic() - self._used_at > LONGEST_IDLE_SECONDS:
            self._connection.close()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        text = response.read().decode()
        self._used_at = time.monotonic()
        for line in response.headers.get_all("Set-Cookie") or ():
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return Answer(response.status, response.headers.get("Location", ""), text)
