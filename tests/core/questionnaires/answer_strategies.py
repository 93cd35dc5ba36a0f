"""Hypothesis strategies for answers that fit a form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from booking.core.questionnaires.answers import DECLINED, Chosen, Quantity, Rows, Value
from booking.core.questionnaires.definition import Item, ItemType, Questionnaire

_DATES = st.dates(date(2025, 1, 1), date(2027, 1, 1))
_WORDS = st.text("abc xyz", min_size=1, max_size=20).map(str.strip).filter(bool).map(lambda t: " ".join(t.split()))


def _choices(item: Item) -> st.SearchStrategy[Value | None]:
    codes = [o.code for o in item.options if not o.is_exclusive]
    alone = st.sampled_from([o.code for o in item.options]).map(lambda code: Chosen((code,)))
    if not item.repeats:
        return alone
    return alone | st.sets(st.sampled_from(codes), min_size=1).map(lambda s: Chosen(tuple(c for c in codes if c in s)))


def _decimals(item: Item) -> st.SearchStrategy[Decimal]:
    lowest = 0 if item.min_value is None else item.min_value
    return st.decimals(lowest, 999, places=2, allow_nan=False, allow_infinity=False)


def _rows(item: Item) -> st.SearchStrategy[Value | None]:
    cells = st.tuples(*[st.just("") | st.text("abc", min_size=1, max_size=5)] * len(item.columns)).filter(any)
    return st.lists(cells, min_size=1, max_size=min(item.max_rows, 3)).map(lambda rows: Rows(tuple(rows)))


def values_for(item: Item) -> st.SearchStrategy[Value | None]:
    """Answers that fit one question, None for skipped, and "I prefer not to say" where it may be said."""
    blank = st.sampled_from([None, DECLINED] if item.may_decline else [None])
    return blank | _given(item)


def _given(item: Item) -> st.SearchStrategy[Value | None]:
    if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
        return _choices(item)
    if item.type is ItemType.QUANTITY:
        units = st.sampled_from([u.code for u in item.units])
        return st.builds(Quantity, _decimals(item), units)
    if item.type is ItemType.LIST:
        return _rows(item)
    simple: dict[ItemType, st.SearchStrategy[Value | None]] = {
        ItemType.BOOLEAN: st.booleans(),
        ItemType.INTEGER: st.integers(int(item.min_value or 0), int(item.max_value or 100)),
        ItemType.DECIMAL: _decimals(item),
        ItemType.DATE: _DATES if item.max_date is None else st.dates(date(2025, 1, 1), item.max_date),
        ItemType.STRING: _WORDS,
        ItemType.TEXT: _WORDS,
    }
    return simple[item.type]


def answers_for(questionnaire: Questionnaire) -> st.SearchStrategy[dict[str, Value | None]]:
    """Answers to any of the questions, hidden ones included: what a draft may hold."""
    return st.fixed_dictionaries({}, optional={q.link_id: values_for(q) for q in questionnaire.questions})
