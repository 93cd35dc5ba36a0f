"""What a score is, and the rule that all instruments share: with one item missing there is no total.

A score is for staff, beside the answers behind it; patients get no verdict (clinical guide, 2.1 and 4.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from booking.core.questionnaires.answers import Answers
from booking.core.questionnaires.definition import Coding


@dataclass(frozen=True, slots=True)
class Score:
    """A total in `[lowest, highest]`, None when an item is missing; `missing` are the link ids of those items.

    `rule` names the version of the scoring table, so that a stored score says how it came about."""

    instrument: str
    rule: str
    coding: Coding
    lowest: Decimal
    highest: Decimal
    value: Decimal | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberAnswers:
    """The integer answers to the items of a scale, and the link ids of those without one."""

    numbers: tuple[int, ...]
    missing: tuple[str, ...]


def number_answers(link_ids: Sequence[str], answers: Answers, *, lowest: int, highest: int) -> NumberAnswers:
    """The answers to a scale's items. Raises ValueError for an answer that is no integer in `[lowest, highest]`."""
    numbers: list[int] = []
    missing: list[str] = []
    for link_id in link_ids:
        value = answers.get(link_id)
        if value is None:
            missing.append(link_id)
        elif isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise ValueError(f"The answer to {link_id} is no number from {lowest} to {highest}.")
        else:
            numbers.append(value)
    return NumberAnswers(tuple(numbers), tuple(missing))


def mean_to_tenth(numbers: Sequence[int]) -> Decimal:
    """The arithmetic mean, rounded half up to one decimal place. Raises ValueError for no numbers."""
    if not numbers:
        raise ValueError("No numbers have no mean.")
    return (Decimal(sum(numbers)) / len(numbers)).quantize(Decimal("0.1"), ROUND_HALF_UP)
