"""Invented answers to any questionnaire, for the demo clinic: what somebody might have ticked on the way through."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from booking.core.questionnaires.answers import Chosen, Rows, Value, length_limit
from booking.core.questionnaires.definition import Item, ItemType, Questionnaire
from booking.core.questionnaires.flow import visible_questions

_WORDS: Final = (
    "It began after a fall on the stairs.",
    "I would like to walk to the market again.",
    "I would like to sleep through the night.",
    "It is worse in the evening and better with warmth.",
)
_ROWS: Final = (
    ("Gabapentin", "300 mg", "three times a day"),
    ("Ibuprofen", "400 mg", "on bad days"),
    ("Vitamin D", "", "every morning"),
)
_CALM_SHARE: Final = 0.7
"""How often a question that can be answered with "no" is."""


def demo_answers(questionnaire: Questionnaire, random: Random, *, most: int | None = None) -> dict[str, Value | None]:
    """Answers by link id to every question that is shown on this way, in order; the first `most` of them when given."""
    answers: dict[str, Value | None] = {}
    while most is None or len(answers) < most:
        shown = visible_questions(questionnaire, answers)
        item = next((question for question in shown if question.link_id not in answers), None)
        if item is None:
            break
        answers[item.link_id] = _places(item, answers, random) if item.is_body_map else _answer(item, random)
    return answers


def _places(item: Item, answers: Mapping[str, Value | None], random: Random) -> Chosen:
    """Some places on the body map; where it is worst, one of those that were marked before."""
    codes = [option.code for option in item.options]
    if item.repeats:
        start = random.randrange(len(codes) - 4)
        return Chosen(tuple(codes[start : start + random.randint(1, 4)]))
    marked = [v.codes for k, v in answers.items() if isinstance(v, Chosen) and v.codes and set(v.codes) <= set(codes)]
    return Chosen((random.choice(marked[-1] if marked else codes),))


def _answer(item: Item, random: Random) -> Value | None:
    """A fitting answer, or None ("skipped") for a kind that nobody would know how to invent."""
    if item.type in {ItemType.CHOICE, ItemType.OPEN_CHOICE}:
        return _choice(item, random)
    if item.type is ItemType.INTEGER:
        lowest, highest = int(item.min_value or 0), 10 if item.max_value is None else int(item.max_value)
        return min(highest, max(lowest, round(random.gauss((lowest + highest) * 0.6, (highest - lowest) * 0.2))))
    if item.type is ItemType.LIST:
        rows = random.sample(_ROWS, random.randint(1, len(_ROWS)))
        return Rows(tuple((row + ("",) * len(item.columns))[: len(item.columns)] for row in rows))
    if item.type in {ItemType.STRING, ItemType.TEXT} and (item.required or random.random() < 0.5):
        return _fitting_words(item, random)
    return None


def _fitting_words(item: Item, random: Random) -> str | None:
    """Some words that the question has room for; None where none of them fits, such as in a reading."""
    words = random.choice(_WORDS)
    return words if len(words) <= length_limit(item) else None


def _choice(item: Item, random: Random) -> Chosen:
    if "no" in item.option_by_code and random.random() < _CALM_SHARE:
        return Chosen(("no",))
    return Chosen((random.choice(item.options).code,))
