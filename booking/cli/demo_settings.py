"""Settings of the demo clinic, made where nobody gave any, so that `make run` needs nothing but the program.

The keys are made at the first run and kept in the demo's folder; everything else follows from the folder and the port.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path

from booking.adapters.sealing import new_key_entry
from booking.config import SettingsRefused

COMMAND = "demo"
HOST = "127.0.0.1"
DEFAULT_PORT = "8000"
KEYS_FILE = "keys.env"
DATABASE_FILE = "respite.db"
_OPTIONS_WITH_VALUE = frozenset({"--app", "-A", "--env-file", "-e"})
_SIGNS_OF_A_CLINIC = ("DATABASE_URL", "SECRET_KEY", "FIELD_KEYS")


def fill_in(environ: MutableMapping[str, str], argv: Sequence[str]) -> None:
    """Add the demo's settings to `environ` when `argv` is `flask demo` and nobody gave settings of a real clinic.

    They stay in the environment, so that the programs the demo starts have them too. What is given wins.
    Raises SettingsRefused when the port is none, or the folder cannot be used.
    """
    if _command(argv) == COMMAND and _is_free_to_choose(environ):
        for name, value in demo_environment(environ).items():
            environ.setdefault(name, value)


def _command(argv: Sequence[str]) -> str:
    """The first word after `flask` that is neither an option nor the value of one; "" when there is none."""
    words = iter(argv[1:])
    for word in words:
        if word in _OPTIONS_WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def _is_free_to_choose(environ: Mapping[str, str]) -> bool:
    """Without STAGE an environment is production's as soon as it names a database or a key."""
    if "STAGE" in environ:
        return environ["STAGE"] == "demo"
    return not any(name in environ or f"{name}_FILE" in environ for name in _SIGNS_OF_A_CLINIC)


def demo_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Every setting of the demo by name; makes the folder and its keys when they are not there yet."""
    folder = Path(environ.get("DEMO_FOLDER") or "var/demo").absolute()
    port = _port(environ)
    try:
        keys = _kept_keys(folder)
    except OSError as error:
        raise SettingsRefused([f"the folder of the demo, {folder}, cannot be used: {error.strerror}"]) from error
    return keys | {
        "STAGE": "demo",
        "PORT": port,
        "DATABASE_URL": f"sqlite:///{folder / DATABASE_FILE}",
        "BASE_URL": f"http://localhost:{port}",
        "SMTP_URL": f"smtp://{HOST}:{_free_port()}",
        "MAIL_FROM": "appointments@harbour.example.org",
        "DATA_FOLDER": str(folder),
        "WORKER_TICK_SECONDS": "2",
    }


def _port(environ: Mapping[str, str]) -> str:
    port = environ.get("PORT") or DEFAULT_PORT
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise SettingsRefused(["PORT: must be a number from 1 to 65535"])
    return port


def _free_port() -> int:
    """A port for the mail catcher, which nobody but the worker needs to know."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _kept_keys(folder: Path) -> dict[str, str]:
    """The keys of this folder, made at its first use."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / KEYS_FILE
    if not file.exists():
        _write_privately(file, f"SECRET_KEY={secrets.token_urlsafe(48)}\nFIELD_KEYS={new_key_entry('demo')}\n")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(13, "Permission denied")
    pairs = (line.partition("=") for line in file.read_text(encoding="utf-8").splitlines())
    return {name: value for name, _, value in pairs if name in {"SECRET_KEY", "FIELD_KEYS"}}


def _write_privately(file: Path, text: str) -> None:
    """Readable by its owner from the first byte on, and there as a whole or not at all."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
        target.write(text)
        target.flush()
        os.fsync(target.fileno())
    part.replace(file)
