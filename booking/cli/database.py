"""`flask --app wsgi database move-to URL`: from SQLite to PostgreSQL, or back. `flask db` belongs to the migrations."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from booking.adapters.backup_files import BackupRefused
from booking.cli.alive import refuse_while_alive
from booking.cli.schemas import migrator
from booking.cli.start_check import ready_or_exit
from booking.config import Settings, database_url_or_none
from booking.extensions import db
from booking.services.moving import move

group = AppGroup("database", help="The database as a whole.")


def register(app: Flask) -> None:
    """Add the group to the program."""
    app.cli.add_command(group)


@group.command("move-to")
@click.argument("url")
def move_to(url: str) -> None:
    """Copy everything to the empty database of URL and check it. Stop web and worker first; nothing is deleted."""
    settings: Settings = current_app.config["SETTINGS"]
    target = database_url_or_none(url)
    if target is None:
        raise click.ClickException("URL must start with sqlite:/// or postgresql://")
    ready_or_exit()
    refuse_while_alive(settings.database_url)
    try:
        moved = move(db.engine, target, keys=settings.field_keys, migrate=migrator(settings))
    except BackupRefused as refused:
        raise click.ClickException(f"Not moved: {refused}.") from None
    click.echo(f"{moved.rows} rows of {moved.tables} tables were copied, and are the same there.")
    click.echo("Set DATABASE_URL to the new database before you start web and worker again.")
