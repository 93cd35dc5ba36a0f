"""`flask --app wsgi audit …`: is the log of who saw and did what still as it was written?"""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from booking.adapters.anchors import AnchorsUnreadable, anchors_of
from booking.cli.start_check import ready_or_exit
from booking.config import Settings
from booking.core.audit_anchors import Anchors, RestoreNote
from booking.extensions import db
from booking.queries.audit import head
from booking.services.audit_seal import seal_new
from booking.services.audit_verify import Break, Broken, verify
from booking.web.audit_origin import network_sign

WORDS = {
    Broken.LINK_MISSING: "link {number} of the chain is missing: it was taken out, or another one was put in.",
    Broken.EVENT_MISSING: "event {seq}, sealed by link {number}, is gone.",
    Broken.CHANGED: (
        "event {seq} or its link {number} is not as it was sealed: it was changed, moved or made without the key, "
        "or this program has another AUDIT_KEY than the one that sealed it."
    ),
    Broken.PUT_IN: "event {seq} was not written by this program: somebody put it in, or changed it before its seal.",
    Broken.TWICE: "event {seq} is a copy of another one.",
    Broken.CUT_OFF: "the chain ends before link {number}, but a later end was noted: the last events were cut off.",
    Broken.REPLACED: "link {number} (event {seq}) is not the one that was noted: what came before was made anew.",
}

group = AppGroup("audit", help="The log of who saw and did what.")


def register(app: Flask) -> None:
    """Add the commands to the program."""
    app.cli.add_command(group)


@group.command("sign")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
def sign(addresses: tuple[str, ...]) -> None:
    """Tell the sign under which the log knows the network of each ADDRESS, such as one from the proxy's records."""
    for address in addresses:
        click.echo(f"{address} {network_sign(address)}")


@group.command("verify")
@click.option(
    "--anchor", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Noted heads to compare with; by default AUDIT_ANCHOR_FILE when it is there.",
)  # fmt: skip
def verify_log(anchor: Path | None) -> None:
    """Check every link, and tell the first place that does not fit. Exit status 1 when there is one."""
    ready_or_exit()
    settings: Settings = current_app.config["SETTINGS"]
    anchors = _anchors(anchor, settings)
    verdict = verify(db.session(), settings.audit_key, anchors.heads)
    if verdict.broken is not None:
        raise click.ClickException(f"The audit log was tampered with: {broken_words(verdict.broken)}")
    click.echo(f"The audit log is whole: {verdict.head.number} events sealed, {verdict.waiting} wait for their seal.")
    if verdict.anchors:
        click.echo(f"It fits the {verdict.anchors} ends that were noted outside the database.")
    else:
        click.echo("Nothing was noted outside the database to compare with: an end that was cut off cannot be seen.")
    for note in anchors.restores:
        click.echo(restore_words(note))


def broken_words(broken: Break) -> str:
    """The first broken place as a sentence."""
    return WORDS[broken.kind].format(number=broken.number, seq=broken.event_seq)


def restore_words(note: RestoreNote) -> str:
    """What a restore lost, as a sentence."""
    if note.lost is None:
        return f"A backup was restored at {note.at}; no noted end was lost with it."
    first, last = note.lost
    return f"A backup was restored at {note.at}: links {first} to {last}, noted before, were lost with it."


def _anchors(given: Path | None, settings: Settings) -> Anchors:
    """The noted ends. A file that was named must be there."""
    file = given or settings.anchor_file
    if given is None and not file.exists():
        return Anchors()
    try:
        return anchors_of(file, settings.audit_key)
    except AnchorsUnreadable as error:
        raise click.ClickException(f"The noted ends cannot be used: {error}.") from None


@group.command("head")
def show_head() -> None:
    """Seal what is new, and print number and hash of the last link, to be kept elsewhere."""
    ready_or_exit()
    settings: Settings = current_app.config["SETTINGS"]
    seal_new(db.session(), settings.audit_key)
    last = head(db.session())
    click.echo(f"{last.number} {last.hash}")
