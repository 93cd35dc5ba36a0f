"""Several programs run as one: started together, stopped together, and never left behind.

Each is the leader of a process group of its own, so that Ctrl-C reaches the supervisor alone and it decides the order.
On Linux the kernel ends them when the supervisor dies without a word; elsewhere only a clean stop is sure.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Program:
    """What to start; `name` is what people are told."""

    name: str
    command: Sequence[str]


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ended by itself. `status` is negative for the signal that killed it, None when it hangs."""

    name: str
    status: int | None


class Processes:
    """The running programs. `log` takes what they print, from all of them."""

    def __init__(self, folder: Path, environ: Mapping[str, str], log: IO[bytes]) -> None:
        self._folder = folder
        self._environ = environ
        self._log = log
        self._running: list[tuple[Program, subprocess.Popen[bytes]]] = []

    def start(self, program: Program) -> None:
        """Start it; raises OSError when that cannot be done. The supervisor must have no threads."""
        process = subprocess.Popen(  # noqa: S603 - our own programs, from a list.
            list(program.command),
            cwd=self._folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            process_group=0,
            preexec_fn=_end_with_parent(os.getpid()),  # noqa: PLW1509 - the supervisor has no threads.
        )
        self._running.append((program, process))

    def first_ended(self) -> Ended | None:
        """A program that is no longer running, or None."""
        for program, process in self._running:
            status = process.poll()
            if status is not None:
                return Ended(program.name, status)
        return None

    def stop(self, *, patience: float) -> None:
        """Ask all to end, and kill what still runs after `patience` seconds, with all it has started."""
        for _, process in self._running:
            process.terminate()
        ends = time.monotonic() + patience
        for _, process in self._running:
            _wait(process, ends - time.monotonic())
            _kill_group(process.pid)
            process.wait()
        self._running.clear()


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(max(seconds, 0.0))
    except subprocess.TimeoutExpired:
        return


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # Nobody is left in it: the usual case. macOS says the second of a group of zombies.
        return


def _end_with_parent(parent: int) -> Callable[[], None] | None:
    """What the child does before it becomes the program: ask the kernel for SIGTERM when its parent dies."""
    libc = _libc
    if libc is None:
        return None

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
