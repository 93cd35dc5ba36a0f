"""What an answer can be, as values. How form fields and stored JSON become one is the matter of `answers.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum


@dataclass(frozen=True, slots=True)
class Chosen:
    """The answer to a choice: option codes in the order of the form; `other` is own words of an open choice."""

    codes: tuple[str, ...]
    other: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured number with the code of its unit, one of those the question offers."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer to a list: rows of texts, one for each column, "" where a cell was left blank. No row is all blank."""

    rows: tuple[tuple[str, ...], ...]


class Declined(Enum):
    """The person read the question and prefers not to say: kept apart from a question that was skipped."""

    DECLINED = "declined"


DECLINED = Declined.DECLINED
Value = bool | int | Decimal | str | date | Chosen | Quantity | Rows | Declined
Answers = Mapping[str, Value | None]
"""Answers by link id; None means skipped on purpose."""
