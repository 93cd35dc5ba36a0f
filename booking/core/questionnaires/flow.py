"""The way through a form: which questions are shown, in which steps, what comes next. How long it takes: `pace.py`.

A step is one page: one question, or one short block (a group that is marked as a page). The server decides every
branch. A hidden question counts as unanswered in the conditions of later ones, so hiding carries on down the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from operator import ge, gt, le, lt

from booking.core.errors import NotFound
from booking.core.questionnaires.answers import Answers, Chosen, Declined, Value
from booking.core.questionnaires.definition import Condition, Item, ItemType, Operator, Questionnaire, walk

_ORDERED: Mapping[Operator, Callable[[int | Decimal, int | Decimal], bool]] = {
    Operator.GREATER: gt,
    Operator.LESS: lt,
    Operator.AT_LEAST: ge,
    Operator.AT_MOST: le,
}


@dataclass(frozen=True)
class Step:
    """One page of the form. `key` is the link id of its question or block, `section` the title above it.

    `notes` are the texts of the form that stand before its questions."""

    key: str
    questions: tuple[Item, ...]
    section: str = ""
    notes: tuple[str, ...] = ()


def visible_questions(questionnaire: Questionnaire, answers: Answers) -> tuple[Item, ...]:
    """The questions that are shown with these answers, in the order of the form."""
    return tuple(q for step in steps(questionnaire, answers) for q in step.questions)


def without_hidden(questionnaire: Questionnaire, answers: Answers) -> dict[str, Value | None]:
    """The answers to questions that are shown: what is sent. Answers to hidden ones are kept in the draft only."""
    shown = visible_questions(questionnaire, answers)
    return {q.link_id: answers[q.link_id] for q in shown if q.link_id in answers}


def missing_required(questionnaire: Questionnaire, answers: Answers) -> tuple[Item, ...]:
    """Shown questions that must be answered and are not: while there is one, the form cannot be sent."""
    shown = visible_questions(questionnaire, answers)
    return tuple(q for q in shown if q.required and answers.get(q.link_id) is None)


def steps(questionnaire: Questionnaire, answers: Answers) -> tuple[Step, ...]:
    """The pages that are shown with these answers, in order; notes after the last question are put on its page."""
    return _steps(questionnaire, _Shown(answers))


def possible_steps(questionnaire: Questionnaire, answers: Answers) -> tuple[Step, ...]:
    """The pages that are shown, and those that answers which were not given yet may open."""
    return _steps(questionnaire, _Possible(answers))


def _steps(questionnaire: Questionnaire, shown: _Shown) -> tuple[Step, ...]:
    found: list[Step] = []
    notes: list[str] = []
    for step in _walk_steps(questionnaire.items, shown, section=""):
        if step.questions:
            found.append(replace(step, notes=(*notes, *step.notes)))
            notes = []
        else:
            notes.extend(step.notes)
    if found and notes:
        found[-1] = replace(found[-1], notes=(*found[-1].notes, *notes))
    return tuple(found)


def first_step(questionnaire: Questionnaire, answers: Answers) -> Step | None:
    """Where to start or resume: the first page with a question neither answered nor skipped, None when all are."""
    shown = steps(questionnaire, answers)
    return next((s for s in shown if any(q.link_id not in answers for q in s.questions)), None)


def find_step(questionnaire: Questionnaire, answers: Answers, key: str) -> Step:
    """The page `key`. Raises NotFound when it does not exist or is hidden with these answers."""
    for step in steps(questionnaire, answers):
        if step.key == key:
            return step
    raise NotFound(step=key)


def next_step(questionnaire: Questionnaire, answers: Answers, key: str) -> Step | None:
    """The page after `key`, which may be hidden by now; None after the last. Raises NotFound for an unknown key."""
    order = page_order(questionnaire)
    at = _place(order, key)
    return next((s for s in steps(questionnaire, answers) if order[s.key] > at), None)


def previous_step(questionnaire: Questionnaire, answers: Answers, key: str) -> Step | None:
    """The page before `key`, which may be hidden by now; None before the first. Raises NotFound for an unknown key."""
    order = page_order(questionnaire)
    at = _place(order, key)
    return next((s for s in reversed(steps(questionnaire, answers)) if order[s.key] < at), None)


class _Shown:
    """The answers that count while the form is walked: only those to questions already seen to be shown."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._counted: dict[str, Value] = {}

    def count(self, item: Item) -> None:
        value = self._answers.get(item.link_id)
        # Conditions see neither what was skipped nor what was declined.
        if value is not None and not isinstance(value, Declined):
            self._counted[item.link_id] = value

    def is_answered(self, item: Item) -> bool:
        return item.link_id in self._counted

    def allows(self, item: Item) -> bool:
        results = (_holds(c, self._counted.get(c.question)) for c in item.enable_when)
        return not item.enable_when or (any(results) if item.enable_any else all(results))


class _Possible(_Shown):
    """Everything that may still be shown: what hangs on a question that nobody has dealt with counts, too."""

    def is_answered(self, item: Item) -> bool:
        return super().is_answered(item) or item.link_id not in self._answers

    def allows(self, item: Item) -> bool:
        return super().allows(item) or any(c.question not in self._answers for c in item.enable_when)


def _holds(condition: Condition, value: Value | None) -> bool:
    """Whether one enableWhen is met. Source: FHIR R4 code system questionnaire-enable-operator."""
    if condition.operator is Operator.EXISTS:
        return (value is not None) == condition.value
    is_equal = condition.value in value.codes if isinstance(value, Chosen) else value == condition.value
    if condition.operator is Operator.EQUAL:
        return is_equal
    if condition.operator is Operator.NOT_EQUAL:
        return not is_equal
    mine, other = _as_number(value), _as_number(condition.value)
    return mine is not None and other is not None and _ORDERED[condition.operator](mine, other)


def _as_number(value: Value | None) -> int | Decimal | None:
    """A number or a date (as its day number) to compare by size; None for what has no size."""
    if isinstance(value, date):
        return value.toordinal()
    return value if isinstance(value, int | Decimal) else None


def _walk_steps(items: tuple[Item, ...], shown: _Shown, section: str) -> Iterator[Step]:
    """Steps in the order of the form; a step without questions carries a note to the next one."""
    for item in items:
        if not shown.allows(item):
            continue
        if item.type is ItemType.DISPLAY:
            yield Step(item.link_id, (), section, (item.text,))
        elif item.is_page:
            yield _block(item, shown, section)
        elif item.type is ItemType.GROUP:
            yield from _walk_steps(item.items, shown, item.text or section)
        else:
            shown.count(item)
            yield Step(item.link_id, (item,), section)
            if shown.is_answered(item):
                yield from _walk_steps(item.items, shown, section)


def _block(group: Item, shown: _Shown, section: str) -> Step:
    allowed = [item for item in group.items if shown.allows(item)]
    questions = tuple(item for item in allowed if item.is_question)
    for question in questions:
        shown.count(question)
    return Step(group.link_id, questions, group.text or section, tuple(i.text for i in allowed if not i.is_question))


def page_order(questionnaire: Questionnaire) -> dict[str, int]:
    """Place of every item in the form; the questions of a block share the place of their page."""
    places: dict[str, int] = {}
    for place, item in enumerate(walk(questionnaire.items)):
        places.setdefault(item.link_id, place)
        if item.is_page:
            places.update({inner.link_id: place for inner in item.items})
    return places


def branching(questionnaire: Questionnaire) -> Iterator[str]:
    """Link ids of the questions whose answers decide what else is shown."""
    for item in walk(questionnaire.items):
        yield from (condition.question for condition in item.enable_when)
        if item.is_question and item.items:
            yield item.link_id


def _place(order: dict[str, int], key: str) -> int:
    if key not in order:
        raise NotFound(step=key)
    return order[key]
