"""What changed between two responses to the same form, and which earlier answers a new response may start from.

Versions may differ, as long as the form is the same (`url`). How somebody feels is asked anew each time: answers to
scored instruments, scales, body maps and safety items are never carried forward, facts are (clinical guide, 3.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from booking.core.questionnaires.answers import Answers, Chosen, Declined, Rows, Value, from_plain, to_plain
from booking.core.questionnaires.definition import Item, ItemType, Questionnaire
from booking.core.questionnaires.flow import without_hidden
from booking.core.questionnaires.score_tables import SHIPPED_TABLES, ScoreTables


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Answered:
    """One response: the version it was given to, and its answers."""

    questionnaire: Questionnaire
    answers: Answers


@dataclass(frozen=True, slots=True)
class Difference:
    """One question whose answer is another than last time; None as a value is "not answered", also when skipped.

    Each value belongs to the item of its own version, whose words it must be shown with."""

    link_id: str
    change: Change
    item_before: Item | None
    item_now: Item | None
    before: Value | None
    now: Value | None

    @property
    def gained(self) -> tuple[str, ...] | tuple[tuple[str, ...], ...]:
        """Option codes, or rows of a list, that are new."""
        return _beyond(self.now, self.before)

    @property
    def lost(self) -> tuple[str, ...] | tuple[tuple[str, ...], ...]:
        """Option codes, or rows of a list, that are gone."""
        return _beyond(self.before, self.now)


def _beyond(value: Value | None, other: Value | None) -> tuple[str, ...] | tuple[tuple[str, ...], ...]:
    if isinstance(value, Chosen):
        known = other.codes if isinstance(other, Chosen) else ()
        return tuple(code for code in value.codes if code not in known)
    if isinstance(value, Rows):
        rows = other.rows if isinstance(other, Rows) else ()
        return tuple(row for row in value.rows if row not in rows)
    return ()


def differences(previous: Answered, current: Answered) -> tuple[Difference, ...]:
    """The questions that were answered otherwise, in the order of the current version, then those it dropped.

    Raises ValueError for responses to two forms."""
    _check_same_form(previous, current.questionnaire)
    before = without_hidden(previous.questionnaire, previous.answers)
    now = without_hidden(current.questionnaire, current.answers)
    old, new = previous.questionnaire.question_by_link_id, current.questionnaire.question_by_link_id
    order = [*new, *(link_id for link_id in old if link_id not in new)]
    found = (_difference(k, old.get(k), new.get(k), before.get(k), now.get(k)) for k in order)
    return tuple(difference for difference in found if difference is not None)


def _check_same_form(previous: Answered, questionnaire: Questionnaire) -> None:
    if previous.questionnaire.url != questionnaire.url:
        raise ValueError("Only responses to the same form can be compared.")


def _difference(
    link_id: str, item_before: Item | None, item_now: Item | None, before: Value | None, now: Value | None
) -> Difference | None:
    if before == now and type(before) is type(now):
        return None
    change = Change.ADDED if before is None else Change.REMOVED if now is None else Change.CHANGED
    return Difference(link_id, change, item_before, item_now, before, now)


def carried_forward(
    previous: Answered, questionnaire: Questionnaire, tables: ScoreTables = SHIPPED_TABLES
) -> dict[str, Value]:
    """Answers of last time to show in a new response, to be confirmed or changed: facts only, and none that the new
    version would not take. They are a proposal: none of them counts before the person saved it.

    Raises ValueError for another form."""
    _check_same_form(previous, questionnaire)
    if tables.for_form(questionnaire) or tables.for_form(previous.questionnaire):
        return {}
    return dict(_carried(previous, questionnaire))


def _carried(previous: Answered, questionnaire: Questionnaire) -> Iterator[tuple[str, Value]]:
    items = previous.questionnaire.question_by_link_id
    for link_id, value in without_hidden(previous.questionnaire, previous.answers).items():
        item = questionnaire.question_by_link_id.get(link_id)
        if item is None or value is None or isinstance(value, Declined) or not is_fact(item):
            continue
        if _is_same_question(items[link_id], item) and _still_fits(item, value):
            yield link_id, value


def is_fact(item: Item) -> bool:
    """Whether last time's answer may be shown again; False for what is asked anew each time."""
    is_asked_anew = item.is_asked_again or item.is_safety or item.is_scale or item.is_body_map
    return item.is_question and not is_asked_anew


def _is_same_question(before: Item, now: Item) -> bool:
    columns = [column.link_id for column in before.columns] == [column.link_id for column in now.columns]
    return columns and (before.type is now.type or {before.type, now.type} == {ItemType.STRING, ItemType.TEXT})


def _still_fits(item: Item, value: Value) -> bool:
    try:
        return from_plain(item, to_plain(value)) == value
    except ValueError:
        return False
