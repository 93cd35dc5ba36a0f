"""Web server, worker and mail catcher of the demo, watched until somebody stops them or one of them ends."""

from __future__ import annotations

import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from typing import IO
from urllib.parse import urlsplit

import click

from booking.cli.demo_settings import HOST
from booking.cli.processes import Ended, Processes, Program
from booking.config import Settings
from booking.core.demo_logins import DEMO_LOGINS, DEMO_PASSWORD

ROOT = Path(__file__).resolve().parents[2]
HOST_V6 = "::1"
READY_SECONDS = 60.0
STOP_SECONDS = 15.0
GRACE_SECONDS = "10"
LOOK_SECONDS = 0.1
LOG_LINES = 8
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Died(Exception):
    """One of the programs ended by itself."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.name)
        self.ended = ended


class _Wish:
    """Whether somebody asked for the end. A flag, since an exception out of a handler could leave a program behind."""

    def __init__(self) -> None:
        self.is_to_stop = False

    def note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of a signal handler.
        """Take the signal."""
        self.is_to_stop = True


def serve(settings: Settings, environ: Mapping[str, str], log: IO[bytes], *, hosts: list[str], port: int) -> int:
    """Run all programs until they are to stop; the exit status. When it returns, nothing runs any more."""
    processes = Processes(ROOT, environ, log)
    with _stop_signals() as wish:
        try:
            for program in programs(settings, hosts, port):
                processes.start(program)
            _watch(settings, processes, wish, port)
        except _Died as died:
            click.echo(_told(died.ended, Path(log.name)), err=True)
            return 1
        finally:
            processes.stop(patience=STOP_SECONDS)
    return 0


def _watch(settings: Settings, processes: Processes, wish: _Wish, port: int) -> None:
    """Until somebody asks for the end. Raises _Died when a program ends, or the web server does not get ready."""
    _wait(processes, wish, lambda: _is_ready(settings.host, port), seconds=READY_SECONDS)
    if not wish.is_to_stop:
        click.echo(_welcome(settings))
    _wait(processes, wish, lambda: False, seconds=math.inf)
    click.echo("\n  Stopping …")


def _wait(processes: Processes, wish: _Wish, is_done: Callable[[], bool], *, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not wish.is_to_stop and not is_done():
        if ended := processes.first_ended():
            raise _Died(ended)
        if time.monotonic() > ends:
            raise _Died(Ended("web server", None))
        time.sleep(LOOK_SECONDS)


def programs(settings: Settings, hosts: list[str], port: int) -> list[Program]:
    """What to start, in that order."""
    server = urlsplit(settings.smtp_url)
    return [
        Program("mail catcher", _python("booking.adapters.mail_catcher", HOST, str(server.port), settings.mail_folder)),
        Program("web server", _python("gunicorn", *_web_options(hosts, port), "wsgi:app")),
        Program("worker", _python("flask", "--app", "wsgi", "worker")),
    ]


def _web_options(hosts: list[str], port: int) -> list[str]:
    binds = [f"--bind=[{host}]:{port}" if ":" in host else f"--bind={host}:{port}" for host in hosts]
    return [*binds, "--workers=2", "--threads=4", f"--graceful-timeout={GRACE_SECONDS}", "--log-level=warning"]


def _python(module: str, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", module, *(str(argument) for argument in arguments)]


def free_hosts(port: int) -> list[str]:
    """The loopback addresses to serve at; "localhost" may mean either. Raises ClickException when the port is taken."""
    hosts = [HOST]
    try:
        socket.create_server((HOST, port)).close()
        if _has_ipv6_loopback():
            socket.create_server((HOST_V6, port), family=socket.AF_INET6).close()
            hosts.append(HOST_V6)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        sentence = f"Port {port} cannot be used ({why}). Choose another one: PORT=8001 make run"
        raise click.ClickException(sentence) from error
    return hosts


def _has_ipv6_loopback() -> bool:
    if not socket.has_ipv6:
        return False
    try:
        socket.create_server((HOST_V6, 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@contextmanager
def _stop_signals() -> Iterator[_Wish]:
    wish = _Wish()
    before = {number: signal.signal(number, wish.note) for number in STOPS}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_ready(host: str, port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _told(ended: Ended, log: Path) -> str:
    """Which program ended, and the end of what was printed."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    what = "did not get ready" if ended.status is None else f"ended (status {ended.status})"
    return "\n".join([f"The {ended.name} {what}; stopping the rest. {log} ends with:", *lines])


def _welcome(settings: Settings) -> str:
    width = max(len(login.email) for login in DEMO_LOGINS)
    logins = [f"    {login.email:<{width}}  {login.role.value:<13}  {login.name}" for login in DEMO_LOGINS]
    return "\n".join(
        [
            "",
            f"  The clinic   {settings.base_url}/",
            f"  Its mail     {settings.base_url}/demo/inbox",
            "",
            f"  Logins, all with the password  {DEMO_PASSWORD}",
            *logins,
            "",
            "  Ctrl-C stops everything.",
        ]
    )
