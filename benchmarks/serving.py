"""Starts a WSGI program under gunicorn and loads it: requests per second over kept-alive connections.

The clients run on the same cores as the servers, for ours and for the anchor alike.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

CONFIG = Path(__file__).with_name("gunicorn_settings.py")
CONNECTIONS = 8
REQUESTS = 400
START_SECONDS = 20


@contextmanager
def served(target: str, environ: Mapping[str, str]) -> Iterator[int]:
    """A port on which gunicorn serves `target` with two workers of four threads."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", str(CONFIG), "-b", f"127.0.0.1:{port}", target]
    program = subprocess.Popen(command, env={**os.environ, **environ})
    try:
        _wait_for(port)
        yield port
    finally:
        program.terminate()
        program.wait(timeout=20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


def fetch(port: int, path: str, headers: Mapping[str, str]) -> bytes:
    """The body of one answer. Raises RuntimeError for anything but 200."""
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    body = _get(connection, path, headers)
    connection.close()
    return body


def requests_per_second(port: int, path: str, headers: Mapping[str, str]) -> float:
    """Rate over all connections together."""
    barrier = threading.Barrier(CONNECTIONS + 1)
    failures: list[Exception] = []

    def client() -> None:
        connection = http.client.HTTPConnection("localhost", port, timeout=30)
        barrier.wait()
        try:
            for _ in range(REQUESTS // CONNECTIONS):
                _get(connection, path, headers)
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=client) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    if failures:
        raise failures[0]
    return REQUESTS / elapsed


def _get(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> bytes:
    connection.request("GET", path, headers=dict(headers))
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    return body
