"""What a clinic file would change: each thing once, with the keys that differ and what it means for visits."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from booking.core.clinic_file.differences import Difference, How, differences
from booking.core.clinic_file.effects import Effect
from booking.core.clinic_file.read import read_clinic_file
from booking.core.clinic_file.write import clinic_file_values
from booking.core.questionnaires.library import SHIPPED

NOON, LATER = (datetime(2027, 1, 4, hour, tzinfo=UTC) for hour in (12, 13))


@pytest.fixture(scope="module")
def demo() -> dict[str, Any]:
    text = Path("demo/clinic.toml").read_text(encoding="utf-8")
    return clinic_file_values(read_clinic_file(text, questionnaires=SHIPPED.codes))


@pytest.fixture
def other(demo: dict[str, Any]) -> dict[str, Any]:
    """The same, to be changed."""
    return copy.deepcopy(demo)


def found(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    return list(differences(before, after))


def test_the_same_clinic_differs_in_nothing(demo: dict[str, Any], other: dict[str, Any]) -> None:
    assert found(demo, other) == []


def test_the_clinic_and_a_location_name_the_keys_that_differ(demo: dict[str, Any], other: dict[str, Any]) -> None:
    other["clinic"]["phone"] = "555-0199"
    place = other["locations"][0]
    place |= {"time_zone": "America/Chicago", "step_free": False}
    other["locations"].append({**place, "code": "new-place", "name": "New place"})
    assert found(demo, other) == [
        Difference("clinic", How.CHANGED, keys=("phone",)),
        Difference(
            "locations", How.CHANGED, place["code"], place["name"], ("time_zone", "step_free"), (Effect.OTHER_ZONE,)
        ),
        Difference("locations", How.ADDED, "new-place", "New place"),
    ]


def test_a_location_that_is_not_named_stays_and_other_things_are_retired(
    demo: dict[str, Any], other: dict[str, Any]
) -> None:
    demo = copy.deepcopy(demo)
    demo["services"][-2]["active"] = False
    del other["locations"][-1]
    gone, service = other["resources"].pop(), other["services"].pop()
    del other["services"][-1]
    assert found(demo, other) == [
        Difference("resources", How.RETIRED, gone["code"], gone["name"], effects=(Effect.RESOURCE_RETIRED,)),
        Difference("services", How.RETIRED, service["code"], service["name"], effects=(Effect.SERVICE_RETIRED,)),
    ]


def test_a_resource_is_retired_by_its_own_word_and_comes_back(demo: dict[str, Any], other: dict[str, Any]) -> None:
    other["resources"][0]["active"] = False
    [retired], [back] = found(demo, other), found(other, demo)
    assert (retired.how, retired.keys, retired.effects) == (How.RETIRED, ("active",), (Effect.RESOURCE_RETIRED,))
    assert (back.how, back.effects) == (How.CHANGED, ())


def test_the_order_of_services_is_told_once(demo: dict[str, Any], other: dict[str, Any]) -> None:
    other["services"].reverse()
    assert found(demo, other) == [Difference("services", How.REORDERED)]


def test_closed_days_are_added_and_removed_and_blocks_only_added(demo: dict[str, Any], other: dict[str, Any]) -> None:
    gone = other["closures"].pop()
    other["closures"].append({"name": "Painters", "from": date(2027, 3, 1)})
    code = other["resources"][0]["code"]
    other["blocks"] = [{"resource": code, "from": NOON, "to": LATER, "note": "Repair"}]
    before = {**demo, "blocks": [{"resource": code, "from": LATER, "to": NOON.replace(hour=15)}]}
    assert found(before, other) == [
        Difference("closures", How.ADDED, name="Painters"),
        Difference("closures", How.REMOVED, name=gone["name"]),
        Difference("blocks", How.ADDED, code, "Repair"),
    ]
    assert found(before, {**before, "blocks": []}) == []
