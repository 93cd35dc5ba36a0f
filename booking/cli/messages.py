"""`flask --app wsgi messages send-due`: send once what is due, and say what became of it."""

from __future__ import annotations

from datetime import datetime

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from booking.cli.parameters import Instant
from booking.cli.start_check import ready_or_exit
from booking.config import Settings
from booking.core.clock import utc_now
from booking.core.messages import MessageState
from booking.jobs.send_messages import send_due
from booking.jobs.tools import open_tools

SHOWN = (
    MessageState.SENT,
    MessageState.PENDING,
    MessageState.DATA_SENT,
    MessageState.FAILED,
    MessageState.CANCELLED,
    MessageState.EXPIRED,
)

group = AppGroup("messages", help="The outbox: e-mails that are due or were sent.")


def register(app: Flask) -> None:
    """Add the commands to the program."""
    app.cli.add_command(group)


@group.command("send-due")
@click.option("--now", type=Instant(), help="Pretend that it is this instant; never in production.")
def send_due_messages(now: datetime | None) -> None:
    """Send every message that is due, once, and print how many there were of each fate."""
    settings: Settings = current_app.config["SETTINGS"]
    if now is not None and settings.stage == "production":
        raise click.UsageError("--now is for demonstrations: in production mail goes out when it is due.")
    ready_or_exit()
    with open_tools(settings, clock=(lambda: now) if now else utc_now) as tools:
        counts = send_due(tools)
    click.echo(", ".join(f"{counts[state.value]} {state.value}" for state in SHOWN))
