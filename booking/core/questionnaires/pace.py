"""How long a form takes somebody who fills it in: the minutes that patients are told, by the model of `effort.py`.

Answers that were given cost their taps, others what people usually give. What later answers may open counts half: told
is what a typical person needs, neither the shortest way nor the longest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from booking.core.questionnaires.answers import Answers
from booking.core.questionnaires.definition import Item, ItemType, Questionnaire
from booking.core.questionnaires.effort import seconds, taps_of, words_of
from booking.core.questionnaires.flow import Step, branching, find_step, page_order, possible_steps, steps

_USUAL_TAPS: Mapping[ItemType, int] = {
    ItemType.DECIMAL: 2,
    ItemType.QUANTITY: 3,
    ItemType.DATE: 3,
    ItemType.STRING: 3,
    ItemType.TEXT: 6,
    ItemType.LIST: 12,
}
"""Taps of an answer as people give it: a name of two words, a sentence of five, two rows of a list. All others one."""
_SEVERAL = 2
"""Of how many answers there may be, people tick so many."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Question `number` of `total`; `is_about` when later branches may still change the total."""

    number: int
    total: int
    is_about: bool
    minutes_left: int


def progress(questionnaire: Questionnaire, answers: Answers, key: str) -> Progress:
    """How far the shown page `key` is. Minutes are at least 1. Raises NotFound as `find_step` does."""
    shown = steps(questionnaire, answers)
    at = shown.index(find_step(questionnaire, answers, key))
    order = page_order(questionnaire)
    may_branch = any(order[question] >= order[key] for question in branching(questionnaire))
    times = page_seconds(questionnaire, answers)
    left = sum((time for page, time in times.items() if order[page] >= order[key]), Decimal(0))
    return Progress(at + 1, len(shown), may_branch, whole_minutes(left))


def minutes(questionnaire: Questionnaire, answers: Answers) -> int:
    """About how many minutes the whole form takes with these answers, at least 1."""
    return whole_minutes(sum(page_seconds(questionnaire, answers).values(), Decimal(0)))


def minutes_left(questionnaire: Questionnaire, answers: Answers) -> int:
    """About how many minutes the pages take on which a question was not dealt with yet, at least 1."""
    asked = possible_steps(questionnaire, answers)
    open_pages = {step.key for step in asked if any(q.link_id not in answers for q in step.questions)}
    times = page_seconds(questionnaire, answers)
    return whole_minutes(sum((time for key, time in times.items() if key in open_pages), Decimal(0)))


def whole_minutes(time: Decimal) -> int:
    """Seconds as whole minutes, at least 1."""
    return max(1, int((time / 60).quantize(Decimal(1), ROUND_HALF_UP)))


def page_seconds(questionnaire: Questionnaire, answers: Answers) -> dict[str, Decimal]:
    """By the key of each page that is shown or may be: how long it takes on average."""
    certain = _times(steps(questionnaire, answers), answers)
    possible = _times(possible_steps(questionnaire, answers), answers)
    return {key: (certain.get(key, Decimal(0)) + time) / 2 for key, time in possible.items()}


def _times(shown: Iterable[Step], answers: Answers) -> dict[str, Decimal]:
    pages = tuple(shown)
    taps = (1 + sum(_taps(question, answers) for question in step.questions) for step in pages)
    return {step.key: seconds(*cost) for step, cost in zip(pages, zip(taps, words_of(pages), strict=True), strict=True)}


def _taps(item: Item, answers: Answers) -> int:
    if item.link_id in answers:
        return taps_of(answers[item.link_id])
    return _USUAL_TAPS.get(item.type, 1) if not item.repeats or item.type is ItemType.LIST else _SEVERAL
