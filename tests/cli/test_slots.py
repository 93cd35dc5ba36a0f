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


def test_the_explanation_says_in_words_why_there_are_no_times(program: Flask, session: Session) -> None:
    make_appointment(session)
    lines = run(program, "--explain", now="2026-11-30T09:40-05:00").output.splitlines()

    assert lines == [
        "Mon 30 Nov, Dr Maria Cruz, Northside:",
        "  Dr Maria Cruz is at Northside 9:00 am – 12:00 pm, 1:00 pm – 5:00 pm.",
        "  9:00 am – 9:40 am has passed.",
        "  Notice of 2 hours removes 9:40 am – 11:40 am.",
        "  14 times are left.",
    ]


def test_days_in_a_row_with_the_same_reason_are_told_once(program: Flask) -> None:
    lines = run(program, "--explain", **{"from": "2026-11-28", "days": "2"}).output.splitlines()

    assert lines == [
        "Sat 28 Nov – Sun 29 Nov, Dr Maria Cruz, Northside:",
        "  Dr Maria Cruz has no hours at Northside on this day of the week.",
    ]


def test_the_explanation_is_one_json_object_for_each_day(program: Flask) -> None:
    far = {"from": "2027-03-01", "days": "2"}
    first, second = (json.loads(line) for line in run(program, "--explain", "--json", **far).output.splitlines())

    assert second["on"] == "2027-03-02"
    assert {name: first[name] for name in ("on", "location", "specialist", "slots")} == {
        "on": "2027-03-01",
        "location": "northside",
        "specialist": "dr-cruz",
        "slots": 0,
    }
    assert first["open"][0] == ["2027-03-01T14:00:00Z", "2027-03-01T17:00:00Z"]
    assert first["removed"][0]["code"] == "beyond_horizon"
    assert first["removed"][0]["params"] == {"last_on": "2027-01-22"}
    assert first["removed"][0]["slots_without"] == 24
    assert first["words"][1:] == ["Patients may book up to Fri 22 Jan.", "Without this, 24 times would be free."]


def test_lengths_in_the_json_are_minutes(program: Flask) -> None:
    [line] = run(program, "--explain", "--json", now="2026-11-30T09:40-05:00").output.splitlines()

    removed = json.loads(line)["removed"]
    assert [one["code"] for one in removed] == ["in_past", "too_soon"]
    assert removed[1]["params"] == {"earliest_at": "2026-11-30T16:40:00+00:00", "notice": 120}
