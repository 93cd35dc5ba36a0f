"""The parts of a form as a task list shows them, and the pages of a form by number.

Numbers stand in addresses instead of link ids: a link id may tell what a question, or its answer, is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from booking.core.errors import NotFound
from booking.core.questionnaires.answers import Answers
from booking.core.questionnaires.definition import Item, ItemType, Questionnaire, walk
from booking.core.questionnaires.flow import Step, steps


class Completion(StrEnum):
    """How far a form or a part of it is. Skipped questions count as dealt with."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Section:
    """The shown pages under one heading of the form; `title` is "" for questions without a heading."""

    title: str
    steps: tuple[Step, ...]
    completion: Completion


def sections(questionnaire: Questionnaire, answers: Answers) -> tuple[Section, ...]:
    """The parts that are shown with these answers, in order: one for each group at the top, one for loose questions."""
    titles = section_titles(questionnaire)
    grouped = groupby(steps(questionnaire, answers), key=lambda step: titles[step.key])
    return tuple(_section(title, tuple(found), answers) for title, found in grouped)


def named_sections(questionnaire: Questionnaire, answers: Answers, longest: int) -> tuple[Section, ...]:
    """The parts as a list names them; all as one without a title when a heading has more characters than `longest`."""
    found = sections(questionnaire, answers)
    if all(len(part.title) <= longest for part in found):
        return found
    return (_section("", tuple(step for part in found for step in part.steps), answers),)


def section_titles(questionnaire: Questionnaire) -> dict[str, str]:
    """The heading above each item, by link id; "" above those that stand loose."""
    return {item.link_id: _title(top) for top in questionnaire.items for item in walk((top,))}


def _title(top: Item) -> str:
    return top.text if top.type is ItemType.GROUP else ""


def _section(title: str, found: tuple[Step, ...], answers: Answers) -> Section:
    seen = [q.link_id in answers for step in found for q in step.questions]
    state = Completion.DONE if all(seen) else Completion.IN_PROGRESS if any(seen) else Completion.NOT_STARTED
    return Section(title, found, state)


def page_keys(questionnaire: Questionnaire) -> tuple[str, ...]:
    """The keys of all pages that the form may ever show, in its order; the first is page 1."""
    return tuple(item.link_id for item in _pages(questionnaire.items))


def page_questions(questionnaire: Questionnaire, key: str) -> tuple[Item, ...]:
    """Every question that the page `key` may show. Raises NotFound when there is no such page."""
    for item in _pages(questionnaire.items):
        if item.link_id == key:
            return (item,) if item.is_question else tuple(q for q in item.items if q.is_question)
    raise NotFound(step=key)


def _pages(items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        if item.is_page or item.is_question:
            yield item
        if not item.is_page:
            yield from _pages(item.items)
