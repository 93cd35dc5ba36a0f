"""How a row is measured: one warm-up, then rounds in turn, ours first in every other round; medians and their ratio."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

LATEST = Path(__file__).with_name("latest.json")
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `ratio` is value / anchor_value; `goal` says what it must be, `holds` whether it is."""

    name: str
    value: float
    unit: str
    anchor: str
    anchor_value: float
    ratio: float
    goal: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Goal:
    """The ratio must be at most, or at least, `limit`."""

    limit: float
    at_least: bool = False

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"

    def holds(self, ratio: float) -> bool:
        return ratio >= self.limit if self.at_least else ratio <= self.limit


def in_turn(ours: Callable[[], float], anchor: Callable[[], float], *, rounds: int = ROUNDS) -> tuple[float, float]:
    """Medians of what both report over the rounds, after one warm-up of each that does not count."""
    ours()
    anchor()
    figures: dict[str, list[float]] = {"ours": [], "anchor": []}
    for number in range(rounds):
        order = [("ours", ours), ("anchor", anchor)]
        for name, run in order if number % 2 == 0 else reversed(order):
            figures[name].append(run())
    return statistics.median(figures["ours"]), statistics.median(figures["anchor"])


def milliseconds(call: Callable[[], object], *, times: int) -> Callable[[], float]:
    """A runner that gives the median time of one call in milliseconds over `times` calls."""

    def run() -> float:
        return statistics.median(_timed(call) for _ in range(times))

    return run


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def row(name: str, unit: str, anchor: str, figures: tuple[float, float], goal: Goal) -> Row:
    """A Row from two medians."""
    value, anchor_value = figures
    ratio = value / anchor_value
    return Row(
        name, round(value, 4), unit, anchor, round(anchor_value, 4), round(ratio, 3), str(goal), goal.holds(ratio)
    )


def environment() -> str:
    """What the figures were measured on."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


def report(rows: list[Row]) -> None:
    """Print the table. A row that misses its goal says so."""
    print(environment())
    print(f"{'what':58} {'ours':>12} {'anchor':>12} {'ratio':>7} {'goal':>7}  anchor is")
    for line in rows:
        mark = "" if line.holds else "  MISSED"
        values = f"{line.value:>9.3f} {line.unit:<6}{line.anchor_value:>8.3f} {line.unit:<6}"
        print(f"{line.name:58} {values}{line.ratio:>6.2f} {line.goal:>7}  {line.anchor}{mark}")


def keep(rows: list[Row]) -> None:
    """Write all rows into `benchmarks/latest.json`."""
    LATEST.write_text(json.dumps([asdict(line) for line in rows], indent=2) + "\n", encoding="utf-8")
