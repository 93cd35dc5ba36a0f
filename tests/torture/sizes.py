"""How much a torture test does: the short form is part of `make test`, the long one is `make torture`.

Short forms count and never judge by the clock. TORTURE_ROUNDS=... takes the place of every size, to try a long form
that would otherwise take an hour.
"""

from __future__ import annotations

import os

SEED = 20261123
IS_LONG = os.environ.get("TORTURE") == "long"
_ROUNDS = os.environ.get("TORTURE_ROUNDS")


def sized(short: int, long: int) -> int:
    """How many rounds, kills or operations to do."""
    if _ROUNDS:
        return int(_ROUNDS)
    return long if IS_LONG else short


def print_figures(row: str, **figures: object) -> None:
    """The one line that a test says about its run; `row` is a row of docs/scoreboard.md."""
    told = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in figures.items())
    print(f"\n{row}: {told}, seed {SEED}")  # noqa: T201 - figures are what the long form is run for.


def percentile(values: list[float], share: float) -> float:
    """The value that `share` (0 to 1) of all values do not exceed."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
