"""The whole program as processes: gunicorn, worker, mail catcher, on a database of its own. All end with the test.

Nothing is shared with the test but the database, the folder of caught mails and the wire. Each process writes to a
log of its own in the folder, and dies with the test run, also when that is killed.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.adapters.mail_catcher import CaughtLetter, list_messages, read_message
from booking.cli.processes import Processes, Program
from booking.services.audit import CHAIN_KEY
from booking.services.sealed import KEYS
from tests.settings import AUDIT_KEY, BASE_ENV, FIELD_KEYS

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
START_SECONDS = 90.0
STOP_SECONDS = 10.0
MAIL_SECONDS = 30.0
LOOK_SECONDS = 0.05
LINK = re.compile(r"https?://\S+")
COMPLAINT = re.compile(r'Traceback|"level": "(?:error|critical)"|\[(?:ERROR|CRITICAL)\]')

Found = TypeVar("Found")


@dataclass
class LiveProgram:
    """A running program. `base_url` is what a browser opens; `folder` holds logs and caught mails."""

    base_url: str
    port: int
    folder: Path
    database_url: str
    environ: dict[str, str]
    _stack: ExitStack = field(repr=False)
    _started: list[Processes] = field(default_factory=list, repr=False)
    _web_command: list[str] = field(default_factory=list, repr=False)
    _web_pids: list[int] = field(default_factory=list, repr=False)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Straight into the database. Each transaction writes: on SQLite a read that turns into a write may be refused
        while the program is at work."""
        engine = create_engine(self.database_url)
        try:
            info = {KEYS: FIELD_KEYS, CHAIN_KEY: AUDIT_KEY}
            with Session(engine.execution_options(write=True), info=info) as session:
                yield session
        finally:
            engine.dispose()

    def connection(self) -> HTTPConnection:
        """A keep-alive connection to the web server; requests need the header of `headers`."""
        return HTTPConnection(HOST, self.port, timeout=60)

    @property
    def headers(self) -> dict[str, str]:
        """Headers that every request needs: only our own host is answered."""
        return {"Host": f"localhost:{self.port}", "Origin": self.base_url}

    def start_worker(self, ahead: timedelta | None = None) -> None:
        """A worker, whose clock may be ahead of ours. It ends with the program."""
        options = [f"--ahead={int(ahead.total_seconds())}"] if ahead else []
        name = f"worker-{options[0].lstrip('-')}" if options else "worker"
        self._start(name, "flask", "--app", "wsgi", "worker", *options)

    @property
    def web_pid(self) -> int:
        """The process that started the web server's workers last; it may be dead."""
        return self._web_pids[-1]

    def start_web(self) -> None:
        """A web server; also in place of one that was killed, whose workers may take a second to notice."""
        self._web_pids.append(self._start("web", *self._web_command))

    def mails(self, to: str) -> list[CaughtLetter]:
        """Letters that the catcher received for that address, the newest first."""
        found = (read_message(self.mail_folder, mail.id) for mail in list_messages(self.mail_folder) if mail.to == to)
        return [letter for letter in found if letter]

    def wait_for_mail(self, to: str, subject: str, *, seconds: float = MAIL_SECONDS) -> CaughtLetter:
        """The newest letter to that address whose subject holds `subject`; AssertionError when none comes."""

        def arrived() -> CaughtLetter | None:
            return next((one for one in self.mails(to) if subject in one.mail.subject), None)

        return wait_for(arrived, seconds=seconds, what=lambda: f"no mail {subject!r} to {to}; logs:\n{self.logs()}")

    @property
    def mail_folder(self) -> Path:
        return self.folder / "mail"

    def logs(self) -> str:
        """The end of each log, for the message of a failed test."""
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in self._logs())

    def complaints(self) -> list[str]:
        """Lines of any log that tell of a failure nobody handled."""
        lines = (line for log in self._logs() for line in log.read_text(errors="replace").splitlines())
        return [line for line in lines if COMPLAINT.search(line)]

    def _logs(self) -> list[Path]:
        return sorted(self.folder.glob("*.log"))

    def _start(self, name: str, *module: str) -> int:
        log = self._stack.enter_context((self.folder / f"{name}.log").open("ab"))
        processes = Processes(ROOT, self.environ, log)
        self._stack.callback(processes.stop, patience=STOP_SECONDS)
        processes.start(Program(name, [sys.executable, "-m", *module]))
        self._started.append(processes)
        [(_, process)] = processes._running
        return process.pid

    def _has_ended(self) -> bool:
        return any(processes.first_ended() for processes in self._started)

    def _start_all(self, entry: str) -> None:
        """Mail catcher and web server, until both answer."""
        smtp_port = self.environ["SMTP_URL"].rpartition(":")[2]
        self._start("catcher", "booking.adapters.mail_catcher", HOST, smtp_port, str(self.mail_folder))
        options = ["--workers=2", "--worker-class=gthread", "--threads=4", "--no-control-socket", "--log-level=warning"]
        self._web_command += ["gunicorn", f"--bind={HOST}:{self.port}", *options, entry]
        self.start_web()
        wait_for(
            lambda: self._has_ended() or (answers(int(smtp_port)) and self.is_ready()),
            what=lambda: f"the program does not answer\n{self.logs()}",
        )
        assert not self._has_ended(), f"a program did not start\n{self.logs()}"

    def is_ready(self) -> bool:
        """Whether the web server answers."""
        connection = self.connection()
        try:
            connection.request("GET", "/readyz", headers=self.headers)
            return connection.getresponse().status in {200, 503}
        except OSError:
            return False
        finally:
            connection.close()


def answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_for(look: Callable[[], Found | None], *, what: Callable[[], str], seconds: float = START_SECONDS) -> Found:
    """Look until there is something. AssertionError with `what()` when there is nothing after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, what()
        time.sleep(LOOK_SECONDS)
    return found


def links(letter: CaughtLetter) -> list[str]:
    """The addresses in the text of a letter, in their order."""
    return LINK.findall(letter.text)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_program(
    database_url: str, folder: Path, *, entry: str = "wsgi:app", has_worker: bool = False, **settings: str
) -> Iterator[LiveProgram]:
    """The program on a migrated database that holds a clinic; `settings` override single variables.

    It runs as the demo, so that its inbox can be read in the browser. Limits on tries are lifted.
    """
    port = free_port()
    environ = {
        **os.environ,
        **BASE_ENV,
        "STAGE": "demo",
        "DATABASE_URL": database_url,
        "DATA_FOLDER": str(folder),
        "BASE_URL": f"http://localhost:{port}",
        "SMTP_URL": f"smtp://{HOST}:{free_port()}",
        "WORKER_TICK_SECONDS": "1",
        # Windows stay logged in for a whole run, and tests of the question for a proof go back an hour.
        "FRESH_LOGIN_SECONDS": "3000",
        **settings,
    }
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        program = LiveProgram(environ["BASE_URL"], port, folder, database_url, environ, stack)
        program._start_all(entry)
        if has_worker:
            program.start_worker()
        yield program
