"""What the demo serves: a migrated database with the demo clinic and invented people in it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
import flask_migrate
from sqlalchemy.exc import SQLAlchemyError

from booking.cli.clinic import load_or_exit, plan_or_exit
from booking.cli.start_check import ready_or_exit
from booking.core.clock import utc_now
from booking.core.demo_logins import DEMO_PASSWORD
from booking.extensions import db
from booking.queries.catalogue import NoClinic, catalogue
from booking.queries.demo import demo_filled_at
from booking.queries.guards import HEAD_REVISION, schema_revision
from booking.services.demo import NotEmpty, fill_demo

ROOT = Path(__file__).resolve().parents[2]
CLINIC_FILE = ROOT / "demo" / "clinic.toml"
STALE_AFTER = timedelta(days=14)
CLEAR_LINE = "\r\x1b[K"


def prepare() -> None:
    """Bring the database to where the demo can be served, doing only what is not done yet. Tells each step."""
    try:
        _migrate()
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database cannot be used ({type(error).__name__}).") from error
    ready_or_exit()
    if _has_no_clinic():
        with step("loading the clinic"):
            load_or_exit(plan_or_exit(CLINIC_FILE))
    _fill_or_tell_age()
    # Programs are started after this: they must not inherit an open connection.
    db.session.remove()
    db.engine.dispose()


@contextmanager
def step(label: str) -> Iterator[Callable[[int, int], None]]:
    """Say what is being done, how far it is (the yielded function takes done and total), and how long it took."""
    began = time.monotonic()
    # A terminal sees the step at once and its line again with each news; a log gets the last line alone.
    start_of_line = CLEAR_LINE if sys.stdout.isatty() else ""

    def tell(done: int, total: int) -> None:
        if start_of_line:
            click.echo(f"{start_of_line}  {label}: {100 * done // max(total, 1)} %", nl=False)

    tell(0, 1)
    yield tell
    click.echo(f"{start_of_line}  {label}: {time.monotonic() - began:.1f} s")


def _migrate() -> None:
    if schema_revision(db.session()) == HEAD_REVISION:
        return
    db.session.remove()
    with step("preparing the database"):
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))


def _has_no_clinic() -> bool:
    try:
        catalogue(db.session())
    except NoClinic:
        return True
    return False


def _fill_or_tell_age() -> None:
    now = utc_now()
    filled_at = demo_filled_at(db.session())
    if filled_at is None:
        _fill()
    elif now - filled_at > STALE_AFTER:
        days = (now - filled_at).days
        click.echo(f'  The invented visits are {days} days old. To begin anew: make run ARGS="--fresh"')


def _fill() -> None:
    try:
        with step("inventing patients and visits") as tell:
            fill_demo(db.session(), password=DEMO_PASSWORD, now=utc_now(), tell=tell)
    except NotEmpty as error:
        raise click.ClickException("This database holds patients who are not the demo's; it is left alone.") from error
