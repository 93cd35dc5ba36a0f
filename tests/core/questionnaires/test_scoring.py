"""Worked examples of the scores, and what holds for all of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.questionnaires.answers import Answers
from booking.core.questionnaires.instruments import SCORERS, score_of
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.peg import ITEMS, TOTAL, peg_score
from booking.core.questionnaires.scoring import mean_to_tenth

PEG = SHIPPED.latest("peg")
GOLDEN = [
    ((7, 8, 6), "7.0"),
    ((10, 9, 9), "9.3"),
    ((10, 10, 9), "9.7"),
    ((0, 0, 0), "0.0"),
    ((10, 10, 10), "10.0"),
]


def _answers(*numbers: int | None) -> Answers:
    return dict(zip(ITEMS, numbers, strict=True))


@pytest.mark.parametrize(("numbers", "value"), GOLDEN)
def test_peg_is_the_mean_of_its_three_items(numbers: tuple[int, int, int], value: str) -> None:
    score = score_of(PEG, _answers(*numbers))
    assert score is not None
    assert (str(score.value), score.missing, score.coding) == (value, (), TOTAL)


@pytest.mark.parametrize("at", range(3))
def test_a_missing_item_leaves_no_total(at: int) -> None:
    numbers: list[int | None] = [7, 8, 6]
    numbers[at] = None
    score = peg_score(_answers(*numbers))
    assert (score.value, score.missing) == (None, (ITEMS[at],))


def test_an_item_never_reached_is_missing_and_zero_is_not() -> None:
    assert peg_score({}).missing == ITEMS
    assert peg_score(_answers(0, 0, 0)).missing == ()


@given(numbers=st.tuples(*[st.none() | st.integers(0, 10)] * 3))
def test_peg_stays_in_its_range(numbers: tuple[int | None, int | None, int | None]) -> None:
    score = peg_score(_answers(*numbers))
    assert (score.value is None) == (None in numbers)
    assert score.value is None or score.lowest <= score.value <= score.highest


@given(numbers=st.tuples(*[st.integers(0, 9)] * 3), at=st.integers(0, 2))
def test_more_pain_never_lowers_the_score(numbers: tuple[int, int, int], at: int) -> None:
    worse = [n + (place == at) for place, n in enumerate(numbers)]
    before, after = peg_score(_answers(*numbers)).value, peg_score(_answers(*worse)).value
    assert before is not None
    assert after is not None
    assert before < after


@pytest.mark.parametrize("value", [-1, 11, True, "7"])
def test_what_is_no_number_of_the_scale_is_an_error(value: int | str) -> None:
    with pytest.raises(ValueError, match="is no number from 0 to 10"):
        peg_score({ITEMS[0]: value})


def test_forms_without_a_table_have_no_score() -> None:
    assert score_of(SHIPPED.latest("intake-short"), {}) is None


def test_each_scored_form_ships_with_the_items_of_its_table() -> None:
    assert set(SCORERS) == {"peg"}
    assert tuple(q.link_id for q in PEG.questions) == ITEMS
    assert {(q.min_value, q.max_value) for q in PEG.questions} == {(0, 10)}


def test_means_are_rounded_half_up() -> None:
    assert mean_to_tenth([0] * 19 + [1]) == Decimal("0.1")
    with pytest.raises(ValueError, match="no mean"):
        mean_to_tenth([])
