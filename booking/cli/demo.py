"""`flask demo`: everything of the demo clinic with one command, and nothing left running after Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from booking.adapters.database import database_file
from booking.cli import demo_contents
from booking.cli.demo_programs import free_hosts, serve
from booking.cli.demo_settings import DEFAULT_PORT
from booking.config import Settings

REFUSED = 1
LEAST_SQLITE = (3, 35, 0)
LOCK_FILE = "demo.lock"
LOG_FILE = "demo.log"


def register(app: Flask) -> None:
    """Add the command."""
    app.cli.add_command(demo)


@click.command()
@click.option("--fresh", is_flag=True, help="Throw the demo's database and mail away and begin anew.")
@with_appcontext
@click.pass_context
def demo(context: click.Context, *, fresh: bool) -> None:
    """Serve the demo clinic: web, worker and mail catcher, until Ctrl-C."""
    settings: Settings = current_app.config["SETTINGS"]
    _refuse_unless_demo(settings)
    port = int(os.environ.get("PORT") or DEFAULT_PORT)
    with _only_one(settings.data_folder, settings.base_url):
        hosts = free_hosts(port)
        click.echo(f"Respite demo, kept in {settings.data_folder}")
        if fresh:
            _throw_away(settings)
        demo_contents.prepare()
        with (settings.data_folder / LOG_FILE).open("wb") as log:
            context.exit(serve(settings, os.environ, log, hosts=hosts, port=port))


def _refuse_unless_demo(settings: Settings) -> None:
    if not settings.is_demo:
        raise refusal("These are the settings of a real clinic; the demo would fill it with invented people.")
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        raise refusal(f"This Python has SQLite {sqlite3.sqlite_version}; 3.35 or newer is needed.")


@contextmanager
def _only_one(folder: Path, address: str) -> Iterator[None]:
    """Two demos on one folder would take each other's mail; the lock goes with the process, however it ends.

    The file holds the address at which the demo runs, for the one that is refused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK_FILE).open("a+", encoding="utf-8")
    except OSError as error:
        raise refusal(f"The folder {folder} cannot be used: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            elsewhere = lock.read().strip()
            at = f", at {elsewhere}" if elsewhere else ""
            raise refusal(f"The demo already runs from {folder}{at}.") from error
        lock.truncate(0)
        lock.write(f"{address}\n")
        lock.flush()
        yield


def _throw_away(settings: Settings) -> None:
    """Remove what the demo has made, but not the keys. A database elsewhere is not ours to remove."""
    file = database_file(settings.database_url)
    if file is None or file.parent != settings.data_folder:
        raise refusal("--fresh only renews a database in the demo's own folder.")
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)
    for letter in settings.mail_folder.glob("*/*"):
        with suppress(FileNotFoundError):
            letter.unlink()


def refusal(sentence: str) -> click.ClickException:
    """One line on the error stream and exit status 1."""
    return click.ClickException(sentence)
