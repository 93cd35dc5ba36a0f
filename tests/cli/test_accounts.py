"""`account create`: makes an account, says in one line why not."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.models import Account, Clinic
from booking.queries.credentials import has_second_factor
from booking.services.passwords import is_password
from tests.factories import make_account, make_passkey

GOOD = "blue lamp 47 river"
ARGUMENTS = ("--role", "scheduler", "--email", "dora@clinic.example", "--name", "Dora Diaz")


def run(program: Flask, *arguments: str, typed: str = f"{GOOD}\n{GOOD}\n") -> Result:
    return program.test_cli_runner().invoke(args=["account", "create", *arguments], input=typed)


def test_the_password_is_asked_for_twice(program: Flask, session: Session) -> None:
    result = run(program, *ARGUMENTS, "--location", "northside")
    assert result.exit_code == 0, result.output
    assert "Account made: dora@clinic.example, scheduler." in result.output
    account = session.scalars(sa.select(Account)).one()
    assert (account.role, account.name) == (Role.SCHEDULER, "Dora Diaz")
    assert is_password(account.password_hash, GOOD)
    assert GOOD not in result.output


def test_the_password_is_read_from_standard_input(program: Flask, session: Session) -> None:
    result = run(program, *ARGUMENTS, "--password-stdin", typed=f"{GOOD}\r\n")
    assert result.exit_code == 0, result.output
    assert is_password(session.scalars(sa.select(Account.password_hash)).one(), GOOD)


@pytest.mark.parametrize(
    ("changes", "typed", "sentence"),
    [
        ({"--email": "no address"}, GOOD, "--email is no e-mail address."),
        ({"--name": " "}, GOOD, "--name is empty"),
        ({"--name": "Dora\nDiaz"}, GOOD, "--name is empty or holds signs"),
        ({"--role": "patient"}, GOOD, "Invalid value for '--role'"),
        ({"--specialist": "dr-nobody"}, GOOD, "There is no resource with the code dr-nobody."),
        ({"--location": "nowhere"}, GOOD, "There is no location with the code nowhere."),
        ({}, "short", "12 characters or more"),
        ({}, "blue lamp 47 river" * 8, "128 characters at most"),
        ({}, "password1234", "often used"),
        ({}, "dora diaz 1980", "own name or address"),
    ],
)
def test_a_mistake_is_told_in_one_line(program: Flask, changes: dict[str, str], typed: str, sentence: str) -> None:
    given = {**dict(zip(ARGUMENTS[::2], ARGUMENTS[1::2], strict=True)), **changes}
    result = run(program, *[part for pair in given.items() for part in pair], "--password-stdin", typed=f"{typed}\n")
    assert result.exit_code != 0
    assert sentence in result.output


def test_a_known_address_and_a_missing_clinic_are_told(program: Flask, session: Session) -> None:
    assert run(program, *ARGUMENTS).exit_code == 0
    assert "There is already an account" in run(program, *ARGUMENTS).output
    session.execute(sa.delete(Clinic))
    session.commit()
    assert "There is no clinic yet" in run(program, *ARGUMENTS, "--specialist", "dr-cruz").output


def reset(program: Flask, email: str) -> Result:
    return program.test_cli_runner().invoke(args=["account", "reset-second-factor", "--email", email])


def test_a_lost_second_step_is_taken_away(program: Flask, session: Session) -> None:
    dora = make_account(session, Role.SCHEDULER)
    make_passkey(session, dora)
    result = reset(program, dora.email.upper())
    assert result.exit_code == 0, result.output
    session.rollback()
    assert not has_second_factor(session, dora.id)
    assert dora.email not in result.output


def test_who_is_unknown_has_none_to_take_away(program: Flask) -> None:
    result = reset(program, "nobody@example.org")
    assert result.exit_code == 1
    assert "There is no account with this address." in result.output
