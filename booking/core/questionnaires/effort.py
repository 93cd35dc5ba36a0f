"""What a form costs the person who fills it in: taps and words to read, on the pages that their answers show.

The model is that of the budget of the intake (clinical guide, 3): four seconds for a tap, 150 words a minute. A word
that is typed counts as a tap, since phones complete words. A line that stood on an earlier page, such as "Yes", is
recognised and not read again. It is the yardstick of those who write forms, and of what patients are told (`pace.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from booking.core.questionnaires.answers import Answers, Chosen, Declined, Quantity, Rows, Value
from booking.core.questionnaires.definition import Item, ItemType, Questionnaire
from booking.core.questionnaires.flow import Step, steps

SECONDS_PER_TAP = 4
WORDS_PER_MINUTE = 150
_DATE_FIELDS = 3


@dataclass(frozen=True, slots=True)
class Effort:
    """Taps and words of one way through a form."""

    pages: int
    taps: int
    words: int

    @property
    def minutes(self) -> Decimal:
        """Minutes by the model, rounded to a tenth."""
        return (seconds(self.taps, self.words) / 60).quantize(Decimal("0.1"))


def seconds(taps: int, words: int) -> Decimal:
    """How long so many taps and words take."""
    return Decimal(taps * SECONDS_PER_TAP) + Decimal(60 * words) / WORDS_PER_MINUTE


def effort(questionnaire: Questionnaire, answers: Answers) -> Effort:
    """The effort of giving exactly these answers; one tap goes on from each page, and one sends the form."""
    shown = steps(questionnaire, answers)
    taps = sum(1 + sum(taps_of(answers.get(q.link_id)) for q in step.questions) for step in shown)
    return Effort(len(shown), taps + 1, sum(words_of(shown)))


def words_of(shown: Iterable[Step]) -> Iterator[int]:
    """The words that are read on each of these pages, one after the other."""
    read: set[str] = set()
    for step in shown:
        lines = dict.fromkeys(text for text in _texts(step) if text not in read)
        read.update(lines)
        yield sum(len(re.findall(r"\w+", text)) for text in lines)


def taps_of(value: Value | None) -> int:
    """Taps to give an answer; none to leave a question out."""
    if value is None:
        return 0
    if isinstance(value, Chosen):
        return len(value.codes) + (_typed(value.other) if value.other else 0)
    if isinstance(value, Rows):
        return sum(_typed(cell) for row in value.rows for cell in row if cell)
    if isinstance(value, str):
        return _typed(value)
    if isinstance(value, bool | int | Declined):
        return 1
    return _DATE_FIELDS if not isinstance(value, Decimal | Quantity) else 2


def _typed(text: str) -> int:
    """One tap into the field, one for each word."""
    return 1 + len(text.split())


def _texts(step: Step) -> Iterator[str]:
    """Every line of one page. The picture of a body map is looked at, its list is not read out."""
    yield step.section
    yield from step.notes
    for item in step.questions:
        yield from (item.text, item.hint, item.low_label, item.high_label)
        yield from (column.text for column in item.columns)
        yield from _answer_words(item)


def _answer_words(item: Item) -> Iterator[str]:
    if item.type is ItemType.BOOLEAN:
        yield from ("Yes", "No")
    elif not item.is_body_map:
        yield from (option.label for option in item.options)
