"""The gates for coverage and sizes close when they should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools import coverage_gate, sizes
from tools.sizes import FILE_LIMIT, FUNCTION_LIMIT, Size


def record(reached: int, everything: int, **missing: Any) -> dict[str, Any]:
    """A file in the form of coverage's report, all its parts lines unless `missing` says otherwise."""
    summary = {"covered_lines": reached, "num_statements": everything, "covered_branches": 0, "num_branches": 0}
    return {"summary": summary, "missing_lines": [], "missing_branches": [], **missing}


def test_everything_reached_passes() -> None:
    assert coverage_gate.complaints({"booking/core/a.py": record(9, 9), "booking/web/b.py": record(95, 100)}) == []


def test_an_unreached_branch_of_core_is_named() -> None:
    files = {"booking/core/rules.py": record(8, 9, missing_lines=[7], missing_branches=[[3, 5], [6, -1]])}
    assert coverage_gate.complaints(files) == ["booking/core/rules.py: not reached: 7, 3->5, 6->exit"]


def test_the_rest_is_held_to_its_floor_as_a_whole() -> None:
    files = {"booking/web/a.py": record(94, 100), "booking/core/b.py": record(500, 500)}
    assert coverage_gate.complaints(files) == [
        "outside core and services: 94.0 % reached, 95 % wanted",
        "     6 not reached in booking/web/a.py",
    ]


@pytest.mark.parametrize(
    ("files", "status"), [({"booking/core/a.py": record(1, 1)}, 0), ({"booking/core/a.py": record(0, 1)}, 1), ({}, 1)]
)
def test_the_status_tells(tmp_path: Path, files: dict[str, Any], status: int) -> None:
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": files}))
    assert coverage_gate.main([str(report)]) == status


def test_functions_are_measured_without_their_decorators() -> None:
    source = "@decorator\ndef outer():\n    def inner():\n        pass\n    return inner\n"
    assert set(sizes.function_sizes("a.py", source)) == {
        Size("a.py:outer", 4, FUNCTION_LIMIT),
        Size("a.py:inner", 2, FUNCTION_LIMIT),
    }


LONG_FILE = Size("a.py", FILE_LIMIT + 1, FILE_LIMIT)
LONG_FUNCTION = Size("migrations/m.py:create_visit", FUNCTION_LIMIT + 1, FUNCTION_LIMIT)


def test_what_is_at_its_limit_passes() -> None:
    assert sizes.complaints([Size("a.py", FILE_LIMIT, FILE_LIMIT)], {}) == []


def test_what_is_too_long_is_named_unless_excused() -> None:
    excuses = sizes.excused("# why\n\nmigrations/*:create_*  One table is one statement.\n")
    assert sizes.complaints([LONG_FILE, LONG_FUNCTION], excuses) == ["a.py: 401 lines, 400 are allowed"]


def test_an_excuse_needs_a_reason_and_a_use() -> None:
    found = sizes.complaints([LONG_FILE], sizes.excused("a.py\nb.py Once it was long.\n"))
    assert found == [
        "size_exceptions.txt: a.py: give the reason",
        "size_exceptions.txt: b.py: nothing of that name is too long (any more)",
    ]


def test_the_report_marks_what_to_look_at_again() -> None:
    text = sizes.report([LONG_FILE, Size("b.py", 10, FILE_LIMIT), LONG_FUNCTION])
    assert "   401 * a.py" in text
    assert "    10   b.py" in text
