"""docs/asvs.csv: every requirement of levels 1 and 2, once, with what is done about it; tests that are named exist."""

from __future__ import annotations

import csv
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATES = {"met", "partly", "not yet", "does not apply"}
REQUIREMENTS = {"1": 70, "2": 183}
"""Of OWASP ASVS 5.0.0, by level."""


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs" / "asvs.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_requirement_is_there_once() -> None:
    found = rows()
    assert len({row["requirement"] for row in found}) == len(found)
    assert {level: sum(row["level"] == level for row in found) for level in REQUIREMENTS} == REQUIREMENTS


def test_every_requirement_says_what_is_done() -> None:
    assert {row["state"] for row in rows()} <= STATES
    assert [row["requirement"] for row in rows() if not row["how"]] == []


def test_named_tests_exist() -> None:
    assert sorted({row["test"] for row in rows() if row["test"] and not (ROOT / row["test"]).is_file()}) == []


def test_what_is_not_done_claims_no_test() -> None:
    undone = {"not yet", "does not apply"}
    assert [row["requirement"] for row in rows() if row["state"] in undone and row["test"]] == []
