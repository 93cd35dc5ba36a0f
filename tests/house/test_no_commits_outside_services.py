"""Only services/transaction.py ends a transaction: whoever else commits splits a use case in two."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OWNER = "booking/services/transaction.py"
ENDINGS = {"commit", "rollback"}
# They give back a connection after a failure, when there is nothing left to keep.
AFTER_A_FAILURE = {"booking/services/readiness.py", "booking/web/audited.py", "booking/web/errors.py"}


def endings(source: str) -> list[tuple[int, str]]:
    """Where a module calls something's `commit` or `rollback`: line and name."""
    return [
        (node.lineno, node.func.attr)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ENDINGS
    ]


@pytest.fixture(scope="module")
def places() -> dict[str, list[tuple[int, str]]]:
    """Every module of the program that ends transactions, by path."""
    paths = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "booking").rglob("*.py")}
    return {name: found for name, path in paths.items() if (found := endings(path.read_text(encoding="utf-8")))}


def test_only_the_transaction_commits_or_rolls_back(places: dict[str, list[tuple[int, str]]]) -> None:
    assert {name: places[name] for name in places.keys() - AFTER_A_FAILURE - {OWNER}} == {}
    assert OWNER in places


def test_what_acts_after_a_failure_only_rolls_back(places: dict[str, list[tuple[int, str]]]) -> None:
    assert {what for name in AFTER_A_FAILURE for _, what in places[name]} == {"rollback"}


@pytest.mark.parametrize("source", ["db.session.commit()", "with x as c:\n    c.rollback()"])
def test_the_search_finds_one(source: str) -> None:
    assert endings(source)
