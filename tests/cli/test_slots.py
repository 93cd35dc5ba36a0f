"""`slots`: what the engine offers, as lines that other programs can read."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from booking.core.scheduling.clinic import Audience
from booking.models import Clinic, Location, Service
from booking.services.clinic import new_revision
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
        ({"first": "0"}, "'--first'"),
        ({"mode": "letter"}, "'--mode'"),
        ({"weekday": "someday"}, "'--weekday'"),
        ({"between": "nine"}, "'nine' is no span of a day like 09:00-12:00."),
        ({"between": "22:00-+02:00"}, "is no span of a day"),
        ({"between": "12:00-09:00"}, "is no span of a day"),
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


def found(program: Flask, *more: str, **changes: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in run(program, "--json", *more, **changes).output.splitlines()]


def test_the_first_few_are_those_of_the_whole_list(program: Flask) -> None:
    assert found(program, first="3", days="60") == found(program, days="60")[:3]


def test_without_a_service_every_one_is_searched_and_named(program: Flask) -> None:
    slots = found(program, service="")

    assert {slot["service"] for slot in slots} == {"first-consultation", "follow-up"}
    assert [slot["starts_at"] for slot in slots] == sorted(slot["starts_at"] for slot in slots)
    assert run(program, service="").output.splitlines()[0] == ("2026-11-30T09:00-05:00  follow-up dr-cruz room-1")


@pytest.mark.parametrize(("mode", "is_there"), [("in_person", True), ("video", False)])
def test_services_can_be_narrowed_by_their_mode(program: Flask, mode: str, is_there: bool) -> None:
    assert bool(found(program, service="", mode=mode)) is is_there


def test_time_of_day_and_weekday_narrow_the_starts(program: Flask) -> None:
    slots = found(program, "--weekday", "tue", between="09:00-09:30", days="14")

    assert [slot["local"][:16] for slot in slots] == [
        "2026-12-01T09:00", "2026-12-01T09:15", "2026-12-08T09:00", "2026-12-08T09:15"
    ]  # fmt: skip


@pytest.mark.parametrize(("language", "count"), [("en", 24), ("xx", 0)])
def test_a_language_narrows_the_specialists(program: Flask, language: str, count: int) -> None:
    assert len(found(program, language=language)) == count


def test_step_free_leaves_out_locations_with_steps(program: Flask, session: Session) -> None:
    session.execute(sa.update(Location).values(is_step_free=False))
    session.execute(sa.update(Clinic).values(revision=new_revision()))
    session.commit()

    assert found(program, "--step-free") == []
    assert found(program) != []


def test_what_is_for_verified_patients_is_offered_to_them(program: Flask, session: Session) -> None:
    session.execute(sa.update(Service).values(audience=Audience.VERIFIED))
    session.execute(sa.update(Clinic).values(revision=new_revision()))
    session.commit()

    assert found(program) == []
    assert len(found(program, "--verified")) == 24


def test_only_one_service_is_explained(program: Flask) -> None:
    result = run(program, "--explain", service="")

    assert result.exit_code != 0
    assert "--explain is about one service" in result.output
