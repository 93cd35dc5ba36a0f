"""The conversation with a real mail server, by smtplib, one command at a time. Results and Protocol: `mailer.py`."""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from booking.adapters.addresses import is_plain_address
from booking.adapters.mailer import (
    Accepted,
    BeginResult,
    ConsoleMailer,
    DataResult,
    MailConnection,
    Mailer,
    Permanent,
    Ready,
    SetupWrong,
    Temporary,
    Unknown,
)

COMMAND_SECONDS = 30.0
"""Longest wait for the answer to a command."""

TEXT_SECONDS = 600.0
"""Longest wait from the first byte of the text to its answer; a shorter one makes duplicates. RFC 5321 4.5.3.2.6."""

_DEFAULT_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_ENHANCED = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_ANSWER_TO_DATA = 354
_CLOSING = 421


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over. `scheme` is smtp, smtps (TLS at once) or smtp+starttls (TLS demanded)."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


def parse_smtp_url(url: str) -> SmtpServer:
    """The server named by `SMTP_URL`, e.g. `smtp+starttls://user:pass@mail.example:587`; name and password unquoted.

    Raises ValueError with a sentence that does not repeat the URL, since it may hold a password.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ValueError("SMTP_URL: the port must be a number from 1 to 65535") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("SMTP_URL must begin with smtp://, smtps:// or smtp+starttls://")
    if not parts.hostname:
        raise ValueError("SMTP_URL names no host")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("SMTP_URL ends after the port; a / ? # or @ in the password is written as %2F %3F %23 %40")
    return _server(parts, parts.hostname, _DEFAULT_PORTS[parts.scheme] if port is None else port)


def mailer_from_url(url: str, *, helo_name: str = "[127.0.0.1]") -> Mailer:
    """The mailer that `SMTP_URL` asks for; `console:` prints instead of sending. Raises ValueError as above."""
    if url == "console:":
        return ConsoleMailer()
    return SmtpMailer(parse_smtp_url(url), helo_name=helo_name)


class SmtpMailer:
    """Hands mail to `server`. `tls` replaces the default context, which checks the server's certificate and name."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        helo_name: str = "[127.0.0.1]",
        tls: ssl.SSLContext | None = None,
        command_seconds: float = COMMAND_SECONDS,
        text_seconds: float = TEXT_SECONDS,
    ) -> None:
        self.server = server
        self.helo_name = helo_name
        self.tls = tls or ssl.create_default_context()
        self.command_seconds = command_seconds
        self.text_seconds = text_seconds

    def connection(self) -> MailConnection:
        return _SmtpConnection(self)

    def connect(self) -> smtplib.SMTP:
        """A session after greeting, EHLO, STARTTLS and login as asked; raises what smtplib raises."""
        smtp = self._dial()
        try:
            smtp.ehlo_or_helo_if_needed()
            if self.server.scheme == "smtp+starttls":
                smtp.starttls(context=self.tls)
            if self.server.user:
                smtp.login(self.server.user, self.server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _dial(self) -> smtplib.SMTP:
        host, port = self.server.host, self.server.port
        if self.server.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, self.helo_name, timeout=self.command_seconds, context=self.tls)
        return smtplib.SMTP(host, port, self.helo_name, timeout=self.command_seconds)


class _SmtpConnection:
    """The steps over one session. `_smtp` is None whenever the next `begin` has to connect."""

    def __init__(self, mailer: SmtpMailer) -> None:
        self._mailer = mailer
        self._smtp: smtplib.SMTP | None = None
        self._is_begun = False

    def begin(self, sender: str, recipient: str) -> BeginResult:
        if not is_plain_address(sender):
            return SetupWrong("sender_address")
        if not is_plain_address(recipient):
            return Permanent("recipient_address")
        if self._is_begun:
            self.abort()
        is_reused = self._smtp is not None
        result = self._envelope(sender, recipient)
        # Servers cut idle sessions. Nothing has been sent, so a second try over a new one is harmless.
        if is_reused and self._smtp is None and isinstance(result, Temporary):
            result = self._envelope(sender, recipient)
        self._is_begun = isinstance(result, Ready)
        return result

    def send_data(self, raw: bytes) -> DataResult:
        if self._smtp is None or not self._is_begun:
            raise RuntimeError("send_data needs a message that was begun")
        self._is_begun = False
        smtp = self._smtp
        try:
            code, answer = smtp.docmd("DATA")
        except (OSError, smtplib.SMTPException) as error:
            # No byte of the text has left us, so this is no unknown outcome.
            self._drop()
            return Temporary(_word(error))
        if code != _ANSWER_TO_DATA:
            return self._refused_text(code, answer)
        return self._text(smtp, raw)

    def abort(self) -> None:
        self._is_begun = False
        if self._smtp is None:
            return
        try:
            is_reset = self._smtp.rset()[0] == 250
        except (OSError, smtplib.SMTPException):
            is_reset = False
        if not is_reset:
            self._drop()

    def close(self) -> None:
        self._is_begun = False
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            self._drop()

    def _envelope(self, sender: str, recipient: str) -> BeginResult:
        """Connect if need be, then MAIL and RCPT. After a refusal the session is clean or gone."""
        try:
            smtp = self._smtp = self._smtp or self._mailer.connect()
            code, answer = smtp.docmd(f"MAIL FROM:<{sender}>")
            if not _is_fine(code):
                return self._refused_envelope(code, answer, SetupWrong)
            code, answer = smtp.docmd(f"RCPT TO:<{recipient}>")
            if not _is_fine(code):
                return self._refused_envelope(code, answer, Permanent)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return _connect_result(error)
        return Ready()

    def _refused_envelope(
        self, code: int, answer: bytes, permanent: type[SetupWrong | Permanent]
    ) -> Temporary | SetupWrong | Permanent:
        self._clean_after(code)
        return permanent(_code(code, answer)) if _is_permanent(code) else Temporary(_code(code, answer))

    def _refused_text(self, code: int, answer: bytes) -> Temporary | Permanent:
        self._clean_after(code)
        return Permanent(_code(code, answer)) if _is_permanent(code) else Temporary(_code(code, answer))

    def _text(self, smtp: smtplib.SMTP, raw: bytes) -> DataResult:
        """The text and its answer, within `text_seconds` for both together."""
        ends = time.monotonic() + self._mailer.text_seconds
        try:
            self._wait_at_most(smtp, self._mailer.text_seconds)
            smtp.send(_quoted(raw))
            self._wait_at_most(smtp, max(ends - time.monotonic(), 0.001))
            code, answer = smtp.getreply()
            self._wait_at_most(smtp, self._mailer.command_seconds)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Unknown(_word(error))
        if _is_fine(code):
            return Accepted()
        if 400 <= code < 600:
            return self._refused_text(code, answer)
        self._drop()
        return Unknown(_code(code, answer))

    @staticmethod
    def _wait_at_most(smtp: smtplib.SMTP, seconds: float) -> None:
        if smtp.sock is not None:
            smtp.sock.settimeout(seconds)

    def _clean_after(self, code: int) -> None:
        """Make the session usable for the next message; a server that said 421 is leaving."""
        if code == _CLOSING:
            self._drop()
        else:
            self.abort()

    def _drop(self) -> None:
        if self._smtp is not None:
            with suppress(OSError):
                self._smtp.close()
        self._smtp = None


def _server(parts: SplitResult, host: str, port: int) -> SmtpServer:
    if port == 0:
        raise ValueError("SMTP_URL: the port must be a number from 1 to 65535")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():
        raise ValueError("SMTP_URL: name and password must be ASCII, since the login sends them so")
    return SmtpServer(parts.scheme, host, port, user, password)


def _is_fine(code: int) -> bool:
    return 200 <= code < 300


def _is_permanent(code: int) -> bool:
    return 500 <= code < 600


def _code(code: int, answer: bytes) -> str:
    """The reply code with the enhanced status code (RFC 3463) when there is one: "550 5.1.1". Never the sentence."""
    enhanced = _ENHANCED.match(answer)
    return f"{code} {enhanced[1].decode('ascii')}" if enhanced else str(code)


def _word(error: OSError | smtplib.SMTPException) -> str:
    """Why the line failed, in one word. smtplib hides a time-out behind its own error."""
    return "timeout" if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError) else "drop"


def _connect_result(error: OSError | smtplib.SMTPException) -> Temporary | SetupWrong:
    """What an error before RCPT means: a refusal by the server of us, or a line that failed."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
        code = _code(error.smtp_code, text)
        return SetupWrong(code) if _is_permanent(error.smtp_code) else Temporary(code)
    if isinstance(error, smtplib.SMTPServerDisconnected | TimeoutError):
        return Temporary(_word(error))
    if isinstance(error, smtplib.SMTPException):
        # smtplib found no TLS or no way to log in among what the server offers.
        return SetupWrong("not_supported")
    return SetupWrong("certificate") if isinstance(error, ssl.SSLCertVerificationError) else Temporary("connect")


def _quoted(raw: bytes) -> bytes:
    """The text as DATA wants it: CRLF throughout, leading dots doubled, the lone dot at the end.

    Bare CR or LF are made CRLF here, so that no text can end itself early and smuggle a second message in.
    """
    lines = _LEADING_DOT.sub(b"..", _LINE_END.sub(b"\r\n", raw))
    return (lines if lines.endswith(b"\r\n") else lines + b"\r\n") + b".\r\n"
