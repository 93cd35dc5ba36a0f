"""`flask --app wsgi account …`: accounts for people who work at the clinic. Patients register themselves."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from booking.adapters.addresses import is_plain_address
from booking.core.actor import STAFF_ROLES, SYSTEM, Role
from booking.core.clock import utc_now
from booking.core.errors import AddressKnown, NotFound, WeakPassword
from booking.core.passwords import MAX_LENGTH, MIN_LENGTH, PasswordProblem
from booking.extensions import db
from booking.queries.catalogue import NoClinic
from booking.services.accounts import create_staff_account
from booking.services.second_factors import reset_second_factors

PROBLEMS = {
    PasswordProblem.TOO_SHORT: f"The password needs {MIN_LENGTH} characters or more.",
    PasswordProblem.TOO_LONG: f"The password may have {MAX_LENGTH} characters at most.",
    PasswordProblem.TOO_COMMON: "The password is often used, so it is easy to guess.",
    PasswordProblem.ABOUT_YOU: "The password is made of the person's own name or address, or the clinic's name.",
    PasswordProblem.BREACHED: "The password is known from a data leak, so others will try it.",
}

group = AppGroup("account", help="Accounts for people who work at the clinic.")


def register(app: Flask) -> None:
    """Add the group to the program."""
    app.cli.add_command(group)


@group.command("create")
@click.option("--role", type=click.Choice(sorted(role.value for role in STAFF_ROLES)), required=True)
@click.option("--email", required=True, help="The address to log in with.")
@click.option("--name", required=True, help="As colleagues see it.")
@click.option("--specialist", "resource_code", help="Code of the specialist or nurse whose calendar is theirs.")
@click.option("--location", "location_codes", multiple=True, help="Code of a location; without it, all of them.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def create(
    role: str, email: str, name: str, resource_code: str | None, location_codes: tuple[str, ...], password_stdin: bool
) -> None:
    """Make an account. The password is asked for, so that it stands in no history and no list of processes."""
    if not is_plain_address(email.strip()):
        raise click.ClickException("--email is no e-mail address.")
    if not name.strip() or not name.isprintable():
        raise click.ClickException("--name is empty or holds signs that are no text.")
    password = _password(password_stdin)
    try:
        create_staff_account(
            db.session(),
            actor=SYSTEM,
            role=Role(role),
            email=email,
            name=name.strip(),
            password=password,
            resource_code=resource_code,
            location_codes=location_codes,
            now=utc_now(),
        )
    except (AddressKnown, NotFound, NoClinic, WeakPassword) as refused:
        raise click.ClickException(_words(refused)) from None
    click.echo(f"Account made: {email.strip()}, {role}.")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


def _words(refused: Exception) -> str:
    if isinstance(refused, WeakPassword):
        return PROBLEMS[refused.details["problem"]]
    if isinstance(refused, NotFound):
        return f"There is no {refused.details['what']} with the code {refused.details['code']}."
    if isinstance(refused, AddressKnown):
        return "There is already an account with this address."
    return "There is no clinic yet: load one first (flask --app wsgi clinic load FILE)."


@group.command("reset-second-factor")
@click.option("--email", required=True, help="The address that the person logs in with.")
def reset_second_factor(email: str) -> None:
    """Take away passkeys, app and recovery codes that somebody has lost. Be sure first who is asking.

    The password logs in again; who works here is then led to add a second step. The person is told by mail."""
    try:
        reset_second_factors(db.session(), actor=SYSTEM, email=email, now=utc_now())
    except NotFound:
        raise click.ClickException("There is no account with this address.") from None
    click.echo("The second steps of the account are taken away, and its sessions have ended.")
