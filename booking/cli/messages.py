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
from booking.extensions import db
from booking.jobs.send_messages import send_due
from booking.jobs.tools import open_tools
from booking.services.mail_holds import hold_mail, release_mail

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


@group.command("hold")
def hold() -> None:
    """Hold back every message that is due by now, until `messages release`. A restore does this by itself."""
    ready_or_exit()
    click.echo(f"{hold_mail(db.session(), now=utc_now())} messages wait.")


@group.command("release")
@click.option("--send", "is_sending", flag_value=True, type=bool, default=None, help="Send what waits and is in time.")
@click.option("--drop", "is_sending", flag_value=False, type=bool, help="Send none of it: it has gone out before.")
def release(is_sending: bool | None) -> None:
    """Decide about the messages that wait since the database was restored."""
    if is_sending is None:
        raise click.UsageError("Say --send or --drop.")
    ready_or_exit()
    count = release_mail(db.session(), is_sending=is_sending, now=utc_now())
    click.echo(f"{count} messages {'may go out' if is_sending else 'were dropped'}.")
