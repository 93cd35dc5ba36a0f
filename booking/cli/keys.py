"""`flask --app wsgi keys …`: the keys that seal health data: a fresh one, what is sealed with which, sealing anew."""

from __future__ import annotations

import sys

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from booking.adapters.sealing import FieldKeys, key_id_or_none, new_key_entry
from booking.cli.start_check import ready_or_exit
from booking.config import Settings
from booking.core.clock import utc_now
from booking.extensions import db
from booking.services.keys import NO_KEY, KeysMissing, KeyState, Rotation, key_states, rotate
from booking.services.sealed import SealedColumn

UNREADABLE = 1
"""Exit status of a rotation that met values which do not open."""

group = AppGroup("keys", help="The keys that seal health data.")


def register(app: Flask) -> None:
    """Add the group to the program."""
    app.cli.add_command(group)


@group.command("new")
@click.argument("key_id")
def new(key_id: str) -> None:
    """Print a fresh random key as an entry for FIELD_KEYS. It is kept nowhere else."""
    settings: Settings = current_app.config["SETTINGS"]
    if key_id_or_none(key_id) is None:
        raise click.ClickException("An id of a key has 1 to 32 letters, digits, - and _.")
    if key_id in settings.field_keys.keys:
        raise click.ClickException(f"FIELD_KEYS has a key {key_id} already; every key needs an id of its own.")
    click.echo(new_key_entry(key_id))


@group.command("status")
def status() -> None:
    """Print how many values are sealed with each key."""
    keys: FieldKeys = current_app.config["SETTINGS"].field_keys
    for state in key_states(db.session()):
        click.echo(_told(state, keys))


def _told(state: KeyState, keys: FieldKeys) -> str:
    if state.is_writing:
        return f"{state.key_id}: {state.values} values, seals what is new"
    if state.key_id == NO_KEY:
        return f"no key: {state.values} values are no sealed values, and cannot be read"
    if not state.is_given:
        return f"{state.key_id}: {state.values} values CANNOT BE READ, its key is not in FIELD_KEYS"
    if state.values:
        return f"{state.key_id}: {state.values} values, run `keys rotate` to seal them with {keys.writing_id}"
    return f"{state.key_id}: 0 values, needed only for backups that were made with it"


@group.command("rotate")
def rotate_keys() -> None:
    """Seal everything with the first key of FIELD_KEYS, while the program runs. May be ended and started again."""
    ready_or_exit()
    try:
        rotation = rotate(db.session(), now=utc_now(), progress=_Progress().hear)
    except KeysMissing as missing:
        raise click.ClickException(
            f"FIELD_KEYS lacks the key of some values: {missing}. Nothing was changed; add it and start again."
        ) from None
    _tell(rotation)
    if rotation.unreadable:
        sys.exit(UNREADABLE)


def _tell(rotation: Rotation) -> None:
    click.echo(f"{rotation.resealed} values were sealed anew.")
    if rotation.unreadable:
        click.echo(f"{rotation.unreadable} values do not open and were left alone: somebody has to look.", err=True)
    for key_id, count in sorted(rotation.left.items()):
        click.echo(f"{key_id}: {count} values")


class _Progress:
    """One line for each column, written again as it grows, and none for a column with nothing to do."""

    def __init__(self) -> None:
        self.column: SealedColumn | None = None
        self.count = 0

    def hear(self, column: SealedColumn, count: int) -> None:
        self.count = self.count + count if column == self.column else count
        self.column = column
        click.echo(f"{column.place}: {self.count}", err=True)
