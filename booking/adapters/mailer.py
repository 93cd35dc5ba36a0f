"""Hands e-mail to the mail server in steps, so that the worker can decide once more between them.

The conversation is `begin` (connect, MAIL, RCPT), then either `send_data` (the text) or `abort`. Each step returns a
typed result; no step raises for anything a server, a network or an address can do. Results carry codes only: no
address, no password and no text of a server, which may repeat the address, leaves this module. The conversation over
the network is in `smtp.py`.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from typing import Protocol, TextIO


@dataclass(frozen=True, slots=True)
class Ready:
    """The server takes mail for this recipient and waits for the text."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server said 250 after the text: the message is its business now."""


@dataclass(frozen=True, slots=True)
class Temporary:
    """Not now, and certainly not accepted: try again later. `code` is the reply code, or a word such as `connect`."""

    code: str


@dataclass(frozen=True, slots=True)
class Permanent:
    """Never for this recipient or this text. A person has to look."""

    code: str


@dataclass(frozen=True, slots=True)
class SetupWrong:
    """The server refuses us, not the recipient: every message would fail, so keep them all and raise the alarm."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The text was on its way and no answer came: the server may or may not have accepted it."""

    code: str


BeginResult = Ready | Temporary | Permanent | SetupWrong
DataResult = Accepted | Temporary | Permanent | Unknown


class MailConnection(Protocol):
    """One reused connection; not shared between threads. It connects when first needed, and again when it was cut."""

    def begin(self, sender: str, recipient: str) -> BeginResult:
        """Announce one message from `sender` to `recipient` (bare addresses). Nothing is delivered yet."""

    def send_data(self, raw: bytes) -> DataResult:
        """Send the text of the message begun. Raises RuntimeError unless the last step was a `Ready` begin."""

    def abort(self) -> None:
        """Forget the message begun; the connection stays usable."""

    def close(self) -> None:
        """End the conversation politely; a later `begin` connects again."""


class Mailer(Protocol):
    """Where mail goes. `connection` is for one pass of the worker."""

    def connection(self) -> MailConnection: ...


@contextmanager
def open_connection(mailer: Mailer) -> Iterator[MailConnection]:
    """A connection that is closed at the end, also after an error."""
    connection = mailer.connection()
    try:
        yield connection
    finally:
        connection.close()


@dataclass(slots=True)
class ConsoleMailer:
    """Prints the plain text of each message: for development, refused in production by the settings."""

    out: TextIO = field(default_factory=lambda: sys.stdout)

    def connection(self) -> MailConnection:
        return _ConsoleConnection(self.out)


@dataclass(slots=True)
class _ConsoleConnection:
    out: TextIO
    _has_begun: bool = False

    def begin(self, sender: str, recipient: str) -> BeginResult:  # noqa: ARG002 - both are in the letter's headers.
        self._has_begun = True
        return Ready()

    def send_data(self, raw: bytes) -> DataResult:
        _demand(self._has_begun)
        self._has_begun = False
        letter = BytesParser(policy=policy.default).parsebytes(raw)
        body = letter.get_body(("plain",))
        text = body.get_content().replace("\r\n", "\n") if body is not None else ""
        self.out.write(f"To: {letter['To']}\nSubject: {letter['Subject']}\n\n{text}\n{'-' * 72}\n")
        self.out.flush()
        return Accepted()

    def abort(self) -> None:
        self._has_begun = False

    def close(self) -> None:
        self._has_begun = False


@dataclass(frozen=True, slots=True)
class SentLetter:
    """What a `RecordingMailer` took: the bare addresses and the bytes."""

    sender: str
    recipient: str
    raw: bytes


class RecordingMailer:
    """Keeps everything in memory, for tests. Scripted results are given out first, then `Ready` and `Accepted`."""

    def __init__(self, begins: Iterable[BeginResult] = (), datas: Iterable[DataResult] = ()) -> None:
        self.begins = deque(begins)
        self.datas = deque(datas)
        self.sent: list[SentLetter] = []
        self.aborted_count = 0
        self.closed_count = 0

    def connection(self) -> MailConnection:
        return _RecordingConnection(self)


@dataclass(slots=True)
class _RecordingConnection:
    mailer: RecordingMailer
    _begun: tuple[str, str] | None = None

    def begin(self, sender: str, recipient: str) -> BeginResult:
        result = self.mailer.begins.popleft() if self.mailer.begins else Ready()
        self._begun = (sender, recipient) if isinstance(result, Ready) else None
        return result

    def send_data(self, raw: bytes) -> DataResult:
        _demand(self._begun is not None)
        result = self.mailer.datas.popleft() if self.mailer.datas else Accepted()
        if isinstance(result, Accepted) and self._begun is not None:
            self.mailer.sent.append(SentLetter(*self._begun, raw))
        self._begun = None
        return result

    def abort(self) -> None:
        self._begun = None
        self.mailer.aborted_count += 1

    def close(self) -> None:
        self._begun = None
        self.mailer.closed_count += 1


def _demand(has_begun: bool) -> None:
    if not has_begun:
        raise RuntimeError("send_data needs a message that was begun")
