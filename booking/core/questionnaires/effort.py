"""What a form costs the person who fills it in: taps and words to read, on the pages that their answers show.

The model is that of the budget of the intake (clinical guide, 3): four seconds for a tap, 150 words a minute. A word
that is typed counts as a tap, since phones complete words. It is a yardstick for those who write forms; what patients
are told comes from `flow.minutes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
        exact = Decimal(self.taps * SECONDS_PER_TAP) / 60 + Decimal(self.words) / WORDS_PER_MINUTE
        return exact.quantize(Decimal("0.1"))


def effort(questionnaire: Questionnaire, answers: Answers) -> Effort:
    """The effort of giving exactly these answers; one tap goes on from each page, and one sends the form."""
    shown = steps(questionnaire, answers)
    taps = sum(1 + sum(_taps(answers.get(q.link_id)) for q in step.questions) for step in shown)
    words = sum(len(re.findall(r"\w+", text)) for step in shown for text in dict.fromkeys(_texts(step)))
    return Effort(len(shown), taps + 1, words)


def _taps(value: Value | None) -> int:
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
    """Everything that is read on one page, where "Yes, No, Not sure" under five questions are read once. The picture of
    a body map is looked at, its list is not read out."""
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
