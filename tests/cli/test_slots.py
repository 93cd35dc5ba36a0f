"""`slots`: what the engine offers, as lines that other programs can read."""

from __future__ import annotations

import json

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from booking.models import Clinic
from tests.factories import make_appointment

NOW = "2026-11-23T13:00Z"
ASKED = {
    "--service": "first-consultation",
    "--specialist": "dr-cruz",
    "--from": "2026-11-30",
    "--days": "1",
    "--now": NOW,
}


def run(program: Flask, *more: str, **changes: str) -> Result:
    asked = ASKED | {f"--{name}": value for name, value in changes.items()}
    arguments = [part for pair in asked.items() for part in pair if pair[1]]
    return program.test_cli_runner().invoke(args=["slots", *arguments, *more])


def test_each_slot_is_one_json_object(program: Flask, session: Session) -> None:
    make_appointment(session)
    lines = run(program, "--json").output.splitlines()

    assert json.loads(lines[0]) == {
        "starts_at": "2026-11-30T14:45:00Z",
        "ends_at": "2026-11-30T15:30:00Z",
        "local": "2026-11-30T09:45-05:00",
        "resources": ["dr-cruz", "room-2"],
    }
    assert len(lines) == 21


def test_without_json_a_line_is_for_people(program: Flask) -> None:
    assert run(program).output.splitlines()[0] == "2026-11-30T09:00-05:00  dr-cruz room-1"


def test_without_a_specialist_all_of_them_are_asked(program: Flask) -> None:
    lines = run(program, "--json", specialist="").output.splitlines()

    assert {json.loads(line)["resources"][0] for line in lines} == {"dr-cruz", "dr-adeyemi", "dr-lind"}


def test_now_has_a_say(program: Flask) -> None:
    late = run(program, "--json", now="2026-11-30T16:00-05:00")

    assert (late.exit_code, late.output) == (0, "")


def test_without_now_the_clock_is_read(program: Flask) -> None:
    assert run(program, now="").exit_code == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"service": "massage"}, "There is no service 'massage'. Known: first-consultation, follow-up"),
        ({"specialist": "room-1"}, "There is no specialist 'room-1'. Known: dr-adeyemi, dr-cruz, dr-lind."),
        ({"from": "tomorrow"}, "'tomorrow' is no date"),
        ({"days": "0"}, "'--days'"),
        ({"now": "noon"}, "'noon' is no instant"),
        ({"now": "2026-11-30T09:00"}, "names no zone"),
    ],
)
def test_a_mistake_is_named(program: Flask, changes: dict[str, str], sentence: str) -> None:
    result = run(program, "--json", **changes)

    assert result.exit_code != 0
    assert sentence in result.output


def test_an_empty_database_is_named(program: Flask, session: Session) -> None:
    session.delete(session.get_one(Clinic, 1))
    session.commit()

    assert "There is no clinic in the database yet" in run(program, "--json").output
