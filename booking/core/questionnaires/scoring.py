"""What a score is, and how a table of points makes one: with one item missing there is no total.

Points belong to a question, not to an answer code: the same code stands in the lists of several questions. A score is
for staff, beside the answers behind it; patients get no verdict (clinical guide, 2.1 and 4.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from booking.core.questionnaires.answers import Answers, Chosen, Declined, Value
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


class Method(StrEnum):
    """How the points of the items become the total."""

    SUM = "sum"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Gate:
    """An earlier answer that settles an item: when `question` was answered with `code`, the item scores 0."""

    question: str
    code: str


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """One item of a table: points by option code, or the answer itself when it is a number in `span`."""

    link_id: str
    points: Mapping[str, int]
    span: tuple[int, int] | None = None
    gate: Gate | None = None


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """How one instrument is scored. `rule` changes whenever a number of the table does."""

    instrument: str
    rule: str
    source: str
    coding: Coding
    method: Method
    items: tuple[ScoredItem, ...]

    @property
    def lowest(self) -> Decimal:
        return Decimal(self._total([min(_possible(item)) for item in self.items]))

    @property
    def highest(self) -> Decimal:
        return Decimal(self._total([max(_possible(item)) for item in self.items]))

    def score(self, answers: Answers) -> Score:
        """The score of these answers, hidden ones left out before. Raises ValueError for an answer without points."""
        points = [_points(item, answers) for item in self.items]
        missing = tuple(dict.fromkeys(self._missing(points, answers)))
        value = None if missing else Decimal(self._total([p for p in points if p is not None]))
        return Score(self.instrument, self.rule, self.coding, self.lowest, self.highest, value, missing)

    def _missing(self, points: Sequence[int | None], answers: Answers) -> Iterator[str]:
        """Link ids of items without points, each behind the gate that was not answered either."""
        for item, found in zip(self.items, points, strict=True):
            if found is None and item.gate and not _is_answered(answers.get(item.gate.question)):
                yield item.gate.question
            if found is None:
                yield item.link_id

    def _total(self, points: Sequence[int]) -> Decimal:
        return mean_to_tenth(points) if self.method is Method.MEAN else Decimal(sum(points))


def _possible(item: ScoredItem) -> Sequence[int]:
    return item.span or tuple(item.points.values())


def _points(item: ScoredItem, answers: Answers) -> int | None:
    """The points of one item; None when it is missing."""
    if item.gate and answers.get(item.gate.question) == Chosen((item.gate.code,)):
        return 0
    value = answers.get(item.link_id)
    if not _is_answered(value):
        return None
    if item.span and isinstance(value, int) and not isinstance(value, bool) and item.span[0] <= value <= item.span[1]:
        return value
    if isinstance(value, Chosen) and len(value.codes) == 1 and not value.other and value.codes[0] in item.points:
        return item.points[value.codes[0]]
    # The value itself stays out of the message: it is a health answer.
    raise ValueError(f"The answer to {item.link_id} has no points in its table.")


def _is_answered(value: Value | None) -> bool:
    return value is not None and not isinstance(value, Declined)


def mean_to_tenth(numbers: Sequence[int]) -> Decimal:
    """The arithmetic mean, rounded half up to one decimal place. Raises ValueError for no numbers."""
    if not numbers:
        raise ValueError("No numbers have no mean.")
    return (Decimal(sum(numbers)) / len(numbers)).quantize(Decimal("0.1"), ROUND_HALF_UP)
