"""docs/scoreboard.md names the test that takes each guard away, and the commands of its rows: all of them exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scoreboard.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)


def test_each_test_that_takes_a_guard_away_exists() -> None:
    missing = [
        f"{file}::{name}" for file, name in NAMED if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert (missing, len(NAMED) > 15) == ([], True)


def test_each_row_can_be_run_by_its_name() -> None:
    table = PAGE.partition("## Guards")[0]
    cells = [line.split("|")[3] for line in table.splitlines() if re.match(r"\| \d+ \|", line)]
    names = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert {name for name in names if not (ROOT / "tests" / "torture" / f"test_{name}.py").is_file()} == set()
    assert len(names) > 12
