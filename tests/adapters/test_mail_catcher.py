"""The demo's mail server takes real SMTP and shows what came, newest first."""

from __future__ import annotations

import signal
import smtplib
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from booking.adapters import mail_catcher
from booking.adapters.mail_catcher import CatcherController, keep, list_messages, read_message
from booking.adapters.mailer import Accepted, Ready, open_connection
from booking.adapters.mime import Part, alternative_letter, header
from booking.adapters.smtp import SmtpMailer, SmtpServer

NOON = datetime(2026, 3, 2, 12, 0, 0, 250000, tzinfo=UTC)


def letter(subject: str = "Grüße", to: str = "ana@mail.example") -> bytes:
    parts = [
        Part("text/plain", "Hello\nÄna"),
        Part("text/html", "<p>Hello Äna</p>"),
        Part("text/calendar; method=REQUEST", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
    ]
    return alternative_letter([header("To", to), header("Subject", subject)], parts, message_id="<a@b>")


@pytest.fixture
def free_port() -> int:
    return unused_port()


def unused_port() -> int:
    """A port on which nobody listened a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def send(port: int, raw: bytes) -> None:
    with open_connection(SmtpMailer(SmtpServer("smtp", "127.0.0.1", port))) as connection:
        assert connection.begin("clinic@visits.example", "ana@mail.example") == Ready()
        assert connection.send_data(raw) == Accepted()


def test_what_is_sent_by_smtp_can_be_read(tmp_path: Path, free_port: int) -> None:
    controller = CatcherController("127.0.0.1", free_port, tmp_path)
    controller.start()
    try:
        send(free_port, letter())
    finally:
        controller.stop()
    (mail,) = list_messages(tmp_path)
    opened = read_message(tmp_path, mail.id)
    assert (mail.to, mail.subject) == ("ana@mail.example", "Grüße")
    assert opened is not None
    assert (opened.mail, opened.text, opened.html) == (mail, "Hello\nÄna\n", "<p>Hello Äna</p>\n")
    assert opened.ics == "BEGIN:VCALENDAR\nEND:VCALENDAR\n"


def test_the_newest_comes_first_and_the_list_is_bounded(tmp_path: Path) -> None:
    _folders(tmp_path)
    for minute in (2, 0, 1):
        keep(tmp_path, letter(f"Number {minute}"), NOON + timedelta(minutes=minute))
    assert [mail.subject for mail in list_messages(tmp_path)] == ["Number 2", "Number 1", "Number 0"]
    assert [mail.subject for mail in list_messages(tmp_path, limit=1)] == ["Number 2"]
    assert list_messages(tmp_path)[-1].received_at == NOON


def test_only_so_many_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_catcher, "MAX_KEPT", 2)
    _folders(tmp_path)
    for minute in range(4):
        keep(tmp_path, letter(f"Number {minute}"), NOON + timedelta(minutes=minute))
    assert [mail.subject for mail in list_messages(tmp_path)] == ["Number 3", "Number 2"]


def test_a_folder_that_does_not_exist_is_an_empty_inbox(tmp_path: Path) -> None:
    assert list_messages(tmp_path / "none") == []


@pytest.mark.parametrize(
    "mail_id",
    ["", "..", "../../secret", "/etc/passwd", f"{0:020d}-{0:016x}", f"{0:020d}-{0:016x}\n", f"{0:020d}-{0:016x}/../x"],
)
def test_an_id_that_is_none_opens_nothing(tmp_path: Path, mail_id: str) -> None:
    _folders(tmp_path)
    (tmp_path / "secret.eml").write_bytes(letter())
    assert read_message(tmp_path, mail_id) is None


def test_unfinished_and_foreign_files_are_not_shown(tmp_path: Path) -> None:
    _folders(tmp_path)
    (tmp_path / "tmp" / f"{1:020d}-{1:016x}").write_bytes(letter())
    (tmp_path / "new" / "notes.eml").write_bytes(letter())
    (tmp_path / "new" / f"{1:020d}-{1:016x}.part").write_bytes(letter())
    assert list_messages(tmp_path) == []


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\x00", b"Subject: x\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xff"]
)
def test_rubbish_is_shown_as_it_can_be(tmp_path: Path, raw: bytes) -> None:
    _folders(tmp_path)
    mail_id = keep(tmp_path, raw, NOON)
    opened = read_message(tmp_path, mail_id)
    assert opened is not None
    assert (opened.html, opened.ics) == ("", "")
    assert [mail.id for mail in list_messages(tmp_path)] == [mail_id]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_serves_and_ends_cleanly(tmp_path: Path, free_port: int, number: signal.Signals) -> None:
    code = (
        "from pathlib import Path; from booking.adapters.mail_catcher import run_catcher; "
        f"run_catcher('127.0.0.1', {free_port}, Path({str(tmp_path)!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    try:
        _wait_for(free_port)
        send(free_port, letter())
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, b"")
    assert len(list_messages(tmp_path)) == 1


def test_a_port_in_use_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        CatcherController("127.0.0.1", taken.getsockname()[1], tmp_path).start()


def _folders(folder: Path) -> None:
    mail_catcher.CatchingHandler(folder)


def _wait_for(port: int) -> None:
    """Until the server greets; ten seconds at most."""
    ends = time.monotonic() + 10
    while True:
        try:
            smtplib.SMTP("127.0.0.1", port, timeout=2).quit()
        except OSError:
            assert time.monotonic() < ends
            time.sleep(0.05)
        else:
            return
