"""Set-up: makes .venv and installs the locked packages into it, or says in one line why it cannot.

Runs on the system's Python with the standard library alone; "make setup" starts it. uv, itself fetched by pip with a
hash, installs the packages; SETUP_INSTALLER=pip installs them with plain pip instead. Which index the packages come
from is the machine's own setting (pip's or uv's configuration and environment): none is named here. When nothing has
changed since the last run, it returns at once.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from tools import package_index

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
STAMP = VENV / ".setup.json"
LOG = VENV / "setup.log"

RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"
INSTALLER = "requirements-uv.txt"

OLDEST_PYTHON = (3, 11)
# RETURNING in SQLite, which SQLAlchemy uses.
OLDEST_SQLITE = (3, 35)
MODULES = {
    "ssl": "build it with OpenSSL",
    "sqlite3": "build it with SQLite's headers (libsqlite3-dev, sqlite-devel)",
    "venv": "install the package python3-venv",
    "ensurepip": "install the package python3-venv",
    "zlib": "build it with zlib's headers",
}

# Left over from another installation, these would send packages elsewhere than into .venv.
MISLEADING = ("PIP_TARGET", "PIP_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_SYSTEM_PYTHON", "VIRTUAL_ENV")


class SetupError(Exception):
    """Set-up cannot go on; the text is the one line for the person at the terminal."""


def check_python() -> None:
    """Raise SetupError, naming what is missing, when this Python cannot run the program."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}. Name one: make PYTHON=...")
    for module, remedy in MODULES.items():
        try:
            importlib.import_module(module)
        except ImportError:
            raise SetupError(
                f"{sys.executable} lacks the module {module}: {remedy}, or name another: make PYTHON=..."
            ) from None
    import sqlite3  # noqa: PLC0415 - Only now is it known to be there.

    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise SetupError(f"SQLite 3.35 or newer is needed, {sys.executable} has {sqlite3.sqlite_version}.")


def check_folder() -> None:
    """Raise SetupError when nothing can be written beside the program."""
    try:
        with tempfile.TemporaryFile(dir=ROOT):
            pass
    except OSError as problem:
        raise SetupError(
            f"Nothing can be written to {ROOT} ({problem.strerror}): move it or change its owner."
        ) from None


def digest(name: str) -> str:
    """The SHA-256 of a lock file in the root folder."""
    try:
        return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    except OSError as problem:
        raise SetupError(f"{ROOT / name} cannot be read ({problem.strerror}).") from None


def is_usable() -> bool:
    """Whether .venv has a Python that still exists, is new enough, and was made at this very place."""
    if not os.access(PYTHON, os.X_OK):
        return False
    try:
        lines = (VENV / "pyvenv.cfg").read_text().splitlines()
    except OSError:
        return False
    facts = dict(line.split(" = ", 1) for line in lines if " = " in line)
    version = tuple(int(part) for part in facts.get("version", "0.0").split(".")[:2] if part.isdigit())
    # Scripts name their Python by its full path, so a copied or moved folder has to be made anew.
    return version >= OLDEST_PYTHON and facts.get("command", str(VENV)).endswith(str(VENV))


def installed() -> dict[str, str]:
    """What the stamp says: lock file to digest; empty when there is no readable stamp."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def clean_environment() -> dict[str, str]:
    """Our environment without what would send packages elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_USER": "0"}


def run(arguments: Sequence[str | Path], environment: Mapping[str, str], log: BinaryIO) -> None:
    """Run one step with its output in the log. Raises SetupError with the reason, as far as the log tells it."""
    start = log.tell()
    status = subprocess.run(
        arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=ROOT, check=False
    ).returncode
    log.seek(0, os.SEEK_END)
    if status != 0:
        with LOG.open("rb") as written:
            written.seek(start)
            output = written.read().decode(errors="replace")
            raise SetupError(f"{package_index.reason(output)}. Details: {LOG}")


def make_venv() -> None:
    """Make .venv with this Python, in place of an unusable one."""
    say("making the virtual environment")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", VENV], capture_output=True, text=True, env=clean_environment(), check=False
    )
    if made.returncode != 0:
        lines = (made.stderr or made.stdout).strip().splitlines() or ["no reason was given"]
        raise SetupError(f"The virtual environment cannot be made with {sys.executable}: {lines[-1]}")


def install(lock: str) -> None:
    """Install a lock file into .venv: with uv, or with pip where that is wanted or uv does not get through."""
    environment = clean_environment()
    with LOG.open("w+b") as log:
        if os.environ.get("SETUP_INSTALLER", "uv") == "uv":
            try:
                install_with_uv(lock, environment, log)
            except SetupError as problem:
                if not UV.exists() or package_index.IS_ANOTHER_FILE in str(problem):
                    raise
                say("uv did not get through, trying pip")
            else:
                return
        say(f"installing {lock} with pip")
        run([*pip(), "install", "--require-hashes", "-r", lock], environment, log)


def pip() -> list[str | Path]:
    """pip of .venv, told not to wait for long when there is no network."""
    return [PYTHON, "-I", "-m", "pip", "--retries", "2"]


def install_with_uv(lock: str, environment: Mapping[str, str], log: BinaryIO) -> None:
    """Fetch uv with pip, then let it install the lock file from where pip would."""
    say("fetching the installer")
    run([*pip(), "install", "--require-hashes", "-r", INSTALLER], environment, log)
    listing = subprocess.run([*pip(), "config", "list"], capture_output=True, text=True, env=environment, check=False)
    settings = {**environment, **package_index.uv_settings(package_index.pip_settings(listing.stdout), environment)}
    say(f"installing {lock}")
    command: list[str | Path] = [UV, "pip", "install", "--python", PYTHON, "--require-hashes", "--no-progress"]
    run([*command, *package_index.cache_option(settings), "-r", lock], settings, log)


def say(text: str) -> None:
    """One line of progress."""
    print(f"Set-up: {text}", flush=True)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let a second set-up of the same folder wait for the first."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def set_up(*, development: bool) -> None:
    """Bring .venv to what the lock file says; does nothing when it is there already."""
    lock = DEVELOPMENT if development else RUNTIME
    if is_usable() and installed().get(lock) == digest(lock):
        return
    started = time.monotonic()
    check_python()
    check_folder()
    # The development lock holds all of the runtime lock; a new runtime lock may have moved what the other one pins.
    done = {name: digest(name) for name in ([DEVELOPMENT, RUNTIME] if development else [RUNTIME])}
    if not is_usable() or not _has_pip():
        make_venv()
    STAMP.unlink(missing_ok=True)
    install(lock)
    STAMP.write_text(json.dumps(done))
    say(f"done in {time.monotonic() - started:.0f} s")


def _has_pip() -> bool:
    return subprocess.run([*pip(), "--version"], capture_output=True, check=False).returncode == 0


def main() -> int:
    """0 when .venv is ready, 1 after one line about what is in the way."""
    parser = argparse.ArgumentParser(description="Make .venv and install the locked packages.")
    parser.add_argument("--dev", action="store_true", help="also what checks and tests need")
    arguments = parser.parse_args()
    try:
        with one_at_a_time():
            set_up(development=arguments.dev)
    except SetupError as problem:
        print(f"Set-up stopped: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"Set-up stopped: {problem.filename or ROOT}: {problem.strerror}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Set-up stopped; the next run goes on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
