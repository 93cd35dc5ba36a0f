"""TLS and login against a real server with a certificate made for the test."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from booking.adapters.mailer import Accepted, BeginResult, Ready, SetupWrong, open_connection
from booking.adapters.smtp import SmtpMailer, SmtpServer
from tests.adapters.test_mail_catcher import unused_port
from tests.certificates import self_signed

SENDER, ANA = "clinic@visits.example", "ana@mail.example"
RAW = b"Message-ID: <m@visits.example>\r\n\r\nText\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the key and the self-signed certificate of 127.0.0.1."""
    return self_signed(tmp_path_factory.mktemp("tls") / "mail.pem", "127.0.0.1")


class _Kept:
    """Counts what arrives from whoever has logged in."""

    def __init__(self) -> None:
        self.was_authenticated: list[bool] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        self.was_authenticated.append(session.authenticated is True)
        return "250 OK"


def _may_enter(server: object, session: object, envelope: object, mechanism: str, login: object) -> AuthResult:
    is_right = isinstance(login, LoginPassword) and (login.login, login.password) == (b"clinic", b"hush")
    return AuthResult(success=is_right, handled=False)


@contextmanager
def server(scheme: str, certificate: Path, kept: _Kept) -> Iterator[int]:
    """A server of that kind that demands a login; its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    tls = {"ssl_context": context} if scheme == "smtps" else {"tls_context": context, "require_starttls": True}
    controller = Controller(
        kept,
        hostname="127.0.0.1",
        port=unused_port(),
        authenticator=_may_enter,
        # aiosmtpd counts TLS from the first byte as none, so the demand can be made only for STARTTLS.
        auth_required=scheme != "smtps",
        auth_require_tls=scheme != "smtps",
        **tls,
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def begin_at(scheme: str, port: int, tls: ssl.SSLContext | None, *, password: str = "hush") -> BeginResult:
    mailer = SmtpMailer(SmtpServer(scheme, "127.0.0.1", port, "clinic", password), tls=tls, command_seconds=5)
    with open_connection(mailer) as connection:
        result = connection.begin(SENDER, ANA)
        if isinstance(result, Ready):
            assert connection.send_data(RAW) == Accepted()
        return result


BOTH = pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])


@BOTH
def test_mail_goes_out_encrypted_after_a_login(scheme: str, certificate: Path) -> None:
    kept = _Kept()
    with server(scheme, certificate, kept) as port:
        assert begin_at(scheme, port, trusting(certificate)) == Ready()
    assert kept.was_authenticated == [True]


@BOTH
def test_a_wrong_password_is_a_wrong_setup(scheme: str, certificate: Path) -> None:
    kept = _Kept()
    with server(scheme, certificate, kept) as port:
        assert begin_at(scheme, port, trusting(certificate), password="wrong") == SetupWrong("535 5.7.8")
    assert kept.was_authenticated == []


@BOTH
def test_a_certificate_nobody_vouches_for_is_refused(scheme: str, certificate: Path) -> None:
    kept = _Kept()
    with server(scheme, certificate, kept) as port:
        assert begin_at(scheme, port, None) == SetupWrong("certificate")
    assert kept.was_authenticated == []
