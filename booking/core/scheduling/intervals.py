"""Half-open spans of whole UTC minutes, and the little algebra the engine needs of them.

Lists of spans that come in are sorted by start and do not overlap, unless a function says otherwise; lists that go
out are sorted, do not overlap and do not touch, as long as those that came in did not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter

Span = tuple[int, int]
"""`(starts, ends)`: minutes since 1970-01-01T00:00Z; the end is not part of it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = itemgetter(1)


def to_minutes(instant: datetime) -> int:
    """Whole minutes from 1970 to `instant`, rounded down. Raises ValueError for a naive instant."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime names no instant")
    return int(instant.timestamp() // 60)


def to_minutes_up(instant: datetime) -> int:
    """Whole minutes from 1970 to `instant`, rounded up: the first whole minute that is not before it."""
    minutes = to_minutes(instant)
    return minutes if from_minutes(minutes) == instant else minutes + 1


def from_minutes(minutes: int) -> datetime:
    """The aware UTC instant `minutes` after 1970-01-01T00:00Z."""
    return _EPOCH + timedelta(minutes=minutes)


def overlaps(a: Span, b: Span) -> bool:
    """Whether two spans share a minute; spans that only touch do not."""
    return a[0] < b[1] and b[0] < a[1]


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same minutes as fewest spans; `spans` may come in any order and overlap. Empty ones vanish."""
    merged: list[Span] = []
    for starts, ends in sorted(spans):
        if starts >= ends:
            continue
        if merged and starts <= merged[-1][1]:
            if ends > merged[-1][1]:
                merged[-1] = (merged[-1][0], ends)
        else:
            merged.append((starts, ends))
    return merged


def subtract(open_: Sequence[Span], busy: Sequence[Span], grow_before: int = 0, grow_after: int = 0) -> list[Span]:
    """Minutes of `open_` that are not in `busy`, each busy span taken longer by `grow_before` and `grow_after`.

    Grown spans may overlap. One sweep over both lists: this is where a search over thousands of reservations spends
    its time, so growing is done in passing instead of in a list of its own.
    """
    free: list[Span] = []
    count = len(busy)
    index = bisect_right(busy, open_[0][0] - grow_after, key=_END) if open_ else count
    for opens, closes in open_:
        cursor = opens
        while index < count:
            starts, ends = busy[index]
            starts -= grow_before
            if starts >= closes:
                break
            if starts > cursor:
                free.append((cursor, starts))
            ends += grow_after
            if ends > cursor:
                cursor = ends
                if ends >= closes:
                    # Not stepped over: it may reach into the next open span as well.
                    break
            index += 1
        if cursor < closes:
            free.append((cursor, closes))
    return free


def intersect(a: Sequence[Span], b: Sequence[Span]) -> list[Span]:
    """Minutes that are in `a` and in `b`."""
    shared: list[Span] = []
    index, count = 0, len(b)
    for a_starts, a_ends in a:
        while index < count and b[index][1] <= a_starts:
            index += 1
        while index < count:
            starts, ends = b[index]
            if starts >= a_ends:
                break
            if ends > a_ends:
                # Not stepped over: its rest may meet the next span of `a`.
                shared.append((max(a_starts, starts), a_ends))
                break
            shared.append((max(a_starts, starts), ends))
            index += 1
    return shared


def covered_at_least(lists: Sequence[Sequence[Span]], count: int) -> list[Span]:
    """Minutes that are in at least `count` (1 or more) of `lists`."""
    if count > len(lists):
        return []
    if count == len(lists) == 1:
        return list(lists[0])
    edges = sorted(edge for spans in lists for starts, ends in spans for edge in ((starts, 1), (ends, -1)))
    covered: list[Span] = []
    depth = since = 0
    for minute, step in edges:
        depth += step
        if step > 0 and depth == count:
            since = minute
        elif step < 0 and depth == count - 1:
            covered.append((since, minute))
    return merge(covered)
