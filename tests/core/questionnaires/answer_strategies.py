"""Hypothesis strategies for answers that fit a form."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from booking.core.questionnaires.answers import Chosen, Value
from booking.core.questionnaires.definition import Item, ItemType, Questionnaire

_DATES = st.dates(date(2025, 1, 1), date(2027, 1, 1))
_WORDS = st.text("abc xyz", min_size=1, max_size=20).map(str.strip).filter(bool).map(lambda t: " ".join(t.split()))


def _choices(item: Item) -> st.SearchStrategy[Value | None]:
    codes = [o.code for o in item.options if not o.is_exclusive]
    alone = st.sampled_from([o.code for o in item.options]).map(lambda code: Chosen((code,)))
    if not item.repeats:
        return alone
    return alone | st.sets(st.sampled_from(codes), min_size=1).map(lambda s: Chosen(tuple(c for c in codes if c in s)))


def values_for(item: Item) -> st.SearchStrategy[Value | None]:
    """Answers that fit one question, and None for skipped."""
    if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
        return st.none() | _choices(item)
    simple: dict[ItemType, st.SearchStrategy[Value | None]] = {
        ItemType.BOOLEAN: st.booleans(),
        ItemType.INTEGER: st.integers(item.min_value or 0, item.max_value or 100),
        ItemType.DATE: _DATES,
        ItemType.STRING: _WORDS,
        ItemType.TEXT: _WORDS,
    }
    return st.none() | simple[item.type]


def answers_for(questionnaire: Questionnaire) -> st.SearchStrategy[dict[str, Value | None]]:
    """Answers to any of the questions, hidden ones included: what a draft may hold."""
    return st.fixed_dictionaries({}, optional={q.link_id: values_for(q) for q in questionnaire.questions})
