"""A migration describes the schema of its day: importing today's models would change what it did."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"


def imported(source: str) -> set[str]:
    """The top-level packages that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def test_no_migration_imports_the_program() -> None:
    migrations = sorted(VERSIONS.glob("*.py"))
    assert migrations
    assert [path.name for path in migrations if "booking" in imported(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("source", ["import booking.models", "def f():\n    from booking.models import Base"])
def test_the_search_finds_one(source: str) -> None:
    assert "booking" in imported(source)
