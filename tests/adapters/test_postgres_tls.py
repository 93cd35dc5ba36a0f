"""PostgreSQL over the network as docs/deploy.md asks for it: nothing is said before its certificate was checked.

The server is a stand-in that speaks the beginning of the protocol (PostgreSQL's manual, 54.2.10): the
PostgreSQL of these tests is built without TLS. What is tried is our side, the engine and the library under it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from booking.adapters.database import create_engine
from tests.certificates import self_signed

ASKS_FOR_TLS = (8).to_bytes(4) + (80877103).to_bytes(4)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "db.pem", "127.0.0.1")


@contextmanager
def server(certificate: Path, answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """One that answers the question for TLS so; its port, and what it was told after that."""
    told: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(5)

    def talk() -> None:
        plain, _ = listening.accept()
        with closing(plain):
            assert plain.recv(8) == ASKS_FOR_TLS
            plain.sendall(answer)
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            try:
                with context.wrap_socket(plain, server_side=True) as sealed:
                    told.append(sealed.recv(500))
            except (ssl.SSLError, ConnectionError):
                return

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield listening.getsockname()[1], told
    finally:
        thread.join()
        listening.close()


@pytest.mark.parametrize(
    ("host", "answer", "trusts", "refusal", "is_told"),
    [
        ("127.0.0.1", b"S", True, "unexpected eof|closed the connection", True),
        ("127.0.0.1", b"S", False, "certificate verify failed", False),
        ("localhost", b"S", True, "does not match host name", False),
        ("127.0.0.1", b"N", True, "does not support SSL", False),
    ],
    ids=["right", "unknown authority", "another name", "no TLS"],
)
def test_only_the_right_server_is_told_anything(
    certificate: Path, tmp_path: Path, *, host: str, answer: bytes, trusts: bool, refusal: str, is_told: bool
) -> None:
    authority = certificate if trusts else self_signed(tmp_path / "other.pem", "127.0.0.1")
    with server(certificate, answer) as (port, told):
        asked = f"sslmode=verify-full&sslrootcert={authority}&hostaddr=127.0.0.1"
        engine = create_engine(f"postgresql://respite:hush@{host}:{port}/respite?{asked}")
        with pytest.raises(OperationalError, match=refusal):
            engine.connect()
    assert any(b"respite" in words for words in told) == is_told
