"""What a block must reserve: its span on every lane, minus what visits, holds and other blocks keep in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from booking.core.scheduling.intervals import Span, merge, subtract


class LaneSpan(NamedTuple):
    """A span of UTC minutes of one lane."""

    lane: int
    starts: int
    ends: int


def open_lanes(span: Span, lanes: int, taken: Mapping[int, Iterable[Span]]) -> list[LaneSpan]:
    """The parts of `span` that nobody has in the lanes 0 to `lanes` - 1; `taken` may be unsorted and overlap.

    [] when all is taken: the block keeps its time already.
    """
    return [
        LaneSpan(lane, starts, ends)
        for lane in range(lanes)
        for starts, ends in subtract([span], merge(taken.get(lane, ())))
    ]
