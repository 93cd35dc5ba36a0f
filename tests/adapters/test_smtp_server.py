"""The misbehaving server as a process: what it says it accepted is on disk."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from booking.adapters.mailer import Accepted, open_connection
from booking.adapters.smtp import SmtpMailer, SmtpServer
from tests.smtp_server import Fault, lottery

ROOT = Path(__file__).parents[2]


def test_the_process_writes_down_what_it_accepted(tmp_path: Path) -> None:
    log = tmp_path / "accepted"
    command = [sys.executable, "-m", "tests.smtp_server", "--port", "0", "--log", str(log)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with open_connection(SmtpMailer(SmtpServer("smtp", "127.0.0.1", port))) as connection:
            for number in range(3):
                connection.begin("clinic@visits.example", "ana@mail.example")
                assert connection.send_data(f"Message-ID: <{number}@v.example>\r\n\r\nx".encode()) == Accepted()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert log.read_text().split() == ["<0@v.example>", "<1@v.example>", "<2@v.example>"]


def test_the_same_seed_draws_the_same_faults() -> None:
    first, second = (lottery(seed=3, share=0.5) for _ in range(2))
    drawn = [next(first) for _ in range(50)]
    assert drawn == [next(second) for _ in range(50)]
    assert {Fault.NONE, Fault.MAIL_452, Fault.DROP_AFTER_DOT} <= set(drawn)
