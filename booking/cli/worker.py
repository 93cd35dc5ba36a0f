"""`flask --app wsgi worker`: the process that does what is due."""

from __future__ import annotations

from datetime import timedelta

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from booking.cli.start_check import ready_or_exit
from booking.config import Settings
from booking.core.clock import utc_now
from booking.jobs.tools import open_tools
from booking.jobs.worker import run_worker


def register(app: Flask) -> None:
    """Add the command to the program."""
    app.cli.add_command(worker)


@click.command("worker")
@click.option(
    "--ahead", type=click.IntRange(min=0), default=0, metavar="SECONDS",
    help="Let the worker's clock run ahead, so that reminders of later days go out now; never in production.",
)  # fmt: skip
@with_appcontext
def worker(ahead: int) -> None:
    """Send due messages and tidy up, until SIGTERM or Ctrl-C."""
    settings: Settings = current_app.config["SETTINGS"]
    if ahead and settings.stage == "production":
        raise click.UsageError("--ahead is for demonstrations: in production mail goes out when it is due.")
    ready_or_exit()
    with open_tools(settings, clock=lambda: utc_now() + timedelta(seconds=ahead)) as tools:
        run_worker(tools, tick_seconds=settings.tick.total_seconds())
