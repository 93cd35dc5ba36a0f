"""Holds coverage to its floor: everything in booking/core and booking/services, 95 % of the rest.

Reads the report of `coverage json`. Lines and branches count alike, as in coverage's own percentage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COMPLETE = ("booking/core/", "booking/services/")
FLOOR_ELSEWHERE = 95.0


def counted(summary: Mapping[str, Any]) -> tuple[int, int]:
    """What tests reached of a file, and all there is: statements and branches together."""
    reached = summary["covered_lines"] + summary.get("covered_branches", 0)
    return reached, summary["num_statements"] + summary.get("num_branches", 0)


def gaps(name: str, record: Mapping[str, Any]) -> str:
    """One line naming the lines and branches of a file that no test reached."""
    lines = [str(line) for line in record["missing_lines"]]
    # A negative end is the way out of the function that starts there.
    branches = [f"{start}->{end if end > 0 else 'exit'}" for start, end in sorted(record.get("missing_branches", []))]
    return f"{name}: not reached: {', '.join(lines + branches)}"


def complaints(files: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One line per thing below its floor; [] when all is well. `files` is that part of coverage's report."""
    found: list[str] = []
    reached_elsewhere = all_elsewhere = 0
    for name, record in sorted(files.items()):
        reached, everything = counted(record["summary"])
        if name.startswith(COMPLETE):
            if reached < everything:
                found.append(gaps(name, record))
        else:
            reached_elsewhere += reached
            all_elsewhere += everything
    share = 100 * reached_elsewhere / all_elsewhere if all_elsewhere else 100.0
    if share < FLOOR_ELSEWHERE:
        found.append(f"outside core and services: {share:.1f} % reached, {FLOOR_ELSEWHERE:.0f} % wanted")
        found += worst(files)
    return found


def worst(files: Mapping[str, Mapping[str, Any]], count: int = 10) -> list[str]:
    """The files elsewhere with the most that no test reached, a line each."""
    missing = {
        name: everything - reached
        for name, record in files.items()
        if not name.startswith(COMPLETE)
        for reached, everything in [counted(record["summary"])]
        if everything > reached
    }
    ranked = sorted(missing, key=lambda name: -missing[name])[:count]
    return [f"  {missing[name]:4} not reached in {name}" for name in ranked]


def main(arguments: Sequence[str]) -> int:
    """0 when every floor is held; 1 after a line per gap, or when the report holds no file."""
    files = json.loads(Path(arguments[0]).read_text())["files"]
    found = complaints(files) if files else ["the coverage report names no file: did the tests run?"]
    print("\n".join(found) if found else f"Coverage: every floor held, {len(files)} files.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
