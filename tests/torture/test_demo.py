"""`flask demo` as people use it: started, looked at, stopped, killed. Nothing may be left running."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
START_SECONDS = 120.0
STOP_SECONDS = 30.0

pytestmark = pytest.mark.torture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One demo for all tests of this file, since filling it takes its time; the path has a space in it."""
    return tmp_path_factory.mktemp("a demo") / "of the clinic"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, port: int) -> dict[str, str]:
    """Hardly anything: no home, no settings."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("COVERAGE", "COV_"))}
    return {**kept, "PATH": os.environ["PATH"], "DEMO_FOLDER": str(folder), "PORT": str(port)}


@contextmanager
def demo(folder: Path, port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The running command; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "demo", *arguments],
        cwd=ROOT,
        env=environment(folder, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def get(port: int, path: str) -> tuple[int, str]:
    """Status and body; status 0 while nobody answers."""
    connection = HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, HTTPException):
        return 0, ""
    finally:
        connection.close()


def wait_until_ready(process: subprocess.Popen[str], port: int) -> None:
    ends = time.monotonic() + START_SECONDS
    while get(port, "/readyz")[0] != 200:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < ends, "the demo did not get ready"
        time.sleep(0.2)


def processes_of(folder: Path) -> list[str]:
    """Command lines of all processes that have the demo's folder in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            environ = (entry / "environ").read_bytes() if entry.name.isdecimal() else b""
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"DEMO_FOLDER={folder}\0".encode() in environ and line:
            found.append(line)
    return found


def wait_until_gone(folder: Path) -> list[str]:
    """What still runs after some seconds; [] is what is hoped for."""
    ends = time.monotonic() + STOP_SECONDS
    while (left := processes_of(folder)) and time.monotonic() < ends:
        time.sleep(0.2)
    return left


def test_it_serves_and_stops_cleanly(folder: Path) -> None:
    port = free_port()
    with demo(folder, port) as process:
        wait_until_ready(process, port)
        assert len(processes_of(folder)) >= 5
        check_pages(port)
        check_second_demo(folder, port)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 0, output
    assert f"http://localhost:{port}/" in output
    assert "ana@harbour.example.org" in output
    assert processes_of(folder) == []


def check_pages(port: int) -> None:
    """The demo's pages open, and its first mail comes by itself."""
    assert get(port, "/")[0] == 200
    assert "calm-harbour-lights" in get(port, "/demo/logins")[1]
    ends = time.monotonic() + STOP_SECONDS
    while "ana@harbour.example.org" not in get(port, "/demo/inbox")[1]:
        assert time.monotonic() < ends, "no mail came"
        time.sleep(0.2)


def check_second_demo(folder: Path, port: int) -> None:
    """A second demo on the same folder is told in one line where the first one is."""
    with demo(folder, free_port()) as second:
        output, _ = second.communicate(timeout=START_SECONDS)
    assert second.returncode == 1
    assert output.splitlines() == [f"Error: The demo already runs from {folder}, at http://localhost:{port}."]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_nothing_outlives_a_killed_supervisor(folder: Path) -> None:
    port = free_port()
    with demo(folder, port) as process:
        wait_until_ready(process, port)
        process.kill()
        process.wait()
        assert wait_until_gone(folder) == []


def test_a_program_that_dies_stops_the_rest(folder: Path) -> None:
    port = free_port()
    with demo(folder, port) as process:
        wait_until_ready(process, port)
        os.kill(pid_of("mail_catcher", folder), signal.SIGKILL)
        output, _ = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 1
    assert "The mail catcher ended (status -9); stopping the rest." in output
    assert processes_of(folder) == []


def pid_of(word: str, folder: Path) -> int:
    """The process of the demo whose command line holds the word."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if word.encode() in line and str(folder).encode() in line:
                return int(entry.name)
    raise AssertionError(f"{word} does not run")


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with demo(tmp_path / "demo", port) as process:
            output, _ = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 1
    sentence = f"Error: Port {port} cannot be used (Address already in use)."
    assert output.splitlines() == [f"{sentence} Choose another one: PORT=8001 make run"]


def test_a_folder_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with demo(tmp_path / "file" / "demo", free_port()) as process:
        output, _ = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 2
    assert output.count("\n") == 1
    assert "cannot be used: Not a directory" in output
