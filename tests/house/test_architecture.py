"""docs/architecture.md names files that exist, and every blueprint."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
BOOKING = ROOT / "booking"


def test_the_services_by_subject_are_modules() -> None:
    part = PAGE.partition("## Services by subject")[2].partition("\n## ")[0]
    named = re.findall(r"`([a-z_]+)`", part)
    assert [name for name in named if not (BOOKING / "services" / f"{name}.py").is_file()] == []
    assert (len(named), len(set(named))) == (len(set(named)), len(named))


def test_files_in_the_table_of_parts_exist() -> None:
    part = PAGE.partition("## The parts that must never be wrong")[2].partition("\n## ")[0]
    named = re.findall(r"`((?:services|web|core|models|adapters)/[\w/]+(?:\.py|/))`", part)
    assert [name for name in named if not (BOOKING / name).exists()] == []
    assert len(named) > 20


def test_every_blueprint_is_drawn() -> None:
    folders = {file.parent.name for file in (BOOKING / "web").glob("*/__init__.py")}
    assert {name for name in folders if f"{name}/" not in PAGE.partition("Imports point one way")[0]} == set()
