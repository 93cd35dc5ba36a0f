"""One thing of a clinic file changed at a time: what is new in the mistakes, what is kept, how things are called."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from booking.core.clinic_file.codes import code_from
from booking.core.clinic_file.parts import (
    Section,
    changed,
    present_mistakes,
    shown_of,
    steps_of,
    thing_in,
    with_service_moved,
    with_thing,
)
from booking.core.errors import NotFound
from booking.core.questionnaires.library import SHIPPED


@pytest.fixture
def values() -> dict[str, Any]:
    return tomllib.loads(Path("demo/clinic.toml").read_text(encoding="utf-8"))


def mistakes_of(
    values: dict[str, Any], section: Section, code: str | None, **changes: Any
) -> list[tuple[str, tuple[str | int, ...], str]]:
    thing = {**shown_of(values, section, code), **changes}
    after = with_thing(values, section, code, thing)
    outcome = changed(values, after, section, code, questionnaires=SHIPPED.codes)
    return [(found.thing, found.steps, found.mistake.code) for found in outcome.mistakes]


def test_the_demo_clinic_has_no_mistakes(values: dict[str, Any]) -> None:
    assert present_mistakes(values, questionnaires=SHIPPED.codes) == ()


def test_a_mistake_is_placed_within_the_changed_thing(values: dict[str, Any]) -> None:
    assert mistakes_of(values, Section.CLINIC, None, phone="none") == [("", ("phone",), "bad_phone")]
    code = values["services"][0]["code"]
    assert mistakes_of(values, Section.SERVICES, code, grid_minutes=7) == [("", ("grid_minutes",), "bad_grid")]


def test_a_mistake_that_arises_elsewhere_names_the_thing(values: dict[str, Any]) -> None:
    doctors = [one["code"] for one in values["resources"] if one["kind"] == "specialist"]
    found: list[tuple[str, tuple[str | int, ...], str]] = []
    for code in doctors:
        thing = {**thing_in(values, Section.RESOURCES, code), "active": False}
        found = mistakes_of(values, Section.RESOURCES, code, active=False)
        values = with_thing(values, Section.RESOURCES, code, thing)
    assert found
    assert all(thing.startswith("services ") for thing, _, _ in found)
    assert {code for *_, code in found} <= {"no_specialist", "pool_without_members"}


def test_a_mistake_that_was_there_before_stops_nobody(values: dict[str, Any]) -> None:
    for one in values["resources"]:
        one["active"] = False
    assert present_mistakes(values, questionnaires=SHIPPED.codes) != ()
    assert mistakes_of(values, Section.CLINIC, None, phone="904 555 0199") == []


def test_hours_are_kept_whatever_the_form_says(values: dict[str, Any]) -> None:
    code = values["resources"][0]["code"]
    hours = thing_in(values, Section.RESOURCES, code)["hours"]
    after = with_thing(values, Section.RESOURCES, code, {"code": code, "hours": []})
    assert thing_in(after, Section.RESOURCES, code)["hours"] == hours
    assert "hours" not in shown_of(values, Section.RESOURCES, code)


def test_services_move_by_one_place_and_stop_at_the_ends(values: dict[str, Any]) -> None:
    codes = [one["code"] for one in values["services"]]
    down = with_service_moved(values, codes[0], is_up=False)
    assert [one["code"] for one in down["services"]][:2] == [codes[1], codes[0]]
    assert with_service_moved(values, codes[0], is_up=True) == values
    assert with_service_moved(values, codes[-1], is_up=False) == values


@pytest.mark.parametrize("section", [Section.LOCATIONS, Section.RESOURCES, Section.SERVICES])
def test_what_there_is_not_is_not_found(values: dict[str, Any], section: Section) -> None:
    with pytest.raises(NotFound):
        with_thing(values, section, "nowhere", {})


def test_mistakes_of_what_has_no_code_and_of_the_whole_file_are_placed(values: dict[str, Any]) -> None:
    values["closures"] = [{"name": "Feast", "from": "never"}]
    values["format"] = 2
    found = present_mistakes(values, questionnaires=SHIPPED.codes)
    assert sorted((one.thing, one.mistake.code) for one in found) == [
        ("closures", "wrong_type"),
        ("format", "unknown_format"),
    ]


def test_steps_of_a_path() -> None:
    assert steps_of("services[2].segments[0].minutes") == ("services", 2, "segments", 0, "minutes")
    assert steps_of("") == ()


@pytest.mark.parametrize(
    ("name", "code"),
    [("Dr. Ólafur Ray", "dr-olafur-ray"), ("  ", "new"), ("東京", "new"), ("Room 1", "room-1-3"), ("a" * 99, "a" * 60)],
)
def test_codes_are_made_of_names(name: str, code: str) -> None:
    assert code_from(name, {"room-1", "room-1-2"}) == code
