"""Spans: touching is not overlapping, growing counts at both ends, and the algebra agrees with sets of minutes."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.scheduling.intervals import (
    Span,
    covered_at_least,
    from_minutes,
    intersect,
    merge,
    overlaps,
    subtract,
    to_minutes,
    to_minutes_up,
)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        pytest.param((0, 10), (10, 20), False, id="touching"),
        pytest.param((0, 10), (20, 30), False, id="apart"),
        pytest.param((0, 10), (9, 20), True, id="one minute"),
        pytest.param((0, 30), (10, 20), True, id="inside"),
        pytest.param((10, 20), (10, 20), True, id="equal"),
        pytest.param((10, 20), (10, 15), True, id="same start"),
        pytest.param((10, 20), (15, 20), True, id="same end"),
    ],
)
def test_two_spans_overlap_only_when_they_share_a_minute(a: Span, b: Span, expected: bool) -> None:
    assert (overlaps(a, b), overlaps(b, a)) == (expected, expected)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(0, 10), (10, 20)], [(0, 20)], id="touching"),
        pytest.param([(10, 20), (0, 12)], [(0, 20)], id="overlapping, unsorted"),
        pytest.param([(0, 30), (10, 20)], [(0, 30)], id="inside"),
        pytest.param([(0, 10), (11, 20)], [(0, 10), (11, 20)], id="apart"),
        pytest.param([(5, 5), (9, 7)], [], id="empty and backward"),
    ],
)
def test_merging_makes_touching_spans_one(spans: list[Span], expected: list[Span]) -> None:
    assert merge(spans) == expected


@pytest.mark.parametrize(
    ("busy", "expected"),
    [
        pytest.param([], [(0, 100), (200, 300)], id="nothing busy"),
        pytest.param([(0, 100)], [(200, 300)], id="equal"),
        pytest.param([(100, 200)], [(0, 100), (200, 300)], id="in the gap"),
        pytest.param([(40, 60)], [(0, 40), (60, 100), (200, 300)], id="inside"),
        pytest.param([(90, 210)], [(0, 90), (210, 300)], id="over the gap"),
        pytest.param([(-10, 400)], [], id="over all"),
        pytest.param([(-30, -5), (300, 310)], [(0, 100), (200, 300)], id="before and touching the end"),
    ],
)
def test_subtracting_leaves_what_is_free(busy: list[Span], expected: list[Span]) -> None:
    assert subtract([(0, 100), (200, 300)], busy) == expected


def test_subtracting_from_nothing_leaves_nothing() -> None:
    assert subtract([], [(0, 10)]) == []


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 15)), max_size=6).map(
    lambda pairs: merge((low, low + length) for low, length in pairs)
)


def minutes_of(spans_: list[Span]) -> set[int]:
    return {minute for starts, ends in spans_ for minute in range(starts, ends)}


@given(spans, spans, st.integers(-1, 12), st.integers(-1, 12))
def test_subtracting_grown_spans_agrees_with_sets(a: list[Span], b: list[Span], before: int, after: int) -> None:
    grown = {m for starts, ends in b for m in range(starts - before, ends + after)}
    assert minutes_of(subtract(a, b, before, after)) == minutes_of(a) - grown


@given(spans, spans)
def test_intersecting_agrees_with_sets(a: list[Span], b: list[Span]) -> None:
    assert intersect(a, b) == merge((m, m + 1) for m in minutes_of(a) & minutes_of(b))


@given(st.lists(spans, max_size=4), st.integers(1, 5))
def test_counting_covers_agrees_with_sets(lists: list[list[Span]], count: int) -> None:
    minutes = [minutes_of(one) for one in lists]
    often = {m for m in range(80) if sum(m in one for one in minutes) >= count}
    assert covered_at_least(lists, count) == merge((m, m + 1) for m in often)


def test_seconds_are_rounded_down_or_up_to_minutes() -> None:
    instant = datetime(2026, 11, 22, 9, 30, 1, tzinfo=UTC)
    assert to_minutes_up(instant) == to_minutes(instant) + 1
    assert to_minutes_up(from_minutes(17)) == to_minutes(from_minutes(17)) == 17


def test_an_instant_in_any_zone_is_the_same_minute() -> None:
    eastern = timezone(timedelta(hours=-5))
    assert to_minutes(datetime(2026, 1, 1, 7, tzinfo=eastern)) == to_minutes(datetime(2026, 1, 1, 12, tzinfo=UTC))


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_minutes(datetime(2026, 1, 1))  # noqa: DTZ001 - naive on purpose.
