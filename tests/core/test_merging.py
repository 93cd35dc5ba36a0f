"""What two requests changed at once holds; what one only carried along does not undo the other."""

from __future__ import annotations

from typing import Any

import pytest

from booking.core.merging import merged

LISTS = frozenset({"seen", "booked"})


@pytest.mark.parametrize(
    ("stored", "before", "after", "result"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, {"a": 1, "c": 3}, {"a": 1, "b": 2, "c": 3}),
        ({"a": 5}, {"a": 1, "b": 2}, {"a": 1}, {"a": 5}),
        ({"a": 5}, {"a": 1}, {"a": 2}, {"a": 2}),
        ({"b": 2}, {"a": 1}, {"a": 1}, {"b": 2}),
        ({"draft": {"x": 1, "y": 2}}, {"draft": {"x": 1}}, {"draft": {"z": 3}}, {"draft": {"z": 3}}),
        ({"seen": [1, 2, 9]}, {"seen": [1, 2]}, {"seen": [2, 3]}, {"seen": [2, 9, 3]}),
        ({"seen": [9]}, {}, {"seen": [3]}, {"seen": [9, 3]}),
        ({"seen": [1, 9]}, {"seen": [1]}, {}, {"seen": [9]}),
        ({"seen": [1]}, {"seen": [1]}, {}, {}),
        ({}, {"seen": [1]}, {"seen": [1, 2]}, {"seen": [1, 2]}),
        ({"booked": {"m": 1, "k": 2}}, {"booked": {"k": 2}}, {"booked": {"n": 3}}, {"booked": {"m": 1, "n": 3}}),
        ({"booked": {"m": "M"}}, {}, {"booked": {"n": "N"}}, {"booked": {"m": "M", "n": "N"}}),
        ({"booked": {"m": "M"}}, {"booked": {"m": "M"}}, {}, {}),
    ],
    ids=[
        "both added", "one changed, one removed another", "both changed one: the later", "one removed, one untouched",
        "a draft is one thing", "a list loses and gains", "a list begins twice", "a list is emptied by one",
        "a list ends", "a list was removed meanwhile", "entries", "entries begin twice", "entries end",
    ],
)  # fmt: skip
def test_changes_of_both_hold(
    stored: dict[str, Any], before: dict[str, Any], after: dict[str, Any], result: dict[str, Any]
) -> None:
    assert merged(stored, before, after, by_entry=LISTS) == result
