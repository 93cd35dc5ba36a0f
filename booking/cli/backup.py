"""`flask --app wsgi backup …` and `restore`: make a backup, try it, use it. How and when: docs/operation.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from booking.adapters.anchors import AnchorsUnreadable, note_restore
from booking.adapters.backup_files import BackupRefused, new_pair
from booking.adapters.sealing import key_id_or_none
from booking.cli.alive import refuse_while_alive
from booking.cli.audit import restore_words
from booking.cli.schemas import migrator
from booking.cli.start_check import ready_or_exit
from booking.config import Settings
from booking.core.clock import utc_now
from booking.extensions import db
from booking.services import restoring
from booking.services.backups import back_up, prune_backups
from booking.services.restoring import Restored, Workshop

BAD_BACKUP = 1


class _WithFolder(AppGroup):
    """`backup FOLDER` means `backup make FOLDER`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["make", *args]
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed


group = _WithFolder("backup", help="Backups: make one (`backup [FOLDER]`), try one, make keys for them.")


def register(app: Flask) -> None:
    """Add the commands to the program."""
    app.cli.add_command(group)
    app.cli.add_command(restore)


@group.command("make")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option("--keep", type=click.IntRange(min=1), help="Remove all but the newest KEEP backups there afterwards.")
def make(folder: Path | None, keep: int | None) -> None:
    """Write a backup of everything into FOLDER (without it: into BACKUP_FOLDER), while the program runs.

    One that fails is a task for administrators, too: whoever runs it by a timer may read no output."""
    settings: Settings = current_app.config["SETTINGS"]
    into = folder or settings.backup_folder
    if into is None:
        raise click.ClickException("Name a folder, or set BACKUP_FOLDER.")
    if settings.backup_public_key is None:
        raise click.ClickException("BACKUP_PUBLIC_KEY is not set: `backup new-keys ID` makes a pair.")
    ready_or_exit()
    try:
        made = back_up(
            db.session(), into, reader=settings.backup_public_key, keys=settings.field_keys, now=utc_now()
        )  # fmt: skip
    except BackupRefused as refused:
        raise click.ClickException(str(refused)) from None
    except SQLAlchemyError as error:
        raise click.ClickException(f"the database does not give its rows ({type(error).__name__})") from None
    click.echo(f"{made.file}: {made.manifest.rows} rows, {made.size} bytes")
    if keep is not None:
        prune_backups(into, keep=keep)


@group.command("new-keys")
@click.argument("key_id")
def new_keys(key_id: str) -> None:
    """Print a fresh pair of keys for backups. It is kept nowhere else."""
    if key_id_or_none(key_id) is None:
        raise click.ClickException("An id of a key has 1 to 32 letters, digits, - and _.")
    private, public = new_pair(key_id)
    click.echo(f"BACKUP_PUBLIC_KEY={public}")
    click.echo(f"BACKUP_PRIVATE_KEY={private}")


@group.command("verify")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Restore FILE into a scratch database and look at everything there. Needs BACKUP_PRIVATE_KEY."""
    try:
        tried = restoring.verify(file, _workshop())
    except BackupRefused as refused:
        raise click.ClickException(str(refused)) from None
    for problem in tried.problems:
        click.echo(f"problem: {problem}", err=True)
    if tried.problems:
        raise SystemExit(BAD_BACKUP)
    manifest = tried.manifest
    click.echo(f"The backup of {manifest.made_at} is good: {manifest.rows} rows, migration {manifest.revision}.")


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", "is_replacing", is_flag=True, help="Set the present database file aside (SQLite).")
@with_appcontext
def restore(file: Path, *, is_replacing: bool) -> None:
    """Put the backup FILE into the database of DATABASE_URL. Stop web and worker first. Needs BACKUP_PRIVATE_KEY."""
    settings: Settings = current_app.config["SETTINGS"]
    refuse_while_alive(settings.database_url)
    try:
        restored = restoring.restore(
            file, settings.database_url, _workshop(), now=utc_now(), is_replacing=is_replacing
        )  # fmt: skip
    except BackupRefused as refused:
        raise click.ClickException(f"Nothing was restored: {refused}.") from None
    click.echo(f"Restored the state of {restored.manifest.made_at}: {restored.manifest.rows} rows.")
    if restored.set_aside:
        click.echo(f"The database that was there is now {restored.set_aside}.")
    click.echo("Everybody is logged out, and links mailed before open nothing any more.")
    click.echo(
        f"{restored.held_messages} messages that were due before now wait: "
        "`messages release --send` sends them, `messages release --drop` does not."
    )
    click.echo(noted(restored, settings))


def noted(restored: Restored, settings: Settings) -> str:
    """Tell the noted ends of the audit log of the restore; what came of it."""
    try:
        note = note_restore(
            settings.anchor_file, settings.audit_key, kept=restored.kept, head=restored.head, now=utc_now()
        )
    except (AnchorsUnreadable, OSError) as error:
        return (
            f"{settings.anchor_file} could not be told of the restore ({error}): set it aside, with a note why, or "
            "`audit verify` takes what was lost for cut off."
        )
    return f"{restore_words(note)} `audit verify` goes on telling so."


def _workshop() -> Workshop:
    settings: Settings = current_app.config["SETTINGS"]
    private: Any = settings.backup_private_key
    if private is None:
        raise click.ClickException("BACKUP_PRIVATE_KEY is not set: the backup cannot be read without it.")
    return Workshop(
        readers={private.id: private}, keys=settings.field_keys, chain_key=settings.audit_key,
        migrate=migrator(settings),
    )  # fmt: skip
