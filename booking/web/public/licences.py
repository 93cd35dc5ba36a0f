"""The parts of others that this program sends to browsers, read from the NOTICE beside the program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

NOTICE = Path(__file__).resolve().parents[3] / "NOTICE"
_SECTION = re.compile(
    r"^=+\n(?P<name>[^\n]+)\nUsed for: (?P<role>[^\n]+)\nLicence: (?P<licence>[^\n]+)\n=+\n(?P<text>.*?)(?=^=+$|\Z)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ShippedPart:
    """A part of our pages made by others. `text` is its copyright notice and licence, as its makers wrote them."""

    name: str
    role: str
    licence: str
    text: str


@lru_cache
def shipped_parts(notice: Path = NOTICE) -> tuple[ShippedPart, ...]:
    """The sections of the file, in its order."""
    text = notice.read_text(encoding="utf-8")
    return tuple(
        ShippedPart(found["name"], found["role"], found["licence"], found["text"].strip())
        for found in _SECTION.finditer(text)
    )
