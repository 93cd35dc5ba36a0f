"""The demo's mail server: real SMTP that keeps every message in a folder, and the readers for its inbox page.

A message is written to `tmp/` and renamed into `new/`, so that a reader sees whole messages or none. Nothing is
delivered anywhere. The folder holds invented people only; a clinic's mail never comes here.
"""

from __future__ import annotations

import re
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path
from types import FrameType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from booking.core.clock import utc_now

MAX_KEPT = 1000
"""The oldest messages beyond this number are thrown away when a new one comes."""

MAX_BYTES = 1_000_000

_ID = re.compile(r"[0-9]{20}-[0-9a-f]{16}")
_ENDING = ".eml"


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One line of the inbox: `received_at` in UTC, `to` and `subject` decoded, "" when the header is missing."""

    id: str
    received_at: datetime
    to: str
    subject: str


@dataclass(frozen=True, slots=True)
class CaughtLetter:
    """One opened message; a part that it does not have is ""."""

    mail: CaughtMail
    text: str
    html: str
    ics: str


class CatchingHandler:
    """What aiosmtpd calls with each message. The 250 is sent after the message has its place in the folder."""

    def __init__(self, folder: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self._folder = folder
        self._clock = clock
        for name in ("tmp", "new"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    # The name and the arguments are those by which aiosmtpd calls its handlers.
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        content = envelope.content
        keep(self._folder, content if isinstance(content, bytes) else (content or "").encode(), self._clock())
        return "250 2.0.0 Kept"


class CatcherController(Controller):
    """The catcher in a thread of this process, between `start()` and `stop()`. Port 0 is not supported by aiosmtpd."""

    def __init__(self, host: str, port: int, folder: Path) -> None:
        super().__init__(
            CatchingHandler(folder), hostname=host, port=port, server_hostname="localhost", data_size_limit=MAX_BYTES
        )

    def start(self) -> None:
        """Returns when the server answers. Raises OSError when the port is taken."""
        # The base class would notice a taken port only after five seconds, and leave its loop open.
        try:
            socket.create_server((self.hostname, self.port)).close()
        except OSError:
            self.loop.close()
            raise
        super().start()


def run_catcher(host: str, port: int, folder: Path) -> None:
    """Serve until SIGTERM or SIGINT; returns after the socket is closed. Raises OSError when the port is taken.

    Must be called in the main thread, for it sets the handlers of both signals.
    """
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler.
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    controller = CatcherController(host, port, folder)
    controller.start()
    try:
        stopping.wait()
    finally:
        controller.stop()


def keep(folder: Path, raw: bytes, received_at: datetime) -> str:
    """Store one message and drop the oldest beyond `MAX_KEPT`; its id, which sorts by time."""
    mail_id = f"{int(received_at.timestamp() * 1_000_000):020d}-{secrets.token_hex(8)}"
    part = folder / "tmp" / mail_id
    part.write_bytes(raw)
    part.rename(folder / "new" / f"{mail_id}{_ENDING}")
    for old in _ids(folder)[MAX_KEPT:]:
        _path(folder, old).unlink(missing_ok=True)
    return mail_id


def list_messages(folder: Path, *, limit: int = 100) -> list[CaughtMail]:
    """The newest messages first, `limit` at most; [] for a folder that does not exist."""
    return [_mail(mail_id, _read_head(_path(folder, mail_id))) for mail_id in _ids(folder)[:limit]]


def read_message(folder: Path, mail_id: str) -> CaughtLetter | None:
    """One message with its parts; None when the id is unknown or is no id at all."""
    if not _ID.fullmatch(mail_id) or not _path(folder, mail_id).is_file():
        return None
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(_path(folder, mail_id).read_bytes())
    return CaughtLetter(
        mail=_mail(mail_id, message),
        text=_part(message, "text/plain"),
        html=_part(message, "text/html"),
        ics=_part(message, "text/calendar"),
    )


def _ids(folder: Path) -> list[str]:
    """Ids of all whole messages, newest first."""
    try:
        names = [path.name for path in (folder / "new").iterdir()]
    except FileNotFoundError:
        return []
    found = (name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING))
    return sorted((name for name in found if _ID.fullmatch(name)), reverse=True)


def _path(folder: Path, mail_id: str) -> Path:
    return folder / "new" / f"{mail_id}{_ENDING}"


def _read_head(path: Path) -> EmailMessage:
    with path.open("rb") as source:
        return BytesHeaderParser(EmailMessage, policy=policy.default).parse(source)


def _mail(mail_id: str, message: EmailMessage) -> CaughtMail:
    microseconds = int(mail_id.partition("-")[0])
    return CaughtMail(
        id=mail_id,
        received_at=datetime.fromtimestamp(microseconds / 1_000_000, UTC),
        to=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
    )


def _part(message: EmailMessage, content_type: str) -> str:
    """The first part of that type as text, whatever bytes a sender may have put there."""
    for part in message.walk():
        payload = part.get_payload(decode=True) if part.get_content_type() == content_type else None
        if isinstance(payload, bytes):
            return payload.decode("utf-8", errors="replace").replace("\r\n", "\n")
    return ""


if __name__ == "__main__":
    run_catcher(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
