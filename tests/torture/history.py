"""What clients wrote down of their calls: one line when a call begins, one when it is answered. A client that was
killed leaves a call without an answer: nobody knows what became of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.factories import NOW

FOREVER = float("inf")
OK = "ok"


@dataclass(frozen=True, slots=True)
class HistoryClock:
    """The clinic's clock of a history: NOW when the monotonic clock showed `began`, and `speed` times as fast."""

    began: float
    speed: float

    def at(self, monotonic: float) -> datetime:
        return NOW + timedelta(seconds=(monotonic - self.began) * self.speed)

    def when(self, instant: datetime) -> float:
        """When the monotonic clock shows that the clinic's has come to `instant`."""
        return self.began + (instant - NOW).total_seconds() / self.speed


@dataclass(frozen=True, slots=True)
class Call:
    """One call and its answer. `answered` is FOREVER and `outcome` "" when there was none.

    `what` is book, hold, book_held, release, change, cancel, restore, block, unblock or expire; `asked` its arguments,
    `answer` what came back. Times are those of the monotonic clock, which all processes of a machine share.
    """

    client: int
    what: str
    invoked: float
    answered: float
    outcome: str
    asked: dict[str, Any]
    answer: dict[str, Any]

    @property
    def is_unknown(self) -> bool:
        return not self.outcome


def log_file(folder: Path, client: int) -> Path:
    return folder / f"client-{client}.jsonl"


class Log:
    """The log of one client. Each line is with the operating system before the call goes on."""

    def __init__(self, folder: Path, client: int) -> None:
        self._file = log_file(folder, client).open("a", buffering=1)
        self.begun = 0

    def begin(self, what: str, asked: dict[str, Any]) -> float:
        self.begun += 1
        invoked = time.monotonic()
        self._write({"what": what, "invoked": invoked, "asked": asked})
        return invoked

    def end(self, outcome: str, answer: dict[str, Any]) -> None:
        self._write({"outcome": outcome, "answered": time.monotonic(), "answer": answer})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")


def read_calls(folder: Path, client: int) -> list[Call]:
    """The calls of one client, in their order."""
    file = log_file(folder, client)
    lines = file.read_text().splitlines() if file.exists() else []
    return list(_paired(client, map(json.loads, lines)))


def _paired(client: int, lines: Iterable[dict[str, Any]]) -> Iterator[Call]:
    begun: dict[str, Any] | None = None
    for line in lines:
        if "what" not in line:
            assert begun is not None
            yield Call(client, begun["what"], begun["invoked"], line["answered"], line["outcome"], begun["asked"],
                       line["answer"])  # fmt: skip
            begun = None
            continue
        if begun is not None:
            yield _unanswered(client, begun)
        begun = line
    if begun is not None:
        yield _unanswered(client, begun)


def _unanswered(client: int, begun: dict[str, Any]) -> Call:
    return Call(client, begun["what"], begun["invoked"], FOREVER, "", begun["asked"], {})
